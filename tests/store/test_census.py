"""A census is exact: held against a direct count in Python over seeds, made-up papers and real ones."""

import gzip
import json
import os
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import facts
from store.census import take
from store.errors import FilterError
from store.filters import period
from store.latex import readable
from store.ledger import Ledger
from store.plans import By, Census, Do, Group, Plan
from store.records import Filter, Paper

DATA = Path(os.environ.get("CHATBOT_DATA", Path(__file__).parents[3] / "shared" / "data"))
FIRST = ("Bowen", "Ada", "Jürgen", "Mei", "Noor", "B.")
LAST = ("Yu", "Li", "Müller", "O'Brien", "Smith")
WORDS = ("GRPO", "GSPO", "LLM", "LLMs", "rag", "paragraph", "reward", "hacking", "survey", "code", "naïve")
VENUES = ("ACL 2025", "NAACL 2025", "EMNLP Findings 2025", "NeurIPS'25", "icml 2025")


def made_up(count: int, seed: int = 7) -> list[Paper]:
    """Papers with whatever papers lack or have: dates in part, no authors, links, comments of all kinds."""
    chance = random.Random(seed)
    found = []

    def name() -> str:
        return f"{chance.choice(FIRST)} {chance.choice(LAST)}"

    for number in range(count):
        year, month, day = chance.randint(2023, 2025), chance.randint(1, 12), chance.randint(1, 28)
        created = chance.choice([None, f"{year}", f"{year}-{month:02}"] + [f"{year}-{month:02}-{day:02}"] * 4)
        link = chance.choice(
            ["", "", r" \href{https://github.com/a/b}{Code}.", " See https://gitlab.com/a/b."]
        )
        venue = chance.choice(VENUES)
        comment = chance.choice([None, "9 pages", f"Accepted to {venue}", f"Submitted to {venue}", venue])
        found.append(
            Paper(
                f"p{number}",
                f"Paper {number} is about {' '.join(chance.choices(WORDS, k=6))}.{link}",
                chance.choice(WORDS) + str(number),
                chance.random() < 0.5,
                authors=tuple(name() for _ in range(chance.choice((0, 1, 1, 2, 5)))),
                categories=tuple(chance.sample(["cs.CL", "cs.LG", "stat.ML"], chance.randint(0, 2))),
                created=created,
                comment=comment,
                venue=chance.choice([None, None, None, "Journal of X", "journal of x"]),
            )
        )
    return found


PAPERS = made_up(2000)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    opened = Ledger(tmp_path_factory.mktemp("census") / "ledger.sqlite3", create=True)
    with opened.transaction():
        for paper in PAPERS:
            opened.put_paper(paper, ())
    yield opened
    opened.close()


def says(paper: Paper, words: str) -> bool:
    """As a person would check it, with an expression."""
    whole = re.compile(rf"(?<![^\W_]){re.escape(words)}s?(?![^\W_])", re.IGNORECASE)
    return any(
        whole.search(text)
        for text in (paper.abstract.replace(r"\href{https://github.com/a/b}{", ""), paper.label)
    )


def passes(paper: Paper, filter: Filter) -> bool:
    if filter.since or filter.until:
        if paper.created is None:
            return False
        first, last = period(paper.created)
        if filter.since and first < period(filter.since)[0]:
            return False
        if filter.until and last > period(filter.until)[1]:
            return False
    code = any(host in paper.abstract for host in ("github.com/", "gitlab.com/"))
    venue = f"{paper.venue or ''} {'' if 'Submitted' in (paper.comment or '') else paper.comment or ''}"
    return (
        all(
            any(set(name.split()) <= set(author.split()) for author in paper.authors)
            for name in filter.authors
        )
        and all(category in paper.categories for category in filter.categories)
        and all(re.search(rf"\b{each}\b", venue, re.IGNORECASE) for each in filter.venues)
        and all(says(paper, words) for words in filter.phrases)
        and not any(says(paper, words) for words in filter.exclude)
        and (not filter.has or code)
        and (not filter.lacks or not code)
    )


def direct(papers: list[Paper], filter: Filter) -> list[Paper]:
    found = [paper for paper in papers if passes(paper, filter)]
    found.sort(key=lambda paper: (paper.label.lower(), paper.id))
    found.sort(key=lambda paper: paper.created or "", reverse=True)
    return found


FILTERS = st.builds(
    Filter,
    since=st.sampled_from([None, None, "2024", "2024-03", "2024-03-14"]),
    until=st.sampled_from([None, None, "2025", "2024-11", "2024-11-05"]),
    authors=st.sampled_from([(), (), ("Bowen Yu",), ("Li",), ("Smith", "Mei")]),
    categories=st.sampled_from([(), ("cs.CL",), ("cs.LG", "stat.ML")]),
    venues=st.sampled_from([(), (), ("ACL",), ("EMNLP",)]),
    phrases=st.sampled_from([(), (), ("GRPO",), ("llm",), ("rag", "code")]),
    exclude=st.sampled_from([(), ("survey",), ("LLM", "naïve")]),
    has=st.sampled_from([(), ("code",)]),
    lacks=st.sampled_from([(), (), ("github", "code")]),
)


