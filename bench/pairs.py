"""What each layer of the rules is worth on our own pairs: true paraphrases, and claims with one fact changed.

    python -m bench.pairs

The pairs are those of `tests/chatbot/support_pairs.py`, on which the rules were built: this is no measure of
how good they are, but of what each is for. A Markdown table goes to standard output.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "chatbot"))

from support_pairs import FALSE, TRUE

from chatbot.benching import tables
from chatbot.values import Verdict
from chatbot.verifying import Layer, Passage, judge


def main() -> None:
    rows = []
    for layer in (None, *Layer):
        without = frozenset([layer]) if layer else frozenset()
        true, false = (
            sum(judge(claim, [Passage(text)], without).verdict is Verdict.SUPPORTED for claim, text in pairs)
            for pairs in (TRUE, FALSE)
        )
        rows.append([f"without {layer.value}" if layer else "all layers", str(true), str(false)])
    print(f"{tables.stamp()}: `python -m bench.pairs`\n")
    header = [
        "",
        f"of {len(TRUE)} paraphrases called supported",
        f"of {len(FALSE)} changed facts called supported",
    ]
    print(tables.table(header, rows))


if __name__ == "__main__":
    main()
