"""A moderation endpoint of the user's, asked about one text at a time.

    chat            POST {url}/chat/completions: the question as the user's message, the answer so far as the
                    assistant's, which is how Qwen3Guard-Gen's template wants them
    moderations     POST {url}/moderations, where the address ends so or the model's name says so

Sends to that address alone. No instruction goes with the text: the guard's own template frames it.
"""

from __future__ import annotations

from typing import Protocol

from chatbot.errors import GuardError
from chatbot.evidence import as_data
from chatbot.guarding.labels import Label, generated, moderated
from store.posting import Failed, Poster, Rejected
from store.retrying import Retries

# Qwen3Guard-Gen says three short lines; who says more than this says something else.
_TOKENS = 128
_TIMEOUT, _DEADLINE = 30.0, 60.0
_PATH = "/moderations"
_CURE = "Look whether it runs; CHATBOT_GUARD_URL and CHATBOT_GUARD_MODEL say which it is."


class Guard(Protocol):
    """Somebody who labels texts. Usable from several threads."""

    @property
    def name(self) -> str:
        """What it is called, for people."""
        ...

    def question(self, text: str) -> Label:
        """How safe a question is. Raises GuardError."""
        ...

    def answer(self, question: str, text: str) -> Label:
        """How safe an answer is, as far as it has come. Raises GuardError."""
        ...


class EndpointGuard:
    """The guard `model` at `url`."""

    def __init__(
        self, url: str, model: str = "", api_key: str | None = None, retries: Retries | None = None
    ) -> None:
        self._moderations = url.endswith(_PATH) or "moderation" in model.lower()
        self._poster = Poster(
            url.removesuffix(_PATH), api_key, retries=retries, timeout=_TIMEOUT, deadline=_DEADLINE
        )
        self._model = model
        self.name = f"{model or 'the guard'} at {self._poster.address}"

    def question(self, text: str) -> Label:
        """See `Guard.question`."""
        return self._asked([text])

    def answer(self, question: str, text: str) -> Label:
        """See `Guard.answer`."""
        return self._asked([question, text])

    def _asked(self, said: list[str]) -> Label:
        said = [as_data(text) for text in said]
        try:
            if self._moderations:
                body = {"input": said[-1], **({"model": self._model} if self._model else {})}
                label = moderated(self._poster.post(_PATH, body))
            else:
                label = generated(_content(self._poster.post("/chat/completions", self._chat(said))))
        except Rejected as error:
            raise GuardError(f"{self.name} refuses to look ({error}). {_CURE}") from error
        except Failed as error:
            raise GuardError(f"{self.name} does not answer ({error}). {_CURE}") from error
        if label is None:
            raise GuardError(
                f"{self.name} gives no label of its own form (Safety: Safe, Controversial or Unsafe). Serve "
                "Qwen3Guard-Gen there, or an endpoint that has /moderations."
            )
        return label

    def _chat(self, said: list[str]) -> dict[str, object]:
        messages = [
            {"role": role, "content": text} for role, text in zip(("user", "assistant"), said, strict=False)
        ]
        return {
            "model": self._model or "default",
            "messages": messages,
            "max_tokens": _TOKENS,
            "temperature": 0,
        }


def _content(reply: object) -> str:
    choices = reply.get("choices") if isinstance(reply, dict) else None
    message = choices[0].get("message") if isinstance(choices, list) and choices else None
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""