@given(FILTERS)
@settings(max_examples=150)
def test_counts_and_lists_are_what_a_direct_count_finds(ledger, filter):
    expected = direct(PAPERS, filter)
    found = take(Plan(Do.LIST, filter), ledger, None)
    assert (found.total, found.count) == (2000, len(expected))
    assert [entry.id for entry in found.papers] == [paper.id for paper in expected]
    counted = take(Plan(Do.COUNT, filter), ledger, 5)
    assert (counted.count, counted.papers) == (found.count, found.papers[:5])


@pytest.mark.parametrize("by", list(By))
@given(filter=FILTERS)
@settings(max_examples=25)
def test_groups_are_what_a_direct_count_finds(ledger, by, filter):
    expected = direct(PAPERS, filter)
    keys = {
        By.YEAR: lambda paper: {paper.created[:4]} if paper.created else set(),
        By.MONTH: lambda paper: {paper.created[:7]} if paper.created else set(),
        By.AUTHOR: lambda paper: set(paper.authors),
        By.CATEGORY: lambda paper: set(paper.categories),
        By.VENUE: lambda paper: {name} if (name := facts.venue_of(paper.venue, paper.comment)) else set(),
    }[by]
    counts = Counter(key for paper in expected for key in keys(paper))
    if by is By.VENUE:  # "ICML 2025" and "icml 2025" are one
        counts = Counter(key.casefold() for paper in expected for key in keys(paper))
    found = take(Plan(Do.COUNT, filter, by), ledger, 0)
    same = str.casefold if by is By.VENUE else str
    assert {same(group.key): group.count for group in found.groups} == counts
    assert found.more_groups == 0
    if by in (By.YEAR, By.MONTH):
        assert [group.key for group in found.groups] == sorted(counts)
    else:
        assert [group.count for group in found.groups] == sorted(counts.values(), reverse=True)
    fact = {
        By.YEAR: "date",
        By.MONTH: "date",
        By.AUTHOR: "authors",
        By.CATEGORY: "categories",
        By.VENUE: "venue",
    }
    silent = sum(not keys(paper) for paper in expected)
    if not (filter.since or filter.until or filter.authors or filter.categories):
        assert dict(found.untold).get(fact[by], 0) == silent


@given(filter=FILTERS, do=st.sampled_from([Do.NEWEST, Do.OLDEST]), most=st.sampled_from([None, 1, 3, 40]))
def test_the_newest_and_oldest_are_certain_and_no_tie_is_broken(ledger, filter, do, most):
    newest = do is Do.NEWEST
    dated = [paper for paper in direct(PAPERS, filter) if paper.created]
    days = sorted((period(paper.created)[0 if newest else 1] for paper in dated), reverse=newest)[: most or 1]
    found = take(Plan(do, filter, most=most), ledger, None)
    if not dated:
        assert found.count == 0
        return
    side = 0 if newest else 1
    taken = {
        paper.id
        for paper in dated
        if (period(paper.created)[side] >= days[-1] if newest else period(paper.created)[side] <= days[-1])
    }
    assert {entry.id for entry in found.papers} == taken
    assert found.count == len(taken) >= min(most or 1, len(dated))
    could_be = [
        paper
        for paper in dated
        if paper.id not in taken
        and (period(paper.created)[1] > days[-1] if newest else period(paper.created)[0] < days[-1])
    ]
    if not (filter.since or filter.until):
        undated = sum(paper.created is None for paper in direct(PAPERS, filter))
        assert dict(found.untold).get("date", 0) == undated + len(could_be)


def test_the_largest_groups_are_cut_without_breaking_a_tie(ledger):
    every = take(Plan(Do.COUNT, by=By.AUTHOR), ledger).groups
    found = take(Plan(Do.COUNT, by=By.AUTHOR, most=3), ledger)
    least = every[2].count
    assert found.groups == tuple(group for group in every if group.count >= least)
    assert found.more_groups == len(every) - len(found.groups) > 0


def test_a_plan_reads_as_what_it_does():
    may = Filter("2025-05", "2025-05")
    assert str(Plan(Do.COUNT, may)) == "count where created in 2025-05"
    assert str(Plan(Do.NEWEST)) == "newest"
    assert str(Plan(Do.OLDEST, may, most=5)) == "oldest 5 where created in 2025-05"
    assert str(Plan(Do.COUNT, by=By.MONTH)) == "count by month"
    assert str(Plan(Do.COUNT, may, By.AUTHOR, 10)) == "count by author (10 most) where created in 2025-05"
    assert str(Plan(Do.LIST, Filter(phrases=("GRPO",)))) == 'list where mentions "GRPO"'


def test_a_wrong_filter_is_an_error_of_the_plan(ledger):
    with pytest.raises(FilterError, match="Write 2025"):
        take(Plan(Do.COUNT, Filter(since="soon")), ledger)


