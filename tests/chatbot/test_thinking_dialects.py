"""How endpoints are told to think or not: each dialect against a real server through the real SDK."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_upstream import FakeUpstream, Handler, body, refuse, say, scores, status

from chatbot.model import AUTO, QUIET, Done, Message, TextPart, Thinking, ThoughtPart
from chatbot.model.dialects import style_of, thinks
from chatbot.model.openai_model import OpenAIModel
from store.retrying import Retries

ASK = [Message("system", "Be brief."), Message("user", "What is GSPO?")]
ON, OFF = Thinking(True, 300), Thinking(False)
# What every request holds.
USUAL = {"model", "messages", "stream", "stream_options", "temperature", "seed"}


def model(upstream: FakeUpstream, name: str = "Qwen/Qwen3-8B", **options: object) -> OpenAIModel:
    retries = Retries(sleep=lambda _: None, chance=lambda: 1.0)
    return OpenAIModel(upstream.base_url, name, timeout=5.0, retries=retries, **options)  # type: ignore[arg-type]


def told(style: str, thinking: Thinking, name: str = "Qwen/Qwen3-8B") -> tuple[dict[str, object], str]:
    """The fields beyond the usual ones, and the last message."""
    with FakeUpstream(say("yes")) as upstream:
        list(model(upstream, name, thinking_style=style).stream(ASK, thinking=thinking))
        sent = upstream.requests[0].body
    return {key: sent[key] for key in sent if key not in USUAL}, sent["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("style", "on", "off"),
    [
        (
            "vllm",
            {"chat_template_kwargs": {"enable_thinking": True}, "thinking_token_budget": 300},
            {"chat_template_kwargs": {"enable_thinking": False}},
        ),
        (
            "sglang",
            {"chat_template_kwargs": {"enable_thinking": True, "thinking_budget": 300}},
            {"chat_template_kwargs": {"enable_thinking": False}},
        ),
        (
            "llamacpp",
            {
                "chat_template_kwargs": {"enable_thinking": True},
                "thinking_budget_tokens": 300,
                "reasoning_format": "auto",
            },
            {"chat_template_kwargs": {"enable_thinking": False}},
        ),
        ("dashscope", {"enable_thinking": True, "thinking_budget": 300}, {"enable_thinking": False}),
        ("openai", {"reasoning_effort": "low"}, {"reasoning_effort": "none"}),
        ("openrouter", {"reasoning": {"max_tokens": 300}}, {"reasoning": {"enabled": False}}),
        ("ollama", {"think": True, "reasoning_effort": "low"}, {"think": False, "reasoning_effort": "none"}),
        ("none", {}, {}),
    ],
)
def test_each_kind_of_server_is_told_in_its_own_words(
    style: str, on: dict[str, object], off: dict[str, object]
) -> None:
    assert told(style, ON) == (on, "What is GSPO?")
    assert told(style, OFF) == (off, "What is GSPO?")


def test_a_server_without_fields_is_told_in_the_prompt() -> None:
    assert told("prompt", ON) == ({}, "What is GSPO? /think")
    assert told("prompt", OFF) == ({}, "What is GSPO? /no_think")


def test_nothing_is_said_where_nothing_was_chosen() -> None:
    assert told("auto", AUTO) == ({}, "What is GSPO?")


def test_a_question_of_ours_disturbs_no_model_that_is_not_known_to_think() -> None:
    assert told("auto", QUIET, "qwen2.5-coder") == ({}, "What is GSPO?")
    assert told("auto", QUIET)[0] == {"chat_template_kwargs": {"enable_thinking": False}}


@pytest.mark.parametrize(
    ("url", "style"),
    [
        ("http://127.0.0.1:11434/v1", "ollama"),
        ("https://api.openai.com/v1", "openai"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("http://gpu:8000/v1", "template"),
    ],
)
def test_the_address_tells_the_style_where_it_can(url: str, style: str) -> None:
    assert style_of(url, "auto") == style
    assert style_of(url, "sglang") == "sglang"


@pytest.mark.parametrize("name", ["Qwen/Qwen3-8B", "qwen3:4b", "deepseek-r1:7b", "gpt-oss-20b", "o3-mini"])
def test_models_that_think_are_known_by_name(name: str) -> None:
    assert thinks(name)


@pytest.mark.parametrize("name", ["qwen2.5-coder-1.5b", "Qwen3-4B-Instruct-2507", "gpt-4o", "llama-3", ""])
def test_others_are_not_taken_for_them(name: str) -> None:
    assert not thinks(name)


def test_a_refused_field_is_left_out_from_then_on_and_the_prompt_says_it(tmp_path: Path) -> None:
    file = tmp_path / "capabilities.json"
    with FakeUpstream(refuse("chat_template_kwargs", say("yes"))) as upstream:
        for _ in range(2):
            list(model(upstream, remembered=file).stream(ASK, thinking=OFF))
        sent = [request.body for request in upstream.requests]
    assert ["chat_template_kwargs" in each for each in sent] == [True, False, False]
    assert [each["messages"][-1]["content"] for each in sent[1:]] == ["What is GSPO? /no_think"] * 2


def test_a_server_that_takes_no_budget_is_told_to_think_all_the_same() -> None:
    with FakeUpstream(refuse("thinking_token_budget", say("yes"))) as upstream:
        list(model(upstream, thinking_style="vllm").stream(ASK, thinking=ON))
        sent = upstream.requests[-1].body
    assert sent["chat_template_kwargs"] == {"enable_thinking": True}
    assert "thinking_token_budget" not in sent


def test_an_effort_that_is_refused_gives_way_to_the_next() -> None:
    def particular(handler: Handler) -> None:
        effort = handler.body.get("reasoning_effort")
        words = f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model."
        if effort == "none":
            status(400, words, param="reasoning_effort", code="unsupported_value")(handler)
        else:
            say("yes")(handler)

    with FakeUpstream(particular) as upstream:
        list(model(upstream, "gpt-5", thinking_style="openai").stream(ASK, thinking=OFF))
        efforts = [request.body.get("reasoning_effort") for request in upstream.requests]
    assert efforts == ["none", "minimal"]


def test_a_model_that_knows_no_effort_is_asked_without() -> None:
    no = status(400, "Unsupported parameter: 'reasoning_effort' is not supported with this model.")

    def plain(handler: Handler) -> None:
        (no if "reasoning_effort" in handler.body else say("yes"))(handler)

    with FakeUpstream(plain) as upstream:
        parts = list(model(upstream, "gpt-4o", thinking_style="openai").stream(ASK, thinking=OFF))
    assert parts[0] == TextPart("yes")


def test_a_refusal_that_names_nothing_takes_the_fields_back_before_anything_else(tmp_path: Path) -> None:
    def strict(handler: Handler) -> None:
        known = handler.body.keys() <= USUAL | {"response_format"}
        (say("{}") if known else status(400, "Bad request."))(handler)

    file = tmp_path / "capabilities.json"
    with FakeUpstream(strict) as upstream:
        chat = model(upstream, thinking_style="vllm", remembered=file)
        list(chat.stream(ASK, schema={"type": "object"}, thinking=ON))
        assert chat.supports_schema
        assert len(upstream.requests) == 2
    assert not file.exists()


def test_where_a_field_is_ignored_the_prompt_says_it_too() -> None:
    with FakeUpstream(say("yes", thoughts=("Hm.",)), say("yes")) as upstream:
        chat = model(upstream)
        for _ in range(2):
            list(chat.stream(ASK, thinking=OFF))
        sent = [request.body["messages"][-1]["content"] for request in upstream.requests]
    assert sent == ["What is GSPO?", "What is GSPO? /no_think"]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_come_apart_in_either_field_and_their_tokens_are_told(field: str) -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 7,
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    with FakeUpstream(say("It clips.", thoughts=("Hm, ", "yes."), field=field, usage=usage)) as upstream:
        parts = list(model(upstream).stream(ASK))
    assert parts[:3] == [ThoughtPart("Hm, "), ThoughtPart("yes."), TextPart("It clips.")]
    assert isinstance(parts[3], Done)
    assert parts[3].usage.thought_tokens == 5


# Yes or no


def first(*tokens: tuple[str, dict[str, float]], reasoning: str = "") -> object:
    """A reply whose tokens have these candidates."""
    content = [
        {
            "token": text,
            "logprob": -0.1,
            "top_logprobs": [{"token": name, "logprob": value} for name, value in candidates.items()],
        }
        for text, candidates in tokens
    ]
    message = {"role": "assistant", "content": None, "reasoning_content": reasoning}
    choice = {"index": 0, "message": message, "finish_reason": "length", "logprobs": {"content": content}}
    return body(json.dumps({"choices": [choice]}), "application/json")


def test_yes_or_no_is_asked_with_thinking_off() -> None:
    with FakeUpstream(scores(yes=-0.1)) as upstream:
        assert model(upstream).first_token(ASK).scores == {"yes": -0.1}
        [request] = upstream.requests
    assert request.body["chat_template_kwargs"] == {"enable_thinking": False}
    assert request.body["max_tokens"] == 1


def test_a_model_that_turns_out_to_think_is_asked_again_without() -> None:
    thinking = first(("<think>", {"<think>": -0.01}))
    with FakeUpstream(thinking, scores(no=-0.2)) as upstream:
        assert model(upstream, "my-own").first_token(ASK).scores == {"no": -0.2}
        sent = [request.body.get("chat_template_kwargs") for request in upstream.requests]
    assert sent == [None, {"enable_thinking": False}]


def test_an_empty_thinking_before_the_answer_is_passed_over() -> None:
    reply = first(
        ("<think>", {"<think>": 0.0}),
        ("\n\n", {"\n\n": 0.0}),
        ("</think>", {"</think>": 0.0}),
        ("\n\n", {"\n\n": 0.0}),
        ("yes", {"yes": -0.3, "no": -1.5}),
    )
    with FakeUpstream(reply) as upstream:
        chat = model(upstream, thinking_style="prompt")
        assert chat.first_token(ASK).scores == {"yes": -0.3, "no": -1.5}
        [request] = upstream.requests
    assert request.body["max_tokens"] > 4
    assert request.body["messages"][-1]["content"].endswith(" /no_think")


def test_thoughts_are_never_taken_for_a_yes_and_not_asked_for_again(tmp_path: Path) -> None:
    file = tmp_path / "capabilities.json"
    stubborn = first(("yes", {"yes": -0.1}), reasoning="yes, but first")
    with FakeUpstream(stubborn) as upstream:
        chat = model(upstream, "always-thinking", remembered=file)
        assert chat.first_token(ASK).scores == {}
        asked = len(upstream.requests)
        assert chat.first_token(ASK).scores == {}
        assert len(upstream.requests) == asked
    assert "logprobs" not in (file.read_text() if file.exists() else "")
