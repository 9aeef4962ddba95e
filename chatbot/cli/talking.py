"""What `chatbot chat` hands to the conversation: the collection, the models and the saved conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from chatbot.errors import NoSession

if TYPE_CHECKING:
    from chatbot.answering import Chat
    from chatbot.assembly import Assembly
    from chatbot.sessions import Sessions
    from chatbot.settings import Settings
    from chatbot.terminal.commands import Tools
    from chatbot.terminal.screen import Screen
    from store.collection import Collection


_NAMED = 20_000  # papers: to read the names of more takes longer than a person waits for Tab


def tools(assembly: Assembly, chat: Chat, sessions: Sessions) -> Tools:
    """What the commands of a conversation can use, which `chat` answers."""
    from chatbot.assembly import offered
    from chatbot.terminal.commands import Tools

    in_use = [chat]

    def use(name: str) -> Chat:
        in_use[:] = [assembly.changed(model=name)]
        return in_use[0]

    def model() -> str | None:
        found = in_use[0].model
        return None if found is None else found.name

    return Tools(
        papers=assembly.collection.papers,
        paper=assembly.collection.paper,
        count=assembly.collection.count,
        check=lambda text, filter: assembly.checker().check(text, filter),
        model=model,
        offered=lambda: offered(assembly.settings),
        use=use,
        sessions=sessions,
        collection=assembly.settings.collection,
    )


@contextmanager
def kept(settings: Settings, screen: Screen) -> Iterator[Sessions]:
    """The saved conversations under the home; the file is made when one is saved."""
    from chatbot.sessions import FILE, Sessions

    found = Sessions(settings.home / FILE, notice=screen.notice)
    try:
        yield found
    finally:
        found.close()


def last_of(sessions: Sessions, collection: str) -> str:
    """The id of the conversation about the collection that changed last. Raises NoSession."""
    found = sessions.list(collection, most=1)
    if not found:
        raise NoSession(f"No conversation about {collection} is saved yet. Begin one: chatbot chat")
    return found[0].id


def paper_names(collection: Collection) -> Callable[[], Sequence[tuple[str, str]]]:
    """What papers may be called by, read once when it is first asked for."""

    @cache
    def names() -> Sequence[tuple[str, str]]:
        papers = collection.papers() if collection.count() <= _NAMED else []
        labels = [(paper.label, paper.title or "") for paper in papers]
        ids = [(paper.arxiv_id, paper.name) for paper in papers if paper.arxiv_id]
        return tuple(dict.fromkeys([*labels, *ids, *((paper.id, paper.name) for paper in papers)]))

    return names
