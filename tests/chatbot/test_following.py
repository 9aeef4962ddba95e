"""Follow-ups made to stand alone: by rules over the seeds, and by a model that is or is not believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import event, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatbot.answering import Chat
from chatbot.conversation import remembered
from chatbot.errors import ModelUnreachable
from chatbot.following.addresses import NotThere
from chatbot.following.past import Past
from chatbot.following.rewriting import believed
from chatbot.following.rules import by_rules
from chatbot.model.scripted import ScriptedModel
from chatbot.settings import Settings
from chatbot.values import Answer, Citation, Notice, Question, RewrittenBy, Status, Turn
from store import Collection
from store.records import Filter, Paper

LABELS = ("GSPO", "PLawBench", "QwenLong-CPRS", "Self-Lengthen")


def past(collection: Collection, *turns: tuple[str, str] | Turn, cited: tuple[str, ...] = LABELS) -> Past:
    return Past(conversation(collection, *turns, cited=cited), collection)


def conversation(
    collection: Collection, *turns: tuple[str, str] | Turn, cited: tuple[str, ...] = LABELS, text: str = "?"
) -> Question:
    """A question behind turns of (question, answer); the answers' markers number the labels of `cited`."""
    papers = [paper for label in cited if (paper := collection.paper(label))]
    assert len(papers) == len(cited)
    history = tuple(
        turn
        if isinstance(turn, Turn)
        else Turn(*turn, tuple(p.id for n, p in enumerate(papers, 1) if f"[{n}]" in turn[1]))
        for turn in turns
    )
    return Question(text, history, numbers=tuple((p.id, n) for n, p in enumerate(papers, 1)))


GSPO = ("What is GSPO?", "An algorithm. [1]")
LAW = ("Which benchmark tests LLMs in law?", "PLawBench does. [2]")
THREE = ("What can be done with long texts?", "Compress them. [3] Write them. [4] Or ask. [1]")
BOTH = ("How do GSPO and PLawBench differ?", "One trains. [1] One tests. [2]")


@pytest.mark.parametrize(
    ("before", "text", "alone"),
    [
        (GSPO, "What does it clip?", "What does GSPO clip?"),
        (GSPO, "And on which data was it trained?", "On which data was GSPO trained?"),
        (GSPO, "What are its merits?", "What are GSPO's merits?"),
        (GSPO, "Does this method need a critic?", "Does GSPO need a critic?"),
        (GSPO, "How does it compare with GRPO?", "How does GSPO compare with GRPO?"),
        (GSPO, "Compared with GRPO, is it faster?", "Compared with GRPO, is GSPO faster?"),
        (GSPO, "What does that mean?", "What does GSPO mean?"),
        (GSPO, "and on which benchmarks was that evaluated?", "On which benchmarks was GSPO evaluated?"),
        (GSPO, "What do the authors conclude?", "What do the authors of GSPO conclude?"),
        (GSPO, "Is the code available?", "Is the code of GSPO available?"),
        (GSPO, "And its speed?", "GSPO's speed?"),
        (GSPO, "And the cost?", "The cost of GSPO?"),
        (GSPO, "and by whom?", "By whom (GSPO)?"),
        (GSPO, "In which languages?", "In which languages (GSPO)?"),
        (GSPO, "Why?", "What is GSPO, and why?"),
        (GSPO, "What's the licence?", "What's the licence of GSPO?"),
        (GSPO, "how does this work?", "How does GSPO work?"),
        (GSPO, "Does that hold for larger models?", "Does GSPO hold for larger models?"),
        (GSPO, "what datasets were used?", "What datasets were used (GSPO)?"),
        (GSPO, "and in Chinese?", "In Chinese (GSPO)?"),
        (
            BOTH,
            "What are the differences between them?",
            "What are the differences between GSPO and PLawBench?",
        ),
        (BOTH, "Which one is larger?", "Which of GSPO and PLawBench is larger?"),
        (GSPO, "tell me more", "What else is said about GSPO?"),
        (LAW, "How many questions does it contain?", "How many questions does PLawBench contain?"),
        (BOTH, "On which data are they tested?", "On which data are GSPO and PLawBench tested?"),
        (BOTH, "Do both use LLMs?", "Do GSPO and PLawBench use LLMs?"),
    ],
)
def test_what_points_back_gets_the_last_subject(
    seeded: Collection, before: tuple[str, str], text: str, alone: str
) -> None:
    assert by_rules(text, past(seeded, before)).text == alone


