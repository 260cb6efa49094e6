"""Whether a change of a plan makes a deployment safer or riskier, and which sentence says it. One table; what stands in no row
is neither, and is said by its path.

It must not know how changes are found, nor a language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from core.plan.moments import parse_moment
from core.plan.problems import Path
from core.plan.quantities import Growth, Limit, parse_duration, parse_growth, parse_limit

Kind = Literal["changed", "added", "removed", "moved"]
Weight = Literal["riskier", "safer", "other"]
Judge = Callable[[Any, Any], bool | None]
LOOKS = frozenset(
    {"checklist", "signoff", "decide", "baseline", "bake", "report", "watch", "verdict", "meeting"}
)
"""Steps by which somebody or something looks at the deployment: with one more of them it is safer."""


@dataclass(frozen=True)
class Judged:
    """The sentence, its words, and whether the change is for the better (None: neither)."""

    key: str
    words: Mapping[str, Any] = field(default_factory=dict)
    better: bool | None = None


# ---------------------------------------------------------------------------------------------------------- judgements


def _neither(old: Any, new: Any) -> bool | None:
    return None


def _compared(measure: Callable[[Any], Any], *, more: bool) -> Judge:
    """Better when it is more (or less); neither where the two cannot be compared."""

    def judge(old: Any, new: Any) -> bool | None:
        try:
            before, after = measure(old), measure(new)
            return None if before == after else (after > before) == more
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    return judge


def _limit(text: Any) -> float:
    return _alike(parse_limit(str(text)))


def _alike(figure: Limit | Growth) -> float:
    """The value; of a time in milliseconds, whatever it is written in."""
    return float(figure.value) * {"us": 0.001, "ms": 1, "s": 1_000, "min": 60_000}.get(figure.unit, 1)


def _moment(text: Any) -> Any:
    moment = parse_moment(str(text))
    if moment.days is None:
        return moment.offset
    return moment.since_midnight(None)


def _among(*order: Any) -> Callable[[Any], int]:
    return lambda value: {one: place for place, one in enumerate(order)}[value]


def _everybody(old: Any, new: Any) -> bool | None:
    """A list where everybody is needed: who is added makes it stricter, who is taken away looser, an exchange neither."""
    before, after = set(old or ()), set(new or ())
    if before == after or (before - after and after - before):
        return None
    return after > before


_DURATION = lambda text: parse_duration(str(text))  # noqa: E731  # a measure among measures
LOWER, HIGHER = _compared(_limit, more=False), _compared(_limit, more=True)
SHORTER, LONGER = _compared(_DURATION, more=False), _compared(_DURATION, more=True)
FEWER, MORE = _compared(float, more=False), _compared(float, more=True)
SLOWER_GROWTH = _compared(lambda text: _alike(parse_growth(str(text))), more=False)
YES, NO = _compared(_among(False, True), more=True), _compared(_among(False, True), more=False)
ANY = "*"

_CHANGED: tuple[tuple[tuple[str, ...], str, Judge], ...] = (
    (("gates", ANY, "rules", ANY, "below"), "limit", LOWER),
    (("gates", ANY, "rules", ANY, "above"), "limit", HIGHER),
    (("gates", ANY, "rules", ANY, "growth-below"), "growth", SLOWER_GROWTH),
    (("gates", ANY, "rules", ANY, "streak"), "streak", FEWER),
    (("gates", ANY, "rules", ANY, "then"), "then", _compared(_among("observe", "call", "rollback"), more=True)),
    (("gates", ANY, "every"), "every", SHORTER),
    (("gates", ANY, "patience"), "patience", SHORTER),
    (("steps", ANY, "for"), "bake", LONGER),
    (("steps", ANY, "stages", ANY, "bake"), "stage-bake", LONGER),
    (("steps", ANY, "to"), "share", FEWER),
    (("steps", ANY, "settle"), "settle", LONGER),
    (("steps", ANY, "by"), "by", _neither),
    (("steps", ANY, "approve"), "by", _neither),
    (("steps", ANY, "roles"), "signers", _everybody),
    (("steps", ANY, "within"), "within", _neither),
    (("steps", ANY, "default"), "default", _compared(_among("observe", "hold", "no-go"), more=True)),
    (("steps", ANY, "wait"), "wait", YES),
    (("steps", ANY, "until"), "until", _compared(_moment, more=True)),
    (("steps", ANY, "at"), "at", _neither),
    (("steps", ANY, "due"), "due", _neither),
    (("steps", ANY, "phase"), "phase", _neither),
    (("steps", ANY, "action"), "action", _neither),
    (("steps", ANY, "gate"), "gate-of", _neither),
    (("steps", ANY, "items", ANY, "optional"), "item-optional", NO),
    (("steps", ANY, "items", ANY, "evidence"), "item-evidence", YES),
    (("steps", ANY, "items", ANY, "role"), "item-role", _neither),
    (("phases", ANY, "at"), "phase-at", _neither),
    (("escalation", ANY, "within"), "tier-within", SHORTER),
    (("escalation", ANY, "who"), "tier-who", _neither),
    (("rollback", "automatic"), "automatic", YES),
    (("rollback", "by"), "rollback-by", _neither),
    (("rollback", "verify", "reads"), "verify-reads", MORE),
    (("rollback", "verify", "within"), "verify-within", SHORTER),
    (("rollback", "steps"), "rollback-steps", _neither),
    (("four-eyes",), "four-eyes", YES),
    (("starters",), "starters", _neither),
    (("timezone",), "timezone", _neither),
    (("t0",), "t0", _neither),
)  # fmt: skip
"""Path, sentence, and what makes it better."""

_PARTS: tuple[tuple[tuple[str, ...], str, bool | None], ...] = (
    (("steps", ANY, "items", ANY), "item", True),
    (("steps", ANY, "items", ANY, "check"), "item-check", True),
    (("steps", ANY, "confirm", ANY), "confirm", True),
    (("steps", ANY, "confirm"), "confirm", True),
    (("steps", ANY, "required", ANY), "criterion", True),
    (("gates", ANY, "rules", ANY), "rule", True),
    (("gates", ANY), "gate", None),
    (("metrics", ANY), "metric", None),
    (("actions", ANY), "action-part", None),
    (("roles", ANY), "role", None),
    (("phases", ANY), "phase-part", None),
    (("escalation", ANY), "tier", True),
    (("rollback",), "rollback", True),
    (("rollback", "healthy", ANY), "healthy", True),
    (("rollback", "triggers", ANY), "trigger", True),
    (("rollback", "checklist", ANY), "after-item", True),
    (("rollback", "verify", "metrics", ANY), "verify-metric", True),
    (("rollback", "verify", "baseline"), "verify-baseline", True),
    (("playbooks", ANY), "playbook", None),
)  # fmt: skip
"""Parts that come or go, the sentence, and whether one more of them is better."""


def weighed(kind: Kind, path: Path, old: Any, new: Any) -> Judged:
    """The sentence for a change, and its weight."""
    words = _words(path)
    if kind == "moved":
        return _moved(path, old, new, words)
    if kind in ("added", "removed"):
        return _part(kind, path, old if new is None else new, words)
    if path[-1] == "title":
        return Judged("renamed", words)
    for pattern, key, judge in _CHANGED:
        if _fits(pattern, path):
            return Judged(key, words, judge(old, new))
    return Judged("changed", words)


def _moved(path: Path, old: Any, new: Any, words: dict[str, Any]) -> Judged:
    if path[0] != "steps" or len(path) != 3:
        return Judged("order", words)
    after = new["after"]
    return Judged("moved" if after else "moved-first", {**words, "after": after})


def _part(kind: Kind, path: Path, part: Any, words: dict[str, Any]) -> Judged:
    added = kind == "added"
    end = "added" if added else "removed"
    if len(path) == 2 and path[0] == "steps":
        looks = part.get("kind") in LOOKS
        after = part.get("after", "")
        key = f"step-{end}" if after or not added else "step-added-first"
        return Judged(key, {**words, "after": after, "kind": part.get("kind", "")}, added if looks else None)
    for pattern, key, better in _PARTS:
        if _fits(pattern, path):
            return Judged(f"{key}-{end}", words, None if better is None else better == added)
    return Judged(end, words)


def _fits(pattern: tuple[str, ...], path: Path) -> bool:
    return len(pattern) == len(path) and all(
        want in (ANY, str(part)) for want, part in zip(pattern, path, strict=True)
    )


def _words(path: Path) -> dict[str, Any]:
    """The names on the way: gates.canary.rules.errors → gate canary, rule errors."""
    names = {"gates": "gate", "rules": "rule", "steps": "step", "items": "item", "phases": "phase", "stages": "stage",
             "escalation": "tier", "metrics": "metric", "actions": "action", "roles": "role", "triggers": "trigger",
             "required": "criterion", "playbooks": "playbook", "checklist": "item"}  # fmt: skip
    found: dict[str, Any] = {}
    for section, name in pairwise(path):
        if str(section) in names and name != "(order)":
            found[names[str(section)]] = str(name)
    if "rule" in found:
        found["metric"] = found["rule"].partition(" ")[0]
    return found
