// The page's own script: shows proofs, fills the panel, moves the focus, speaks to Python by window.proven.
// What it puts into the page comes from nodes that the server rendered, or is set as text.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const body = document.body;
const call = (name, data) => window.proven?.[name]?.(data);
let again = 0;

// Parts that Gradio does not know

const card = document.createElement("div");
card.id = "proof";
card.setAttribute("role", "tooltip");
card.hidden = true;
const live = document.createElement("div");
live.className = "unseen";
live.setAttribute("aria-live", "polite");
live.id = "spoken";
const toast = document.createElement("div");
toast.id = "toast";
toast.setAttribute("role", "status");
body.append(card, live, toast);

function say(text) {
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => toast.classList.remove("shown"), 2500);
}

// Light and dark

const wished = localStorage.getItem("proven.theme");
function dark(on) {
  body.classList.toggle("dark", on);
  document.documentElement.style.colorScheme = on ? "dark" : "light";
  const button = $("[data-do=theme]");
  if (button && button.getAttribute("aria-pressed") !== String(on)) {
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Light" : "Dark";
  }
}
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (localStorage.getItem("proven.theme") ?? (system.matches ? "dark" : "light")) === "dark";
system.addEventListener("change", () => dark(isDark()));
dark(isDark());

// Maths: KaTeX comes with Gradio; where it can't be had the readable text stays

let katex = null;
const wanted = $("meta[name=katex]")?.content;
if (wanted) {
  import(wanted)
    .then((module) => {
      katex = [module, ...Object.values(module)].find((each) => typeof each?.render === "function") ?? null;
      typeset(document);
    })
    .catch(() => {});
}
function typeset(root) {
  if (!katex) return;
  for (const node of $$(".tex:not([data-set])", root)) {
    const readable = node.textContent;
    try {
      katex.render(node.dataset.tex, node, {
        throwOnError: true, trust: false, strict: "ignore", displayMode: node.dataset.display === "1",
        maxExpand: 200, maxSize: 8, output: "htmlAndMathml",
      });
    } catch {
      node.textContent = readable;
    }
    node.dataset.set = "1";
  }
}

// The panel of sources: a copy of what the looked-at turn carries

const panel = () => $("#sources");
let shownTurn = null;
function turns() { return $$("#past .turn, #live .turn"); }
function show(turn, force = false) {
  const sources = turn && $(".turn-sources", turn);
  const target = panel();
  if (!sources || !target) return;
  const key = `${turn.dataset.turn}:${sources.innerHTML.length}:${$$("mark", sources).length}:${turn.dataset.state}`;
  if (!force && target.dataset.key === key) return;
  const folded = shownTurn === turn.dataset.turn
    ? new Map($$("details.paper", target).map((each) => [each.dataset.paper, each.open])) : new Map();
  const cited = new Set($$("details.paper.cited", target).map((each) => each.dataset.paper));
  target.replaceChildren(...sources.cloneNode(true).childNodes);
  if (!target.childElementCount) {
    const none = document.createElement("p");
    none.className = "hint";
    none.textContent = turn.dataset.state === "running" ? "Searching …" : "This answer rests on no single paper.";
    target.append(none);
  }
  for (const each of $$("details.paper", target)) {
    const was = folded.get(each.dataset.paper);
    if (was !== undefined && cited.has(each.dataset.paper) === each.classList.contains("cited")) each.open = was;
  }
  target.dataset.key = key;
  shownTurn = turn.dataset.turn;
  body.dataset.sources = sources.childElementCount ? "some" : "none";
  typeset(target);
}

