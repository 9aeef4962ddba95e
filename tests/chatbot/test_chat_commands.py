"""The terminal's conversation: whole transcripts with the real loop, a scripted model and real papers."""

import io
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import scripted_events as script
from test_terminal import screen

from chatbot.answering import Chat
from chatbot.checking import Checker
from chatbot.errors import ModelRefused, NoSession
from chatbot.model.scripted import ScriptedModel
from chatbot.sessions import Sessions, State
from chatbot.settings import Settings
from chatbot.terminal import clipboard
from chatbot.terminal.chat import Conversation
from chatbot.terminal.commands import COMMANDS, Tools
from chatbot.terminal.completing import completer, completions
from chatbot.terminal.lines import piped, typed
from store import Collection, HashEmbedder
from store.readers import read_text
from store.records import Filter

DOCUMENTS = Path(__file__).parents[2] / "docs"
PAPERS = """\
@misc{gspo, title={GSPO}, author={Chujie Zheng}, eprint={2507.18071}, archiveprefix={arXiv}, year={2025},
abstract={We introduce GSPO. GSPO defines the importance ratio based on sequence likelihood. It is stable.}}
@misc{law, title={PLawBench}, year={2024},
abstract={PLawBench is a benchmark of legal practice. It has 850 questions with rubrics.}}
"""


@pytest.fixture
def collection(tmp_path):
    with Collection.open(tmp_path / "home", "papers", HashEmbedder, create=True) as opened:
        opened.ingest(read_text(PAPERS, "papers.bib"))
        yield opened


