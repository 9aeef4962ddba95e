"""A Qwen on this machine: its weights, and llama.cpp's server around them.

    gguf      what a GGUF file says about itself
    pieces    the weights that travel in packages, joined and checked once
    hub       GGUF files from a model hub, on an explicit command only
    weights   the models of this machine: list, use, path, remove, prepare
    files     files that processes share: written in one piece, locked by the operating system
    engine    one llama.cpp server inside this process
    serve     the process that holds a shared server, and knows when to leave
    server    the server that all processes of a user share: started, found, stopped

To the rest of the chatbot the result is an OpenAI-compatible endpoint like any other. Nothing here
runs at import, and nothing reaches the network unless a hub id was asked for.
"""