def test_the_seeds_are_counted_as_they_stand(seeded):
    papers = seeded.papers()

    def counted(*arguments: object, **fields: object) -> Census:
        return seeded.census(Plan(*arguments, **fields), None)  # type: ignore[arg-type]

    assert counted(Do.COUNT).count == len(papers) == 39
    may = counted(Do.LIST, Filter("2025-05", "2025-05"))
    assert [entry.id for entry in may.papers] == [p.id for p in papers if (p.created or "")[:7] == "2025-05"]
    assert dict(may.untold) == {"date": sum(p.created is None for p in papers)}
    (newest,) = counted(Do.NEWEST).papers
    assert newest.created == max(p.created for p in papers if p.created)
    code = counted(Do.LIST, Filter(has=("code",)))
    assert {entry.id for entry in code.papers} == {p.id for p in papers if "github.com/" in p.abstract}
    grpo = counted(Do.COUNT, Filter(phrases=("GRPO",)))
    assert grpo.count == sum(bool(re.search(r"\bGRPO\b", p.abstract)) for p in papers) > 0
    months = counted(Do.COUNT, by=By.MONTH).groups
    assert months == tuple(
        Group(*item) for item in sorted(Counter(p.created[:7] for p in papers if p.created).items())
    )
    assert counted(Do.COUNT, Filter(venues=("ACL",))).count == 1
    assert counted(Do.COUNT, Filter(authors=("Bowen Yu",))).untold == (("authors", 39),)
    assert counted(Do.LIST, Filter(ids=("2505.09388",))).papers[0].arxiv_id == "2505.09388"


def archive(pattern: str) -> list[dict[str, object]]:
    """Real records, or the test is skipped."""
    files = sorted((DATA / "corpora" / "arxiv").glob(pattern))
    if not files:
        pytest.skip(
            f"{DATA / 'corpora' / 'arxiv'} is not here: set CHATBOT_DATA to the folder of the public data"
        )
    found = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found += [json.loads(line) for line in lines]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "papers", "characters"),
    [("2025-05*", 3000, None), ("*", None, 120)],
    ids=["whole abstracts of a month", "a hundred thousand, their abstracts cut"],
)
def test_real_papers_are_counted_as_they_stand(tmp_path, pattern, papers, characters):
    raw = archive(pattern)[:papers]
    for item in raw:
        item["abstract"] = item["abstract"][:characters]  # cut, they are indexed in a third of the time
    ledger = Ledger(tmp_path / "ledger.sqlite3", create=True)
    with ledger.transaction():
        for item in raw:
            ledger.put_paper(
                Paper(
                    item["id"],
                    item["abstract"],
                    item["title"],
                    False,
                    title=item["title"],
                    authors=tuple(item["authors"]),
                    categories=tuple(item["categories"]),
                    created=(item["published"] or "")[:10] or None,
                    comment=item["comment"],
                ),
                (),
            )
    counted_as_they_stand(ledger, raw)
    ledger.close()


def counted_as_they_stand(ledger, raw):
    """Each count is what a loop over the records finds, in texts as people read them."""
    texts = [
        readable(text) if re.search(r"[\\$~{}]", text) else text
        for text in (f"{item['title']}\n{item['abstract']}" for item in raw)
    ]

    def count(filter: Filter) -> int:
        return take(Plan(Do.COUNT, filter), ledger).count

    def mentions(words: str) -> int:
        whole = re.compile(rf"(?<![^\W_]){re.escape(words)}s?(?![^\W_])", re.IGNORECASE)
        return sum(bool(whole.search(text)) for text in texts)

    for words in ("GRPO", "LLM", "RAG", "reinforcement learning", "chain-of-thought", "DeepSeek-R1", "GPT-4"):
        assert count(Filter(phrases=(words,))) == mentions(words)
        assert count(Filter(exclude=(words,))) == len(raw) - mentions(words)
    hosts = re.compile(
        r"(?:(?<=www\.)|(?<![\w.-]))(?:github\.com|gitlab(?:\.[\w-]+)+|bitbucket\.org|codeberg\.org|gitee\.com"
        r"|anonymous\.4open\.science|sourceforge\.net/p(?:rojects)?)/[\w~]",
        re.IGNORECASE,
    )
    linked = sum(any(hosts.search(item[key] or "") for key in ("abstract", "comment")) for item in raw)
    assert count(Filter(has=("code",))) == linked > 100
    for author in ("Bowen Yu", "Wei Zhang", "Kun Zhang"):
        same = sum(any(set(author.split()) <= set(name.split()) for name in item["authors"]) for item in raw)
        assert count(Filter(authors=(author,))) == same
    months = take(Plan(Do.COUNT, by=By.MONTH), ledger)
    assert {group.key: group.count for group in months.groups} == Counter(
        item["published"][:7] for item in raw if item["published"]
    )
    assert dict(months.untold).get("date", 0) == sum(not item["published"] for item in raw)
