"""A guard: somebody else's judgement on whether a question, or an answer as it grows, is safe.

    endpoint    asks a moderation endpoint: Qwen3Guard-Gen behind any chat endpoint, or `/moderations`
    labels      what such an endpoint said, read
    watching    the events of an answer, stopped where the guard says so

Off unless it is configured. What is moderated is data, and what the guard says is believed only in its own
form: anything else is a failure of the guard, which the setting `guard_on_error` is for. It says nothing on
whether a sentence is true: that is `verifying`'s.
"""

from chatbot.guarding.endpoint import EndpointGuard, Guard
from chatbot.guarding.labels import Label, Safety
from chatbot.guarding.watching import Policy, watched

__all__ = ["EndpointGuard", "Guard", "Label", "Policy", "Safety", "watched"]
