"""What stands beside the chat and is one's own: the conversations. Opens the page with the last one."""

from typing import Any

from chatbot.errors import ChatbotError, SessionError
from chatbot.web import conversing, keeping
from chatbot.web.bridge import QUIET, STILL, bridge, file, number, said, words
from chatbot.web.conversations import beside
from chatbot.web.desk import Desk
from chatbot.web.markup import EMPTY, Safe
from chatbot.web.suggestions import further, starters
from chatbot.web.talk import Talk

_LONGEST_ID = 64


def build(desk: Desk) -> dict[str, Any]:
    """The components that others write to."""
    import gradio as gr

    search = gr.Textbox(
        label="Search conversations",
        show_label=False,
        container=False,
        placeholder="Search conversations",
        max_length=200,
        elem_id="talk-search",
    )
    return {"search": search, "talks": gr.HTML("", elem_id="talks", **STILL)}


def wire(desk: Desk, side: dict[str, Any], ask: dict[str, Any]) -> None:
    """The events, once all components are there."""
    import gradio as gr

    search, talks = side["search"], side["talks"]
    past, live, download = ask["past"], ask["live"], ask["download"]
    shown = [past, live, talks]

    def everything(talk: Talk, wanted: str = "") -> tuple[Safe, Safe, Safe]:
        return (*conversing.shown(desk, talk), beside(desk, talk, wanted))

    def hello(event: gr.EventData, request: gr.Request) -> tuple[Safe, Safe, Safe]:
        data = said(event)
        talk = desk.talk(request.session_hash)
        talk.owner = desk.owner(request.username, words(data, "browser")[:200])
        if id := words(data, "id")[:_LONGEST_ID]:
            _open(desk, talk, id)
        return everything(talk)

    def opened(event: gr.EventData, request: gr.Request, wanted: str) -> tuple[Safe, Safe, Safe]:
        talk = desk.talk(request.session_hash)
        if id := words(said(event), "id")[:_LONGEST_ID]:
            if not _open(desk, talk, id):
                gr.Warning("That conversation is no longer there.")
        else:
            talk.fresh()
        return everything(talk, wanted)

    def changed(event: gr.EventData, request: gr.Request, wanted: str) -> tuple[Safe, Safe, Safe]:
        data, talk = said(event), desk.talk(request.session_hash)
        id = words(data, "id")[:_LONGEST_ID]
        try:
            if desk.sessions is not None and _own(desk, talk, id):
                if data.get("remove") is True:
                    desk.sessions.delete(id)
                    if talk.id == id:
                        talk.fresh()
                else:
                    desk.sessions.rename(id, words(data, "title")[:200])
        except SessionError as error:
            gr.Warning(str(error))
        return everything(talk, wanted)

    def exported(event: gr.EventData, request: gr.Request) -> Safe:
        data, talk = said(event), desk.talk(request.session_hash)
        id, kind = words(data, "id")[:_LONGEST_ID], words(data, "kind")
        try:
            if desk.sessions is None or not _own(desk, talk, id):
                return EMPTY
            name, content = keeping.conversation(desk.sessions.load(id), kind)
        except ChatbotError as error:
            gr.Warning(str(error))
            return EMPTY
        return file(name, content, keeping.KINDS.get(kind, "text/plain"), number(data, "again") or 0)

    def onward(request: gr.Request) -> Safe:
        talk = desk.talk(request.session_hash)
        return further(desk, talk) if talk.views else starters(desk)

    def searched(request: gr.Request, wanted: str) -> Safe:
        return beside(desk, desk.talk(request.session_hash), wanted)

    bridge("hello").click(hello, None, shown, **QUIET)
    bridge("open").click(opened, search, shown, **QUIET)
    bridge("change").click(changed, search, shown, **QUIET)
    bridge("export").click(exported, None, download, **QUIET)
    bridge("onward").click(onward, None, ask["onward"], **QUIET)
    search.change(searched, search, talks, trigger_mode="always_last", **QUIET)


def _own(desk: Desk, talk: Talk, id: str) -> bool:
    """That conversation is there, and this visitor's. Raises SessionError."""
    if desk.sessions is None or not id:
        return False
    session = desk.sessions.get(id)
    return session.id == id and session.owner == talk.owner and session.collection == desk.collection.name


def _open(desk: Desk, talk: Talk, id: str) -> bool:
    try:
        if desk.sessions is not None and _own(desk, talk, id):
            talk.opened(desk.sessions.load(id))
            return True
    except SessionError:
        pass
    return False