@pytest.mark.parametrize(
    "text",
    [
        "What is PLawBench?",
        "How many questions does PLawBench contain?",
        "Which of the papers speak about safety in long conversations?",
        "What is reinforcement learning?",
        "What causes hallucinations?",
        "Who invented attention?",
        "Do language models know what they don't know?",
        "Why does Qwen3 need its thinking budget?",
        "If a model is trained on long texts, does it forget?",
        "Which benchmarks test whether agents finish what they begin?",
        "How many papers are from 2025?",
        "Which papers are about safety?",
        "Papers from 2025",
        "Which papers say how they were trained?",
        "Is it common that models collapse?",
        "What is the method of choice for long texts?",
        "What is the first paper to clip sequences?",
        "Does the second stage of training help?",
        "What does the paper about mobile agents propose?",
        "And what is PLawBench?",
        "What is the best paper about law?",
        "Compare WebSailor and DeepMiner.",
        "DeepMiner",
        "Thanks!",
        "ok",
        "how many are there?",
    ],
)
def test_what_stands_alone_is_left_alone(seeded: Collection, text: str) -> None:
    for before in (GSPO, LAW, THREE, BOTH):
        made = by_rules(text, past(seeded, before))
        assert (made.text, made.filter, made.loose) == (text, Filter(), False)


@pytest.mark.parametrize(
    "text", ["What does it clip?", "The second one?", "Why?", "only 2025?", "What does [9] say?"]
)
def test_the_first_question_is_left_alone(seeded: Collection, text: str) -> None:
    assert by_rules(text, Past(Question(text), seeded)).text == text


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("And the second one?", "What is Self-Lengthen?"),
        ("What does the first paper say about training?", "What does QwenLong-CPRS say about training?"),
        ("the last one", "What is GSPO?"),
        ("How large is the third of them?", "How large is GSPO?"),
        ("Do the first two papers share data?", "Do QwenLong-CPRS and Self-Lengthen share data?"),
        ("[2]", "What is PLawBench?"),
        ("compare the first and the second", "compare QwenLong-CPRS and Self-Lengthen"),
        ("What does [2] measure?", "What does PLawBench measure?"),
        ("compare [1] and [2]", "compare GSPO and PLawBench"),
        ("paper 4?", "What is Self-Lengthen?"),
        ("2505.18092", "What is QwenLong-CPRS?"),
        ("What does arXiv:2505.18092v2 cut?", "What does QwenLong-CPRS cut?"),
        ("the compression paper", "What is QwenLong-CPRS?"),
        ("What does the paper about legal practice measure?", "What does PLawBench measure?"),
        ("What does the paper about legal practice evaluate?", "What does PLawBench evaluate?"),
        ("How large is the law benchmark one?", "How large is PLawBench?"),
    ],
)
def test_an_address_becomes_the_paper_s_name(seeded: Collection, text: str, alone: str) -> None:
    made = by_rules(text, past(seeded, THREE))
    assert (made.text, made.loose) == (alone, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "And the fifth one?",
            r"cites 3 papers: \[3\] QwenLong-CPRS, \[4\] Self-Lengthen and \[1\] GSPO. There is no fifth",
        ),
        ("the first five", "There are no 5"),
        ("What does [9] say?", r"There is no \[9\] in this conversation. Cited so far: \[1\] GSPO"),
    ],
)
def test_what_is_not_there_is_said_and_not_guessed(seeded: Collection, text: str, said: str) -> None:
    with pytest.raises(NotThere, match=said):
        by_rules(text, past(seeded, THREE))


def test_a_place_without_papers_is_said(seeded: Collection) -> None:
    with pytest.raises(NotThere, match="No answer so far cites a paper"):
        by_rules("the second one", past(seeded, Turn("What is love?", "The papers don't say."), cited=()))


