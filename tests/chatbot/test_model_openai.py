"""`OpenAIModel` against a real server through the real SDK: good endpoints, and every way to be a bad one."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_upstream import (
    Behaviour,
    FakeUpstream,
    body,
    drip,
    events,
    hang,
    refuse,
    reset,
    say,
    scores,
    status,
)

from chatbot.errors import (
    ModelBusy,
    ModelCut,
    ModelError,
    ModelGarbled,
    ModelRefused,
    ModelUnreachable,
    SchemaUnsupported,
)
from chatbot.model import ChatModel, Done, Message, Part, Retraction, TextPart, ThoughtPart
from chatbot.model.capabilities import WEEK, Capabilities
from chatbot.model.openai_model import OpenAIModel
from chatbot.values import Usage
from store.retrying import Retries

ASK = [Message("user", "What is GSPO?")]
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}
NOW = 1_000_000.0
EVENT = 'data: {"choices": [{"index": 0, "delta": {"content": "Half"}, "finish_reason": null}]}\n\n'


class Naps(list[float]):
    """Sleeps that only count."""

    def retries(self) -> Retries:
        return Retries(sleep=self.append, chance=lambda: 1.0)


def model(upstream: FakeUpstream, **options: object) -> OpenAIModel:
    defaults: dict[str, object] = {"model": "m", "timeout": 5.0, "retries": Naps().retries()}
    return OpenAIModel(upstream.base_url, **{**defaults, **options})  # type: ignore[arg-type]


def answer(chat: ChatModel, **options: object) -> tuple[str, str, Done]:
    text, thoughts, last = "", "", None
    for part in chat.stream(ASK, **options):  # type: ignore[arg-type]
        match part:
            case TextPart(piece):
                text += piece
            case ThoughtPart(piece):
                thoughts += piece
            case Retraction():
                text, thoughts = "", thoughts + text
            case Done():
                last = part
    assert last is not None
    return text, thoughts, last


def failure(chat: ChatModel) -> tuple[list[Part], ModelError]:
    """The parts that came, and the error that ended them."""
    got: list[Part] = []
    try:
        got.extend(chat.stream(ASK))
    except ModelError as error:
        return got, error
    pytest.fail(f"no error came, but {got}")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_CUSTOM_HEADERS", "OPENAI_ORG_ID"):
        monkeypatch.delenv(name, raising=False)


class TestGoodEndpoints:
    def test_text_streams_piece_by_piece_and_ends_with_the_servers_usage(self) -> None:
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
        with FakeUpstream(say("GSPO ", "clips.", usage=usage)) as upstream:
            parts = list(model(upstream).stream(ASK, max_tokens=50))
        assert parts == [TextPart("GSPO "), TextPart("clips."), Done("stop", Usage(9, 3, 4))]
        sent = upstream.requests[0].body
        assert sent["messages"] == [{"role": "user", "content": "What is GSPO?"}]
        assert (sent["temperature"], sent["seed"], sent["max_tokens"]) == (0.0, 0, 50)

    def test_tokens_are_counted_here_when_the_server_does_not(self) -> None:
        with FakeUpstream(say("Hello there.")) as upstream:
            _, _, done = answer(model(upstream, model="qwen2.5"))
        assert done.usage == Usage(34, 3, 0, counted_by="qwen")

    def test_cached_tokens_are_read_where_llama_cpp_puts_them(self) -> None:
        extra = {"timings": {"cache_n": 7}, "usage": {"prompt_tokens": 9, "completion_tokens": 1}}
        with FakeUpstream(say("Hi.", extra=extra)) as upstream:
            assert answer(model(upstream))[2].usage.cached_tokens == 7

    @pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
    def test_reasoning_fields_are_thoughts(self, field: str) -> None:
        with FakeUpstream(say("Four.", thoughts=("Two and ", "two."), field=field)) as upstream:
            assert answer(model(upstream))[:2] == ("Four.", "Two and two.")

    def test_inline_thoughts_split_across_chunks_are_thoughts(self) -> None:
        with FakeUpstream(say("<th", "ink>Hm.</thi", "nk>\n\nFour.")) as upstream:
            assert answer(model(upstream))[:2] == ("Four.", "Hm.")

    def test_a_model_whose_template_opens_the_thinking_is_taken_back_only_once(self) -> None:
        with FakeUpstream(say("Hm, ", "well.</think>", "Four.")) as upstream:
            chat = model(upstream)
            assert Retraction() in list(chat.stream(ASK))
            assert Retraction() not in list(chat.stream(ASK))
            assert answer(chat)[:2] == ("Four.", "Hm, well.")

    def test_nothing_is_sent_before_the_first_part_is_wanted(self) -> None:
        with FakeUpstream(say("Hi.")) as upstream:
            model(upstream).stream(ASK)
            assert upstream.requests == []

    def test_closing_the_stream_hangs_up_at_once(self) -> None:
        with FakeUpstream(drip("Half")) as upstream:
            parts = model(upstream).stream(ASK)
            assert next(parts) == TextPart("Half")
            parts.close()  # type: ignore[attr-defined]
            assert upstream.hung_up.wait(5)

    def test_an_unnamed_model_is_the_first_the_server_lists(self) -> None:
        with FakeUpstream(say("Hi."), models=("qwen3", "other")) as upstream:
            chat = model(upstream, model="")
            answer(chat)
            assert (chat.name, upstream.requests[0].body["model"]) == ("qwen3", "qwen3")

    def test_extra_fields_are_passed_as_they_are(self) -> None:
        with FakeUpstream(say("Hi.")) as upstream:
            answer(model(upstream, extra_body={"chat_template_kwargs": {"enable_thinking": False}}))
        assert upstream.requests[0].body["chat_template_kwargs"] == {"enable_thinking": False}

    def test_an_answer_that_hit_its_limit_says_so(self) -> None:
        with FakeUpstream(say("Half", finish="length")) as upstream:
            assert answer(model(upstream))[2].finish_reason == "length"

    def test_silence_after_the_finish_does_no_harm(self) -> None:
        finished = EVENT.replace("null", '"stop"')
        with FakeUpstream(events(finished, end=False)) as upstream:
            assert answer(model(upstream))[0] == "Half"


class TestDiscretion:
    def test_only_the_given_key_is_sent_whatever_the_environment_holds(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
        monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: hidden\nAuthorization: Bearer sk-custom")
        with FakeUpstream(say("Hi.")) as upstream:
            answer(model(upstream))
            answer(model(upstream, api_key="sk-mine"))
        without, with_key = (dict(request.headers) for request in upstream.requests)
        assert "authorization" not in without
        assert with_key["authorization"] == "Bearer sk-mine"
        assert "secret" not in str(without | with_key)

    def test_a_proxy_is_not_asked_for_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        with FakeUpstream(
            say("Hi."), pages={"/props": {"default_generation_settings": {"n_ctx": 77}}}
        ) as upstream:
            assert answer(model(upstream))[0] == "Hi."
            assert model(upstream).window == 77

    def test_redirects_are_not_followed(self) -> None:
        with FakeUpstream(say("Hi.")) as other:
            away = status(307, headers={"Location": f"{other.base_url}/chat/completions"})
            with FakeUpstream(away) as upstream:
                _, error = failure(model(upstream, api_key="sk-mine"))
            assert (type(error), other.requests) == (ModelRefused, [])

    def test_secrets_stay_out_of_messages_names_and_reprs(self) -> None:
        with FakeUpstream(status(401, "Incorrect key sk-mine\x1b[31m provided")) as upstream:
            url = upstream.base_url.replace("127", "me:hunter2@127", 1)
            chat = OpenAIModel(url, "m", "sk-mine")
            _, error = failure(chat)
        told = f"{error} {chat!r} {chat.endpoint}"
        assert "sk-mine" not in told
        assert "hunter2" not in told
        assert "\x1b" not in told


class TestRefusals:
    @pytest.mark.parametrize(
        ("behaviour", "cure"),
        [
            (status(401, "Incorrect API key"), "CHATBOT_API_KEY"),
            (status(403, "not yours"), "CHATBOT_MODEL"),
            (status(404, "unknown model"), "It offers qwen3, llama"),
            (status(400, "maximum context length is 4096 tokens"), "CHATBOT_WINDOW"),
            (status(400, "odd", code="context_length_exceeded"), "CHATBOT_WINDOW"),
            (status(400, "bad role"), "bad role"),
            (status(429, "pay", code="insufficient_quota"), "quota"),
        ],
    )
    def test_what_will_not_pass_is_told_at_once_with_the_cure(self, behaviour: Behaviour, cure: str) -> None:
        with FakeUpstream(behaviour, models=("qwen3", "llama")) as upstream:
            got, error = failure(model(upstream, api_key="sk-x"))
        assert (got, type(error), len(upstream.requests)) == ([], ModelRefused, 1)
        assert cure in str(error)

    @pytest.mark.parametrize("listed", ["locked", {"data": 3}, {"data": [None, {"id": 4}]}])
    def test_a_server_that_lists_no_models_still_tells_the_true_reason(self, listed: object) -> None:
        with FakeUpstream(status(401, "no"), pages={"/v1/models": listed}) as upstream:
            assert "CHATBOT_API_KEY" in str(failure(model(upstream, model=""))[1])

    def test_a_missing_key_is_told_apart_from_a_wrong_one(self) -> None:
        with FakeUpstream(status(401)) as upstream:
            assert "none is set" in str(failure(model(upstream))[1])


class TestRetries:
    @pytest.mark.parametrize("code", [408, 409, 429, 500, 502, 503, 529])
    def test_what_may_pass_is_tried_again_before_the_first_token(self, code: int) -> None:
        with FakeUpstream(status(code), status(code), say("Hi.")) as upstream:
            assert answer(model(upstream))[0] == "Hi."
        assert len(upstream.requests) == 3

    def test_a_reset_before_any_token_is_tried_again(self) -> None:
        with FakeUpstream(reset, events(end=False), say("Hi.")) as upstream:
            assert answer(model(upstream))[0] == "Hi."

    def test_after_three_attempts_the_servers_words_are_told(self) -> None:
        with FakeUpstream(status(503, "Loading model")) as upstream:
            _, error = failure(model(upstream))
        assert (type(error), len(upstream.requests)) == (ModelBusy, 3)
        assert "Loading model" in str(error)

    def test_retry_after_is_honoured(self) -> None:
        naps = Naps()
        with FakeUpstream(status(429, headers={"Retry-After": "17"}), say("Hi.")) as upstream:
            answer(model(upstream, retries=naps.retries()))
        assert naps == [17.0]

    @pytest.mark.parametrize("value", ["60", "Fri, 31 Dec 9999 23:59:59 GMT"])
    def test_a_long_retry_after_is_told_and_not_waited_for(self, value: str) -> None:
        naps = Naps()
        with FakeUpstream(status(429, headers={"Retry-After": value})) as upstream:
            _, error = failure(model(upstream, retries=naps.retries()))
        assert (naps, type(error), len(upstream.requests)) == ([], ModelBusy, 1)

    def test_after_the_first_token_nothing_is_tried_again(self) -> None:
        with FakeUpstream(events(EVENT, end=False), say("Hi.")) as upstream:
            got, error = failure(model(upstream))
        assert (got, type(error), len(upstream.requests)) == ([TextPart("Half")], ModelCut, 1)


class TestBrokenReplies:
    @pytest.mark.parametrize(
        "behaviour",
        [
            body("<html><body>Welcome</body></html>", "text/html"),
            body('{"choices": []}', "application/json"),
            body("", "text/event-stream"),
            events("data: [DONE]\n\n"),
            events("data: {not json\n\n"),
            events(b"data: \xff\xfe{}\n\n"),
            events('data: {"choices": null}\n\n', "data: [DONE]\n\n"),
            events('data: {"choices": [{"delta": null, "finish_reason": null}]}\n\n'),
            events('data: {"choices": [{"delta": {"content": 7}}]}\n\n'),
            events("data: 42\n\n"),
            events("data: [1]\n\n"),
            events('data: "text"\n\n'),
            events("data: " + "[" * 100_000 + "\n\n"),
        ],
    )
    def test_what_is_no_reply_is_called_so(self, behaviour: Behaviour) -> None:
        with FakeUpstream(behaviour) as upstream:
            got, error = failure(model(upstream))
        assert (got, type(error)) == ([], ModelGarbled)
        assert "/v1" in str(error)

    @pytest.mark.parametrize(
        "behaviour",
        [
            say("Half", finish=None),
            events(EVENT),
            events(EVENT, end=False),
            events(EVENT, "data: {broken\n\n"),
            events(EVENT, 'data: {"error": {"message": "out of memory", "code": 500}}\n\n'),
        ],
    )
    def test_a_reply_that_breaks_off_gives_what_arrived_and_says_that_it_was_cut(
        self, behaviour: Behaviour
    ) -> None:
        with FakeUpstream(behaviour) as upstream:
            got, error = failure(model(upstream))
        assert (got, type(error)) == ([TextPart("Half")], ModelCut)

    def test_held_back_characters_are_given_before_a_cut_is_told(self) -> None:
        with FakeUpstream(say("1 <", finish=None)) as upstream:
            got, _ = failure(model(upstream))
        assert got == [TextPart("1 "), TextPart("<")]

    def test_an_error_sent_as_first_event_is_tried_again_if_it_may_pass(self) -> None:
        broken = events('data: {"error": {"message": "overloaded", "code": 503}}\n\n')
        with FakeUpstream(broken, say("Hi.")) as upstream:
            assert answer(model(upstream))[0] == "Hi."

    @pytest.mark.parametrize("headers", [True, False])
    def test_a_hang_before_the_first_token_is_unreachable(self, headers: bool) -> None:
        with FakeUpstream(hang(headers=headers)) as upstream:
            _, error = failure(model(upstream, timeout=0.05))
        assert (type(error), len(upstream.requests)) == (ModelUnreachable, 3)
        assert "CHATBOT_TIMEOUT" in str(error)

    def test_a_hang_after_the_first_token_is_a_cut(self) -> None:
        with FakeUpstream(hang("Half")) as upstream:
            got, error = failure(model(upstream, timeout=0.1))
        assert (got, type(error)) == ([TextPart("Half")], ModelCut)

    def test_a_server_that_drips_comments_meets_the_deadline(self) -> None:
        with FakeUpstream(drip("Half")) as upstream:
            got, error = failure(model(upstream, deadline=0.2))
        assert (got, type(error)) == ([TextPart("Half")], ModelCut)
        assert "CHATBOT_DEADLINE" in str(error)

    def test_nothing_listening_is_unreachable(self) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
            chat = OpenAIModel(f"http://127.0.0.1:{port}/v1", "m", retries=Naps().retries())
            _, error = failure(chat)
            assert isinstance(error, ModelUnreachable)
            assert "Connection refused" in str(error)
            unnamed = OpenAIModel(f"http://127.0.0.1:{port}/v1", retries=Naps().retries())
            assert isinstance(failure(unnamed)[1], ModelUnreachable)


class TestWhatEndpointsDoNotTake:
    def test_a_schema_is_sent_as_the_protocol_says(self) -> None:
        with FakeUpstream(say('{"answer": "Four."}')) as upstream:
            assert answer(model(upstream), schema=SCHEMA)[0] == '{"answer": "Four."}'
        sent = upstream.requests[0].body["response_format"]
        assert sent == {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        }

    @pytest.mark.parametrize("code", [400, 422])
    def test_a_refused_schema_is_told_once_and_remembered(self, code: int, tmp_path: Path) -> None:
        file = tmp_path / "state" / "capabilities.json"
        with FakeUpstream(refuse("response_format", say("Hi."), code)) as upstream:
            chat = model(upstream, remembered=file)
            assert chat.supports_schema
            with pytest.raises(SchemaUnsupported):
                answer(chat, schema=SCHEMA)
            with pytest.raises(SchemaUnsupported):
                answer(chat, schema=SCHEMA)
            assert (chat.supports_schema, len(upstream.requests)) == (False, 1)
            assert answer(chat)[0] == "Hi."
            assert not model(upstream, remembered=file).supports_schema
            assert model(upstream, model="other", remembered=file).supports_schema
        assert upstream.base_url in json.loads(file.read_text()).popitem()[0]

    def test_a_schema_refused_without_naming_the_field_is_tried_by_the_next_process(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "capabilities.json"
        with FakeUpstream(status(400, "JSON schema error: cannot resolve")) as upstream:
            chat = model(upstream, remembered=file)
            with pytest.raises(SchemaUnsupported):
                answer(chat, schema=SCHEMA)
            assert not chat.supports_schema
            assert model(upstream, remembered=file).supports_schema

    def test_what_was_remembered_is_asked_again_after_a_week(self, tmp_path: Path) -> None:
        file = tmp_path / "capabilities.json"
        Capabilities("here m", file, lambda: NOW).learn("seed")
        assert Capabilities("here m", file, lambda: NOW + WEEK - 1).refuses("seed")
        assert not Capabilities("here m", file, lambda: NOW + WEEK + 1).refuses("seed")

    def test_a_prompt_too_long_is_not_blamed_on_the_schema(self) -> None:
        with FakeUpstream(status(400, "maximum context length is 4096")) as upstream:
            chat = model(upstream)
            with pytest.raises(ModelRefused, match="CHATBOT_WINDOW"):
                answer(chat, schema=SCHEMA)
            assert chat.supports_schema

    @pytest.mark.parametrize("field", ["stream_options", "temperature", "seed"])
    def test_a_field_refused_by_name_is_left_out_from_then_on(self, field: str) -> None:
        with FakeUpstream(refuse(field, say("Hi."))) as upstream:
            chat = model(upstream)
            assert answer(chat)[0] == "Hi."
            assert answer(chat)[0] == "Hi."
        assert [field in request.body for request in upstream.requests] == [True, False, False]

    def test_max_tokens_gets_its_later_name_where_that_is_asked_for(self) -> None:
        no = status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        with FakeUpstream(no, say("Hi.")) as upstream:
            assert answer(model(upstream), max_tokens=9)[0] == "Hi."
        sent = upstream.requests[1].body
        assert ("max_tokens" in sent, sent["max_completion_tokens"]) == (False, 9)

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"k": 3}', '{"k": {"response_format": "soon"}}'])
    def test_a_damaged_memory_is_as_good_as_none(self, text: str, tmp_path: Path) -> None:
        file = tmp_path / "capabilities.json"
        file.write_text(text)
        with FakeUpstream(refuse("seed", say("Hi."))) as upstream:
            assert answer(model(upstream, remembered=file))[0] == "Hi."
        assert "seed" in str(json.loads(file.read_text()))


class TestFirstToken:
    def test_the_candidates_and_their_log_probabilities_are_given(self) -> None:
        with FakeUpstream(scores(yes=-0.1, no=-2.5)) as upstream:
            assert model(upstream).first_token(ASK, top=5).scores == {"yes": -0.1, "no": -2.5}
        sent = upstream.requests[0].body
        assert (sent["max_tokens"], sent["logprobs"], sent["top_logprobs"]) == (1, True, 5)

    @pytest.mark.parametrize(
        "behaviour", [scores(), status(400, "top_logprobs not supported"), refuse("logprobs", scores())]
    )
    def test_an_endpoint_that_tells_none_is_not_asked_again(self, behaviour: Behaviour) -> None:
        with FakeUpstream(behaviour, scores()) as upstream:
            chat = model(upstream)
            assert chat.first_token(ASK).scores == {}
            asked = len(upstream.requests)
            assert chat.first_token(ASK).scores == {}
        assert len(upstream.requests) == asked

    def test_a_broken_reply_is_an_error_of_ours(self) -> None:
        with FakeUpstream(body("<html>", "text/html")) as upstream, pytest.raises(ModelGarbled):
            model(upstream).first_token(ASK)


@pytest.fixture
def served() -> Iterator[FakeUpstream]:
    with FakeUpstream(say("Hi.")) as upstream:
        yield upstream


class TestWindow:
    @pytest.mark.parametrize(
        ("pages", "tokens", "source"),
        [
            (
                {
                    "/v1/models": {
                        "data": [{"id": "x", "max_model_len": 1}, {"id": "m", "max_model_len": 32768}]
                    }
                },
                32768,
                "/v1/models",
            ),
            ({"/props": {"default_generation_settings": {"n_ctx": 4096}}}, 4096, "/props"),
            ({"/api/show": {"model_info": {"qwen3.context_length": 40960}}}, 4096, "Ollama"),
            ({"/api/show": {"model_info": {"a.context_length": 2048}}}, 2048, "Ollama"),
            (
                {
                    "/api/show": {
                        "model_info": {"a.context_length": 9999},
                        "parameters": 'stop "x"\nnum_ctx   9000',
                    }
                },
                9000,
                "/api/show",
            ),
            (
                {
                    "/api/show": {"model_info": {"a.context_length": 99999}},
                    "/api/ps": {"models": [{"model": "m", "context_length": 16384}]},
                },
                16384,
                "/api/ps",
            ),
            (
                {"/api/v0/models/m": {"loaded_context_length": 5000, "max_context_length": 9000}},
                5000,
                "LM Studio",
            ),
            ({}, 8192, "assumed"),
            ({"/props": {"default_generation_settings": {"n_ctx": -1}}}, 8192, "assumed"),
            (
                {
                    "/props": [],
                    "/v1/models": {"data": [3, None]},
                    "/api/show": {"model_info": {"a.context_length": True}},
                },
                8192,
                "assumed",
            ),
        ],
    )
    def test_the_window_is_asked_of_the_server(
        self, served: FakeUpstream, pages: dict[str, object], tokens: int, source: str
    ) -> None:
        served.pages = pages
        found = model(served).window_found
        assert found.tokens == tokens
        assert source in found.source

    def test_a_configured_window_is_the_most_that_is_used(self, served: FakeUpstream) -> None:
        assert model(served, window=1000).window == 1000
        served.pages = {"/props": {"default_generation_settings": {"n_ctx": 4096}}}
        assert model(served, window=1000).window == 1000
        assert model(served, window=100_000).window == 4096

    def test_it_is_asked_once_and_with_the_key(self, served: FakeUpstream) -> None:
        chat = model(served, api_key="sk-mine")
        assert chat.window == chat.window
        assert len(served.asked) == len({request.path for request in served.asked})
        assert all(request.headers["authorization"] == "Bearer sk-mine" for request in served.asked)

    def test_a_server_that_is_not_there_leaves_the_default(self) -> None:
        assert OpenAIModel("http://127.0.0.1:9/v1", "m").window == 8192


def test_the_sdk_is_loaded_without_the_transport_that_nothing_uses() -> None:
    code = "from chatbot.model.client import load_sdk; load_sdk(); import openai, sys; openai.OpenAI"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('aiohttp' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