let cameFrom = null;
function source(paper, { claim, sentence, from } = {}) {
  const target = panel();
  const found = $$("details.paper", target).find((each) => each.dataset.paper === paper);
  if (!found) return false;
  cameFrom = from ?? cameFrom;
  found.open = true;
  body.classList.add("sheet");
  light(claim, paper);
  let mark = claim !== undefined
    ? $$("mark", found).find((each) => each.dataset.claims.split(" ").includes(claim)) : null;
  mark ??= sentence ? $$(".abstract > *", found)[Number(sentence) - 1] : null;
  if (sentence && mark) { $$(".lit", target).forEach((each) => each.classList.remove("lit")); mark.classList.add("lit"); }
  if (mark) reveal(mark, "center"); else reveal(found);
  $("summary", found).focus({ preventScroll: true });
  return true;
}
function reveal(node, block = "start") {
  // Not scrollIntoView: that moves the page itself too.
  const frame = node.closest("#middle, #panel");
  if (!frame) return;
  const at = node.getBoundingClientRect(), around = frame.getBoundingClientRect();
  const offset = block === "center" ? Math.max(0, (around.height - at.height) / 2) : 0;
  frame.scrollTo({ top: frame.scrollTop + at.top - around.top - offset, behavior: still() ? "auto" : "smooth" });
}
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
function light(claim, paper) {
  const target = panel();
  $$(".lit").forEach((each) => each.classList.remove("lit"));
  if (claim === undefined) return;
  for (const mark of $$("mark", target)) {
    const own = mark.closest("details")?.dataset.paper;
    if (mark.dataset.claims.split(" ").includes(claim) && (!paper || own === paper)) mark.classList.add("lit");
  }
}
function back() {
  body.classList.remove("sheet");
  light();
  $$(".chip[aria-expanded]").forEach((each) => each.removeAttribute("aria-expanded"));
  if (cameFrom?.isConnected) cameFrom.focus();
  cameFrom = null;
}

// The card of a marker

let pinned = null;
function hover(chip) {
  const proof = chip?.nextElementSibling;
  if (!proof?.classList.contains("proof")) return unhover();
  pinned = chip;
  card.replaceChildren(...[...proof.cloneNode(true).childNodes]);
  card.hidden = false;
  chip.setAttribute("aria-describedby", "proof");
  typeset(card);
  const at = chip.getBoundingClientRect();
  const size = card.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left + at.width / 2 - size.width / 2, innerWidth - size.width - 8));
  const above = at.top - size.height - 8;
  card.style.left = `${left}px`;
  card.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  const turn = chip.closest(".turn");
  if (turn) show(turn);
  light(chip.dataset.claim, chip.dataset.paper);
  $$(`.claim[data-claim="${Number(chip.dataset.claim)}"]`, turn ?? document)
    .forEach((each) => each.classList.add("lit"));
}
function unhover() {
  pinned?.removeAttribute("aria-describedby");
  pinned = null;
  card.hidden = true;
  $$(".claim.lit").forEach((each) => each.classList.remove("lit"));
}
body.addEventListener("mouseover", (event) => {
  const chip = event.target.closest?.(".chip");
  if (chip) hover(chip);
  else if (pinned && !event.target.closest?.("#proof") && pinned !== document.activeElement) unhover();
});
body.addEventListener("focusin", (event) => {
  const chip = event.target.closest?.(".chip");
  if (chip) hover(chip); else if (pinned) unhover();
  const turn = event.target.closest?.(".turn");
  if (turn) show(turn);
});
addEventListener("scroll", () => { if (pinned && pinned !== document.activeElement) unhover(); }, true);

// What buttons do

