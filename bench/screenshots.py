"""Pictures of the page in each of its states, and a short recording: what docs/img and the README show.

    python -m bench.screenshots [--out docs/img] [--home DIR] [--only NAME…]

The demo's papers, the built-in embeddings, and a model that says what stands in `SCRIPT` below, slower than
it could; the searches, verdicts and refusals are the program's own. Needs Playwright and a Chromium
(`apt-get install chromium`), and reaches no other address than this machine's.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatbot.answering import Chat
from chatbot.assembly import seeds
from chatbot.checking import Checker
from chatbot.errors import ModelRefused
from chatbot.model import Done, FirstToken, Part, TextPart
from chatbot.model.scripted import Call, ScriptedModel
from chatbot.sessions import FILE, Sessions
from chatbot.settings import load
from chatbot.values import Usage
from chatbot.web import serving
from store import Collection
from store.readers import read

FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)
SEARCH_AGENTS = "How do WebSailor and DeepMiner train search agents?"
ACCURACY = "What accuracy does DeepMiner reach on BrowseComp-en?"
COMPRESSION = "What does QwenLong-CPRS do with long contexts?"
# What the model says: each sentence, and words of the sentence that it points at ("": at none).
SCRIPT = {
    SEARCH_AGENTS: (
        (
            "WebSailor generates high-uncertainty tasks and trains with DUPO.",
            "Duplicating Sampling",
        ),
        (
            "DeepMiner introduces high-difficulty training tasks and a dynamic context window.",
            "dynamic context window",
        ),
        ("DeepMiner-32B is developed through reinforcement learning on Qwen3-32B and 400 GPUs.", "Qwen3-32B"),
        ("Both cost about the same to train.", ""),
    ),
    ACCURACY: (
        ("DeepMiner attains 43.5% accuracy on BrowseComp-en.", "BrowseComp-en"),
        ("It surpasses the previous best open-source agent by almost 20 percentage points.", "20 percentage"),
    ),
    COMPRESSION: (
        (
            "QwenLong-CPRS compresses long contexts under the guidance of natural language instructions.",
            "QwenLong-CPRS",
        ),
    ),
}
_KEYED = re.compile(r"^\s*\[?(\d+\.\d+)\]?[\s:.]+(.*)$", re.MULTILINE)


class Slow(ScriptedModel):
    """Says what the script has for the question, word by word; the odds of an answer are good."""

    def __init__(self) -> None:
        super().__init__(name="qwen3-8b", window=8192)
        self.pause = 0.03

    def stream(self, messages: Any, **how: Any) -> Iterator[Part]:
        prompt = messages[-1].content
        if "refuse the key" in prompt:
            raise ModelRefused("The endpoint refused the key (401). Correct CHATBOT_API_KEY.")
        said = next((each for question, each in SCRIPT.items() if question in prompt), ())
        keys = [(key, text) for key, text in _KEYED.findall(prompt)]
        claims = [
            {"from": [key for key, text in keys if words and words in text][:1] or [keys[0][0]], "say": say}
            for say, words in said
        ]
        reply = json.dumps({"claims": claims}, ensure_ascii=False)
        for piece in re.findall(r"\S+\s*|\s+", reply):
            time.sleep(self.pause)
            yield TextPart(piece)
        yield Done("stop", Usage(len(prompt) // 4, len(reply) // 4))

    def first_token(self, messages: Any, top: int = 20) -> FirstToken:
        self.calls.append(Call(tuple(messages), top=top))
        return FirstToken({}, Usage())


class Parts:
    """The page's parts, as `chatbot.assembly.Assembly` gives them."""

    def __init__(self, collection: Collection, home: Path) -> None:
        self.collection = collection
        self.settings = load({"home": home}, {}, home)
        self.model = Slow()
        self.sessions = Sessions(home / FILE)

    def chat(self) -> Chat:
        return Chat(self.collection, self.model, settings=self.settings)

    def checker(self) -> Checker:
        return Checker(self.collection)