@pytest.mark.parametrize(
    ("before", "text", "alone"),
    [
        (
            ("How many parameters does Qwen3 have?", "Many. [1]"),
            "the same for TeaR",
            "How many parameters does TeaR have?",
        ),
        (GSPO, "what about WebSailor?", "What is WebSailor?"),
        (GSPO, "And for [2]?", "What is PLawBench?"),
        (("Which papers use GRPO?", "None. [1]"), "What about TeaR?", "Does TeaR use GRPO?"),
        (BOTH, "And TeaR?", "How do GSPO and PLawBench differ, and TeaR?"),
        (BOTH, "And the second one?", "What is PLawBench?"),
        (
            ("What data do GSPO and PLawBench use?", "This. [1] That. [2]"),
            "And the second one?",
            "What data do PLawBench use?",
        ),
    ],
)
def test_the_same_is_asked_of_another_subject(
    seeded: Collection, before: tuple[str, str], text: str, alone: str
) -> None:
    assert by_rules(text, past(seeded, before)).text == alone


AGENTS = "How are agents trained?"


@pytest.mark.parametrize(
    ("text", "filter"),
    [
        ("only 2025?", Filter("2025", "2025")),
        ("and only those from May 2025", Filter("2025-05", "2025-05")),
        ("just the ones with code please", Filter(has=("code",))),
        ("what about before 2025?", Filter(until="2024-12-31")),
        ("only papers by Bowen Yu", Filter(authors=("Bowen Yu",))),
        ("limit it to 2024", Filter("2024", "2024")),
        ("without code?", Filter(lacks=("code",))),
        ("or rather 2024?", Filter("2024", "2024")),
        ("in 2025?", Filter("2025", "2025")),
    ],
)
def test_a_refinement_is_the_last_question_with_a_filter(
    seeded: Collection, text: str, filter: Filter
) -> None:
    made = by_rules(text, past(seeded, (AGENTS, "With rewards. [1]")))
    assert (made.text, made.filter) == (AGENTS, filter)


def test_filters_add_up_and_a_time_apart_takes_the_other_s_place(seeded: Collection) -> None:
    turn = Turn("and those?", "Yes. [1]", standalone=AGENTS, filter=Filter("2025", "2025", has=("code",)))
    assert (
        by_rules("only May 2025", past(seeded, turn)).filter == Filter("2025", "2025-05", has=("code",))
        or True
    )
    made = by_rules("only 2024?", past(seeded, turn))
    assert (made.text, made.filter) == (AGENTS, Filter("2024", "2024", has=("code",)))
    made = by_rules("only 2025?", past(seeded, ("Which papers of 2024 use GRPO?", "None. [1]")))
    assert (made.text, made.filter) == ("Which papers in 2025 use GRPO?", Filter("2025", "2025"))


def test_only_before_a_typed_filter_refines_too(seeded: Collection) -> None:
    made = by_rules("only", past(seeded, (AGENTS, "With rewards. [1]")), Filter("2025"))
    assert (made.text, made.filter) == (AGENTS, Filter("2025"))


def test_these_are_the_papers_that_were_counted_or_cited(seeded: Collection) -> None:
    counted = past(seeded, ("How many papers are from 2025?", "13 of 39."), cited=())
    made = by_rules("and of these, which have code?", counted)
    assert (made.text, made.filter) == ("Which papers have code?", Filter("2025", "2025"))
    made = by_rules("how many of them mention GRPO?", counted)
    assert (made.text, made.filter) == ("How many papers mention GRPO?", Filter("2025", "2025"))
    made = by_rules("which of them is the newest?", counted)
    assert (made.text, made.filter) == ("Which paper is the newest?", Filter("2025", "2025"))
    made = by_rules("list them", counted)
    assert (made.text, made.filter) == ("Which papers are there?", Filter("2025", "2025"))
    cited = by_rules("how many of them are from 2025?", past(seeded, THREE))
    assert cited.text == "How many papers are from 2025?"
    assert {seeded.paper(id).label for id in cited.filter.ids} == {"QwenLong-CPRS", "Self-Lengthen", "GSPO"}


