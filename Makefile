# `make demo` and `make test` are all the set-up there is. `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help install demo test clients audit check format lock clean

# The interpreter to make .venv with: 3.11, 3.12 or 3.13. PYTHON=python3.12 make install
PYTHON ?= python3
VENV := .venv
CLIENTS := .venv-clients
BIN := $(VENV)/bin
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

# The demo keeps to a home of its own, and neither a person's endpoint nor a server that happens to run
# on this machine can change it: it runs there, without their settings, and names its model.
DEMO_HOME := .demo
DEMO_MODEL := qwen2.5-coder-1.5b
DEMO_QUESTION := What does GSPO change compared with GRPO?
DEMO := cd $(DEMO_HOME) && env $(foreach name,$(filter CHATBOT_% OPENAI_%,$(.VARIABLES)),-u $(name)) \
	CHATBOT_HOME=. ../$(BIN)/chatbot

help:  ## list what there is
	@sed -n 's/^\([a-z]*\):.*## */  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

install: $(VENV)/.installed  ## prepare .venv: everything, pinned, the local Qwen included

# Made again whenever the lock file or pyproject.toml changes. With uv where it is present, else venv and pip.
$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c '$(SUPPORTED)' || { echo 'Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 …' >&2; exit 1; }
	@echo 'Preparing .venv. The first time, most of 2 GB comes from the package registry; give it some minutes.'
	@if command -v uv >/dev/null; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	    uv pip install --python $(BIN)/python --require-hashes -r requirements.lock && \
	    uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e .; \
	else \
	    $(PYTHON) -m venv $(VENV) && \
	    $(BIN)/python -m pip install --require-hashes -r requirements.lock && \
	    $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

demo: install  ## ask the demo's papers a question; a Qwen on this machine answers, no key, no account
	@mkdir -p $(DEMO_HOME)
	@$(DEMO) ingest --demo
	@echo && echo '$$ chatbot ask "$(DEMO_QUESTION)"'
	@$(DEMO) ask --model $(DEMO_MODEL) "$(DEMO_QUESTION)"
	@echo && echo 'Try next, with the same papers:' && \
	    echo '  export CHATBOT_HOME="$(CURDIR)/$(DEMO_HOME)" PATH="$(CURDIR)/$(BIN):$$PATH"' && \
	    echo '  chatbot ask "Which papers are about long contexts?"' && \
	    echo '  chatbot chat' && \
	    echo '  chatbot doctor'

check: install  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check clients  ## check, then every test: real Chroma, real embeddings, the real local Qwen
	$(BIN)/pytest --cov

clients: $(CLIENTS)/.installed  ## the API's real clients, in an environment of their own: llm, LiteLLM, LangChain

# They need other versions than ours of what they share with us. Without them their tests are skipped.
$(CLIENTS)/.installed: tests/clients/requirements.txt
	@if command -v uv >/dev/null; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) $(CLIENTS) && \
	    uv pip install --quiet --python $(CLIENTS)/bin/python -r $<; \
	else \
	    $(PYTHON) -m venv $(CLIENTS) && $(CLIENTS)/bin/python -m pip install --quiet -r $<; \
	fi && touch $@ || echo "The API's clients can't be installed: their tests are skipped."

audit: install  ## look for known vulnerabilities in what is pinned, where the network allows
	@$(PYTHON) -m venv .venv-audit && .venv-audit/bin/python -m pip install --quiet pip-audit
	.venv-audit/bin/pip-audit --disable-pip --require-hashes -r requirements.lock

format: install  ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# For every supported Python and system at once; with hashes, so that nothing else can be installed. With extras:
# pip looks for the newest "coverage[toml]" that has no pin of its own, and stops at one without a hash.
lock:  ## pin the newest versions that pyproject.toml allows
	@command -v uv >/dev/null || { echo 'uv is needed to make the lock file: pipx install uv' >&2; exit 1; }
	uv pip compile pyproject.toml --extra local --extra dev --universal --python-version 3.11 --upgrade \
	    --generate-hashes --no-strip-extras --no-emit-index-url --no-annotate \
	    --custom-compile-command "make lock" --quiet --output-file requirements.lock

clean:  ## remove what was made: .venv, the demo, caches
	rm -rf $(VENV) $(CLIENTS) .venv-audit $(DEMO_HOME) build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
