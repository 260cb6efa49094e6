"""The report of a rehearsal in words: headings with their lines, the same for Slack and for a terminal.

It must not know Block Kit, nor how anything was found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from commands import sentences
from commands.blocks import parts
from commands.telling import Voice
from core.rehearsal import Change, Fired, Missing, Replayed, Review, Weighed
from core.state import Deployment


@dataclass(frozen=True)
class Part:
    """A heading and its lines; no line means that there was nothing to say, which is said as well."""

    heading: str
    lines: tuple[str, ...]


def title(deployment: Deployment, voice: Voice, key: str = "rehearsal.title") -> str:
    """What was rehearsed, and how it ended."""
    said = parts.status(deployment, voice)
    return voice.say(key, name=parts.subject(deployment, voice), status=said)


def remarks(deployment: Deployment, review: Review, voice: Voice) -> list[str]:
    """What has to be known to read the rest: what the speed did to the numbers, and what could not be found out."""
    said = [voice.tell("rehearsal.problem", {"reason": review.problem})] if review.problem else []
    speed = deployment.rehearsing.speed
    gates = deployment.runbook.plan.gates.values()
    if speed != 1 and gates:
        window = min(gate.every for gate in gates)
        words = {
            "speed": f"{speed:g}",
            "window": voice.span(window),
            "real": _seconds(voice, window.total_seconds() / speed),
        }
        said.append(voice.say("rehearsal.speed", **words))
    return said


def report(review: Review, voice: Voice) -> list[Part]:
    """Everything, in the order in which it is read."""
    steps = tuple(
        voice.say("rehearsal.step-open", step=voice.step(one.step), status=voice.say(f"step.{one.status}"))
        if one.plan_s is None or one.real_s is None
        else voice.say(
            "rehearsal.step",
            step=voice.step(one.step),
            span=voice.span(timedelta(seconds=one.plan_s)),
            real=_seconds(voice, one.real_s),
        )
        for one in review.steps
    )
    series = tuple(
        voice.tell(
            "rehearsal.series",
            {
                "metric": one.metric,
                "track": one.track,
                "looks": one.looks,
                "of": one.of,
                "detail": one.detail,
            },
        )
        for one in review.no_data
    )
    checks = tuple(
        voice.tell(
            "rehearsal.check-item" if one.item else "rehearsal.check",
            {"step": one.step, "item": one.item, "evidence": one.evidence},
        )
        for one in review.checks
    )
    return [
        Part(voice.say("rehearsal.missing"), tuple(_missing(one, voice) for one in review.missing)),
        Part(voice.say("rehearsal.no-data"), series),
        Part(voice.say("rehearsal.checks"), checks),
        Part(voice.say("rehearsal.weighed"), tuple(_weighed(review.weighed, voice))),
        Part(
            voice.say("rehearsal.past"),
            tuple(line for one in review.replayed for line in _replayed(one, voice)),
        ),
        Part(voice.say("rehearsal.changes"), tuple(_change(one, voice) for one in review.changes)),
        Part(voice.say("rehearsal.steps"), steps),
    ]


def _missing(one: Missing, voice: Voice) -> str:
    words = {"name": one.name, "role": one.name, "step": one.name, "at": one.at}
    match one.kind:
        case "role":
            return voice.tell("rehearsal.role", words)
        case "tier":
            return voice.tell("rehearsal.tier", words)
        case "question":
            return voice.tell("rehearsal.question", words)
        case "call":
            return voice.tell("rehearsal.call", words)
        case "proof":
            return voice.tell("rehearsal.proof", {"metrics": one.name, "at": one.at})


def _replayed(one: Replayed, voice: Voice) -> Iterator[str]:
    gate = voice.gate(one.gate)
    if one.problem:
        yield voice.say("rehearsal.past-failed", gate=gate, reason=voice.safe(one.problem))
        return
    if one.no_past:
        yield voice.say("rehearsal.no-past", gate=gate, sources=voice.safe(", ".join(one.no_past)))
    for over in one.over:
        yield voice.say(
            "rehearsal.over", gate=gate, metric=voice.metric(over.metric), times=over.times,
            first=voice.when(over.first_at), last=voice.when(over.last_at), done=_done(over, voice),
        )  # fmt: skip
    for fired in one.fired:
        unit = voice.runbook.metric(fired.metric).unit if voice.runbook is not None else ""
        yield voice.say(
            "rehearsal.fired", gate=gate, metric=voice.metric(fired.metric), times=fired.times,
            first=voice.when(fired.first_at), last=voice.when(fired.last_at), value=voice.value(fired.worst, unit),
            done=_done(fired, voice),
        )  # fmt: skip
    if not one.fired and not one.over and one.looks:
        yield voice.say(
            "rehearsal.quiet", gate=gate, looks=one.looks, since=voice.when(one.since), judged=one.judged
        )


def _done(one: Fired, voice: Voice) -> str:
    """What the gate would have made of it: with evidence and streak weighed as the plan says."""
    return voice.say("rehearsal.acted" if one.acted else "rehearsal.held", acted=one.acted)


def _weighed(found: Sequence[Weighed], voice: Voice) -> Iterator[str]:
    """What spoke against the rehearsed canary; of a gate in which nothing did, one line with what came nearest."""
    for name in dict.fromkeys(one.gate for one in found):
        gate, rules = voice.gate(name), [one for one in found if one.gate == name]
        quiet = True
        for one in rules:
            words = {
                "gate": gate,
                "metric": voice.metric(one.metric),
                "streaks": one.streaks,
                "unproved": one.unproved,
                "acted": one.acted,
            }
            if one.proved_at is not None:
                quiet = False
                when, odds = voice.when(one.proved_at), _odds(one, voice)
                yield voice.say("rehearsal.proved", **words, when=when, odds=odds)
            elif one.streaks:
                quiet = False
                key = "rehearsal.streaks" if one.needed is None else "rehearsal.unproved"
                yield voice.say(key, **words, odds=_odds(one, voice))
        nearest = max(
            (one for one in rules if one.needed), key=lambda one: one.odds / (one.needed or 1.0), default=None
        )
        if quiet and nearest is not None:
            yield voice.say(
                "rehearsal.unaccused", gate=gate, looks=nearest.looks, metric=voice.metric(nearest.metric), odds=_odds(nearest, voice)
            )  # fmt: skip
        elif quiet:
            yield voice.say("rehearsal.unaccused-levels", gate=gate, looks=rules[0].looks)


def _odds(one: Weighed, voice: Voice) -> str:
    if one.needed is None:
        return voice.say("rehearsal.no-odds")
    return voice.say("rehearsal.odds", odds=sentences.odds(one.odds), needed=sentences.odds(one.needed))


def _change(one: Change, voice: Voice) -> str:
    action = voice.action(one.action)
    if one.real:
        return voice.say("rehearsal.change-real", action=action)
    evidence = voice.safe(one.evidence)
    if one.ok:
        return voice.say("rehearsal.change", action=action, evidence=evidence)
    return voice.say("rehearsal.change-unknown", action=action, evidence=evidence)


def _seconds(voice: Voice, seconds: float) -> str:
    """A length of real time, which may be short."""
    if seconds >= 1:
        return voice.span(timedelta(seconds=seconds))
    return voice.say("span.ms", n=max(1, round(seconds * 1000)))
