"""What a person sees in a terminal: values in, text out. Holds no logic of answering.

    text       texts of others made harmless for a terminal
    screen     where to print, how wide, with which signs
    flow       a text that streams, wrapped at words; table shows its tables
    pages      papers, hits, sources and proofs as lines
    census     what was counted, as a list or as bars
    answering  the events of one answer, as they come
    session    the turns of a conversation, saved as they happen
    commands   what a line with a slash does: opening shows a paper, tracing how an answer came about,
               clipboard copies
    sessions   saved conversations, listed and shown again
    lines      what the user types, or pipes in
    completing what Tab completes
    chat       the conversation itself
    progress   how far a long work is

Everything that comes from papers, models and users passes through `text.clean` and is never read
as markup. Results go to stdout; notices and progress to stderr.
"""
