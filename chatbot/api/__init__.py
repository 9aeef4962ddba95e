"""The HTTP face: any OpenAI client gets proven answers, and the program's own shapes are there too.

    app          all of it, put together: the ASGI application of a `Served`
    server       uvicorn around it: addresses, limits, the end
    pumping      the engine's generators in threads of a bounded pool, stopped when nobody listens
    streaming    events to a client as they come; a client that leaves is noticed
    weaving      events into one text with markers and references, and where each claim stands in it
    chatting     OpenAI's chat completions: what is asked for, and the shape of what is answered
    messages     a client's messages as a question and its history
    responding   OpenAI's responses, for the same answers
    compatible   the routes of OpenAI's names: models, chat, responses, embeddings
    native       the program's own routes: ask, search, papers, verify, census
    remembering  saved conversations, and questions in them
    ingesting    the routes that add and remove papers
    jobs         uploads that survive a kill, taken in one after the other
    asked        what the program's own routes take (pydantic, the edge)
    events       the typed events as JSON
    guarding     who may ask: hosts, origins, keys, rates, sizes
    keys         API keys, hashed at rest
    failing      every error in OpenAI's shape
    measuring    Prometheus' numbers
    telling      log lines as JSON, without a word of a question
    tracing      OpenTelemetry spans, where an endpoint is configured
    context      what the routes share, and how a question is answered
    tools        the same for MCP clients

Decides nothing about answers. Nothing here is imported before `chatbot serve`, `keys` or `mcp` runs.
"""
