"""Asks the API by one real client, in the clients' own environment: `python ask.py CLIENT BASE_URL QUESTION`.

Prints what the client saw of an answer, whole and streamed, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path


def langchain(url: str, question: str) -> dict[str, object]:
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(base_url=url, api_key="none", model="papers", max_retries=0)
    whole = model.invoke(question)
    streamed = "".join(str(chunk.content) for chunk in model.stream(question))
    responses = ChatOpenAI(base_url=url, api_key="none", model="papers", use_responses_api=True).invoke(
        question
    )
    return {
        "whole": whole.content,
        "streamed": streamed,
        "responses": responses.text,
        "usage": whole.usage_metadata,
    }


def litellm(url: str, question: str) -> dict[str, object]:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # its list of prices is not fetched
    import litellm as library

    asked = {
        "model": "openai/papers",
        "api_base": url,
        "api_key": "none",
        "messages": [{"role": "user", "content": question}],
    }
    whole = library.completion(**asked)
    streamed = "".join(
        chunk.choices[0].delta.content or "" for chunk in library.completion(**asked, stream=True)
    )
    message = whole.choices[0].message
    return {
        "whole": message.content,
        "streamed": streamed,
        "annotations": len(message.get("annotations") or []),
        "usage": whole.usage.total_tokens,
    }


def llm(url: str, question: str) -> dict[str, object]:
    import subprocess

    with tempfile.TemporaryDirectory() as home:
        Path(home, "extra-openai-models.yaml").write_text(
            f"- model_id: papers\n  model_name: papers\n  api_base: {url}\n"
        )
        environment = {**os.environ, "LLM_USER_PATH": home, "OPENAI_API_KEY": "none"}

        def asked(*options: str) -> str:
            command = [str(Path(sys.executable).with_name("llm")), "-m", "papers", *options, question]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=300, check=False
            )
            if done.returncode:
                sys.exit(done.stderr)
            return done.stdout

        return {"whole": asked("--no-stream"), "streamed": asked()}


if __name__ == "__main__":
    client, url, question = sys.argv[1:]
    print(json.dumps({"langchain": langchain, "litellm": litellm, "llm": llm}[client](url, question)))
