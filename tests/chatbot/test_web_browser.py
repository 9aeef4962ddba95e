"""The page in a real Chromium that may reach this machine alone: used as a person uses it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from web_pages import Parts, chromium, page_of

from chatbot.answering import Chat
from chatbot.errors import ModelRefused
from chatbot.values import (
    Answer,
    Citation,
    Claim,
    ClaimMade,
    ClaimRevised,
    Delta,
    Event,
    Evidence,
    Finished,
    FoundBy,
    NearMiss,
    Notice,
    Question,
    Retrieved,
    Status,
    Style,
    Thought,
    Timings,
    Usage,
    Verdict,
)
from store import Collection, HashEmbedder, Record, Source
from store.readers import read
from store.records import Hit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30_000  # ms


@dataclass
class Visit:
    """A browser window on the page, and every request of it that was for elsewhere."""

    page: Any
    parts: Parts
    strays: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def ask(self, text: str) -> None:
        self.page.fill("#box textarea", text)
        self.page.press("#box textarea", "Enter")

    def until(self, text: str, state: str = "done") -> None:
        """Wait for the last turn to be the question `text` in a state."""
        self.page.wait_for_function(
            "([q, s]) => { const t = document.querySelector('#live .turn');"
            " return t && t.querySelector('h2').textContent === q && t.dataset.state === s; }",
            arg=[text, state],
            timeout=PATIENCE,
        )

    def see(self, selector: str) -> Any:
        return self.page.wait_for_selector(selector, timeout=PATIENCE)

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Parts, str]]:
    """The demo's papers, on a page."""
    home = tmp_path_factory.mktemp("page")
    with Collection.open(home, embedder=HashEmbedder(), create=True) as collection:
        collection.ingest(read([ROOT / "seeds"]))
        parts = Parts(collection, home)
        with page_of(parts) as address:
            yield parts, address


def visited(browser: Any, parts: Parts, address: str, **how: Any) -> Iterator[Visit]:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **how})
    visit = Visit(context.new_page(), parts)
    host = address.removeprefix("http://")

    def watch(route: Any) -> None:
        url = route.request.url
        if url.startswith(("data:", "blob:", f"http://{host}/")):
            route.continue_()
        else:
            visit.strays.append(url)
            route.abort()

    context.route("**/*", watch)
    visit.page.on("dialog", lambda dialog: (visit.dialogs.append(dialog.message), dialog.dismiss()))
    visit.page.goto(address)
    visit.see(".welcome, .turn")
    yield visit
    context.close()
    assert visit.strays == []
    assert visit.dialogs == []


@pytest.fixture
def visit(browser: Any, site: tuple[Parts, str]) -> Iterator[Visit]:
    parts, address = site
    parts.directed.questions.clear()
    yield from visited(browser, parts, address)


@pytest.fixture
def phone(browser: Any, site: tuple[Parts, str]) -> Iterator[Visit]:
    yield from visited(
        browser, *site, viewport={"width": 390, "height": 780}, color_scheme="dark", has_touch=True
    )


def paper(parts: Parts, label: str) -> Any:
    found = parts.collection.paper(label)
    assert found is not None
    return found


def evidence(parts: Parts, label: str, words: str) -> Evidence:
    """The sentence of a paper that says `words`."""
    sentences = parts.collection.sentences(paper(parts, label).id)
    sentence = next(each for each in sentences if words in each.text)
    return Evidence(sentence.paper, sentence.number, sentence.start, sentence.end, sentence.text)


def finished(parts: Parts, question: Question, *claims: Claim) -> Answer:
    ids = dict.fromkeys(each.paper for claim in claims for each in claim.evidence)
    citations = tuple(Citation(at, parts.collection.paper(id)) for at, id in enumerate(ids, 1))  # type: ignore[arg-type]
    return Answer(
        question.text,
        question.text,
        Status.ANSWERED,
        " ".join(claim.text for claim in claims),
        claims,
        citations,
        usage=Usage(412, 96),
        timings=Timings(0.1, 0.2, 1.0, 3.0),
        model="scripted",
    )


def proven(parts: Parts) -> Claim:
    return Claim(
        "It comprises 850 questions.",
        Verdict.SUPPORTED,
        FoundBy.SCHEMA,
        (evidence(parts, "PLawBench", "850"),),
    )


