"""What a sentence of an answer says it rests on, learnt as the model speaks.

`reader(...)` turns a stream of text into `Piece`s of prose and finished `Statement`s, whichever way the
model answers: JSON that follows the schema, or prose with markers. `align` finds the shown sentence that
an uncited statement rests on. Nothing here judges whether it is true.
"""

from chatbot.citing.alignment import MOST, align
from chatbot.citing.reading import AnswerReader, Piece, Statement, answer_schema

__all__ = ["MOST", "AnswerReader", "Piece", "Statement", "align", "answer_schema"]
