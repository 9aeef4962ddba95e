"""A follow-up made to stand on its own before anything is searched for.

    made = yield from followed(question, collection, model, settings)
    made.question.text     "On which data was GSPO trained?"

Rules always (`rules`); where they can only guess, the model if there is one (`rewriting`), believed only as
far as it keeps to the conversation. A question that stands alone is never changed and costs no call.
"""

from chatbot.following.following import Followed, alone, followed

__all__ = ["Followed", "alone", "followed"]