def plain(parts: Parts) -> Any:
    def reply(question: Question) -> Iterator[Event]:
        claim = proven(parts)
        yield Retrieved(question.text, (Hit(paper(parts, "PLawBench"), 0.9, 3.0, 0.8),))
        yield Delta(claim.text)
        yield ClaimMade(0, claim, (1,))
        yield Finished(finished(parts, question, claim))

    return reply


def test_sources_come_first_then_the_answer_streams_and_its_verdict_may_still_change(visit: Visit) -> None:
    parts, gates = visit.parts, [threading.Event() for _ in range(3)]
    first = proven(parts)
    doubted = Claim(
        "It is in Chinese.", Verdict.UNSUPPORTED, FoundBy.NONE, (), ('"Chinese" not in evidence',)
    )
    better = Claim("It is in Chinese.", Verdict.PARTIAL, FoundBy.SCHEMA, first.evidence, ("the language",))

    def reply(question: Question) -> Iterator[Event]:
        hits = tuple(Hit(paper(parts, label), 0.9, None, None) for label in ("PLawBench", "Qwen2"))
        yield Retrieved(question.text, hits)
        gates[0].wait(30)
        yield Delta("It comprises 850 ")
        gates[1].wait(30)
        yield Delta("questions.")
        yield ClaimMade(0, first, (1,))
        yield Delta(" It is in Chinese.")
        yield ClaimMade(1, doubted)
        gates[2].wait(30)
        yield ClaimRevised(1, better, (1,))
        yield Finished(finished(parts, question, first, better))

    parts.directed.reply = reply
    visit.ask("How many questions?")
    visit.see("#sources .paper >> text=PLawBench")
    assert "Reading 2 papers" in visit.text("#live .waiting")
    assert not visit.page.query_selector("#live .prose")
    gates[0].set()
    visit.see("#live .tail >> text=It comprises 850")
    gates[1].set()
    visit.see("#live .claim.v-unsupported")
    assert visit.page.query_selector("#sources .paper.cited >> text=PLawBench")
    assert "Also looked at" in visit.text("#sources")
    gates[2].set()
    visit.until("How many questions?")
    visit.see("#live .claim.v-partial")
    meter = visit.text("#live .meter")
    for figure in (
        "1 of 2 sentences proven",
        "first word 1.0 s",
        "3.0 s",
        "412 + 96 tokens",
        "48 tokens/s",
        "scripted",
    ):
        assert figure in meter
    assert "1 of 2 sentences proven" in visit.page.text_content("#spoken")


def test_escape_stops_an_answer_and_what_was_said_stays(visit: Visit) -> None:
    gate = threading.Event()

    def reply(question: Question) -> Iterator[Event]:
        yield Retrieved(question.text, ())
        yield Delta("It comprises ")
        gate.wait(30)
        yield Delta("nobody reads this")

    visit.parts.directed.reply = reply
    visit.ask("Will it stop?")
    visit.see("#live .tail >> text=It comprises")
    visit.page.keyboard.press("Escape")
    visit.until("Will it stop?", "stopped")
    gate.set()
    assert "It comprises" in visit.text("#live .answer")
    visit.parts.directed.reply = plain(visit.parts)
    visit.page.click("#live .failure [data-do=again]")
    visit.until("Will it stop?")
    assert "850" in visit.text("#live .answer")
    assert not visit.page.query_selector("#past .turn")


def test_a_marker_shows_its_sentence_opens_its_source_and_back_returns_to_it(visit: Visit) -> None:
    visit.parts.directed.reply = plain(visit.parts)
    visit.ask("How many?")
    visit.until("How many?")
    sentence = proven(visit.parts).evidence[0].text
    visit.page.hover("#live .chip")
    assert "850 questions" in visit.text("#proof q")
    assert visit.page.inner_html("#proof q").count("<b>850</b>") == 1
    visit.page.mouse.move(640, 700)
    visit.page.wait_for_selector("#proof", state="hidden")
    visit.page.focus("#live .chip")
    assert "supported" in visit.text("#proof .badge")
    visit.page.keyboard.press("Enter")
    marked = visit.see("#sources mark.lit")
    assert marked.inner_text().strip() == " ".join(sentence.split())
    assert visit.page.evaluate("document.activeElement.closest('#sources .paper') !== null")
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("Escape")
    assert visit.page.evaluate("document.activeElement.classList.contains('chip')")
    label = visit.page.get_attribute("#live .chip", "aria-label")
    assert label == "Source 1: supported"


