"""Saved conversations: one SQLite file under the home, that the terminal, the page and the API share.

    sessions = Sessions(home / "sessions.sqlite3")
    recorder = Recorder(sessions, "papers")
    for event in recorder.record(question, chat.stream(question)):
        ...                                     # the same events; saved as they pass
    saved = sessions.load(recorder.id)
    chat.stream(saved.question("And on which data?"))

    values      what is kept: Session, SavedTurn, Saved (frozen)
    keeping     the conversations: start, ask, finish, list, load, rename, delete, branch
    recording   the events of an answer saved as they pass
    file        the SQLite file: versions, damage, one transaction a turn
    schema      its tables
    packing     an answer as text, and back again, to the letter
    reading     the JSON shape of an answer read as values
    export/     a conversation as Markdown, JSON, BibTeX and HTML

Nothing here asks a model or a collection; nothing is deleted unless a person says so.
"""

from chatbot.sessions.keeping import Sessions
from chatbot.sessions.recording import Recorder
from chatbot.sessions.values import FILE, Saved, SavedTurn, Session, State

__all__ = ["FILE", "Recorder", "Saved", "SavedTurn", "Session", "Sessions", "State"]