class Camera:
    """A window on the page that takes pictures."""

    def __init__(self, page: Any, out: Path, only: set[str], parts: Parts) -> None:
        self.page = page
        self.parts = parts
        self._out = out
        self._only = only

    def take(self, name: str) -> None:
        if not self._only or name in self._only:
            self._out.mkdir(parents=True, exist_ok=True)
            save(self.page.screenshot(), self._out / f"{name}.png")
            print(name, flush=True)

    def ask(self, text: str) -> None:
        self.page.click("nav [data-view=ask]")
        self.page.fill("#box textarea", text)
        self.page.press("#box textarea", "Enter")

    def until(self, text: str, state: str = "done") -> None:
        self.page.wait_for_function(
            "([q, s]) => { const t = document.querySelector('#live .turn');"
            " return t && t.querySelector('h2').textContent === q && t.dataset.state === s; }",
            arg=[text, state],
            timeout=60_000,
        )
        self.rest()

    def rest(self, seconds: float = 0.8) -> None:
        self.page.mouse.move(640, 6)
        self.page.wait_for_timeout(seconds * 1000)


def save(picture: bytes, file: Path, colours: int = 192) -> None:
    """A PNG with few colours: the page has few."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        file, optimize=True
    )


@contextmanager
def page_of(parts: Parts) -> Iterator[str]:
    """The page, served on this machine."""
    import uvicorn

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # whoever comes before the server is ready waits
        app = serving.application(parts, hosts=("127.0.0.1",))  # type: ignore[arg-type]
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield "http://{}:{}".format(*listener.getsockname())
        finally:
            server.should_exit = True
            thread.join(10)


def wide(camera: Camera) -> None:
    """Everything that is seen at a desk."""
    page = camera.page
    page.wait_for_selector(".suggested", timeout=60_000)
    camera.rest()
    camera.take("start")
    page.click("#manner .label-wrap, #manner button")
    camera.rest()
    camera.take("manner")
    page.click("#manner .label-wrap, #manner button")
    camera.parts.model.pause = 0.25
    camera.ask(SEARCH_AGENTS)
    page.wait_for_selector("#live .claim >> nth=0", timeout=60_000)
    camera.take("streaming")
    camera.parts.model.pause = 0.03
    camera.until(SEARCH_AGENTS)
    page.wait_for_selector(".suggested")
    camera.take("answer")
    page.hover("#live .chip >> nth=0")
    page.wait_for_timeout(300)
    camera.take("proof")
    page.click("#live .chip >> nth=1")
    page.wait_for_timeout(900)
    camera.take("source")
    page.hover("#live .chip.v-partial, #live .chip.v-unsupported")
    page.wait_for_timeout(300)
    camera.take("unproven")
    camera.ask(ACCURACY)
    camera.until(ACCURACY)
    page.hover("#live .chip.v-contradicted, #live .chip >> nth=0")
    page.wait_for_timeout(300)
    camera.take("contradiction")
    page.click("#live .why summary")
    camera.rest()
    camera.take("why")
    for name, question in (
        ("census", "How many papers per month?"),
        ("refusal", "What is the capital of Peru?"),
    ):
        camera.ask(question)
        camera.until(question)
        camera.take(name)
    camera.ask("Does the endpoint refuse the key for DeepMiner?")
    camera.until("Does the endpoint refuse the key for DeepMiner?", "failed")
    camera.take("error")
    page.click("nav [data-view=papers]")
    page.wait_for_selector(".papers li")
    page.click(".papers li:nth-child(3) .open")
    camera.rest()
    camera.take("papers")
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "shopping-and-papers.txt"
        notes.write_text("milk\n\neggs\n\n" + seeds()[0].read_text(encoding="utf-8")[:1800], encoding="utf-8")
        page.set_input_files("#drop input[type=file]", str(notes))
        page.wait_for_selector("#upload-report .report", timeout=60_000)
        page.evaluate("document.querySelector('#upload-report details')?.setAttribute('open', '')")
        camera.rest()
        camera.take("upload")
    page.click("nav [data-view=map]")
    page.wait_for_selector("#map .point", timeout=90_000)
    camera.rest()
    camera.take("map")
    page.click("nav [data-view=verify]")
    page.fill(
        "#verify-text textarea",
        "DeepMiner attains 33.5% accuracy on BrowseComp-en. PLawBench has 900 questions. "
        "WebSailor was made in Peru.",
    )
    page.click("#verify-go")
    page.wait_for_function(
        "() => /^3 sentences: /.test(document.querySelector('#verify-result .note')?.textContent ?? '')",
        timeout=60_000,
    )
    camera.rest()
    camera.take("verify")


def history(camera: Camera) -> None:
    """A conversation that was resumed, in the dark."""
    page = camera.page
    page.wait_for_selector("#talks .talk", timeout=60_000)
    page.click("#talks .talk >> nth=0")
    page.wait_for_selector("#live .turn")
    camera.rest()
    page.hover("#talks li >> nth=0")
    page.click("#talks li >> nth=0 >> .more summary")
    page.wait_for_timeout(300)
    camera.take("history-dark")
    page.keyboard.press("Escape")
    page.click("#talks .new")
    camera.ask(SEARCH_AGENTS)
    camera.until(SEARCH_AGENTS)
    page.click("#live .chip >> nth=0")
    camera.rest()
    camera.take("answer-dark")


def tablet(camera: Camera) -> None:
    """768 px."""
    camera.page.wait_for_selector(".suggested", timeout=60_000)
    camera.ask(SEARCH_AGENTS)
    camera.until(SEARCH_AGENTS)
    camera.take("answer-768")


def phone(camera: Camera) -> None:
    """390 px."""
    camera.page.wait_for_selector(".suggested", timeout=60_000)
    camera.take("start-390")
    camera.ask(SEARCH_AGENTS)
    camera.until(SEARCH_AGENTS)
    camera.take("answer-390")
    camera.page.click("#live .chip >> nth=0")
    camera.rest()
    camera.take("source-390")


def empty(camera: Camera) -> None:
    """A collection without a paper."""
    camera.page.wait_for_selector("[data-do=demo]")
    camera.rest(1.5)
    camera.take("empty")


def recording(camera: Camera) -> None:
    """A question typed, answered, and checked: docs/img/recording.gif."""
    from PIL import Image

    page, frames = camera.page, list[tuple[bytes, int]]()

    def shoot(milliseconds: int = 120) -> None:
        frames.append((page.screenshot(), milliseconds))

    page.wait_for_selector(".suggested", timeout=60_000)
    camera.rest()
    shoot(900)
    for at in range(8, len(SEARCH_AGENTS) + 8, 8):
        page.fill("#box textarea", SEARCH_AGENTS[:at])
        shoot(90)
    page.press("#box textarea", "Enter")
    for _ in range(60):
        shoot(140)
        if page.get_attribute("#live .turn", "data-state") == "done":
            break
        page.wait_for_timeout(120)
    camera.rest()
    shoot(1200)
    for at in (0, 2):
        page.hover(f"#live .chip >> nth={at}")
        page.wait_for_timeout(250)
        shoot(2000)
    page.click("#live .chip >> nth=1")
    camera.rest(1.0)
    shoot(2600)
    pictures = []
    for content, _ in frames:
        image = Image.open(io.BytesIO(content)).convert("RGB")
        pictures.append(image.resize((960, 600), Image.Resampling.LANCZOS))
    palette = pictures[-1].quantize(96, method=Image.Quantize.MEDIANCUT)
    flat = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in pictures]
    camera._out.mkdir(parents=True, exist_ok=True)
    flat[0].save(
        camera._out / "recording.gif",
        save_all=True,
        append_images=flat[1:],
        duration=[milliseconds for _, milliseconds in frames],
        loop=0,
        optimize=True,
    )
    print("recording", flush=True)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/img"))
    parser.add_argument("--home", type=Path, help="where the demo's papers are kept between two runs")
    parser.add_argument(
        "--only", nargs="*", default=(), help="names of pictures; none: all, and the recording"
    )
    chosen = parser.parse_args()
    only = set(chosen.only)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        binary = shutil.which("chromium") or shutil.which("google-chrome")
        browser = driver.chromium.launch(executable_path=binary, args=FLAGS.split())

        def visit(
            parts: Parts, act: Callable[[Camera], None], width: int, height: int, dark: bool = False
        ) -> None:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
            )
            page = context.new_page()
            with page_of(parts) as address:
                page.goto(address)
                act(Camera(page, chosen.out, only, parts))
                context.close()

        home = chosen.home or Path(folder) / "home"
        with Collection.open(home, "pictures", create=True) as collection:
            collection.ingest(read(seeds()))
            parts = Parts(collection, home)
            if not only or "recording" in only:
                visit(parts, recording, 1280, 800)
            visit(parts, wide, 1280, 800)
            visit(parts, history, 1280, 800, dark=True)
            visit(parts, tablet, 768, 900)
            visit(parts, phone, 390, 800)
        with Collection.open(Path(folder) / "none", create=True) as nothing:
            visit(Parts(nothing, Path(folder) / "none"), empty, 1280, 800)
        browser.close()


if __name__ == "__main__":
    main()