def test_sentences_that_are_not_proven_look_so_and_say_what_is_missing(visit: Visit) -> None:
    parts = visit.parts
    shown = proven(parts).evidence
    claims = (
        Claim("It has 900 questions.", Verdict.CONTRADICTED, FoundBy.SCHEMA, shown, ('850, not "900"',)),
        Claim("It is new and large.", Verdict.PARTIAL, FoundBy.SCHEMA, shown, ('"large" not in evidence',)),
        Claim("It is free.", Verdict.UNSUPPORTED, FoundBy.NONE, (), ()),
    )

    def reply(question: Question) -> Iterator[Event]:
        yield Finished(finished(parts, question, *claims))

    parts.directed.reply = reply
    visit.ask("Is it?")
    visit.until("Is it?")
    chips = visit.page.query_selector_all("#live .chip")
    assert [each.get_attribute("aria-label") for each in chips] == [
        "Source 1: the papers say otherwise",
        "Source 1: partly supported",
        "not in the papers",
    ]
    shapes = {each.query_selector("path").get_attribute("d") for each in chips}
    assert len(shapes) == 3
    chips[0].hover()
    assert '850, not "900"' in visit.text("#proof")
    chips[2].hover()
    assert "No sentence of the papers found says this." in visit.text("#proof")


def test_editing_a_question_asks_it_anew_in_its_place(visit: Visit) -> None:
    visit.parts.directed.reply = plain(visit.parts)
    visit.ask("First?")
    visit.until("First?")
    visit.ask("Second?")
    visit.until("Second?")
    assert len(visit.parts.directed.questions[-1].history) == 1
    visit.page.hover("#past .turn .asked")
    visit.page.click("#past .turn [data-do=edit]")
    visit.page.fill("#past .turn .asked textarea", "First, but better?")
    visit.page.press("#past .turn .asked textarea", "Enter")
    visit.until("First, but better?")
    assert not visit.page.query_selector_all("#past .turn")
    assert visit.parts.directed.questions[-1].history == ()


def test_an_error_stands_where_it_happened_with_a_button_and_the_question_is_not_lost(visit: Visit) -> None:
    def reply(question: Question) -> Iterator[Event]:
        yield Retrieved(question.text, ())
        raise ModelRefused("The endpoint refused the key (401). Correct CHATBOT_API_KEY.")

    visit.parts.directed.reply = reply
    visit.ask("What now?")
    visit.until("What now?", "failed")
    assert "Correct CHATBOT_API_KEY." in visit.text("#live .failure")
    visit.page.fill("#box textarea", "still usable")
    visit.parts.directed.reply = plain(visit.parts)
    visit.page.click("#live .failure [data-do=again]")
    visit.until("What now?")


def test_a_conversation_is_there_again_after_reload_and_can_be_renamed_and_deleted(visit: Visit) -> None:
    visit.parts.directed.reply = plain(visit.parts)
    visit.ask("Will you remember me?")
    visit.until("Will you remember me?")
    visit.see("#talks .talk[aria-current] >> text=Will you remember me?")
    visit.page.reload()
    visit.until("Will you remember me?")
    assert visit.page.query_selector("#live .chip.v-supported")
    visit.ask("And then?")
    visit.until("And then?")
    assert [turn.question for turn in visit.parts.directed.questions[-1].history] == ["Will you remember me?"]
    item = "#talks li:has(.talk[aria-current])"
    visit.page.hover(item)
    visit.page.click(f"{item} .more summary")
    visit.page.click(f"{item} [data-do=rename]")
    visit.page.fill(f"{item} .rename", "<b>My laws</b>")
    visit.page.press(f"{item} .rename", "Enter")
    visit.see("#talks .talk >> text=<b>My laws</b>")
    visit.page.hover(item)
    visit.page.click(f"{item} .more summary")
    visit.page.click(f"{item} [data-do=remove]")
    visit.page.click(f"{item} [data-do=remove]")
    visit.see(".welcome")
    assert not visit.page.query_selector("#talks .talk >> text=My laws")


def test_two_browsers_keep_their_conversations_apart_and_do_not_wait_for_each_other(
    browser: Any, site: tuple[Parts, str]
) -> None:
    parts, address = site
    gate = threading.Event()

    def reply(question: Question) -> Iterator[Event]:
        if question.text == "Slow?":
            yield Retrieved(question.text, ())
            yield Delta("Wait")
            gate.wait(60)
        yield from plain(parts)(question)

    parts.directed.reply = reply
    one, other = visited(browser, parts, address), visited(browser, parts, address)
    first, second = next(one), next(other)
    first.ask("Slow?")
    first.see("#live .tail")
    second.ask("Fast?")
    second.until("Fast?")
    assert first.page.get_attribute("#live .turn", "data-state") == "running"
    assert "Slow?" not in second.text("#middle")
    gate.set()
    first.until("Slow?")
    assert "Fast?" not in first.text("#middle")
    for each in (one, other):
        next(each, None)