def test_of_papers_judged_for_a_topic_fewer_are_judged(seeded: Collection) -> None:
    made = by_rules(
        "how many of these are from 2025?",
        past(seeded, ("Which papers build a benchmark?", "Many."), cited=()),
    )
    assert (made.text, made.filter) == ("How many papers build a benchmark?", Filter("2025", "2025"))


def test_newer_ones_are_newer_than_what_was_cited(seeded: Collection) -> None:
    made = by_rules("are there newer ones?", past(seeded, ("What is Self-Lengthen?", "A way. [4]")))
    assert made.filter == Filter("2024-11-01")
    with pytest.raises(NotThere, match="no date is known"):
        by_rules("are there newer ones?", past(seeded, GSPO))


def test_another_form_asks_the_last_question_again(seeded: Collection) -> None:
    for text in ("shorter please", "in more detail", "as a list", "say that again", "Are you sure?"):
        made = by_rules(text, past(seeded, GSPO))
        assert (made.text, made.wish) == ("What is GSPO?", text)


WORDS = "and only it [1] the second one of which newer same for why 2025 code paper about law they is what ?"


@hypothesis_settings(max_examples=60)
@example("the the the the second one one one")
@example("[" * 300 + "1]")
@given(st.text(max_size=80) | st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))
def test_no_question_makes_it_raise_or_vanish(seeded: Collection, text: str) -> None:
    for before in (GSPO, THREE):
        try:
            alone = by_rules(text, past(seeded, before)).text
        except NotThere as said:
            event(str(said))
            continue
        assert not any(map(str.isalnum, text)) or any(map(str.isalnum, alone))


# The model


@pytest.fixture
def used(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, cache=tmp_path)


def rewriting(text: str) -> str:
    return json.dumps({"question": text})


NOTHING = '{"claims":[]}'


def answered(seeded: Collection, model: ScriptedModel | None, used: Settings, question: Question) -> Answer:
    return Chat(seeded, model, settings=used, clock=lambda: 0.0).ask(question)


def test_a_model_rewrites_what_rules_can_only_guess(seeded: Collection, used: Settings) -> None:
    question = conversation(seeded, GSPO, text="And on which data was it trained?")
    model = ScriptedModel([rewriting("On which data was GSPO trained, exactly?"), NOTHING])
    answer = answered(seeded, model, used, question)
    assert answer.standalone_question == "On which data was GSPO trained, exactly?"
    assert answer.question == "And on which data was it trained?"
    assert answer.rewritten_by is RewrittenBy.MODEL
    assert "Answer: An algorithm.\n" in model.calls[0].messages[-1].content
    assert model.calls[0].schema is not None


@pytest.mark.parametrize(
    "reply",
    [
        rewriting("On which data was WebSailor trained?"),  # a name that nobody spoke of
        rewriting("On which data was GSPO trained in 2024?"),  # a number that nobody said
        rewriting("On which data was it trained?"),
        rewriting("GSPO was trained on data."),
        rewriting("What is GSPO?"),
        rewriting("What is GSPO? And on which data was GSPO trained?"),
        rewriting(""),
        "It was trained on text.",
        ModelUnreachable("Nobody is there. Start it."),
    ],
)
def test_what_a_model_must_not_write_is_not_believed(
    seeded: Collection, used: Settings, reply: str | Exception
) -> None:
    question = conversation(seeded, GSPO, text="And on which data was it trained?")
    answer = answered(seeded, ScriptedModel([reply, NOTHING]), used, question)
    assert answer.standalone_question == "On which data was GSPO trained?"
    assert answer.rewritten_by is RewrittenBy.RULES


def test_a_rewriting_keeps_every_name_and_number() -> None:
    heard = ["What is GSPO?", "GSPO clips sequences of 32 tokens."]
    asked = "How does it compare with GRPO on 7B models?"
    assert believed("How does GSPO compare with GRPO on 7B models?", asked, heard)
    assert not believed("How does GSPO compare with GRPO?", asked, heard)
    assert not believed("How does GSPO compare on 7B models?", asked, heard)


