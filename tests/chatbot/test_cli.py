"""The command line as users and scripts meet it: output, exit codes, errors."""

import errno
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from scripted_events import FakeChat, answered, extracted, refused

from chatbot import assembly, discovery
from chatbot.cli import cli
from chatbot.cli.outcome import Exit, exit_code
from chatbot.errors import LocalModelError, ModelRefused, QuestionError, SettingsError
from store import estimating
from store.embedding import HashEmbedder
from store.errors import CollectionBusy, EmbeddingError, FilterError
from store.estimating import Terms

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine of its own: nothing configured, no servers, no local model, an instant embedder."""
    for name in ("OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY", "CHATBOT_DEBUG", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())


@pytest.fixture
def run():
    def run(*arguments, stdin=None):
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def filled(run):
    assert run("ingest", "--demo").exit_code == 0


@pytest.fixture
def says(monkeypatch, filled):
    """Let `chatbot ask` and `chat` be answered by scripted events."""

    def says(*replies):
        chat = FakeChat(*replies)
        monkeypatch.setattr(assembly.Assembly, "chat", lambda self: chat)
        return chat

    return says


def test_an_answer_in_a_style_and_for_a_reader(run, filled):
    asked = ("ask", "--no-model", "What does GSPO change?")
    result = run(*asked, "--style", "list", "--audience", "a class", "--thinking", "off")
    assert result.stdout.startswith("• ")
    told = json.loads(run(*asked, "--style", "table", "--thinking-budget", "9", "--json").stdout)
    assert told["style"] == "table"
    assert told["text"].startswith("| paper | statement | proof |")
    refused = run(*asked, "--answer-language", "Klingon")
    assert refused.exit_code == Exit.USAGE
    assert "German" in refused.stderr


def test_an_answer_goes_to_stdout_and_its_notices_to_stderr(run, says):
    says(answered)
    result = run("ask", "What", "is", "GSPO?")
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "GSPO clips whole sequences. [1] It is 30 times faster. [1] It needs no\n"
    )
    assert result.stdout.endswith("1 of 3 sentences proven · 7.1 s · 412 + 96 tokens · qwen\n")
    assert "The endpoint is slow." in result.stderr


def test_words_without_quotes_dashes_and_pipes_all_ask(run, says):
    chat = says(answered, answered, answered)
    run("ask", "What", "is", "GSPO?", "--since", "2025-05", "--text", "clip")
    run("ask", "-", stdin="What is GSPO?\n")
    run("ask", stdin="What is GSPO?\n")
    assert [question.text for question in chat.questions] == ["What is GSPO?"] * 3
    assert (chat.questions[0].filter.since, chat.questions[0].filter.text) == ("2025-05", "clip")


def test_each_ending_has_its_exit_code(run, says):
    says(answered, extracted, refused)
    assert [run("ask", "q").exit_code for _ in range(3)] == [0, 0, 3]


def test_json_is_one_value_also_when_refused_or_failed(run, says):
    def failing():
        yield from ()
        raise ModelRefused("The endpoint refused the key. Correct it.")

    says(answered, refused, failing)
    assert json.loads(run("ask", "q", "--json").stdout)["status"] == "answered"
    result = run("ask", "q", "--json")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (3, "refused")
    result = run("ask", "q", "--json")
    assert result.exit_code == 5
    assert json.loads(result.stdout)["error"] == {
        "type": "ModelRefused",
        "message": "The endpoint refused the key. Correct it.",
    }
    assert result.stderr == "Error: The endpoint refused the key. Correct it.\n"


def test_errors_have_the_documented_codes():
    codes = {
        SettingsError("."): 2,
        QuestionError("."): 2,
        FilterError("."): 2,
        CollectionBusy("."): 4,
        ModelRefused("."): 5,
        LocalModelError("."): 5,
        EmbeddingError("."): 1,
        OSError("."): 1,
        KeyError("."): 1,
    }
    assert {error: exit_code(error) for error in codes} == codes
    documented = re.findall(r"^\| (\d+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(map(int, documented)) == sorted(map(int, Exit))


def test_every_command_is_documented_and_explains_itself(run):
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        assert f"`chatbot {name}" in text
        assert command.get_short_help_str(200)
        assert run(name, "--help").exit_code == 0
    assert "3 refused" in run("ask", "--help").stdout
    assert run("--version").stdout.startswith("chatbot ")


def test_an_unexpected_error_is_a_sentence_and_the_traceback_is_a_variable_away(run, says, monkeypatch):
    def failing():
        yield from ()
        raise ZeroDivisionError("two\nlines")

    says(failing, failing)
    result = run("ask", "q")
    assert result.exit_code == 1
    told = "Something unexpected went wrong (ZeroDivisionError: two lines)"
    assert result.stderr == f"Error: {told}. CHATBOT_DEBUG=1 shows where.\n"
    monkeypatch.setenv("CHATBOT_DEBUG", "1")
    assert "Traceback" in run("ask", "q").stderr


def test_a_full_disk_is_told_with_its_cure(run, says):
    def failing():
        yield from ()
        raise OSError(errno.ENOSPC, "No space left on device", "/data/ledger")

    says(failing)
    result = run("ask", "q")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The disk is full at /data/ledger. Make room")


def test_what_is_misspelt_gets_a_hint_and_code_2(run):
    for arguments, hint in (
        (["serch", "x"], "'search'"),
        (["papers", "shw"], "Did you mean 'show'?"),
        (["ask", "--jso", "x"], "--json"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert hint in result.stderr


@pytest.mark.parametrize(
    "arguments", [["ask", ""], ["ask", "-"], ["ingest"], ["search"], ["ask", "x" * 100_000]]
)
def test_what_can_not_be_asked_is_wrong_usage(run, filled, arguments):
    result = run(*arguments, "--no-model", stdin="") if arguments[0] == "ask" else run(*arguments)
    assert result.exit_code == 2
    assert len(result.stderr) < 500


def test_a_bad_date_or_setting_is_wrong_usage(run, filled, monkeypatch):
    for arguments in (["papers", "--since", "2025-13"], ["--base-url", "nonsense", "ask", "q"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("Error: ")
    monkeypatch.setenv("CHATBOT_TIMEOUT", "soon")
    assert "CHATBOT_TIMEOUT" in run("papers").stderr


@pytest.mark.parametrize("command", [["ask", "q"], ["chat"], ["search", "q"], ["papers"], ["rebuild"]])
def test_without_a_collection_every_command_says_how_to_fill_one(run, command):
    result = run(*command, stdin="q\n")
    assert result.exit_code == 4
    assert "chatbot ingest --demo" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_empty_collection_says_how_to_fill_it(run, tmp_path):
    from store.collection import Collection

    Collection.open(tmp_path / "home", "papers", HashEmbedder(), create=True).close()
    for command in (["ask", "q"], ["search", "q"], ["chat"]):
        result = run(*command, stdin="q\n")
        assert result.exit_code == 4
        assert "chatbot ingest --demo" in result.stderr


def test_ingest_tells_what_it_did_and_doing_it_again_changes_nothing(run):
    first = run("ingest", "--demo")
    assert first.exit_code == 0
    assert "50 records: 39 new, 0 updated, 11 merged, 0 unchanged." in first.stdout
    assert "The collection papers has 39 papers; 39 embedded now." in first.stdout
    assert re.search(r"rejected:\n  \S*seeds/\S+\.txt:\d+ ", first.stdout.replace("\n    ", " "))
    again = json.loads(run("ingest", "--demo", "--json").stdout)
    assert (again["new"], again["unchanged"], again["papers"], again["embedded"]) == (0, 50, 39, 0)
    assert all(reject["line"] and reject["reason"] for reject in again["rejects"])


def test_ingest_of_nothing_is_an_error_and_makes_no_collection(run, tmp_path):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "missing"):
        result = run("ingest", path)
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_rejects_are_cut_with_how_many_more_unless_all_are_wanted(run, tmp_path):
    abstract = "Abstract: We present a method, and it is {n} times faster than others on three benchmarks. "
    texts = (abstract.format(n=n) + f"It learns from {n} examples alone." for n in range(30))
    (tmp_path / "a.txt").write_text("\n\n".join(f"additional authors not shown\n{text}" for text in texts))
    cut = run("ingest", tmp_path / "a.txt")
    everything = run("ingest", tmp_path / "a.txt", "--rejects")
    assert re.search(r"… and \d+ more: --rejects shows all\.", cut.stdout)
    assert "more: --rejects" not in everything.stdout
    assert len(everything.stdout) > len(cut.stdout)


def test_papers_are_listed_filtered_shown_and_printed_as_json(run, filled):
    listed = json.loads(run("papers", "--json").stdout)
    assert len(listed) == 39
    since = json.loads(run("papers", "--since", "2025-09", "--json").stdout)
    assert {paper["paper"] for paper in since} < {paper["paper"] for paper in listed}
    assert all(paper["created"] >= "2025-09" for paper in since)
    assert run("papers").stdout.endswith("39 papers\n")
    known = next(paper for paper in listed if paper["arxiv_id"])
    shown = run("papers", "show", known["arxiv_id"])
    assert known["paper"] in shown.stdout
    one = json.loads(run("papers", "show", known["paper"], "--json").stdout)
    assert {each["field"] for each in one.pop("provenance")} >= {"abstract", "arxiv_id", "created"}
    assert one == known
    missing = run("papers", "show", "nope")
    assert (missing.exit_code, missing.stdout) == (1, "")


def test_search_shows_scores(run, filled):
    found = json.loads(run("search", "long", "context", "compression", "--json", "-n", "3").stdout)
    assert [hit["rank"] for hit in found] == [1, 2, 3]
    assert found[0]["score"] >= found[1]["score"]
    assert "keywords" in run("search", "long context compression").stdout


def test_rebuild_makes_the_indexes_again(run, filled):
    assert run("rebuild").stdout == "The collection papers is built again: 39 papers.\n"
    assert run("rebuild", "--reembed").exit_code == 0


def test_global_options_stand_before_or_behind_the_command(run, tmp_path):
    home = tmp_path / "elsewhere"
    assert run("--home", home, "ingest", "--demo", "--collection", "mine").exit_code == 0
    assert run("papers", "--home", home, "--collection", "mine").exit_code == 0
    assert run("--home", tmp_path / "wrong", "papers", "--home", home, "--collection", "mine").exit_code == 0
    assert run("papers").exit_code == 4


def test_without_a_model_the_papers_own_sentences_answer_and_it_is_said_how_to_get_more(run, filled):
    question = "What does GSPO change compared with GRPO?"
    result = run("ask", question, "--json")
    answer = json.loads(result.stdout)
    assert (answer["status"], result.exit_code) in (("extract", 0), ("refused", 3))
    assert "proven-chatbot[local]" in result.stderr
    assert run("ask", question, "--no-model").stderr == ""


def test_a_conversation_can_be_piped(run, says):
    says(answered, refused)
    result = run("chat", stdin="What is GSPO?\nWhy?\n")
    assert result.exit_code == 0
    assert result.stdout.startswith("> What is GSPO?\nGSPO clips whole sequences. [1]")
    assert "> Why?\nThe papers don't say.\n" in result.stdout


def test_a_conversation_whose_last_question_failed_ends_with_its_code(run, says):
    def failing():
        yield from ()
        raise ModelRefused("No.")

    says(failing)
    assert run("chat", stdin="What?\n").exit_code == 5


def test_the_doctor_names_what_is_missing_with_its_cure_and_shows_no_key(run, monkeypatch):
    monkeypatch.setenv("CHATBOT_API_KEY", "sk-very-secret")
    monkeypatch.setenv("CHATBOT_BASE_URL", "http://127.0.0.1:9/v1")
    before = run("doctor", "--no-model")
    assert before.exit_code == 1
    assert "chatbot ingest --demo" in " ".join(before.stdout.split())
    run("ingest", "--demo")
    assert run("doctor", "--no-model").exit_code == 0
    report = run("doctor", "--json")
    assert report.exit_code == 1
    findings = {finding["subject"]: finding for finding in json.loads(report.stdout)["findings"]}
    assert findings["model"]["state"] == "bad"
    assert findings["model"]["cure"]
    assert "CHATBOT_BASE_URL" in report.stdout
    assert "sk-very" not in report.stdout + before.stdout + report.stderr


def test_the_models_of_this_machine_can_be_listed(run):
    models = json.loads(run("model", "list", "--json").stdout)
    assert any(model["in_use"] for model in models)
    assert "qwen2.5-coder-1.5b  1.1 GB" in run("model", "list").stdout
    assert run("model", "use", "no/such/file.gguf/x/y").exit_code == 5


ABSTRACT = "We introduce Alpha, which reads many papers at once, and show what it forgets of all of them."


def test_ingest_tells_how_it_understood_a_table_and_can_be_corrected(run, tmp_path):
    (tmp_path / "a.csv").write_text(f"Titel;Inhalt;Jahr\nAlpha;{ABSTRACT};2025\n")
    guessed = run("ingest", "a.csv")
    assert guessed.exit_code == Exit.FAILED
    assert "--map abstract=COLUMN" in guessed.stderr
    given = run("ingest", "a.csv", "--map", "abstract=Inhalt")
    assert given.exit_code == Exit.DONE
    assert "abstract=Inhalt, title=Titel, created=Jahr" in " ".join(given.stderr.split())
    (paper,) = json.loads(run("papers", "--json").stdout)
    assert (paper["title"], paper["created"], paper["abstract"]) == ("Alpha", "2025", ABSTRACT)


@pytest.mark.parametrize("given", ["abstract", "abstract=", "nothing=x", "=x"])
def test_a_mapping_that_is_none_names_the_fields(run, given):
    result = run("ingest", "a.csv", "--map", given)
    assert result.exit_code == Exit.USAGE
    assert "FIELD=NAME" in result.stderr
    assert "arxiv_id" in result.stderr


def test_a_paper_of_several_sources_tells_which_gave_what(run, tmp_path):
    for name, fields in (
        ("a.json", {"title": "Alpha", "year": "2024", "authors": ["A. One"]}),
        ("b.json", {"title": "Alpha, again", "date": "2024-05-01", "doi": "10.1000/a", "venue": "ACL"}),
        ("c.json", {"title": "Alpha", "doi": "10.1000/a"}),
    ):
        (tmp_path / name).write_text(json.dumps({**fields, "abstract": ABSTRACT}))
    run("ingest", "a.json", "b.json", "c.json")
    shown = run("papers", "show", "10.1000/a").stdout
    table = shown[shown.index("Which source gave what") :].splitlines()
    assert "title      b.json:1" in table
    assert table[table.index("title      b.json:1") + 1].strip() == "not “Alpha” of a.json:1, c.json:1"
    assert "authors    a.json:1" in table
    assert "doi        b.json:1, also in c.json:1" in table
    assert "created    b.json:1" in table
    assert "           not “2024” of a.json:1" in table


def test_ingest_reads_stdin(run):
    result = run("ingest", "-", stdin=json.dumps({"title": "Alpha", "abstract": ABSTRACT}))
    assert result.exit_code == Exit.DONE
    assert "1 new" in result.stdout


def test_a_source_of_arxiv_that_is_none_is_one_sentence(run):
    result = run("ingest", "arxiv:hello")
    assert result.exit_code == Exit.FAILED
    assert "'hello' is no arXiv id. Write it so: arxiv:2505.09388" in result.stderr
    assert "error" in json.loads(run("papers", "--json").stdout)  # no collection was made


def test_a_search_shows_the_reranker_s_scores(run, filled, monkeypatch):
    class Backwards:
        name = "backwards"

        def scores(self, query, passages):
            return [float(place) for place in range(len(passages))]

    plain = run("search", "GSPO", "-n", "3")
    assert "reranker" not in plain.stdout
    monkeypatch.setattr(assembly, "reranker", lambda settings: Backwards())
    monkeypatch.setenv("CHATBOT_RERANK_DEPTH", "5")
    assert "reranker 4.00" in run("search", "GSPO", "-n", "3").stdout
    assert [hit["rerank"] for hit in json.loads(run("search", "GSPO", "-n", "3", "--json").stdout)] == [
        4,
        3,
        2,
    ]


class Priced(HashEmbedder):
    terms = Terms(32, 48_000, price=0.5)


@pytest.fixture
def many(tmp_path, monkeypatch):
    monkeypatch.setattr(estimating, "LARGE", 20)
    monkeypatch.setattr(assembly, "embedder", lambda settings: Priced())


def test_a_large_job_of_an_endpoint_is_told_first_and_a_script_is_not_asked(run, many):
    result = run("ingest", "--demo", "--json")
    assert result.exit_code == 0
    assert "39 texts are sent to hash-64" in result.stderr
    assert "at the price that is set" in " ".join(result.stderr.split())
    assert json.loads(result.stdout)["embedded"] == 39


def test_a_person_is_asked_what_costs_money_may_say_no_and_go_on_later(run, many, monkeypatch):
    from chatbot.cli import consent

    monkeypatch.setattr(consent, "watching", lambda: True)
    refused = run("ingest", "--demo", stdin="n\n")
    assert refused.exit_code == 1
    assert "the same command goes on" in " ".join(refused.stderr.split())
    assert run("search", "GSPO", "--json").exit_code == 0
    accepted = run("ingest", "--demo", stdin="y\n")
    assert (accepted.exit_code, "39 embedded now" in accepted.stdout) == (0, True)
    unasked = run("rebuild", "--reembed", "--yes", stdin="")
    assert unasked.exit_code == 0
