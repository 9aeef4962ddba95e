"""How each kind of server is told to think or not, and how long: request fields, or the prompt's soft switch.

    vllm        chat_template_kwargs.enable_thinking, thinking_token_budget
    sglang      chat_template_kwargs.enable_thinking and .thinking_budget
    llamacpp    chat_template_kwargs.enable_thinking, thinking_budget_tokens, reasoning_format
    template    these three together: a server whose kind is not known takes what it knows
    dashscope   enable_thinking, thinking_budget (SiliconFlow too)
    openai      reasoning_effort, as little as is taken for "off", the nearest for a budget
    openrouter  reasoning
    ollama      think, and reasoning_effort: its /v1 knows only the latter
    prompt      "/think" or "/no_think" behind the question, which Qwen3 was trained on
    none        nothing

What an endpoint refuses is learnt elsewhere (`Capabilities`) and left out here; where no switch is left,
Qwen3 gets its soft one. Sends nothing and asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chatbot.model import Thinking
from chatbot.model.capabilities import Capabilities

Refuses = Callable[[str], bool]

_HOSTS = (
    ("openrouter.ai", "openrouter"),
    ("dashscope", "dashscope"),
    ("aliyuncs.com", "dashscope"),
    ("siliconflow.", "dashscope"),
    ("openai.com", "openai"),
    ("openai.azure.com", "openai"),
)
_PORTS = {11434: "ollama", 30000: "sglang"}
# Qwen3 as it came out first, hybrid: its later kinds think always or never, and 3.5 knows no soft switch.
_SOFT = re.compile(r"qwen-?3(?![.\d])(?!.*(?:2507|coder|instruct|guard|embedding|next|omni|vl))", re.I)
_THINKS = re.compile(
    r"qwen-?3(?!.*(?:coder|instruct|guard|embedding|reranker))|qwq|deepseek-?(?:r\d|reasoner|v[4-9])|gpt-?oss|"
    r"gpt-?[5-9]|(?:^|/)o[1-9]\b|glm-?(?:4\.[5-9]|[5-9])|magistral|think|reason|[-_/]r1\b",
    re.IGNORECASE,
)
# Values of reasoning_effort, the best first; the next is tried where one is refused.
_LEAST = ("none", "minimal", "low")
_EFFORTS = ((1024, "low"), (8192, "medium"))
# How a refusal of a field reads, and not one of its value.
_UNKNOWN = re.compile(r"extra|unknown|unrecogni[sz]ed|unsupported parameter|unexpected|not permitted", re.I)
# Of these fields one says whether to think; without any of them a budget alone decides nothing.
_SWITCHES = ("chat_template_kwargs", "enable_thinking", "reasoning_effort", "reasoning", "think")


def thinks(model: str) -> bool:
    """Whether a model of this name is known to think unless told otherwise. False where nobody knows."""
    return bool(_THINKS.search(model))


def style_of(base_url: str, style: str) -> str:
    """The style that is configured; for "auto", what the address tells, else "template"."""
    if style != "auto":
        return style
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    by_host = next((found for part, found in _HOSTS if part in host), None)
    return by_host or _PORTS.get(parts.port or 0, "template")


@dataclass(frozen=True, slots=True)
class Told:
    """What a request says about thinking: `fields` of its body, and a `suffix` to the last message."""

    fields: Mapping[str, object]
    suffix: str = ""


class Dialect:
    """How one model at one endpoint is told. `style` is the setting, `refused` what it is known to refuse."""

    def __init__(self, base_url: str, style: str, refused: Capabilities) -> None:
        self._style = style_of(base_url, style)
        self._configured = style != "auto"
        self._refused = refused
        self._seen = False
        self._ignored = False

    def told(self, thinking: Thinking, model: str) -> Told:
        """How `thinking` is asked for."""
        known = self._configured or self._seen or thinks(model)
        if not (known or thinking.always) or (thinking.on is None and not (thinking.budget and known)):
            return Told({})
        refuses = self._refused.refuses
        asked = _fields(self._style, thinking, model, refuses)
        sent = {
            name: value
            for name, value in asked.items()
            if value is not None and value != {} and not refuses(name)
        }
        soft = self._style == "prompt" or (
            self._style != "none"
            and bool(_SOFT.search(model))
            and (self._ignored or not sent.keys() & set(_SWITCHES))
        )
        if thinking.on is None or not soft:
            return Told(sent)
        return Told(sent, " /think" if thinking.on else " /no_think")

    def thought(self, thinking: Thinking, model: str) -> bool:
        """Thoughts came although `thinking` was asked for. Whether it would be told otherwise from now on."""
        before = self.told(thinking, model)
        self._seen = True
        self._ignored = self._ignored or (thinking.on is False and bool(before.fields))
        return self.told(thinking, model) != before


def blamed(words: str, sent: Mapping[str, object]) -> str | None:
    """What the words of a refusal say is refused of `sent`: a field, or one value of it ("field=value").
    `words` are in small letters."""
    effort = sent.get("reasoning_effort")
    if effort is not None and ("reasoning_effort" in words or "think value" in words):
        value = re.search(rf"['\"`\\]{re.escape(str(effort))}\b", words) and not _UNKNOWN.search(words)
        return f"reasoning_effort={effort}" if value else "reasoning_effort"
    # The longest first: "thinking_budget" stands in "thinking_budget_tokens".
    return next((name for name in sorted(sent, key=len, reverse=True) if name in words), None)


def _fields(style: str, thinking: Thinking, model: str, refuses: Refuses) -> dict[str, object]:
    on, budget = thinking.on, None if thinking.on is False else thinking.budget
    if style in ("vllm", "sglang", "llamacpp", "template"):
        return _template(style, on, budget, model)
    if style == "dashscope":
        return {"enable_thinking": on, "thinking_budget": budget}
    if style in ("openai", "ollama"):
        effort = _effort(on, budget, refuses)
        return {"reasoning_effort": effort, "think": on if style == "ollama" else None}
    if style == "openrouter":
        if on is False:
            return {"reasoning": {"enabled": False}}
        return {"reasoning": {"max_tokens": budget} if budget else {"enabled": True} if on else None}
    return {}


def _template(style: str, on: bool | None, budget: int | None, model: str) -> dict[str, object]:
    told: dict[str, object] = {}
    if on is not None:
        # What the chat templates of these models call it.
        told["thinking" if re.search("deepseek|granite", model, re.I) else "enable_thinking"] = on
    if budget and style in ("sglang", "template"):
        told["thinking_budget"] = budget
    return {
        "chat_template_kwargs": told,
        "thinking_token_budget": budget if style in ("vllm", "template") else None,
        "thinking_budget_tokens": budget if style in ("llamacpp", "template") else None,
        "reasoning_format": "auto" if style == "llamacpp" and on else None,
    }


def _effort(on: bool | None, budget: int | None, refuses: Refuses) -> str | None:
    if on is None and budget is None:
        return None
    wanted: tuple[str, ...] = _LEAST
    if on is not False:
        near = next((effort for most, effort in _EFFORTS if budget is not None and budget <= most), "high")
        near = near if budget is not None else "medium"
        wanted = (near, *(effort for effort in ("medium", "high", "low") if effort != near))
    return next((effort for effort in wanted if not refuses(f"reasoning_effort={effort}")), None)