@pytest.fixture
def sessions(tmp_path):
    kept = Sessions(tmp_path / "home" / "sessions.sqlite3", lambda: datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    yield kept
    kept.close()


class Clock:
    def __init__(self):
        self.time = 0.0

    def __call__(self):
        self.time += 0.25
        return self.time


@pytest.fixture
def talk(collection, sessions, tmp_path):
    """Talk: what stands on stdout and stderr afterwards, and the conversation."""
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", verifier="fast")

    def talk(text, *replies, **how):
        here = screen()
        model = ScriptedModel(replies, supports_schema=False)
        chat = Chat(collection, model, settings=settings, clock=Clock())
        tools = Tools(
            papers=collection.papers,
            paper=collection.paper,
            count=collection.count,
            check=Checker(collection).check,
            model=lambda: "scripted",
            offered=lambda: (("scripted", "here"), ("other", "there")),
            use=how.pop("use", None),
            sessions=sessions,
            collection="papers",
        )
        read = piped(io.StringIO(text), here)
        conversation = Conversation(chat, tools, read, here, **{"saving": True, **how})
        conversation.run()
        return here.out.file.getvalue(), here.err.file.getvalue(), conversation, model

    return talk


ANSWER = "GSPO defines the importance ratio based on sequence likelihood. [1.2]"
ASKED = "What does GSPO define its importance ratio on?\n"


def test_the_whole_transcript_of_a_conversation_with_its_commands(talk, tmp_path):
    out, _, conversation, _ = talk(
        f"{ASKED}/open 1\n/filter since:2025\n/filter off\n/style list\n/think off\n/model\n"
        "/verify PLawBench has 850 questions with rubrics.\n/save Ratios\n/quit\n",
        ANSWER,
    )
    assert out == (
        "> What does GSPO define its importance ratio on?\n"
        "GSPO defines the importance ratio based on sequence likelihood. [1]\n\n"
        "Sources\n[1] GSPO · arXiv:2507.18071 · 2025\n"
        "    ✓ supported: “GSPO defines the importance ratio based on sequence\n"
        "      likelihood.”\n\n"
        + out[out.index("1 of 1 sentence proven") : out.index("\n> /open 1")]
        + "\n> /open 1\n"
        "[1] GSPO · arXiv:2507.18071 · 2025\nChujie Zheng\nhttps://arxiv.org/abs/2507.18071\n\n"
        "  We introduce GSPO.\n"
        "✓ GSPO defines the importance ratio based on sequence likelihood.\n"
        "  It is stable.\n\n"
        "For the last answer: ✓ proves a sentence.\n\n"
        "> /filter since:2025\nOnly papers: created since 2025 · 1 paper\n\n"
        "> /filter off\nAll papers · 2 papers\n\n"
        "> /style list\nStyle: list.\n\n"
        "> /think off\nThinking: off.\n\n"
        "> /model\nAnswered by scripted.\n 1. scripted · here\n 2. other · there\n\n"
        "> /verify PLawBench has 850 questions with rubrics.\n"
        + out[out.index("> /verify") :].partition("\n")[2].partition("> /save")[0]
        + f"> /save Ratios\nSaved as it goes. Go on with it later: chatbot chat --resume {conversation.id}\n"
        "\n"
        "> /quit\n"
    )
    assert "850 questions" in out[out.index("> /verify") : out.index("> /save")]


def test_why_shows_how_the_last_answer_came_about(talk):
    out, *_ = talk(f"/why\n{ASKED}/why\n", ANSWER)
    assert out.startswith("> /why\nNothing has been answered yet.\n")
    why = out[out.rindex("> /why") :]
    assert "asked      What does GSPO define its importance ratio on?\n" in why
    assert "plan       one search, by the question as it stands\n" in why
    assert "Found\n 1. 1.000  GSPO · arXiv:2507.18071 · 2025\n    keywords " in why
    assert "Shown to the model: " in why
    assert "  GSPO 2: GSPO defines the importance ratio based on sequence likelihood.\n" in why
    assert "first word after" in why
    assert "written by scripted" in why
    assert "fingerprint" in why


def test_every_command_is_documented_and_helped_with(talk):
    commands = (DOCUMENTS / "terminal.md").read_text(encoding="utf-8")
    missing = [name for name in COMMANDS if f"`{name}" not in commands]
    assert not missing
    out, *_ = talk("/help\n/hlep\n")
    assert all(f"  {name}" in out for name in COMMANDS)
    assert "Did you mean /help?" in out
    assert max(map(len, out.splitlines())) <= 80


def test_style_and_thinking_belong_to_the_questions_that_follow(talk):
    *_, model = talk(f"/think on\n/style list\n{ASKED}", ANSWER)
    assert model.calls[-1].thinking.on is True
    out, *_ = talk("/style sonnet\n/think hard\n")
    assert "A style can be short, detailed, list, table." in out
    assert "Thinking can be auto, on, off." in out


def test_a_list_is_shown_as_a_list(talk):
    out, *_ = talk(f"/style list\n{ASKED}", f"- {ANSWER}")
    assert "\n• GSPO defines the importance ratio based on sequence likelihood. [1]\n" in out


def test_a_table_is_shown_as_a_table(talk):
    out, *_ = talk(f"/style table\n{ASKED}", ANSWER)
    table = out[out.index("paper  ") : out.index("\n\nSources")]
    assert table.splitlines()[0].split() == ["paper", "statement", "proof"]
    assert table.splitlines()[2].startswith("GSPO                 GSPO defines the importance")
    assert "[1] supported" in table


def test_what_was_asked_is_saved_and_goes_on_with_its_numbers(talk, sessions):
    _, _, first, _ = talk(ASKED, ANSWER)
    [turn] = sessions.load(first.id).turns
    assert turn.state is State.FINISHED
    out, _, second, _ = talk(f"/resume\n/resume 1\n{ASKED}", ANSWER)
    assert second.id == first.id
    assert f"1. {turn.question}\n    1 question · papers · 2026-01-02 03:04 UTC" in out
    assert out.count("[1] GSPO · arXiv:2507.18071") == 2
    assert [turn.number for turn in sessions.load(first.id).turns] == [1, 2]
    out, _, third, _ = talk("/sources\n", resume=first.id[:6])
    assert third.id == first.id
    assert out.index("> What does GSPO") < out.index("> /sources")


def test_a_conversation_to_resume_has_to_be_there(talk):
    with pytest.raises(NoSession):
        talk("", resume="zz")
    assert "chatbot sessions list" in talk("/resume zz\n")[1]


def test_a_resumed_conversation_names_the_papers_that_are_gone(talk, collection, sessions, monkeypatch):
    id = talk(ASKED, ANSWER)[2].id
    monkeypatch.setattr(collection, "paper", lambda ref: None)
    out, err, *_ = talk("/open 1\n", resume=id)
    assert "[1] GSPO is no longer in the collection" in err
    assert "✓ GSPO defines the importance ratio" in out


def test_without_saving_nothing_is_kept_until_it_is_asked_for(talk, sessions):
    conversation = talk(ASKED, ANSWER, saving=False)[2]
    assert conversation.id == ""
    assert sessions.list() == ()
    conversation = talk(f"{ASKED}/save Mine\n{ASKED}", ANSWER, ANSWER, saving=False)[2]
    [session] = sessions.list()
    assert (session.id, session.title, session.turns) == (conversation.id, "Mine", 2)


def test_a_new_conversation_is_another_session(talk, sessions):
    talk(f"{ASKED}/clear\n{ASKED}", ANSWER, ANSWER)
    assert [session.turns for session in sessions.list()] == [1, 1]


def test_a_conversation_is_exported_from_within(talk, tmp_path):
    file = tmp_path / "talk.html"
    out, *_ = talk(f"/export\n/export {file}\n{ASKED}/export {file}\n/export {file}\n", ANSWER)
    assert "Where to? /export FILE" in out
    assert "Nothing has been answered yet." in out
    assert "is there already" in " ".join(out.split())
    assert "<mark>GSPO defines the importance ratio" in file.read_text(encoding="utf-8")


def test_another_model_answers_from_then_on(talk):
    used = []

    def use(name):
        used.append(name)
        if name == "no":
            raise ModelRefused("There is no model no. Choose another.")
        return script.FakeChat(script.refused)

    out, err, *_ = talk(f"/model no\n/model 2\n{ASKED}", use=use)
    assert used == ["no", "other"]
    assert "Choose another" in err
    assert "Nearest papers" in out


def test_a_wrong_filter_is_a_sentence(talk):
    out, err, *_ = talk("/filter blue\n/filter since:blue\n/filter id:nope\n")
    assert "blue is no filter" in out
    assert err.count("\n") >= 2


def test_papers_and_filter_hold_for_each_other(talk):
    out, *_ = talk("/filter since:2025\n/papers\n/papers legal\n")
    assert "\n1 paper\n" in out
    assert "\n0 papers\n" in out


def test_open_says_what_can_be_opened(talk):
    out, *_ = talk("/open\n/open 7\n/open PLawBench\n")
    assert "Which paper?" in out
    assert "There is no paper 7. Cited: none so far" in out
    assert "  PLawBench is a benchmark of legal practice." in out
    assert "No sentence of the last answer rests on it." in out


# Clipboard


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_over_ssh_the_terminal_copies(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    here = screen(stream=Terminal)
    told = clipboard.copy("GSPO é", here, {"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"})
    assert here.out.file.getvalue() == "\x1b]52;c;R1NQTyDDqQ==\x07"
    assert "OSC 52" in told
    assert "too long" in clipboard.copy("x" * 99_999, here, {"SSH_TTY": "1"})
    inside = clipboard.sequence(b"a", tmux=True)
    assert inside == "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"


def test_here_the_tool_that_is_there_copies(tmp_path, monkeypatch):
    tool = tmp_path / "xclip"
    tool.write_text(f'#!/bin/sh\n/bin/cat > "{tmp_path}/copied"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clipboard.copy("GSPO", screen(), {"DISPLAY": ":0"}) == "Copied with xclip."
    assert (tmp_path / "copied").read_text() == "GSPO"
    assert "no clipboard" in clipboard.copy("GSPO", screen(), {})


def test_the_last_answer_is_copied_with_its_references(talk, monkeypatch):
    copied = []
    monkeypatch.setattr(clipboard, "copy", lambda text, screen: copied.append(text) or "Copied.")
    talk(f"/copy\n{ASKED}/copy\n", ANSWER)
    assert copied == [
        "GSPO defines the importance ratio based on sequence likelihood. [1]\n\n"
        "[1] Chujie Zheng. GSPO. 2025. https://arxiv.org/abs/2507.18071\n"
    ]


# Typing

NAMES = (("GSPO", ""), ("GSPO-token", ""), ("2507.18071", "GSPO"), ("PLawBench", "PLawBench"))


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("/o", ["/open"]),
        ("/s", ["/sources", "/style", "/save"]),
        ("/style t", ["table"]),
        ("/filter since:2025 au", ["author:"]),
        ("/open gs", ["GSPO", "GSPO-token"]),
        ("/open 2507", ["2507.18071"]),
        ("what is plaw", ["PLawBench"]),
        ("what is p", []),
        ("/export g", []),
    ],
)
def test_commands_labels_and_ids_are_completed(text, offered):
    assert [each for each, *_ in completions(text, COMMANDS, lambda: NAMES)] == offered


def type_in(tmp_path, keys):
    """The lines that typing these keys gives."""
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    lines = []
    with create_pipe_input() as pipe:
        pipe.send_text(keys)
        read = typed(tmp_path / "history", completer(COMMANDS, lambda: NAMES), pipe, DummyOutput())
        while True:
            try:
                lines.append(read())
            except (EOFError, KeyboardInterrupt) as end:
                return [*lines, type(end).__name__]


def test_enter_sends_and_alt_enter_or_ctrl_j_begins_a_new_line(tmp_path):
    assert type_in(tmp_path, "one\rtwo\x1b\rthree\nfour\r\x04") == ["one", "two\nthree\nfour", "EOFError"]


def test_what_is_pasted_keeps_its_lines_and_is_not_sent_before_enter(tmp_path):
    assert type_in(tmp_path, "\x1b[200~first\nsecond\n\x1b[201~end\r\x04") == [
        "first\nsecond\nend",
        "EOFError",
    ]


def test_ctrl_c_drops_what_was_typed(tmp_path):
    assert type_in(tmp_path, "half\x03") == ["KeyboardInterrupt"]


def test_what_was_typed_is_there_the_next_time_for_its_owner_alone(tmp_path):
    type_in(tmp_path, "What is GSPO?\r\x04")
    assert type_in(tmp_path, "\x1b[A\r\x04") == ["What is GSPO?", "EOFError"]
    assert stat.S_IMODE((tmp_path / "history").stat().st_mode) == 0o600


def test_filters_of_the_command_line_hold_in_the_conversation(talk):
    out, *_ = talk("/filter\n", filter=Filter(until="2024"))
    assert "created until 2024 · 1 paper" in out
