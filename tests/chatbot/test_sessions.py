"""Conversations are saved as they happen, and come back to the letter."""

import json
import multiprocessing
import os
import signal
import sqlite3
import stat
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from subprocess import PIPE, Popen

import pytest
import scripted_events as script
from hypothesis import given, settings
from session_values import answers

from chatbot import shapes
from chatbot.errors import ModelCut, NoSession, SessionError
from chatbot.sessions import Recorder, Sessions, State, reading
from chatbot.sessions.keeping import titled
from chatbot.sessions.packing import packed, unpacked
from chatbot.values import ClaimMade, Delta, Finished, Notice, Question
from store.records import Filter

ASKED = Question("What is GSPO?", filter=Filter(since="2025"))


class Clock:
    """A time that goes on by a second whenever it is looked at."""

    def __init__(self):
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture
def sessions(tmp_path):
    found = Sessions(tmp_path / "home" / "sessions.sqlite3", Clock())
    yield found
    found.close()


def talked(sessions, *questions, collection="papers"):
    """A conversation in which these were asked and answered."""
    session = sessions.start(collection)
    for text in questions:
        number = sessions.ask(session.id, Question(text))
        sessions.finish(session.id, number, replace(script.ANSWERED, question=text))
    return sessions.get(session.id)


def listed(sessions, **how):
    return [each.title for each in sessions.list(**how)]


# To the letter


@given(answers())
@settings(max_examples=60)
def test_any_answer_is_read_again_as_it_was(answer):
    assert unpacked(packed(answer)) == answer


@given(answers())
@settings(max_examples=20)
def test_what_json_prints_of_an_answer_reads_as_an_answer_of_the_same_shape(answer):
    shape = json.loads(json.dumps(shapes.answer(answer)))
    again = json.loads(json.dumps(shapes.answer(reading.answer(shape))))
    for found in (shape, again):  # an abstract that is not told can't look like instructions
        strip(found, "suspicions")
    assert again == shape


def strip(value, key):
    if isinstance(value, dict):
        value.pop(key, None)
        for each in value.values():
            strip(each, key)
    elif isinstance(value, list):
        for each in value:
            strip(each, key)


@pytest.mark.parametrize(
    "shape", [{}, {"question": 1}, {**shapes.answer(script.ANSWERED), "claims": 3}, {"status": "sung"}]
)
def test_what_is_no_answer_is_refused(shape):
    with pytest.raises(ValueError, match=r"answer|valid Status"):
        reading.answer(shape)


def test_a_shape_of_an_older_version_reads_with_defaults():
    shape = shapes.answer(script.ANSWERED)
    for key in ("plan", "topic", "withdrawn"):
        del shape[key]
    shape["a key of the future"] = 1
    assert reading.answer(json.loads(json.dumps(shape))).claims == script.ANSWERED.claims


# Turns


def test_a_question_is_kept_before_its_answer_comes(sessions):
    session = sessions.start("papers")
    sessions.ask(session.id, ASKED)
    [turn] = sessions.load(session.id).turns
    assert (turn.question, turn.filter, turn.state) == ("What is GSPO?", Filter(since="2025"), State.ASKED)
    assert turn.answer is None


def test_an_answered_turn_holds_the_whole_answer(sessions):
    session = talked(sessions, "What is GSPO?")
    [turn] = sessions.load(session.id).turns
    assert turn.state is State.FINISHED
    assert turn.answer == script.ANSWERED
    assert turn.text == script.ANSWERED.text


def test_a_conversation_goes_on_with_its_history_and_numbers(sessions):
    saved = sessions.load(talked(sessions, "What is GSPO?", "And?").id)
    question = saved.question("How fast?", Filter(until="2026"))
    assert [turn.question for turn in question.history] == ["What is GSPO?", "And?"]
    assert question.history[0].cited == ("p1",)
    assert question.numbers == (("p1", 1),)
    assert question.filter == Filter(until="2026")


