"""The bench of answers: questions, runs that may be broken off, scores against what is counted by hand."""

from __future__ import annotations

import gzip
import json
import math
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.benching import answers, citations, judged, making, questions, retrieval, scoring, tables
from chatbot.benching.answers import Kept, Run
from chatbot.benching.citations import Cited
from chatbot.benching.facts import facts, stands_in
from chatbot.benching.journal import Journal
from chatbot.benching.judging import Rules
from chatbot.benching.metrics import Share
from chatbot.benching.questions import Asked
from chatbot.benching.roles import unfit
from chatbot.calibration import Calibrations
from chatbot.errors import BenchError, ModelBusy, ModelUnreachable
from chatbot.model.scripted import Call, Reply, ScriptedModel
from chatbot.settings import Settings
from chatbot.verifying import Passage
from store import Collection, HashEmbedder, Side

FACT = "PLawBench comprises 850 questions across 13 practical legal scenarios."
ASKED = [
    Asked("How many questions does PLawBench contain?", facts=("850",), paper="introduce PLawBench"),
    Asked("What does GSPO base its importance ratio on?", facts=("sequence",)),
    Asked("What is the boiling point of water?", answerable=False),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, cache=tmp_path, verifier="fast")


def run(
    asked: list[Asked], collection: Collection, model: ScriptedModel | None, file: Path, settings: Settings
) -> Run:
    return Run(
        asked, collection, model, Journal(file).__enter__(), settings=settings, calibrations=Calibrations()
    )


# Questions


def test_questions_are_written_and_read_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    asked = [*ASKED, Asked("Which?", False, hide=("2505.09388",), note="n"), Asked("Who?", answer="A.")]
    questions.write(questions.text_of(asked), file)
    assert questions.read(file) == asked


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"question": "?"}', "asks nothing"),
        ('{"question": "Why?", "fact": []}', "'fact' is no key"),
        ('{"question": "Why?", "answerable": "yes"}', "true or false"),
        ('{"question": "Why?", "facts": ["("]}', "no regular expression"),
        ('{"question": "Why?", "facts": "a"}', "a list of texts"),
    ],
)
def test_a_line_that_can_t_be_used_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(f'{{"question": "What?"}}\n\n{line}\n')
    with pytest.raises(BenchError, match=said) as error:
        questions.read(file)
    assert f"{file}:3" in str(error.value)


def test_a_paper_that_is_hidden_has_to_be_there(seeded: Collection) -> None:
    [paper] = [each for each in seeded.papers() if each.label == "PLawBench"]
    assert questions.filter_of(Asked("Which?", hide=("PLawBench",)), seeded).without == (paper.id,)
    with pytest.raises(BenchError, match="no such paper"):
        questions.filter_of(Asked("Which?", hide=("gone",)), seeded)


# The journal


def test_a_torn_last_line_is_passed_over_and_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "j.jsonl"
    with Journal(file) as journal:
        journal.add("a", {"n": 1})
    with file.open("a") as torn:
        torn.write('{"key": "b", "n')
    with Journal(file) as journal:
        assert journal.get("b") is None
        journal.add("c", {"n": 3})
    assert [entry["key"] for entry in Journal(file)] == ["a", "c"]


def test_two_runs_don_t_write_one_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.jsonl"), pytest.raises(BenchError, match="Another run"):
        Journal(tmp_path / "j.jsonl").__enter__()


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "j.jsonl").write_text('{"key": "a"}\nno\n')
    with pytest.raises(BenchError, match=r"j\.jsonl:2 is damaged"):
        Journal(tmp_path / "j.jsonl")


# Runs


