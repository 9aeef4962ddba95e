"""The chatbot's errors. Every message ends in what to do.

    ChatbotError
    ├── SettingsError       a flag, variable or line of chatbot.toml that can't be
    ├── QuestionError       a question that can't be asked (empty, far too long)
    ├── ModelError          the model endpoint did not answer as it should
    │   ├── ModelUnreachable    nothing listens there, or it does not answer in time
    │   ├── ModelRefused        it answered 400, 401, 403 or 404: asking again won't help
    │   │   └── SchemaUnsupported   it takes no JSON schema: ask again without one
    │   ├── ModelBusy           429 or 5xx, still so after the retries
    │   ├── ModelGarbled        its reply is not what the protocol says (HTML, broken SSE)
    │   └── ModelCut            it stopped mid-answer; `partial` is what arrived
    ├── LocalModelError     the built-in local model can't be prepared or started
    ├── EntailmentError     the configured cross-encoder can't be loaded or does not answer
    ├── SessionError        saved conversations can't be read or written
    │   └── NoSession           none has that id
    ├── GuardError          the configured guard does not answer, or not in its form
    ├── CalibrationError    a calibration can't be read, written or measured
    └── BenchError          a file or a library of a measurement is missing or can't be used

The store has its own tree, rooted in `store.errors.StoreError`; faces catch both roots.
"""

from __future__ import annotations


class ChatbotError(Exception):
    """Root of the chatbot's errors. `str()` is one or two sentences for the user."""


class SettingsError(ChatbotError):
    """A flag, an environment variable or a line of chatbot.toml can't be used."""


class QuestionError(ChatbotError):
    """The question can't be asked."""


class ModelError(ChatbotError):
    """The model endpoint did not answer as it should."""


class ModelUnreachable(ModelError):
    """Nothing listens at the endpoint, or it does not answer in time."""


class ModelRefused(ModelError):
    """The endpoint refused the request; asking again won't help."""


class SchemaUnsupported(ModelRefused):
    """The endpoint takes no JSON schema; the same request without one may succeed."""


class ModelBusy(ModelError):
    """The endpoint is overloaded or failing, after all retries."""


class ModelGarbled(ModelError):
    """The endpoint's reply is not what the protocol says."""


class ModelCut(ModelError):
    """The stream ended before the answer did. What had arrived was already streamed."""


class LocalModelError(ChatbotError):
    """The built-in local model can't be prepared or started."""


class SessionError(ChatbotError):
    """The saved conversations can't be read or written."""


class NoSession(SessionError):
    """No saved conversation has that id."""


class CalibrationError(ChatbotError):
    """A model's thresholds can't be read, written or measured."""


class BenchError(ChatbotError):
    """What a measurement needs is missing or can't be used."""


class EntailmentError(ChatbotError):
    """The configured cross-encoder can't be loaded or does not answer."""


class GuardError(ChatbotError):
    """The configured guard does not answer, or says nothing in its own form."""
