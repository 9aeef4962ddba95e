"""OpenAI's responses and embeddings, by its SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from chatbot import assembly
from store import HashEmbedder
from tests.chatbot.api_server import FRENCH, QUESTION, Api, filled, proven
from tests.fake_upstream import FakeUpstream


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    patch = pytest.MonkeyPatch()
    patch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    home = filled(tmp_path_factory.mktemp("responses"))
    with FakeUpstream(proven) as upstream, Api(home, upstream.base_url) as api:
        yield openai.OpenAI(base_url=api.v1, api_key="none", max_retries=0)
    patch.undo()


def test_a_response_bears_its_citations(client: openai.OpenAI) -> None:
    response = client.responses.create(model="papers", input=QUESTION, instructions="Rhyme.")
    [item] = response.output
    message: Any = item
    [part] = message.content
    [cited] = part.annotations
    assert response.status == "completed"
    assert response.output_text == part.text
    assert part.text[cited.start_index : cited.end_index] == "[1]"
    assert (cited.type, cited.title) == ("url_citation", "GSPO")
    assert message.claims[0]["verdict"] == "supported"
    assert response.usage is not None
    assert response.usage.output_tokens == 20 + 1  # and the token of odds


def test_a_streamed_response_says_the_same(client: openai.OpenAI) -> None:
    events: list[Any] = list(client.responses.create(model="papers", input=QUESTION, stream=True))
    whole = client.responses.create(model="papers", input=QUESTION)
    assert (
        "".join(event.delta for event in events if event.type == "response.output_text.delta")
        == whole.output_text
    )
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "response.output_text.annotation.added" in [event.type for event in events]
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == whole.output_text
    with client.responses.stream(model="papers", input=QUESTION) as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == whole.output_text


def test_a_conversation_is_sent_as_input(client: openai.OpenAI) -> None:
    first = client.responses.create(model="papers", input=QUESTION)
    said: list[Any] = [
        {"role": "user", "content": QUESTION},
        *[item.model_dump(exclude_unset=True) for item in first.output],
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "What does it base its importance ratio on?"}],
        },
    ]
    assert "GSPO" in client.responses.create(model="papers", input=said).output_text
    with pytest.raises(openai.BadRequestError, match="nothing is stored"):
        client.responses.create(model="papers", input="And now?", previous_response_id=first.id)


def test_what_the_papers_dont_say_is_a_completed_response(client: openai.OpenAI) -> None:
    response = client.responses.create(model="papers", input=FRENCH)
    assert response.output_text.startswith("The papers don't say.")


def test_embeddings_are_the_collections(client: openai.OpenAI) -> None:
    texts = ["sequence policy", "reward hacking"]
    by_default = client.embeddings.create(model="papers", input=texts)  # the SDK asks for base64
    as_numbers = client.embeddings.create(model="papers", input=texts, encoding_format="float")
    assert [each.index for each in by_default.data] == [0, 1]
    assert by_default.data[0].embedding == pytest.approx(as_numbers.data[0].embedding, abs=1e-6)
    assert len(as_numbers.data[0].embedding) == HashEmbedder().dimension
    with pytest.raises(openai.BadRequestError, match="dimensions"):
        client.embeddings.create(model="papers", input="x", dimensions=3)