def test_papers_that_are_gone_or_changed_are_told(sessions):
    saved = sessions.load(talked(sessions, "What is GSPO?").id)
    assert saved.changes({"p1": script.GSPO}.get) == ()
    assert "no longer in the collection" in saved.changes({}.get)[0]
    assert "another abstract" in saved.changes({"p1": replace(script.GSPO, abstract="!")}.get)[0]
    assert saved.citations[0].paper == script.GSPO


def test_an_answer_that_cannot_be_read_leaves_its_text(sessions):
    session = talked(sessions, "What is GSPO?")
    with sqlite3.connect(sessions.file) as db:
        db.execute("UPDATE turns SET answer = '{}'")
    [turn] = sessions.load(session.id).turns
    assert turn.answer is None
    assert turn.text == script.ANSWERED.text
    assert "can't be read" in turn.note


def test_half_a_surrogate_pair_does_not_stop_saving(sessions):
    session = sessions.start("papers")
    sessions.ask(session.id, Question("What \ud800 is it?"))
    assert sessions.load(session.id).turns[0].question == "What ? is it?"


# Lists


def test_the_conversation_that_changed_last_stands_first(sessions):
    first, _ = talked(sessions, "First?"), talked(sessions, "Second?")
    assert listed(sessions) == ["Second?", "First?"]
    sessions.ask(first.id, Question("More?"))
    assert listed(sessions) == ["First?", "Second?"]
    assert listed(sessions, most=1) == ["First?"]


def test_conversations_are_listed_by_collection_and_by_owner(sessions):
    talked(sessions, "Of papers?")
    talked(sessions, "Of others?", collection="others")
    mine = sessions.start("papers", "Mine", owner="ada")
    assert listed(sessions, collection="others") == ["Of others?"]
    assert [each.id for each in sessions.list(owner="ada")] == [mine.id]


def test_a_search_looks_into_titles_questions_and_answers_for_all_words(sessions):
    session = talked(sessions, "What is GSPO?")
    talked(sessions, "Was ist Größe?")
    sessions.rename(session.id, "Clipping")
    assert listed(sessions, search="GRÖSSE") == ["Was ist Größe?"]
    assert listed(sessions, search="clipping") == ["Clipping"]
    assert listed(sessions, search="what CRITIC") == ["Clipping"]
    assert listed(sessions, search="walrus") == []
    assert listed(sessions, search="100%_") == []


def test_no_file_is_made_to_look_for_conversations(sessions):
    assert sessions.list() == ()
    assert not sessions.file.exists()


def test_the_first_question_is_the_title_cut_at_a_word(sessions):
    assert talked(sessions, " What\n is GSPO? ", "And?").title == "What is GSPO?"
    long = titled("How does the importance ratio of GSPO differ from that of its predecessor GRPO?")
    assert long == "How does the importance ratio of GSPO differ from that of…"
    assert len(titled("x" * 400)) == 60


# Changes


def test_a_title_that_a_person_gave_stays(sessions):
    session = sessions.start("papers", "Mine")
    sessions.ask(session.id, Question("What?"))
    assert sessions.get(session.id).title == "Mine"
    sessions.rename(session.id, "  Yours\n now ")
    assert sessions.get(session.id).title == "Yours now"
    sessions.rename(session.id, "")
    assert sessions.get(session.id).title == "What?"


def test_a_deleted_conversation_is_gone_with_its_turns(sessions):
    session = talked(sessions, "What?")
    sessions.delete(session.id)
    with pytest.raises(NoSession, match="sessions list"):
        sessions.load(session.id)
    with sqlite3.connect(sessions.file) as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_a_branch_takes_over_the_turns_before_and_leaves_the_old_conversation(sessions):
    old = talked(sessions, "One?", "Two?", "Three?")
    new = sessions.branch(old.id, 3)
    sessions.ask(new.id, Question("Other?"))
    assert [turn.question for turn in sessions.load(new.id).turns] == ["One?", "Two?", "Other?"]
    assert sessions.load(new.id).turns[0].answer is not None
    assert [turn.question for turn in sessions.load(old.id).turns] == ["One?", "Two?", "Three?"]
    assert sessions.get(new.id).branched_from == old.id
    assert sessions.branch(old.id, 1).title == ""
    with pytest.raises(NoSession, match="no question 5"):
        sessions.branch(old.id, 5)


