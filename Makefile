.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
# The demo and the tests keep to a home of their own, so that they never touch a person's collections.
DEMO_HOME := $(CURDIR)/.demo

.PHONY: help install demo test check format lock clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

# Made again whenever pyproject.toml or the lock changes; uv where it is present, else venv and pip.
$(VENV)/.installed: pyproject.toml $(wildcard requirements.lock)
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing $(VENV) && \
	    VIRTUAL_ENV=$(VENV) uv pip install --quiet -e '.[local,dev]'; \
	else \
	    python3 -m venv $(VENV) && $(PY) -m pip install --quiet -e '.[local,dev]'; \
	fi
	@touch $@

install: $(VENV)/.installed  ## prepare .venv

check: install  ## lint and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: install  ## put the code in shape
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

test: check  ## lint, types, and every test, the real parts included
	$(VENV)/bin/pytest --cov --cov-report=term:skip-covered
