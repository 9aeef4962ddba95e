"""Near copies: what an abstract says with one thing changed, and what it says indeed.

    python -m bench.near
    CHATBOT_MODEL=qwen2.5-coder-1.5b python -m bench.near --model

Claims of our own about 68 papers of the archive (`corpora/arxiv` in the data), most of them in the abstract's
own words: who does what turned round, a number, a part or a word exchanged. Each is checked as `chatbot
verify` does, against a collection of these papers; with `--model` the configured model is asked where the
rules leave a verdict open. Prints Markdown: per set how many are called supported, and which wrongly so.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from bench.scaling.common import DATA, corpus
from chatbot import assembly, settings
from chatbot.assembly import judge
from chatbot.benching import tables
from chatbot.calibration import Calibrations
from chatbot.checking import Checker
from chatbot.values import Verdict
from store.collection import Collection
from store.records import Record

CLAIMS = Path(__file__).parent / "questions" / "near_copies.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", action="store_true", help="ask the configured model where rules leave off")
    given = parser.parse_args()
    claims = [json.loads(line) for line in CLAIMS.read_text(encoding="utf-8").splitlines()]
    wanted = {claim["paper"] for claim in claims}
    papers = [
        item
        for item in corpus(given.data, None)
        if isinstance(item, Record) and (item.arxiv_id or "").partition("v")[0] in wanted
    ]
    used = settings.load({}, os.environ, Path.cwd())
    judging = None
    if given.model:
        model = assembly.choose_model(used, notice=print, progress=lambda done, total: None)
        judging = judge(used, Calibrations(), lambda: model)
    with (
        tempfile.TemporaryDirectory() as home,
        Collection.open(Path(home), embedder=lambda: assembly.embedder(used), create=True) as collection,
    ):
        collection.ingest(papers)
        checker = Checker(collection, judging.odds, judging.supports) if judging else Checker(collection)
        found = [(claim, next(checker.check(claim["claim"])).verdict) for claim in claims]
    rows = []
    for name in dict.fromkeys(claim["set"] for claim in claims):
        counts = []
        for holds in (True, False):
            verdicts = [
                verdict for claim, verdict in found if (claim["set"], claim["holds"]) == (name, holds)
            ]
            counts.append(f"{verdicts.count(Verdict.SUPPORTED)} of {len(verdicts)}")
        rows.append([name, *counts])
    by = f"rules and {judging.name}" if judging else "rules alone"
    print(f"{tables.stamp()}; {len(papers)} papers; verdicts by {by}.\n")
    print(tables.table(["set", "true, called supported", "changed, called supported"], rows))
    print("\nChanged and called supported:\n")
    for claim, verdict in found:
        if verdict is Verdict.SUPPORTED and not claim["holds"]:
            print(f"- {claim['claim']} ({claim['paper']})")


if __name__ == "__main__":
    main()
