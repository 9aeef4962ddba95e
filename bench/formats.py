"""Which of the files that people have come in, and why the others don't.

    python -m bench.formats > bench/results/formats.md

One row a file of `formats/`: records, rejects and their reasons; then how fast the 105,227 records of
`corpora/arxiv` (gzipped JSON lines) are read on this machine, ledger and embedding aside.

The data is found at CHATBOT_DATA (default ../shared/data beside the project).
"""

from __future__ import annotations

import os
import platform
import re
import resource
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

from store.readers import read
from store.records import Record, Reject

PROJECT = Path(__file__).parents[1]
DATA = Path(os.environ.get("CHATBOT_DATA", PROJECT.parent / "shared" / "data"))


def row(file: Path) -> str:
    found = list(read([file]))
    records = [item for item in found if isinstance(item, Record)]
    rejects = [item for item in found if isinstance(item, Reject)]
    reasons = Counter(re.sub(r"\s*\(.*?\)", "", item.reason) for item in rejects)
    why = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common())
    where = ", ".join(str(item.source.line) for item in rejects[:9]) + (" …" if len(rejects) > 9 else "")
    return f"| {file.name} | {len(records)} | {len(rejects)} | {why} | {where} |"


def speed(folder: Path) -> str:
    started, worked = time.perf_counter(), time.process_time()
    records = sum(isinstance(item, Record) for item in read([folder]))
    wall, work = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{records:,} records read in {wall:.1f} s ({records / wall:,.0f} records/s), {work:.1f} s of "
        f"it processor time ({records / work:,.0f} records/s); peak memory of the process {peak:.0f} MB."
    )


def main() -> None:
    files = sorted((DATA / "formats").glob("*"))
    if not files:
        sys.exit(
            f"There are no files in {DATA / 'formats'}: set CHATBOT_DATA to the folder that has formats."
        )
    print("# Formats\n")
    print(
        f"`python -m bench.formats`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores, ", end=""
    )
    print(f"Python {platform.python_version()}.\n")
    corpus = DATA / "corpora" / "arxiv"
    said = speed(corpus) if corpus.is_dir() else "corpora/arxiv is not here: speed was not measured."
    print("| file | records | rejected | why | lines |\n| --- | --- | --- | --- | --- |")
    for file in files:
        print(row(file))
    print(f"\n{said}")


if __name__ == "__main__":
    main()
