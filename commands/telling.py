"""Putting a sentence together for somebody: the raw words of the rules become names, times, mentions and figures.

A `Voice` knows the language, the present and the runbook, so that 'p95-check' reads as its title. All that people or
vendors wrote is made harmless here, on its way into the sentence. It must not know Block Kit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commands import sentences, texts
from commands.figures import LONGEST_WORD
from commands.naming import Naming
from commands.naming import items_of as items_of
from core.readings import BASELINE
from core.state import Deployment

WHEN = frozenset(
    {"at", "until", "due", "since", "next", "deadline", "opened", "ended", "t0", "start", "was_due"}
)
WHO = frozenset({"by", "who", "people", "person", "called", "held_by"})
TITLED: Mapping[str, str] = {
    "step": "step", "metric": "metric", "role": "role", "roles": "role", "action": "action", "gate": "gate",
    "playbook": "playbook", "trigger": "trigger", "triggers": "trigger", "metrics": "metric", "missing": "metric",
    "steps": "step", "options": "answer", "todo": "todo", "remedy": "remedy", "remedies": "remedy",
    "risk": "risk", "risks": "risk", "audience": "audience",
}  # fmt: skip
"""Words that are names of the plan's parts, and the method that gives the part's title."""
LOST = "lost_s"
"""Of this 0 is not a short time: nothing was lost."""
SPANS = frozenset(
    {
        "took_s",
        "detect_s",
        "decide_s",
        "act_s",
        "recover_s",
        "total_s",
        "late_s",
        "within_s",
        "away_s",
        LOST,
    }
)
MINUTES = frozenset({"minutes", "within_min"})
ENUMS = (
    "status", "answer", "mark", "recommendation", "was", "now", "state", "act", "default",
    "verdict", "how", "then", "health", "cause", "stage", "outcome",
)  # fmt: skip
_MEASURED = re.compile(
    r"(?P<metric>[\w-]+) (?P<value>[-\d.e+]+) (?P<unit>\S*) (?P<sign>[<≥>≤]) (?P<limit>.+?)(?: \(n=(?P<count>[\d.e+]+)\))?"
)
_PLAINLY = re.compile(
    r"(?P<metric>[\w-]+) (?P<value>[-\d.e+]+)(?: (?P<unit>\S+))??(?: \(n=(?P<count>[\d.e+]+)\))?"
)
_CODED = re.compile(r"(?P<metric>[\w.-]+): (?P<detail>.+)", re.DOTALL)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


@dataclass(frozen=True)
class Voice(Naming):
    """How to speak. Where it is `plain`, times are those of `zone` (None: UTC)."""

    zone: ZoneInfo | None = None

    def when(self, at: datetime) -> str:
        """As the figures have it; in a terminal in the reader's zone, with its date unless it is today's there."""
        if not self.plain or self.zone is None:
            return super().when(at)
        there = at.astimezone(self.zone)
        today = self.now is not None and self.now.astimezone(self.zone).date() == there.date()
        return f"{there:%H:%M}" if today else f"{there:%Y-%m-%d %H:%M}"

    def tell(self, key: str, words: Mapping[str, object] | Iterable[tuple[str, object]] = ()) -> str:
        """The sentence `key` with raw words: everything in them is named and made harmless."""
        given = dict(words)
        ready: dict[str, object] = {name: self.word(name, word, given) for name, word in given.items()}
        ready |= self._composed(given)
        return texts.say(key, self.language, **ready)

    def _composed(self, given: Mapping[str, object]) -> dict[str, object]:
        """Words that are put together from several, or left out when there is nothing to say."""
        found: dict[str, object] = sentences.composed(given, self)
        if "metric" in given and "value" in given:
            found["figures"] = self.figures(given)
        note = given.get("note") or given.get("comment")
        if "note" in given or "comment" in given:
            found["noted"] = self.say("phrase.note", note=self.safe(str(note))) if note else ""
        if "near" in given:
            near = self.safe(str(given["near"] or ""), 80)
            found["did_you_mean"] = self.say("word.did-you-mean", near=near) if near else ""
        if "at" in given:
            at = self.word("at", given["at"], given) if given["at"] else ""
            found["when"] = self.say("phrase.at", at=at) if at else ""
        if "reason" in given:
            reason = self.safe(str(given["reason"] or ""))
            found["reasoned"] = self.say("phrase.reason", reason=reason) if reason else ""
        if "detail" in given:
            found["detail"] = self.reason(str(given["detail"] or "")) or texts.shown(None)
            found["advised"] = self.advised(str(given["detail"] or ""))
        if "limits" in given:
            unit = self.safe(str(given.get("unit") or ""), 20)
            found["of_unit"] = self.say("phrase.of-unit", unit=unit) if unit else ""
        if isinstance(given.get("weight"), int | float):
            found["share"] = self.share(int(str(given["weight"])))
        return found

    # ------------------------------------------------------------------------------------------------ one word

    def word(self, name: str, word: object, given: Mapping[str, object]) -> object:
        """One raw word under its placeholder's name, as it may stand in the sentence."""
        if isinstance(word, str):
            # Most words are these: their name says what they are, and no other shape has a claim to them.
            if name in WHO:
                return self.people(_several(word))
            if name in TITLED:
                return self._titles(name, word)
        shapes: tuple[Callable[[str, object, Mapping[str, object]], str | None], ...] = (
            self._time, self._span, self._people, self._titled, self._enum, self._figure,
        )  # fmt: skip
        for shape in shapes:
            shown = shape(name, word, given)
            if shown is not None:
                return shown
        return self.safe(texts.shown(word))

    def _time(self, name: str, word: object, _: Mapping[str, object]) -> str | None:
        if isinstance(word, datetime):
            return self.when(word)
        if name in WHEN and isinstance(word, str) and _ISO.match(word):
            try:
                return self.when(datetime.fromisoformat(word))
            except ValueError:
                return None
        return None

    def _span(self, name: str, word: object, _: Mapping[str, object]) -> str | None:
        if isinstance(word, timedelta):
            return self.span(word)
        if name == LOST and word == 0:
            return self.say("word.none")
        if isinstance(word, int | float) and not isinstance(word, bool) and name in SPANS | MINUTES:
            return self.span(
                timedelta(seconds=float(word)) if name in SPANS else timedelta(minutes=float(word))
            )
        return self.say("word.unknown") if name in SPANS and word is None else None

    def _people(self, name: str, word: object, _: Mapping[str, object]) -> str | None:
        return self.people(_several(word)) if name in WHO else None

    def _titled(self, name: str, word: object, given: Mapping[str, object]) -> str | None:
        if name in ("item", "items"):
            step = str(given.get("step", ""))
            return ", ".join(self.item(step, part) for part in _several(word)) or self.say("word.none")
        if name == "ref" and isinstance(word, str) and word.startswith(("step:", "check:", "rollback:")):
            return self.ref(word)
        return self._titles(name, word) if name in TITLED else None

    def _titles(self, name: str, word: object) -> str:
        finder: Callable[[str], str] = getattr(self, TITLED[name])
        return ", ".join(map(finder, _several(word))) or self.say("word.none")

    def _enum(self, name: str, word: object, _: Mapping[str, object]) -> str | None:
        if name == "met" and isinstance(word, bool):
            return self.say("word.yes" if word else "word.no")
        if name == "happened" and isinstance(word, bool):
            return self.say("word.happened" if word else "word.not-happened")
        if name not in ENUMS or not isinstance(word, str) or not word:
            return None
        group = {
            "was": "recommendation",
            "now": "recommendation",
            "default": "answer",
            "state": "metric",
            "outcome": "went",
        }.get(name, name)
        key = f"{group}.{word.lower()}"
        return self.say(key) if texts.known(key) else None

    def _figure(self, name: str, word: object, given: Mapping[str, object]) -> str | None:
        if name == "value" and (word is None or isinstance(word, int | float)):
            return self.value(None if word is None else float(word), str(given.get("unit") or ""))
        if name == "evidence" and isinstance(word, str):
            return self.evidence(word)
        if name == "limits" and isinstance(word, str):
            return self.limits(word)
        return None

    # ------------------------------------------------------------------------------------------------ figures

    def evidence(self, text: str, most: int = LONGEST_WORD) -> str:
        """What a check found: the rules' own short forms, as 'errors 0.051 % < 1 % (n=9)', 'rps 0.2 /s' and 'errors: missing', in
        words and by the metric's title; everything else as it was written."""
        metrics = self.runbook.plan.metrics if self.runbook is not None else {}
        for form, said in ((_MEASURED, self._held), (_PLAINLY, self._plainly), (_CODED, self._missing)):
            found = form.fullmatch(text.strip())
            if found is not None and found["metric"] in metrics:
                return said(found)
        return self.safe(text, most)

    def _held(self, found: re.Match[str]) -> str:
        limit = self.limit(found["limit"], "below" if found["sign"] in "<≥" else "above")
        if found["limit"].startswith(BASELINE):
            normal = float(found["limit"].removeprefix(BASELINE).partition(" ")[0])
            limit = self.say("phrase.at-least-baseline", limit=self.value(normal, found["unit"]))
        metric = self.metric(found["metric"])
        return self.say("phrase.figures", metric=metric, value=self._seen(found), limit=limit)

    def _plainly(self, found: re.Match[str]) -> str:
        return f"{self.metric(found['metric'])} {self._seen(found)}"

    def _missing(self, found: re.Match[str]) -> str:
        return f"{self.metric(found['metric'])}: {self.reason(found['detail'])}"

    def _seen(self, found: re.Match[str]) -> str:
        count = None if found["count"] is None else float(found["count"])
        return self.value(float(found["value"]), found["unit"] or "") + self.sample(None, count)

    def figures(self, words: Mapping[str, object]) -> str:
        """A rule's evidence in one phrase: metric, value, how many requests, limit."""
        value, bad, count = words.get("value"), words.get("bad"), words.get("count")
        unit = str(words.get("unit") or "")
        shown = (
            self.value(float(value), unit) if isinstance(value, int | float) else self.say("word.no-value")
        )
        return self.say(
            "phrase.figures",
            metric=self.metric(str(words.get("metric") or "")),
            value=shown + self.sample(bad, count),
            limit=self.limit(str(words.get("limit") or ""), str(words.get("side") or "below")),
        )


def voice(deployment: Deployment, now: datetime, language: str = "", *, plain: bool = False) -> Voice:
    """How to speak about a deployment, in its own language unless another is asked for."""
    return Voice(language or deployment.language, now, plain, deployment.runbook)


def _several(word: object) -> tuple[str, ...]:
    """A comma-separated word, or a sequence, as its parts."""
    if word is None:
        return ()
    parts = word if isinstance(word, tuple | list | set | frozenset) else str(word).split(",")
    return tuple(part for part in (str(part).strip() for part in parts) if part)
