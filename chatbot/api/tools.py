"""The same for MCP clients, by the official SDK: search, ask, verify, get_paper, census; over stdio or HTTP.

A tool's result is text that can be read (an answer with its markers and references) and the same as JSON.
What goes wrong in an ordinary way is a result that says what to do; of the rest only the log knows more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import uuid4

from pydantic import Field

from chatbot import shapes
from chatbot.api.asked import AskIn, CensusIn, FilterIn, SearchIn, VerifyIn
from chatbot.api.context import Context, finished
from chatbot.api.native import counted, found, known, shown_paper, verified
from chatbot.api.weaving import woven
from chatbot.errors import SettingsError
from chatbot.serving import Shaped
from chatbot.values import Question

if TYPE_CHECKING:
    from mcp.server import MCPServer

T = TypeVar("T")

ABOUT = (
    "Answers about a collection of research papers' abstracts. Every sentence of an answer is proven by a "
    "sentence of an abstract, or marked as unproven; what the papers don't say is said to be so. Use `ask` "
    "for a question, `census` to count or list papers exactly, `search` to find papers, `get_paper` for one "
    "abstract with numbered sentences, `verify` to check any text against the papers."
)
Words = Annotated[str, Field(max_length=4000)]
Date = Annotated[str | None, Field(description="ISO date, possibly cut: 2025, 2025-05, 2025-05-14.")]
Collected = Annotated[str | None, Field(description="Which collection; the configured one if left out.")]


def made(here: Context) -> MCPServer:
    """The MCP server over the collections. Raises SettingsError without the SDK."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
    except ImportError as error:
        raise SettingsError(
            "The MCP SDK is not installed. Install it: pip install 'proven-chatbot[mcp]'."
        ) from error

    server = MCPServer("chatbot", instructions=ABOUT, log_level="WARNING")

    async def told(work: Awaitable[T], id: str) -> T:
        """What the work gives; its errors as an MCP client is told them."""
        try:
            return await work
        except Exception as error:
            raise ToolError(here.failed(error, id).message) from None

    def call(function: Callable[[], dict[str, Any]]) -> Awaitable[dict[str, Any]]:
        return told(here.pump.call(function), uuid4().hex)

    @server.tool()
    async def search(
        query: Words,
        limit: Annotated[int, Field(ge=1, le=100)] = 10,
        since: Date = None,
        until: Date = None,
        collection: Collected = None,
    ) -> dict[str, Any]:
        """Find papers: by words and by meaning, best first, with scores. No model is asked."""
        asked = SearchIn(
            query=query, limit=limit, collection=collection, filter=FilterIn(since=since, until=until)
        )
        return await call(lambda: found(here, asked))

    @server.tool()
    async def ask(
        question: Words,
        since: Date = None,
        until: Date = None,
        policy: Annotated[str | None, Field(pattern="^(flag|strict|off)$")] = None,
        collection: Collected = None,
    ) -> dict[str, Any]:
        """Answer a question from the papers. `answer` bears markers and references; `claims` tell of each
        sentence which sentence of which paper proves it, and how well."""
        asked = AskIn(question=question, collection=collection, filter=FilterIn(since=since, until=until))

        async def answered() -> dict[str, Any]:
            answer = await finished(
                here.answering(
                    uuid4().hex,
                    asked.collection,
                    Shaped(policy),
                    lambda collection: Question(asked.question, filter=asked.filter.value()),
                )
            )
            return {
                "answer": woven(answer)[0],
                "status": answer.status.value,
                "claims": [shapes.claim(each) for each in answer.claims],
                "citations": [shapes.citation(each) for each in answer.citations],
                "near_misses": [shapes.near_miss(each) for each in answer.near_misses],
            }

        return await told(answered(), uuid4().hex)

    @server.tool()
    async def verify(
        text: Annotated[str, Field(max_length=100_000)], collection: Collected = None
    ) -> dict[str, Any]:
        """Check any text against the papers: each sentence with its best evidence and a verdict."""
        return await call(lambda: verified(here, VerifyIn(text=text, collection=collection)))

    @server.tool()
    async def get_paper(
        id: Annotated[str, Field(max_length=500, description="Its id, arXiv id, DOI or label.")],
        collection: Collected = None,
    ) -> dict[str, Any]:
        """One paper: everything that is known of it, its abstract, and its sentences with their numbers."""

        def shown() -> dict[str, Any]:
            opened = here.served.collection(collection)
            return shown_paper(opened, known(opened, id))

        return await call(shown)

    @server.tool()
    async def census(
        question: Annotated[
            Words, Field(description='"How many papers per month?", "Which papers mention GRPO?"')
        ],
        listed: Annotated[int, Field(ge=0, le=10_000)] = 100,
        collection: Collected = None,
    ) -> dict[str, Any]:
        """Count or list papers over the whole collection, exactly and with no model."""
        asked = CensusIn(question=question, listed=listed, collection=collection)
        return await call(lambda: counted(here, asked))

    return server