def test_on_a_phone_sources_rise_from_below_and_the_dark_page_is_dark(phone: Visit) -> None:
    phone.parts.directed.reply = plain(phone.parts)
    phone.ask("On the go?")
    phone.until("On the go?")
    assert not phone.page.is_visible("#panel")
    phone.page.tap("#live .chip")
    phone.see("#panel mark.lit")
    assert phone.page.is_visible("#panel")
    phone.page.click("#panel [data-do=close-panel]")
    assert not phone.page.is_visible("#panel")
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    colour = phone.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(","))) < 150


def test_slash_goes_to_the_box_and_shift_enter_breaks_a_line(visit: Visit) -> None:
    visit.page.click("nav [data-view=ask]")
    visit.page.keyboard.press("/")
    assert visit.page.evaluate("document.activeElement === document.querySelector('#box textarea')")
    visit.page.keyboard.type("one")
    visit.page.keyboard.press("Shift+Enter")
    visit.page.keyboard.type("two")
    assert visit.page.input_value("#box textarea") == "one\ntwo"
    assert not visit.parts.directed.questions


EVIL = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'><img src='http://evil.test/leak.png'>"
    "<svg onload=window.pwned=1><iframe src='javascript:parent.pwned=1'></iframe>"
    "<a href='javascript:window.pwned=1'>x</a><style>@import 'http://evil.test/a.css';</style>"
    "<form action='http://evil.test'><button>y</button></form>${window.pwned=1}{{constructor.constructor('x')()}}"
    "`+window.pwned=1+` $\\href{javascript:window.pwned=1}{x}$ $\\htmlData{a=b}{c}$ ![l](http://evil.test/m.png)"
)


def test_text_of_papers_files_people_and_models_never_runs_and_calls_nobody(
    browser: Any, tmp_path: Path
) -> None:
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as collection:
        record = Record(
            f"We present Poisonbench, a benchmark of 77 tasks. {EVIL} It is public.",
            Source("<img src=x onerror=window.pwned=1>.txt", 1),
            title=f"Poisonbench {EVIL}",
            authors=("<script>window.pwned=1</script>",),
            url="javascript:pwned=1",
            categories=("<b onclick=pwned=1>cs.CL",),
        )
        collection.ingest([record])
        parts = Parts(collection, tmp_path)
        [bad] = collection.papers()
        sentence = collection.sentences(bad.id)[0]
        shown = Evidence(bad.id, 1, sentence.start, sentence.end, sentence.text)
        claim = Claim(f"It has 77 tasks {EVIL}.", Verdict.PARTIAL, FoundBy.SCHEMA, (shown,), (EVIL,))

        def reply(question: Question) -> Iterator[Event]:
            yield Retrieved(question.text, (Hit(bad, 0.9, 1.0, 0.5),))
            yield Thought(EVIL)
            yield Notice(EVIL)
            yield Delta(claim.text)
            yield ClaimMade(0, claim, (1,))
            yield Finished(
                replace(finished(parts, question, claim), dropped=(EVIL,), model=EVIL, withdrawn=(claim,))
            )

        parts.directed.reply = reply
        upload = tmp_path / "<img src=x onerror=window.pwned=1>.csv"
        upload.write_text(f"a,b\n{EVIL},{EVIL}\n", encoding="utf-8")
        with page_of(parts) as address:
            for visit in visited(browser, parts, address):
                question = f"How many tasks? {EVIL}"
                visit.ask(question)
                visit.until(question)
                visit.see("#talks .talk")
                visit.page.hover("#live .chip")
                visit.page.click("#live .chip")
                visit.see("#sources .abstract mark.lit")
                for summary in visit.page.query_selector_all("#live .turn > details > summary"):
                    summary.click()
                visit.page.click("nav [data-view=papers]")
                visit.page.set_input_files("#drop input[type=file]", str(upload))
                visit.see("#upload-report .report, #upload-report .failure")
                visit.page.wait_for_timeout(300)
                assert visit.page.evaluate("window.pwned") is None
                for place in ("#side", "#middle", "#panel", "#proof"):
                    for tag in ("script", "img", "iframe", "form", "style", "[onclick]"):
                        assert visit.page.query_selector_all(f"{place} {tag}") == [], (place, tag)
                assert visit.page.query_selector_all("a[href^=javascript]") == []
                # And if something were put into the page after all, it would not run.
                visit.page.evaluate(
                    "() => { const s = document.createElement('script'); s.textContent = 'window.pwned = 2';"
                    " document.body.append(s); const d = document.createElement('div');"
                    " d.innerHTML = '<img src=x onerror=\"window.pwned = 3\">'; document.body.append(d); }"
                )
                visit.page.wait_for_timeout(200)
                assert visit.page.evaluate("window.pwned") is None