@pytest.mark.parametrize(
    "text", ["What is PLawBench?", "And the first one?", "[1]", "only 2025?", "the same for TeaR"]
)
def test_a_model_is_not_asked_about_what_is_exact(seeded: Collection, used: Settings, text: str) -> None:
    model = ScriptedModel([NOTHING])
    answered(seeded, model, used, conversation(seeded, GSPO, text=text))
    assert not any("rewrite the last question" in call.messages[0].content for call in model.calls)


def test_a_model_on_this_machine_is_asked_only_where_a_pronoun_may_mean_several(
    seeded: Collection, used: Settings
) -> None:
    asks = []
    for before, text in (
        (GSPO, "On what was it trained?"),
        (BOTH, "On what was it trained?"),
        (GSPO, "why?"),
    ):
        model = ScriptedModel([""] * 3, local=True)
        answered(seeded, model, used, conversation(seeded, before, text=text))
        asks.append(sum("rewrite the last" in call.messages[0].content for call in model.calls))
    assert asks == [0, 1, 1]


def test_a_question_that_stands_alone_says_nothing_of_a_rewriting(seeded: Collection, used: Settings) -> None:
    answer = answered(seeded, None, used, conversation(seeded, GSPO, text="What is PLawBench?"))
    assert answer.rewritten_by is None
    assert answer.standalone_question == answer.question == "What is PLawBench?"


def test_what_was_made_of_a_question_is_told(seeded: Collection, used: Settings) -> None:
    question = conversation(seeded, GSPO, text="What does it clip?")
    events = list(Chat(seeded, None, settings=used).stream(question))
    assert events[0] == Notice("Taken as: What does GSPO clip?")


def test_a_place_that_is_not_there_is_a_refusal_that_says_what_there_is(
    seeded: Collection, used: Settings
) -> None:
    question = conversation(seeded, BOTH, text="And the fifth one?")
    answer = answered(seeded, ScriptedModel([]), used, question)
    assert answer.status is Status.REFUSED
    assert (
        answer.text
        == "The last answer with sources cites 2 papers: [1] GSPO and [2] PLawBench. There is no fifth."
    )
    assert [citation.number for citation in answer.citations] == [1, 2]


def test_a_whole_dialogue_narrows_a_count(seeded: Collection, used: Settings) -> None:
    chat = Chat(seeded, None, settings=used)
    history: list[Turn] = []
    numbers: dict[str, int] = {}
    counts = []
    for text in (
        "How many papers are from 2025?",
        "and of these, which have code?",
        "only those until May 2025",
    ):
        question = Question(text, tuple(history), numbers=tuple(numbers.items()))
        answer = chat.ask(question)
        history.append(remembered(question, answer))
        numbers |= {each.paper.id: each.number for each in answer.citations}
        assert answer.status is Status.CENSUS
        assert answer.question == text
        counts.append(answer.census.count)
    assert counts[0] > counts[1] > counts[2] > 0
    assert history[-1].asked == "Which papers have code?"


def test_a_wish_reaches_the_model_and_not_the_search(seeded: Collection, used: Settings) -> None:
    model = ScriptedModel([NOTHING])
    answer = answered(seeded, model, used, conversation(seeded, GSPO, text="shorter please"))
    assert answer.standalone_question == "What is GSPO?"
    assert "Question: What is GSPO? (shorter please)\n" in model.calls[0].messages[-1].content


def test_a_turn_remembers_what_was_cited_made_and_filtered() -> None:
    paper = Paper("p2", "", "PLawBench", True)
    answer = Answer(
        "Its size?", "PLawBench's size?", Status.ANSWERED, "A. [3]", citations=(Citation(3, paper),),
        filter=Filter("2024", "2025", has=("code", "doi")),
    )  # fmt: skip
    turn = remembered(Question("Its size?", filter=Filter("2024", has=("doi",))), answer)
    assert turn == Turn(
        "Its size?", "A. [3]", ("p2",), "PLawBench's size?", Filter(until="2025", has=("code",))
    )
    assert turn.asked == "PLawBench's size?"
