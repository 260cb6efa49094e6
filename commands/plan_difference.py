"""The differences of two plan versions in people's words, grouped by what is riskier, safer and neither.

It must not know how they are found, nor where they are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from commands import texts
from commands.telling import Voice
from core.plan.difference import Change

GROUPS = ("riskier", "safer", "other")
SHORT = 120
"""A value is shown up to so many characters."""


def grouped(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """The changes by their weight, what is riskier first; groups without any are left out."""
    found = [*changes]
    groups = {weight: [one for one in found if one.weight == weight] for weight in GROUPS}
    return {weight: ones for weight, ones in groups.items() if ones}


def summary(changes: Sequence[Change], voice: Voice) -> str:
    """'4 changes: 1 riskier, 2 safer, 1 other'."""
    if not changes:
        return voice.say("diff.none")
    groups = grouped(changes)
    counts = {weight: len(groups.get(weight, ())) for weight in GROUPS}
    return voice.say("diff.summary", n=len(changes), **counts)


def sentence(change: Change, voice: Voice) -> str:
    """One change, with its line."""
    words = {name: voice.safe(str(word), SHORT) for name, word in change.words}
    key = f"diff.{change.key}"
    if not texts.known(key):
        key = f"diff.{change.kind}"
    judged = "" if change.better is None else voice.say("diff.stricter" if change.better else "diff.looser")
    ready = {
        "path": voice.safe(change.where, SHORT), "old": value(change.old, voice), "new": value(change.new, voice), "judged": judged,
    }  # fmt: skip
    return voice.say("diff.line", said=voice.say(key, **{**ready, **words}), line=change.line)


def value(given: Any, voice: Voice) -> str:
    """A value of a plan, short."""
    if given is None or given == []:
        return voice.say("diff.nothing")
    if isinstance(given, bool):
        return voice.say("diff.yes" if given else "diff.no")
    if isinstance(given, dict) and set(given) == {"en", "ko"}:
        return f"“{voice.safe(str(given[voice.language if voice.language in given else 'en']), SHORT)}”"
    if isinstance(given, list) and all(isinstance(one, str | int) for one in given):
        return voice.safe(", ".join(map(str, given)), SHORT)
    if isinstance(given, dict | list):
        return voice.safe(json.dumps(_filled(given), ensure_ascii=False), SHORT)
    return voice.safe(str(given), SHORT)


def _filled(given: Any) -> Any:
    """Without what is not said."""
    if isinstance(given, dict):
        return {key: _filled(inner) for key, inner in given.items() if inner is not None}
    return [_filled(one) for one in given] if isinstance(given, list) else given
