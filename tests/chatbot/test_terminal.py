"""What stands on a terminal: whole transcripts, wrapped, harmless, with and without colours."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from scripted_events import ANSWERED, GSPO, FakeChat, answered, extracted, refused

from chatbot.errors import ModelRefused
from chatbot.terminal import pages
from chatbot.terminal.answering import last, show
from chatbot.terminal.chat import Conversation
from chatbot.terminal.commands import Tools
from chatbot.terminal.flow import Flow
from chatbot.terminal.lines import LONGEST, piped
from chatbot.terminal.progress import Meter
from chatbot.terminal.screen import Screen
from chatbot.terminal.text import clean, line
from chatbot.values import Delta, Finished, Planned, SearchPart, SearchPlan
from store.records import Filter

TRANSCRIPT = """\
GSPO clips whole sequences. [1] It is 30 times faster. [1] It needs no
critic. ?
Checked again, now partial: It is 30 times faster. [1] ◐

Sources
[1] GSPO · arXiv:2507.18071 · 2025-07-24
    ✓ supported: “GSPO clips whole sequences.”
    ◐ partial: “It is 21.59× faster.”

Not proven
◐ partial: It is 30 times faster.
    "30" not in evidence
? unsupported: It needs no critic.
    nothing shown says it

2 of 9 sentences found were not shown to the model.
1 of 3 sentences proven · 7.1 s · 412 + 96 tokens · qwen
"""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def screen(plain=True, stream=io.StringIO, width=80):
    return Screen(plain=plain, stdout=stream(), stderr=stream(), width=width)


def seconds():
    """A clock that moves by three seconds a look."""
    times = iter(range(0, 1000, 3))
    return lambda: float(next(times))


def test_the_whole_transcript_of_an_answer():
    here = screen()
    assert show(answered(), here, seconds()) is ANSWERED
    assert here.out.file.getvalue() == TRANSCRIPT
    assert here.err.file.getvalue() == "thought for 3 s\nThe endpoint is slow.\n"


def test_the_whole_transcript_of_a_refusal():
    here = screen()
    show(refused(), here)
    assert here.out.file.getvalue() == (
        "The papers don't say.\n\nNearest papers\nPLawBench\n    “PLawBench has 850 questions.”\n\n"
        "refused · 1.0 s\n"
    )


def test_a_plan_is_one_quiet_line():
    here = screen()
    plan = SearchPlan((SearchPart("A", "A clips"), SearchPart("B", "B clips")), beyond=("C",))
    show((event for event in (Planned(plan), Finished(ANSWERED))), here)
    assert here.err.file.getvalue() == "Searched for: A clips; B clips. Not searched for on their own: C.\n"


def test_extracts_are_marked_as_such():
    here = screen()
    show(extracted(), here)
    assert here.out.file.getvalue() == (
        "GSPO clips whole sequences. [1]\n\nSources\n[1] GSPO · arXiv:2507.18071 · 2025-07-24\n\n"
        "extracts, written by no model · 0.5 s\n"
    )


def test_colours_say_nothing_that_words_and_shapes_do_not(monkeypatch):
    for variable in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = screen(plain=False, stream=Terminal)
    show(answered(), coloured)
    printed = coloured.out.file.getvalue()
    assert "\x1b[" in printed
    assert clean(printed) == TRANSCRIPT

    monkeypatch.setenv("NO_COLOR", "1")
    without = screen(plain=False, stream=Terminal)
    show(answered(), without)
    assert "\x1b[3" not in without.out.file.getvalue()


def test_plain_output_has_no_control_characters_even_on_a_terminal():
    here = screen(plain=True, stream=Terminal)
    show(answered(), here, seconds())
    assert here.out.file.getvalue() == TRANSCRIPT
    assert not any(ord(char) < 32 and char != "\n" for char in here.err.file.getvalue())


def test_a_terminal_that_can_only_write_ascii_gets_other_signs():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    here = Screen(plain=True, stdout=stream, stderr=io.StringIO(), width=80)
    show(answered(), here)
    stream.flush()
    printed = stream.buffer.getvalue().decode("ascii")
    assert '+ supported: "GSPO clips whole sequences."' in printed
    assert "~ partial: It is 30 times faster." in printed


def test_what_papers_and_models_say_can_neither_move_the_cursor_nor_style_anything():
    evil = "\x1b[2J\x1b]0;title\x07[bold red]not markup[/] :smile: \u202ebackwards \x9b31m \x07"
    answer = replace(ANSWERED, dropped=(evil,), model=evil, claims=(replace(ANSWERED.claims[2], text=evil),))

    def events():
        yield Delta(evil)
        yield Finished(answer)

    here = screen()
    show(events(), here)
    pages.paper(here, replace(GSPO, abstract=evil, comment=evil, label=evil))
    printed = here.out.file.getvalue()
    assert "[bold red]not markup[/] :smile:" in printed
    assert not any(char in printed for char in "\x1b\x07\x9b\u202e")


@given(st.text())
def test_cleaned_text_never_holds_anything_a_terminal_obeys(text):
    cleaned = clean(text)
    assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in cleaned)
    assert clean(cleaned) == cleaned
    assert "\n" not in line(text)
    cleaned.encode()


@given(st.text(alphabet=" \nab.*`中文é", max_size=200), st.integers(1, 9))
def test_a_streamed_text_keeps_its_words_however_it_is_cut_and_never_passes_the_width(text, size):
    def flowed(pieces):
        stream = io.StringIO()
        flow = Flow(screen(stream=lambda: stream, width=20))
        for piece in pieces:
            flow.write(piece)
        flow.end()
        return stream.getvalue()

    whole = flowed([text])
    assert flowed(text[start : start + size] for start in range(0, len(text), size)) == whole
    bare = "".join(text.split())
    assert [char for char in whole if char not in " \n*`•"] == [char for char in bare if char not in "*`"]
    for each in whole.splitlines():
        assert cell_len(each) <= 20 or " " not in each.strip()


LIST = """\
Two **methods**:

- GSPO clips whole sequences, which the papers before it did not do.
- GRPO does not.

| paper | statement | proof |
|---|---|---|
| GSPO | GSPO clips \\| whole sequences, and no token of them alone. | [1] supported |
"""


def test_markdown_streams_as_what_it_means_the_same_however_it_is_cut():
    def flowed(size):
        here = screen(width=40)
        flow = Flow(here)
        for start in range(0, len(LIST), size):
            flow.write(LIST[start : start + size])
        flow.end()
        return here.out.file.getvalue()

    assert flowed(1) == flowed(7) == flowed(999)
    assert flowed(3) == (
        "Two methods:\n\n"
        "• GSPO clips whole sequences, which the\n"
        "  papers before it did not do.\n"
        "• GRPO does not.\n\n"
        "paper      statement            proof\n"
        "────────────────────────────────────────\n"
        "GSPO       GSPO clips | whole   [1]\n"
        "           sequences, and no    supporte\n"
        "           token of them        d\n"
        "           alone.\n"
    )


def test_events_are_closed_when_the_screen_fails():
    chat = FakeChat(answered)
    here = screen()
    here.out.file.close()
    with pytest.raises(ValueError, match="closed file"):
        show(chat.stream("?"), here)
    assert chat.closed == 1


def test_an_answer_that_is_only_awaited_shows_its_notices_alone():
    here = screen()
    assert last(answered(), here) is ANSWERED
    assert here.out.file.getvalue() == ""
    assert here.err.file.getvalue() == "The endpoint is slow.\n"


def test_progress_off_a_terminal_is_a_line_now_and_then_with_rate_and_time_left():
    here = screen()
    clock = iter([0, 1, 5, 10, 11, 15, 30])
    with Meter(here, "papers", lambda: float(next(clock))) as meter:
        for done in range(0, 70, 10):
            meter.update("embedding", done, 100)
    assert here.err.file.getvalue() == (
        "embedding: 30 of 100 papers, 3.0/s, about 23 s left\n"
        "embedding: 60 of 100 papers, 2.0/s, about 20 s left\n"
    )


# Conversations


def talk(chat, text, papers=lambda filter: [GSPO]):
    here = screen()
    read = piped(io.StringIO(text), here)
    failure = Conversation(chat, Tools(papers), read, here).run()
    return here.out.file.getvalue(), here.err.file.getvalue(), failure


def test_the_whole_transcript_of_a_conversation():
    chat = FakeChat(answered, refused)
    out, _, failure = talk(chat, "What is GSPO?\n\n/sources\nWhy?\n/soruces\n/papers\n/quit\nnever asked\n")
    assert failure is None
    sources = TRANSCRIPT[TRANSCRIPT.index("Sources") : TRANSCRIPT.index("\n2 of 9")]
    assert out == (
        f"> What is GSPO?\n{TRANSCRIPT}\n"
        f"> /sources\n{sources}\n"
        "> Why?\nThe papers don't say.\n\nNearest papers\nPLawBench\n    “PLawBench has 850 questions.”\n\n"
        "refused · 1.0 s\n\n"
        "> /soruces\nThere is no command /soruces. Did you mean /sources?\n\n"
        "> /papers\np1  GSPO · arXiv:2507.18071 · 2025-07-24\n1 paper\n\n"
        "> /quit\n"
    )
    assert chat.closed == 2


def test_later_questions_know_the_turns_before_and_papers_keep_their_numbers():
    chat = FakeChat(answered, refused, answered)
    talk(chat, "What is GSPO?\nWhy?\n/clear\nAnd now?\n")
    first, second, third = chat.questions
    assert first.history == first.numbers == ()
    assert [turn.question for turn in second.history] == ["What is GSPO?"]
    assert second.history[0].cited == ("p1",)
    assert second.numbers == (("p1", 1),)
    assert third.history == third.numbers == ()


def test_ctrl_c_stops_the_answer_and_not_the_conversation():
    def interrupted():
        yield Delta("GSPO clips")
        raise KeyboardInterrupt

    chat = FakeChat(interrupted, refused)
    out, err, _ = talk(chat, "What is GSPO?\nWhy?\n")
    assert "Stopped." in err
    assert "The papers don't say." in out
    assert chat.closed == 2
    assert chat.questions[1].history == ()


def test_an_error_of_one_question_is_a_sentence_and_the_next_one_is_answered():
    def failing():
        yield Delta("GSPO")
        raise ModelRefused("The endpoint refused the key. Correct it.")

    out, err, failure = talk(FakeChat(failing, refused), "What is GSPO?\nWhy?\n")
    assert err == "The endpoint refused the key. Correct it.\n"
    assert "The papers don't say." in out
    assert failure is None
    assert isinstance(talk(FakeChat(failing), "What?\n")[2], ModelRefused)


def test_papers_can_be_looked_for_by_their_words():
    asked = []

    def papers(filter):
        asked.append(filter)
        return []

    talk(FakeChat(), "/papers long context\n", papers)
    assert asked == [Filter(text="long context")]


def test_a_file_without_lines_ends_a_piped_conversation_and_is_said():
    _, err, failure = talk(FakeChat(), "x" * 2 * LONGEST)
    assert failure is None
    assert "is no question" in err
