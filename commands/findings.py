"""Findings in words: one row each with its state, what it is about, what was found, and how to mend what does not work.

For a terminal and for Slack alike; the Voice knows which. It must not know how anything was looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from commands import texts
from commands.telling import Voice
from core.findings import Finding, complete

MOST = 40
"""Rows that are shown in Slack; the command line shows all."""

STOPS = "variable-stops"
WORTH_SAYING_S = 0.001
"""Nobody was waited for in less, in real seconds."""


@dataclass(frozen=True)
class Told:
    """One finding in words. `mend` is '' for what works."""

    state: str
    area: str
    what: str
    mend: str


def told(finding: Finding, voice: Voice) -> Told:
    """A finding in the voice's language. The time it took is said where something was waited for."""
    what = (
        voice.tell(f"doctor.{finding.key}", finding.words)
        if finding.key != STOPS
        else _stopped(finding, voice)
    )
    if finding.took_s is not None and finding.took_s >= WORTH_SAYING_S:
        what += voice.say("doctor.took", ms=round(finding.took_s * 1000))
    known = finding.state != "works" and texts.known(f"mend.{finding.key}")
    mend = voice.tell(f"mend.{finding.key}", finding.words) if known else ""
    return Told(voice.say(f"doctor-state.{finding.state}"), voice.say(f"area.{finding.area}"), what, mend)


def _stopped(finding: Finding, voice: Voice) -> str:
    """What a variable that is not set keeps from being looked at, kind by kind."""
    parts = [
        voice.tell(f"doctor.stops-{kind}", ((kind, word),))
        for kind, word in finding.words
        if kind != "name" and word
    ]
    return voice.say(f"doctor.{STOPS}", name=voice.safe(finding.subject, 80), parts=", ".join(parts))


def verdict(findings: Sequence[Finding], voice: Voice) -> str:
    """How it stands as a whole, with the counts."""
    counts = Counter(finding.state for finding in findings)
    numbers = {"works": counts["works"], "mind": counts["mind"], "broken": counts["broken"]}
    if complete(findings):
        return voice.say("doctor.complete", **numbers)
    return voice.say("doctor.incomplete", **numbers)


def in_slack(name: str, findings: Sequence[Finding], voice: Voice) -> str:
    """Everything that does not simply work, the broken first, and the counts."""
    order = {"broken": 0, "mind": 1}
    shown = sorted((one for one in findings if one.state in order), key=lambda one: order[one.state])
    lines = [voice.say("doctor.title", name=voice.safe(name, 80))]
    for finding in shown[:MOST]:
        row = told(finding, voice)
        lines.append(voice.say("doctor.row", state=row.state, area=row.area, what=row.what))
        if row.mend and finding.state == "broken":
            lines.append(f"    {voice.say('doctor.mend', mend=row.mend)}")
    if len(shown) > MOST:
        lines.append(voice.say("word.more", n=len(shown) - MOST))
    return "\n".join([*lines, verdict(findings, voice)])