def test_a_refusal_is_calm_and_shows_what_the_nearest_papers_lack(visit: Visit) -> None:
    parts = visit.parts
    near = tuple(
        NearMiss(paper(parts, label), evidence(parts, label, words), ("capital", "Peru"))
        for label, words in (("PLawBench", "850"), ("Qwen2", "Qwen2"), ("DeepMiner", "DeepMiner"))
    )

    def reply(question: Question) -> Iterator[Event]:
        text = "The papers don't say."
        yield Finished(Answer(question.text, question.text, Status.REFUSED, text, near_misses=near))

    parts.directed.reply = reply
    visit.ask("What is the capital of Peru?")
    visit.until("What is the capital of Peru?")
    assert visit.text("#live .lead") == "The papers don't say."
    items = visit.page.query_selector_all("#live .near li")
    assert len(items) == 3
    assert "Does not say: capital, Peru." in items[0].inner_text()
    items[0].query_selector("[data-do=source]").click()
    assert "850" in visit.see("#sources .abstract .lit").inner_text()


def test_an_empty_collection_is_filled_with_the_sample_papers_and_then_asked(
    browser: Any, tmp_path: Path
) -> None:
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as collection:
        parts = Parts(collection, tmp_path)
        parts.directed.reply = Chat(collection, None, settings=parts.settings).stream  # type: ignore[assignment]
        with page_of(parts) as address:
            for visit in visited(browser, parts, address):
                assert "Bring your papers." in visit.text(".welcome")
                assert visit.page.is_visible("#drop")
                visit.page.click("[data-do=demo]")
                visit.see(".welcome:not(.empty)")
                assert "Ask 39 papers." in visit.text(".welcome")
                visit.ask("What does GSPO change compared with GRPO?")
                visit.until("What does GSPO change compared with GRPO?")
                assert "written by no model" in visit.text("#live .meter")
                assert "No model is at hand" in visit.text("#cure")
                visit.ask("How many papers per month?")
                visit.until("How many papers per month?")
                assert visit.page.query_selector("#live .bars svg .bar")
                heads = visit.page.query_selector_all("#live th button")
                heads[1].click()
                heads[1].click()
                counts = [int(each.inner_text()) for each in visit.page.query_selector_all("#live td.number")]
                assert counts == sorted(counts, reverse=True)
                with visit.page.expect_download() as download:
                    visit.page.click("#live [data-kind=csv]")
                assert Path(download.value.path()).read_text(encoding="utf-8").startswith("key,count")


def test_filters_say_how_many_papers_remain_and_questions_keep_to_them(visit: Visit) -> None:
    visit.parts.directed.reply = plain(visit.parts)
    visit.page.fill(
        "#filters label:has-text('Contains') textarea, #filters label:has-text('Contains') input", "legal"
    )
    visit.page.wait_for_function(
        "() => / of 39 papers/.test(document.querySelector('#remaining').textContent)", timeout=PATIENCE
    )
    visit.ask("Filtered?")
    visit.until("Filtered?")
    assert visit.parts.directed.questions[-1].filter.text == "legal"
    since = "#filters label:has-text('Since') textarea, #filters label:has-text('Since') input"
    visit.page.fill(since, "someday")
    visit.see("#remaining .wrong")