def test_a_run_that_was_broken_off_asks_only_what_is_left(
    seeded: Collection, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    first = run(ASKED, seeded, ScriptedModel([FACT, ModelBusy("Busy. Wait.")]), file, settings)
    with pytest.raises(ModelUnreachable, match="Busy"):
        first.ask(lambda done, total: None)
    assert first.missing == 2
    first._journal.__exit__(None, None, None)
    model = ScriptedModel(["GSPO bases it on sequence likelihood. [1.1]"])
    second = run(ASKED, seeded, model, file, settings)
    second.ask(lambda done, total: None)
    assert second.missing == 0
    assert len(model.calls) == 1  # the third is off-topic: no model is asked
    assert [each.asked for each in second.kept()] == ASKED
    [group] = answers.load(file)
    assert (group.model, len(group.kept)) == ("scripted", 3)
    score = scoring.score(second.kept(), seeded, Rules())
    assert score.refusals.precision == score.refusals.recall == Share(1, 1)
    assert score.facts == Share(2, 2)


def test_other_settings_are_another_run(seeded: Collection, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    one = run(ASKED[:1], seeded, ScriptedModel([FACT]), file, settings)
    one.ask(lambda done, total: None)
    one._journal.__exit__(None, None, None)
    other = Settings(home=tmp_path, cache=tmp_path, verifier="fast", papers=3)
    assert run(ASKED[:1], seeded, ScriptedModel([]), file, other).missing == 1


@pytest.mark.parametrize("text", ["{}", "[1]", "no", '{"models": [{"answers": [{}]}]}'])
def test_what_holds_no_answers_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(BenchError):
        answers.load(tmp_path / "report.json")
    with pytest.raises(BenchError, match="There are no answers"):
        answers.load(tmp_path / "gone.json")


def kept(status: str, answerable: bool) -> Kept:
    told = {"first_token": None, "total": 1.0}
    answer = {
        "status": status,
        "claims": [],
        "citations": [],
        "dropped": ["Markers that point at nothing shown: [7.7], [8.8]."],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0},
        "timings": told,
    }
    return Kept(Asked("Which?", answerable), answer)


def test_refusals_are_counted_as_by_hand(seeded: Collection) -> None:
    """3 refused, 2 of them rightly; 4 ought to be refused."""
    runs = [("refused", False), ("refused", False), ("refused", True), ("answered", False)]
    found = scoring.score(
        [kept(*each) for each in [*runs, ("answered", False), ("answered", True)]], seeded, Rules()
    )
    assert (found.refusals.precision, found.refusals.recall) == (Share(2, 3), Share(2, 4))
    assert found.lost == 12


# Citations, as ALCE counts them


def says(claim: str, passages: object) -> bool:
    """Entailment by letters: every letter of the claim stands in some passage."""
    letters = set("".join(each.text for each in passages))  # type: ignore[attr-defined]
    return set(claim) <= letters


says.name = "letters"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("claim", "cites", "expected"),
    [
        ("ab", ["ab"], (True, 1)),
        ("ab", ["a", "b"], (True, 2)),  # each is needed
        ("ab", ["ab", "x"], (True, 1)),  # the second is not
        ("ab", ["ab", "ab"], (True, 2)),  # each alone says it
        ("ab", ["a"], (False, 0)),
        ("ab", [], (False, 0)),
    ],
)
def test_a_citation_counts_if_it_is_needed(claim: str, cites: list[str], expected: tuple[bool, int]) -> None:
    passages = tuple(Passage(text) for text in cites)
    assert citations.judged(Cited(claim, passages), says) == expected  # type: ignore[arg-type]


def test_recall_and_precision_are_averages_over_answers() -> None:
    good = [Cited("ab", (Passage("ab"),))]
    half = [Cited("ab", (Passage("a"), Passage("b"))), Cited("cd", (Passage("c"),))]
    found = citations.scores([good, half, []], says)  # type: ignore[arg-type]
    assert found.recall == pytest.approx((1 + 1 / 2) / 2)
    assert found.precision == pytest.approx((1 + 2 / 3) / 2)
    assert found.answers == 2


# Tables


def test_a_cell_is_text_whatever_a_model_said() -> None:
    said = "a|b\n<img src=x>\x1b[31m ![i](http://x) \u202eabc"
    row = tables.table(["answer"], [[said]]).splitlines()[-1]
    assert row == "| a\\|b &lt;img src=x&gt; [31m !\\[i]\\(http://x) abc |"


# Making questions


def test_facts_are_the_numbers_and_names_of_a_sentence() -> None:
    found = {
        fact.text: fact.pattern for fact in facts("Alpha-7 scores 12,500 points on MathBench.", ["Alpha-7"])
    }
    assert "MathBench" in found
    assert not any("Alpha" in text for text in found)
    number = next(pattern for text, pattern in found.items() if "12" in text)
    assert stands_in(number, "It scores 12,500 points there.")
    assert not stands_in(number, "It scores 112,500 points there.")


@given(st.text())
def test_a_fact_of_any_text_is_found_in_it(text: str) -> None:
    for fact in facts(text):
        assert stands_in(fact.pattern, text)


@pytest.mark.parametrize(
    "question", ["Tell me.", "What?", "What does this paper show about it?", "What do we propose here today?"]
)
def test_what_can_t_be_asked_alone_is_unfit(question: str) -> None:
    assert unfit(question)


def test_a_set_is_made_by_three_roles_and_goes_on_where_it_stopped(
    seeded: Collection, settings: Settings, tmp_path: Path
) -> None:
    def questioner_or_responder(call: Call) -> Reply:
        asked = call.messages[-1].content
        if "Write the question" in asked:
            return f"What is said about number {len(asked)} by the method?"
        return "The papers don't say."

    model = ScriptedModel([questioner_or_responder] * 100, logprobs=[{"yes": -0.1, "no": -3.0}] * 100)
    file = tmp_path / "q.journal"
    with Journal(file) as journal:
        made = making.Maker(seeded, model, journal, settings=settings, seed=1).run(
            3, lambda done, total: None
        )
    assert making.kept(made) == []
    assert sum(making.thrown(made).values()) == len(made) == 6
    assert any("no answer" in why or "question" in why for why in making.thrown(made))
    again = ScriptedModel([])
    again.name = model.name
    with Journal(file) as journal:
        assert (
            making.Maker(seeded, again, journal, settings=settings, seed=1).run(3, lambda done, total: None)
            == made
        )
    assert again.calls == []


