"""Criteria as lines: the title, whether it is met, and the evidence in words. For the final verdict and the readiness board.

It must not know where its lines are shown.
"""

from __future__ import annotations

import re

from commands.telling import Voice
from core.plan.models import Criterion

_OVER = re.compile(r" \[[^\]]+\]$")
_SHARE = re.compile(r"(?P<done>\d+)/(?P<all>\d+) = (?P<percent>[\d.]+)% \(≥ (?P<limit>[\d.]+)%\)")
LONGEST = 200


def line(criterion: Criterion, met: bool | None, evidence: str, voice: Voice) -> str:
    """'• Few errors: *met* — Errors 0.2 % (limit 0.5 %), over the last 24 h'."""
    said = told(criterion, evidence, voice)
    return voice.say(
        "criterion.line",
        title=voice.text(criterion.title),
        state=state(met, voice),
        said=f" — {said}" if said else "",
    )


def state(met: bool | None, voice: Voice) -> str:
    """Met, NOT MET, or NOT KNOWN."""
    return voice.say("criterion.unknown" if met is None else "criterion.met" if met else "criterion.not-met")


def told(criterion: Criterion, evidence: str, voice: Voice) -> str:
    """The evidence of `core.criteria` in words."""
    if criterion.metric is not None:
        over = criterion.metric.over
        stretch = voice.say("criterion.over", span=voice.span(over)) if over is not None else ""
        return ", ".join(part for part in (voice.evidence(_OVER.sub("", evidence), LONGEST), stretch) if part)
    if criterion.item is not None:
        return _item(evidence, voice)
    share = _SHARE.fullmatch(evidence) if criterion.category is not None else None
    if share is not None:
        percent, limit = voice.value(float(share["percent"]), "%"), voice.value(float(share["limit"]), "%")
        return voice.say(
            "criterion.category", done=share["done"], all=share["all"], percent=percent, limit=limit
        )
    return voice.evidence(evidence, LONGEST)


def _item(evidence: str, voice: Voice) -> str:
    if evidence == "open":
        return voice.say("criterion.item-open")
    if evidence.startswith("not-applicable: "):
        return voice.say("criterion.item-na", note=voice.safe(evidence.partition(": ")[2], LONGEST))
    return voice.evidence(evidence, LONGEST)
