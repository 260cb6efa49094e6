"""Putting a sentence together for somebody: the raw words of the rules become names, times, mentions and figures.

A `Voice` knows the language, the present and the runbook, so that 'p95-check' reads as its title. All that people or
vendors wrote is made harmless here, on its way into the sentence. It must not know Block Kit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from commands import sentences, texts
from commands.figures import LONGEST_WORD, Figures
from core.plan.models import Checklist, Item, Risk, Text, Trigger
from core.plan.runbook import Runbook
from core.roles import LOCAL
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
        "lost_s",
    }
)
MINUTES = frozenset({"minutes", "within_min"})
ENUMS = (
    "status", "answer", "mark", "recommendation", "was", "now", "state", "act", "default",
    "verdict", "how", "then", "health", "cause", "stage", "outcome",
)  # fmt: skip
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_MEASURED = re.compile(
    r"(?P<metric>[\w-]+) (?P<value>[-\d.e+]+) (?P<unit>\S*) (?P<sign>[<≥>≤]) (?P<limit>.+?)(?: \(n=(?P<count>[\d.e+]+)\))?"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


@dataclass(frozen=True)
class Voice(Figures):
    """How to speak. Where it is `plain`, `names` turns user ids into names, and times are those of `zone` (None: UTC)."""

    runbook: Runbook | None = None
    names: Callable[[str], str] | None = None
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

    # ------------------------------------------------------------------------------------------------ names

    def person(self, by: str) -> str:
        """Somebody: a mention, the bot, or a name from the command line."""
        if by in ("bot", "plan"):
            return self.say(f"word.{by}")
        if by == "!here":
            return "@here" if self.plain else "<!here>"
        if by.startswith(LOCAL):
            return self.say("word.cli", name=self.safe(by.removeprefix(LOCAL), 60))
        if _USER.fullmatch(by):
            if not self.plain:
                return _mentioned(by, self.language)
            name = self.safe(self.names(by), 60) if self.names is not None else by
            return self.say("word.person", name=name)
        return self.safe(by, 60) if by else self.say("word.nobody")

    def people(self, everybody: Iterable[str], most: int = 10) -> str:
        """Several people, or the word for nobody."""
        found = [*everybody]
        names = [self.person(by) for by in found[:most]]
        if len(found) > most:
            names.append(self.say("word.more", n=len(found) - most))
        return ", ".join(names) or self.say("word.nobody")

    def text(self, text: Text, most: int = 300) -> str:
        """A text of the plan."""
        return self.safe(text.in_(self.language), most)

    def step(self, step_id: str) -> str:
        """A step's title."""
        try:
            return (
                self.text(self.runbook.step(step_id).body.title)
                if self.runbook is not None
                else self.safe(step_id)
            )
        except KeyError:
            return self.say("word.rollback-checklist") if step_id == "rollback" else self.safe(step_id)

    def item(self, step_id: str, item_id: str) -> str:
        """A checklist item's title; in a rollback's checklist too."""
        found = next((item for item in items_of(self.runbook, step_id) if item.id == item_id), None)
        return self.safe(item_id) if found is None else self.text(found.title)

    def metric(self, name: str) -> str:
        """A metric's title."""
        return self._part("metrics", name)

    def role(self, name: str) -> str:
        """A role's title."""
        return self._part("roles", name)

    def action(self, name: str) -> str:
        """An action's title."""
        return self._part("actions", name)

    def gate(self, name: str) -> str:
        """A gate's title."""
        return self._part("gates", name)

    def playbook(self, name: str) -> str:
        """A playbook's title."""
        return self._part("playbooks", name)

    def todo(self, name: str) -> str:
        """A playbook's step ('PLAYBOOK/INDEX', counted from 0) by its text, or the name as it is."""
        playbook, _, index = name.rpartition("/")
        found = self.runbook.plan.playbooks.get(playbook) if self.runbook is not None else None
        known = found is not None and index.isdigit() and int(index) < len(found.steps)
        return (
            self.text(found.steps[int(index)].text, 150) if found is not None and known else self.safe(name)
        )

    def remedy(self, remedy: str) -> str:
        """WATCH, FIX, SCALE OUT, RESTART or ROLL BACK."""
        return self.say(f"remedy.{remedy}") if texts.known(f"remedy.{remedy}") else self.safe(remedy, 40)

    def audience(self, name: str) -> str:
        """An audience's title."""
        return self._part("audiences", name)

    def risk(self, name: str) -> str:
        """The title of a risk of the readiness board."""
        board = self.runbook.plan.readiness if self.runbook is not None else None
        return self._listed(board.risks if board is not None else (), name)

    def _part(self, kind: str, name: str) -> str:
        found = getattr(self.runbook.plan, kind).get(name) if self.runbook is not None else None
        return self.safe(name) if found is None else self.text(found.title, 150)

    def answer(self, answer: str) -> str:
        """GO, OBSERVE, NO-GO or HOLD."""
        return self.say(f"answer.{answer}") if texts.known(f"answer.{answer}") else self.safe(answer, 40)

    def trigger(self, name: str) -> str:
        """The title of a reason for a rollback that a person declares."""
        plan = self.runbook.plan.rollback if self.runbook is not None else None
        return self._listed(plan.triggers if plan is not None else (), name)

    def _listed(self, known: Iterable[Trigger | Risk], name: str) -> str:
        found = next((one for one in known if one.id == name), None)
        return self.safe(name) if found is None else self.text(found.title, 150)

    def ref(self, ref: str) -> str:
        """What an effect's ref is about: 'step:ID:ROUND', 'check:STEP:ITEM', 'rollback:N:ROUND'."""
        kind, _, rest = ref.partition(":")
        if kind == "rollback":
            plan = self.runbook.plan.rollback if self.runbook is not None else None
            number = rest.partition(":")[0]
            known = plan is not None and number.isdigit() and int(number) < len(plan.steps)
            return self.action(plan.steps[int(number)]) if plan is not None and known else self.safe(ref)
        step, _, last = rest.rpartition(":")
        return self.step(step or last)

    # ------------------------------------------------------------------------------------------------ figures

    def evidence(self, text: str, most: int = LONGEST_WORD) -> str:
        """What a check found: 'errors 0.051 % < 1 % (n=9)' of the rules in words, everything else as it was written."""
        found = _MEASURED.fullmatch(text.strip())
        if found is None or self.runbook is None or found["metric"] not in self.runbook.plan.metrics:
            return self.safe(text, most)
        count = None if found["count"] is None else float(found["count"])
        return self.say(
            "phrase.figures",
            metric=self.metric(found["metric"]),
            value=self.value(float(found["value"]), found["unit"]) + self.sample(None, count),
            limit=self.limit(found["limit"], "below" if found["sign"] in "<≥" else "above"),
        )

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


def items_of(runbook: Runbook | None, step_id: str) -> tuple[Item, ...]:
    """The items of a checklist step, or of the checklist after a rollback."""
    if runbook is None:
        return ()
    try:
        body = runbook.step(step_id).body
    except KeyError:
        plan = runbook.plan.rollback
        return plan.checklist if plan is not None and step_id == "rollback" else ()
    return body.items if isinstance(body, Checklist) else ()


@lru_cache(maxsize=1_024)  # the same few people stand in every sentence
def _mentioned(user_id: str, language: str) -> str:
    return texts.say("word.person", language, name=f"<@{user_id}>")


def _several(word: object) -> tuple[str, ...]:
    """A comma-separated word, or a sequence, as its parts."""
    if word is None:
        return ()
    parts = word if isinstance(word, tuple | list | set | frozenset) else str(word).split(",")
    return tuple(part for part in (str(part).strip() for part in parts) if part)