def test_a_question_on_which_the_roles_agree_is_kept_with_and_without_its_paper(
    seeded: Collection, settings: Settings, tmp_path: Path
) -> None:
    sentence: list[str] = []

    def reply(call: Call) -> Reply:
        asked = call.messages[-1].content
        if "Write the question" in asked:
            sentence.append(asked.split("Sentence: ")[1].split("\n")[0])
            return "Which thing does the described method change?"
        return sentence[-1] if sentence[-1] in asked else "The papers don't say."

    model = ScriptedModel([reply] * 200, logprobs=[{"yes": -0.1, "no": -3.0}] * 200)
    with Journal(tmp_path / "q.journal") as journal:
        made = making.Maker(seeded, model, journal, settings=settings, seed=2).run(
            39, lambda done, total: None
        )
    kinds = making.kinds(made)
    assert kinds["plain"] >= 1
    assert kinds["unanswerable"] >= 1
    for asked in making.kept(made):
        assert bool(asked.hide) is not asked.answerable


# Retrieval


def beir(folder: Path) -> Path:
    folder.mkdir()
    texts = {"d1": "Penguins swim in cold water.", "d2": "Violins are made of wood.", "d3": "Glaciers melt."}
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": id, "title": "", "text": text}) + "\n" for id, text in texts.items())
    )
    queries = {"q1": "penguins in water", "q2": "wooden violins", "q3": "nobody judged this"}
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": id, "text": text}) + "\n" for id, text in queries.items())
    )
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq2\td3\t1\n")
    return folder


def test_measures_are_those_computed_by_hand() -> None:
    found = retrieval.measures(
        {"q1": ["d9", "d1"], "q2": ["d2"]}, {"q1": {"d1": 1}, "q2": {"d2": 2, "d3": 1}}
    )
    ndcg = (1 / math.log2(3) + 2 / (2 + 1 / math.log2(3))) / 2
    values = list(found.values())
    assert values[0] == pytest.approx(ndcg)
    assert values[1] == values[2] == pytest.approx((1 + 1 / 2) / 2)
    assert values[3] == pytest.approx((1 / 2 + 1) / 2)


def test_the_order_of_a_ranking_counts_and_not_the_ids_of_its_documents() -> None:
    grades = {"q": {"b": 1}}
    assert retrieval.measures({"q": ["b", "a"]}, grades)["MRR"] == 1
    assert retrieval.measures({"q": ["a", "b"]}, grades)["MRR"] == 0.5
    assert retrieval.measures({}, grades)["recall@100"] == 0


def test_a_library_that_is_missing_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytrec_eval", None)
    with pytest.raises(BenchError, match=r"pip install 'proven-chatbot\[bench\]'"):
        retrieval.measures({}, {"q": {"d": 1}})


def test_a_set_may_be_gzipped_and_have_no_header_and_what_is_malformed_is_named(tmp_path: Path) -> None:
    folder = beir(tmp_path / "tiny")
    for name in ("corpus.jsonl", "queries.jsonl"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    (folder / "qrels.tsv").unlink()
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\nq3\td1\t0\n")
    [found] = judged.sets(folder)
    assert judged.judgements(found.qrels) == {"q1": {"d1": 1}}  # q3 has no relevant document
    assert len(list(judged.objects(found.corpus))) == 3
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\nq1 d2 1\n")
    with pytest.raises(BenchError, match=r"test\.tsv:2 is no judgement"):
        judged.judgements(found.qrels)
    found.corpus.write_bytes(b"\x1f\x8bno")
    with pytest.raises(BenchError, match="can't be read"):
        list(judged.objects(found.corpus))


def test_a_document_that_was_merged_with_another_is_found_under_both_ids(tmp_path: Path) -> None:
    folder = beir(tmp_path / "tiny")
    with (folder / "corpus.jsonl").open("a") as corpus:
        corpus.write(json.dumps({"_id": "d4", "title": "", "text": "Penguins swim in cold water."}) + "\n")
    (folder / "qrels.tsv").write_text("q1\td1\t1\nq1\td4\t1\n")
    [found] = retrieval.run(
        judged.sets(folder),
        [Side.HYBRID],
        tmp_path / "home",
        HashEmbedder(),
        notice=lambda text: None,
        progress=lambda what, done, total: None,
    )
    assert (found.papers, found.queries) == (3, 1)
    assert found.values["recall@10"] == found.values["nDCG@10"] == 1


def test_a_set_that_lacks_a_file_says_which(tmp_path: Path) -> None:
    folder = beir(tmp_path / "tiny")
    assert [each.name for each in judged.sets(tmp_path)] == ["tiny"]
    (folder / "qrels.tsv").unlink()
    with pytest.raises(BenchError, match=r"qrels\.tsv"):
        judged.sets(tmp_path)
    with pytest.raises(BenchError, match="no folder"):
        judged.sets(tmp_path / "gone")
