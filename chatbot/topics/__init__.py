"""Questions over a topic: which papers build a data set, how many are about reward hacking.

    reading    is it one? a grammar, as `chatbot.routing`'s; `verbs` are its words
    candidates which papers are looked at
    rules      what a paper's sentences plainly say, by words
    judging    one paper judged: by a model where there is one, by the rules else
    kept       judgements in the collection's folder, so that a stopped census goes on
    counting   all of them, one after the other, as events

A paper is sure only if one of its own sentences says so; that sentence is cited. What may be is told apart,
and how many papers were looked at is always said.
"""