const box = () => $("#box textarea");
function fill(text) {
  const area = box();
  if (!area) return;
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(area, text);
  area.dispatchEvent(new Event("input", { bubbles: true }));
  view("ask");
  area.focus();
}
function view(name) {
  body.dataset.view = name;
  for (const each of $$("[data-do=view]")) {
    if (each.dataset.view === name) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  body.classList.remove("drawer");
  if (name === "papers" || name === "map") call(name);
}
function keep(name, kind, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: `${kind};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say("Copied.");
}
function sort(button) {
  const head = button.closest("th");
  const column = [...head.parentNode.children].indexOf(head);
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const each of head.parentNode.children) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = head.closest("table").tBodies[0];
  const key = (row) => row.children[column]?.dataset.key ?? "";
  const order = [...rows.rows].sort((one, other) =>
    key(one).localeCompare(key(other), undefined, { numeric: true, sensitivity: "base" }));
  rows.replaceChildren(...(down ? order.reverse() : order));
}
function edit(button) {
  const asked = button.closest(".asked");
  const turn = button.closest(".turn");
  if ($("textarea", asked)) return;
  const area = document.createElement("textarea");
  area.value = button.dataset.text;
  area.rows = 2;
  area.setAttribute("aria-label", "Edit this question; Enter asks it, Escape leaves it");
  const leave = () => { area.remove(); asked.classList.remove("editing"); button.focus(); };
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); leave(); }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      const text = area.value.trim();
      area.remove();
      asked.classList.remove("editing");
      if (text) ask(text, Number(turn.dataset.turn));
    }
  });
  asked.classList.add("editing");
  asked.append(area);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}
function ask(text, place) {
  view("ask");
  call("ask", { text, ...(place === undefined ? {} : { place }) });
}

const acts = {
  view: (button) => view(button.dataset.view),
  theme: () => { const on = !isDark(); localStorage.setItem("proven.theme", on ? "dark" : "light"); dark(on); },
  side: (button) => {
    const on = body.classList.toggle("drawer");
    button.setAttribute("aria-expanded", String(on));
  },
  source: (button) => {
    const turn = button.closest(".turn");
    if (turn) show(turn);
    const { paper, claim, sentence } = button.dataset;
    unhoverSoon(button);
    button.setAttribute("aria-expanded", "true");
    if (paper) source(paper, { claim, sentence, from: button }); else hover(button);
  },
  sources: (button) => {
    cameFrom = button;
    show(button.closest(".turn"));
    body.classList.add("sheet");
  },
  paper: (button) => {
    const turn = button.closest(".turn");
    if (turn) show(turn);
    if (!turn || !source(button.dataset.paper, { from: button })) {
      cameFrom = button;
      wantedSentence = button.dataset.sentence ? Number(button.dataset.sentence) : null;
      if (opened.includes(`data-paper="${button.dataset.paper}"`)) unveil();
      else call("paper", { id: button.dataset.paper });
      body.classList.add("sheet");
    }
  },
  back, "close-panel": back,
  copy: (button) => copy(button.dataset.text),
  fill: (button) => fill(button.dataset.text),
  ask: (button) => ask(button.dataset.text),
  again: (button) => ask(button.dataset.text, Number(button.closest(".turn").dataset.turn)),
  edit,
  sort,
  demo: (button) => { button.disabled = true; button.textContent = "Taking them in …"; call("demo"); },
  undo: (button) => { button.disabled = true; call("undo"); },
  download: (button) => call("keep", {
    place: Number(button.closest(".turn").dataset.turn), kind: button.dataset.kind, again: ++again }),
};
acts.more = (button) => call("more", { shown: Number(button.dataset.shown) });
acts["theme-of"] = (button) => {
  const on = button.getAttribute("aria-pressed") !== "true";
  $$(".legend button").forEach((each) => each.setAttribute("aria-pressed", String(each === button && on)));
  $$("#map .point").forEach((each) => each.classList.toggle("off", on && each.dataset.theme !== button.dataset.theme));
};
acts.fresh = () => { view("ask"); call("open", {}); box()?.focus(); };
acts.open = (button) => { view("ask"); call("open", { id: button.dataset.id }); };
acts.model = () => call("model");
acts.export = (button) => call("export", { id: button.dataset.id, kind: button.dataset.kind, again: ++again });
acts.remove = (button) => {
  if (button.dataset.sure) { call("change", { id: button.dataset.id, remove: true }); return; }
  button.dataset.sure = "1";
  button.textContent = "Delete for ever?";
  setTimeout(() => { delete button.dataset.sure; button.textContent = "Delete"; }, 4000);
};
acts.rename = (button) => {
  const item = button.closest("li");
  const field = document.createElement("input");
  field.value = button.dataset.title;
  field.maxLength = 200;
  field.className = "rename";
  field.setAttribute("aria-label", "New name; Enter keeps it, Escape leaves the old one");
  item.append(field);
  item.classList.add("renaming");
  const leave = () => { field.remove(); item.classList.remove("renaming"); };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); leave(); }
    if (event.key === "Enter") { call("change", { id: button.dataset.id, title: field.value }); leave(); }
  });
  field.addEventListener("blur", () => setTimeout(leave, 100));
  field.focus();
  field.select();
};

// Who this browser is, and what it saw last

function browser() {
  let mine = localStorage.getItem("proven.browser");
  if (!mine) {
    mine = [...crypto.getRandomValues(new Uint8Array(24))].map((each) => each.toString(16).padStart(2, "0")).join("");
    localStorage.setItem("proven.browser", mine);
  }
  return mine;
}
function greet() { call("hello", { browser: browser(), id: localStorage.getItem("proven.talk") ?? "" }); }
let greeted = false;
function meet() {
  if (!greeted && window.proven?.hello) { greeted = true; greet(); }
}
document.addEventListener("proven", meet);
meet();

function unhoverSoon(button) { if (matchMedia("(hover: none)").matches && button.dataset.paper) unhover(); }
body.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-do]");
  const act = button && acts[button.dataset.do];
  if (act) { event.preventDefault(); act(button); }
  else if (body.classList.contains("drawer") && !event.target.closest("#side")) body.classList.remove("drawer");
});

// Keys: / goes to the box, Escape stops, closes, leaves; in the box Enter asks (Gradio), Shift+Enter breaks

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable=true]");
  if ((event.key === "Enter" || event.key === " ") && event.target.matches?.("g[data-do]")) {
    event.preventDefault();
    acts[event.target.dataset.do](event.target);
  } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    view("ask");
    box()?.focus();
  } else if (event.key === "Escape") {
    if (!card.hidden) unhover();
    if (body.classList.contains("asking")) call("stop");
    else if (body.classList.contains("sheet") || cameFrom) back();
    else if (body.classList.contains("drawer")) body.classList.remove("drawer");
  }
});

// What the server changes

const told = new Map();
function announce(turn) {
  const key = turn.dataset.turn + $("h2", turn)?.textContent;
  let said = told.get(key) ?? 0;
  const claims = $$(".claim", turn);
  if (turn.dataset.state === "running" && claims.length > said) {
    live.textContent = claims.slice(said).map((each) => each.textContent).join(" ");
    told.set(key, claims.length);
  } else if (turn.dataset.state !== "running" && said >= 0) {
    const rest = claims.slice(said).map((each) => each.textContent).join(" ");
    const end = $(".meter, .failure", turn)?.textContent ?? "";
    live.textContent = `${rest || $(".lead", turn)?.textContent || ""} ${end}`.trim();
    told.set(key, -1);
  }
}
let newest = "", standing = "", wasAsking = false;
function changed() {
  const turn = $("#live .turn");
  body.classList.toggle("asking", turn?.dataset.state === "running");
  body.classList.toggle("fresh", !turn);
  // What can be asked next is made while the reader reads: the list belongs to what stands above it.
  const above = turn ? `${turn.dataset.turn} ${$("h2", turn)?.textContent}` : $(".welcome")?.textContent ?? "";
  if (above && above !== standing) {
    standing = above;
    if (turn?.dataset.state !== "running" && !wasAsking) call("onward");
  }
  wasAsking = turn?.dataset.state === "running";
  if (turn) {
    const key = turn.dataset.turn + $("h2", turn)?.textContent;
    if (newest !== key) {
      newest = key;
      told.delete(key);
      unhover();
      body.classList.remove("sheet");
      requestAnimationFrame(() => reveal(turn));
      shownTurn = null;
    }
    if (shownTurn === null || shownTurn === turn.dataset.turn) show(turn);
    announce(turn);
  } else if (panel() && !turns().length) {
    panel().dataset.key = "";
  }
  typeset($("#live") ?? document);
}
let opened = "", reported = "", wantedSentence = null;
function unveil() {
  const node = $("#opened details.paper, #opened .hint");
  const target = panel();
  if (!node || !target) return;
  target.replaceChildren(node.cloneNode(true));
  target.dataset.key = "";
  shownTurn = "";
  typeset(target);
  const mark = wantedSentence ? $$(".abstract > *", target)[wantedSentence - 1] : null;
  mark?.classList.add("lit");
  if (mark) reveal(mark, "center"); else reveal(target);
  wantedSentence = null;
  $("summary", target)?.focus({ preventScroll: true });
}
const seen = new Set();
new MutationObserver(() => {
  changed();
  typeset($("#past") ?? document);
  for (const node of $$("#download [data-file]")) {
    const mark = `${node.dataset.file} ${node.dataset.again}`;
    if (!seen.has(mark)) {
      seen.add(mark);
      keep(node.dataset.file, node.dataset.kind, node.dataset.content);
    }
  }
  const paper = $("#opened > *, #opened .prose > *");
  if (paper && paper.outerHTML !== opened) {
    opened = paper.outerHTML;
    unveil();
  }
  const report = $("#upload-report .report");
  if (report && report.textContent !== reported) {
    reported = report.textContent;
    if (body.dataset.view === "papers") call("papers");
  }
  const talks = $("#talks .talks");
  if (talks?.dataset.current !== undefined && localStorage.getItem("proven.talk") !== talks.dataset.current) {
    localStorage.setItem("proven.talk", talks.dataset.current);
  }
  dark(isDark());
}).observe(body, { childList: true, subtree: true, characterData: true, attributes: true,
  attributeFilter: ["data-current", "data-state", "data-content", "data-again"] });
body.dataset.view ??= "ask";