def test_the_beginning_of_an_id_is_enough_if_it_is_the_only_one(sessions):
    session = talked(sessions, "What?")
    assert sessions.get(session.id[:5]) == session
    for wrong in ("", "%", "_" * 12, "zz"):
        with pytest.raises(NoSession):
            sessions.get(wrong)


@pytest.mark.parametrize("change", ["ask", "finish", "rename", "delete", "branch"])
def test_what_is_not_there_cannot_be_changed(sessions, change):
    changes = {
        "ask": lambda: sessions.ask("no", ASKED),
        "finish": lambda: sessions.finish("no", 1, script.ANSWERED),
        "rename": lambda: sessions.rename("no", "x"),
        "delete": lambda: sessions.delete("no"),
        "branch": lambda: sessions.branch("no", 1),
    }
    with pytest.raises(NoSession):
        changes[change]()


# As it happens


def watched(sessions, recorder, reply, stop=99):
    """What stands in the file after each event."""
    states = []
    events = recorder.record(ASKED, reply())
    for number, event in enumerate(events, 1):
        turn = sessions.load(recorder.id).turns[-1]
        states.append((type(event).__name__, turn.state, turn.text))
        if number == stop:
            events.close()
    return states


def test_a_turn_grows_with_each_finished_sentence(sessions):
    recorder = Recorder(sessions, "papers", clock=lambda: 0.0)
    states = watched(sessions, recorder, script.answered)
    texts = [text for name, _, text in states if name == "ClaimMade"]
    assert texts[0] == "GSPO clips whole sequences. "
    assert texts[1] == "GSPO clips whole sequences. It is 30 times faster."
    assert states[0][1:] == (State.ASKED, "")
    assert states[-1] == ("Finished", State.FINISHED, script.ANSWERED.text)
    assert sessions.load(recorder.id).turns[0].answer == script.ANSWERED


def two_pieces():
    yield Delta("GSPO ")
    yield Delta("clips")


def test_a_long_sentence_is_saved_a_few_times_a_second(sessions):
    ticks = iter(range(99))
    recorder = Recorder(sessions, "papers", clock=lambda: next(ticks))
    assert watched(sessions, recorder, two_pieces)[0][2] == "GSPO "


def test_a_stopped_answer_keeps_what_had_come(sessions):
    recorder = Recorder(sessions, "papers", clock=lambda: 0.0)
    watched(sessions, recorder, script.answered, stop=5)
    [turn] = sessions.load(recorder.id).turns
    assert (turn.state, turn.text) == (State.STOPPED, "GSPO clips whole sequences.")
    assert sessions.load(recorder.id).history == ()


def test_a_failed_answer_says_why(sessions):
    def broken():
        yield Delta("GSPO ")
        raise ModelCut("The stream broke. Ask again.")

    recorder = Recorder(sessions, "papers")
    with pytest.raises(ModelCut):
        list(recorder.record(ASKED, broken()))
    [turn] = sessions.load(recorder.id).turns
    assert (turn.state, turn.text, turn.note) == (State.FAILED, "GSPO ", "The stream broke. Ask again.")


def test_closing_what_is_recorded_hangs_up(sessions):
    chat = script.FakeChat(script.answered)
    events = Recorder(sessions, "papers").record(ASKED, chat.stream(ASKED))
    next(events)
    events.close()
    assert chat.closed == 1


def test_an_answer_goes_on_where_nothing_can_be_saved(tmp_path):
    (tmp_path / "file").write_text("")
    sessions = Sessions(tmp_path / "file" / "sessions.sqlite3", Clock())
    recorder = Recorder(sessions, "papers")
    first = list(recorder.record(ASKED, script.answered()))
    assert isinstance(first[0], Notice)
    assert "not saved" in first[0].text
    assert isinstance(first[-1], Finished)
    again = list(recorder.record(ASKED, script.extracted()))
    assert not any(isinstance(event, Notice) for event in again)