def test_papers_are_browsed_searched_and_opened_and_files_that_hold_none_say_so(
    visit: Visit, tmp_path: Path
) -> None:
    visit.page.click("nav [data-view=papers]")
    visit.see(".papers li")
    assert visit.page.query_selector("#months .bar")
    visit.page.click(".papers li:nth-child(2) .open")
    label = visit.text(".papers li:nth-child(2) .open")
    assert label in visit.see("#sources details.paper").inner_text()
    visit.page.fill("#find textarea, #find input", "PLawBench legal questions")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function(
        "() => document.querySelector('.papers .open').textContent.includes('PLawBench')", timeout=PATIENCE
    )
    empty = tmp_path / "shopping.txt"
    empty.write_text("milk\n\neggs\n", encoding="utf-8")
    visit.page.set_input_files("#drop input[type=file]", str(empty))
    report = visit.see("#upload-report .report").inner_text()
    assert "shopping.txt" in report
    assert "no paper" in report
    assert str(tmp_path) not in visit.text("#upload-report")


def test_an_upload_can_be_undone(visit: Visit, tmp_path: Path) -> None:
    visit.page.click("nav [data-view=papers]")
    extra = tmp_path / "one more.bib"
    extra.write_text(
        "@article{llama, title={Llamas of Peru}, abstract={We count llamas in Peru. There are nine of them, "
        "and all nine of them are known to the village by a name of their own.}}",
        encoding="utf-8",
    )
    visit.page.set_input_files("#drop input[type=file]", str(extra))
    assert "1 new" in visit.see("#upload-report .report").inner_text()
    listed = "document.querySelector('.papers').textContent.includes('Llamas of Peru')"
    visit.page.wait_for_function(f"() => {listed}", timeout=PATIENCE)
    visit.page.click("#upload-report [data-do=undo]")
    visit.page.wait_for_function(
        "() => /Undone: 1 paper went/.test(document.querySelector('#upload-report').textContent)",
        timeout=PATIENCE,
    )
    assert visit.parts.collection.count() == 39
    assert not visit.page.query_selector("#upload-report [data-do=undo]")
    visit.page.wait_for_function(f"() => !{listed}", timeout=PATIENCE)


def test_how_to_answer_is_chosen_beside_the_chat(visit: Visit) -> None:
    visit.parts.directed.reply = plain(visit.parts)
    visit.page.click("#manner .label-wrap, #manner button")
    visit.page.fill("#manner textarea, #manner input[placeholder*=student]", "a child of ten")
    visit.page.click("#manner input[aria-label=Style]")
    visit.page.click("[role=option]:has-text('Table')")
    visit.ask("How many questions does PLawBench have?")
    visit.until("How many questions does PLawBench have?")
    asked = visit.parts.directed.questions[-1].manner
    assert (asked.style, asked.audience) == (Style.TABLE, "a child of ten")
    assert asked.thinking == "auto"


def test_the_map_opens_papers_and_shows_one_theme(visit: Visit) -> None:
    visit.page.click("nav [data-view=map]")
    visit.see("#map .point")
    assert len(visit.page.query_selector_all("#map .point")) == 39
    visit.page.focus("#map .point")
    visit.page.keyboard.press("Enter")
    visit.see("#sources details.paper")
    visit.page.click(".legend button")
    dimmed = len(visit.page.query_selector_all("#map .point.off"))
    assert 0 < dimmed < 39


def test_a_text_is_checked_sentence_by_sentence(visit: Visit) -> None:
    visit.page.click("nav [data-view=verify]")
    visit.page.fill(
        "#verify-text textarea", "PLawBench comprises 850 questions. It was made in Peru by llamas."
    )
    visit.page.click("#verify-go")
    visit.page.wait_for_function(
        "() => /^2 sentences: /.test(document.querySelector('#verify-result .note')?.textContent ?? '')",
        timeout=PATIENCE,
    )
    assert "PLawBench" in visit.text("#verify-result blockquote .open")
    visit.page.click("#verify-result blockquote .open")
    visit.see("#sources .abstract .lit")


def test_what_is_suggested_is_answered_when_it_is_clicked(visit: Visit) -> None:
    visit.parts.directed.reply = Chat(visit.parts.collection, None, settings=visit.parts.settings).stream  # type: ignore[assignment]
    text = visit.see(".suggested button").inner_text()
    visit.page.click(".suggested button")
    visit.until(text)
    assert visit.page.query_selector("#live .chip.v-supported, #live .census")


def test_maths_is_typeset_by_what_comes_along(visit: Visit) -> None:
    parts = visit.parts
    claim = replace(proven(parts), text="It is $2.5\\times$ faster.")

    def reply(question: Question) -> Iterator[Event]:
        yield Finished(finished(parts, question, claim))

    parts.directed.reply = reply
    visit.ask("How fast?")
    visit.until("How fast?")
    visit.see("#live .tex .katex")