def test_a_conversation_deleted_meanwhile_does_not_stop_its_answer(sessions):
    recorder = Recorder(sessions, "papers")
    kinds = []
    for event in recorder.record(ASKED, script.extracted()):
        kinds.append(type(event))
        if len(kinds) == 1:
            sessions.delete(recorder.id)
    assert kinds == [Delta, Notice, ClaimMade, Finished]


CHILD = """
import sys
from pathlib import Path
from chatbot.sessions import Recorder, Sessions
from chatbot.values import Question
import scripted_events as script
recorder = Recorder(Sessions(Path(sys.argv[1])), "papers")
events = recorder.record(Question("What is GSPO?"), script.answered())
for event in events:
    if type(event).__name__ == "ClaimMade":
        print(recorder.id, flush=True)
        sys.stdin.readline()
"""


def test_a_killed_process_loses_at_most_the_sentence_in_flight(sessions):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD, str(sessions.file)]
    child = Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=env)
    id = child.stdout.readline().strip()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    [turn] = sessions.load(id).turns
    assert (turn.state, turn.text) == (State.ASKED, "GSPO clips whole sequences. ")


# The file


def test_only_its_owner_may_read_the_file(sessions):
    old = os.umask(0)
    try:
        talked(sessions, "What?")
    finally:
        os.umask(old)
    for file in sessions.file.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    sessions.close()
    sessions.file.chmod(0o644)
    sessions.list()
    assert stat.S_IMODE(sessions.file.stat().st_mode) == 0o600


def test_several_threads_write_at_once(sessions):
    session = sessions.start("papers")

    def talk():
        for _ in range(10):
            number = sessions.ask(session.id, ASKED)
            sessions.finish(session.id, number, script.ANSWERED)

    threads = [threading.Thread(target=talk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = sessions.load(session.id).turns
    assert [turn.number for turn in turns] == list(range(1, 41))
    assert all(turn.answer == script.ANSWERED for turn in turns)


def write(file, id):
    sessions = Sessions(file)
    for _ in range(10):
        number = sessions.ask(id, ASKED)
        sessions.finish(id, number, script.ANSWERED)


def test_several_processes_write_at_once(sessions):
    session = sessions.start("papers")
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=write, args=(sessions.file, session.id)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(sessions.load(session.id).turns) == 30


@pytest.mark.parametrize("damage", ["header", "middle"])
def test_a_damaged_file_is_set_aside_and_said(tmp_path, damage):
    file, told = tmp_path / "sessions.sqlite3", []
    before = Sessions(file)
    for _ in range(30):
        talked(before, "What is GSPO?", "And?")
    before.close()
    with file.open("r+b") as stream:
        stream.seek(0 if damage == "header" else 4096)
        stream.write(b"\xff" * (100 if damage == "header" else file.stat().st_size - 4096))
    lost = file.read_bytes()
    sessions = Sessions(file, Clock(), told.append)
    assert sessions.list(search="GSPO") == ()
    [aside] = tmp_path.glob("sessions.sqlite3.damaged-*[0-9]")
    assert aside.read_bytes() == lost
    assert len(told) == 1
    assert aside.name in told[0]
    assert talked(sessions, "What?").title == "What?"


def test_a_file_of_a_newer_version_is_left_alone(tmp_path):
    file = tmp_path / "sessions.sqlite3"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(SessionError, match=r"newer version.*Upgrade"):
        Sessions(file).list()
    with pytest.raises(SessionError, match="Upgrade"):
        Sessions(file).start("papers")
    assert file.read_bytes() == before


def test_a_file_that_another_program_holds_is_said(tmp_path, monkeypatch):
    file = tmp_path / "sessions.sqlite3"
    sessions = Sessions(file)
    session = talked(sessions, "What?")
    sessions.close()
    connect = sqlite3.connect
    monkeypatch.setattr("sqlite3.connect", lambda *args, **how: connect(*args, **{**how, "timeout": 0}))
    other = connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SessionError, match="Another process"):
        sessions.ask(session.id, ASKED)
    other.close()
    assert sessions.ask(session.id, ASKED) == 2
