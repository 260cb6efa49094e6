"""A replay in words: a line a verdict, and what it adds up to; for Slack and for the command line, in both languages.

It must not know where the samples came from, nor how they are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from commands import sentences
from commands.telling import Voice
from core.replay_stored import replayed, stages
from core.replay_tally import RuleTally, Step, Tally
from core.state import Deployment

if TYPE_CHECKING:
    from storage.recorded import Recorded  # a stream is judged without a database

When = Callable[[float], str]
MOST_CHANGES = 20


def step(said: Step, speaking: Voice, when: When, *, reasons: int = 9, between: str = " ") -> str:
    """'14:35, stage 1: NO-GO, 4/100. 9 bad in 45 ...'; `reasons`: how many of them at most; `between`: what stands between them."""
    given = [sentences.because(one.key, one.words, speaking) for one in said.verdict.reasons[:reasons]]
    line = speaking.say(
        "replay.line",
        when=when(said.t),
        stage=said.stage,
        verdict=speaking.say(f"recommendation.{said.word.lower()}"),
        scored=sentences.scored(said.verdict.score.value, speaking),
        why=between.join(given),
    )
    return speaking.say("replay.ends", line=line) if said.stage_end else line


def tally(told: Tally, speaking: Voice, when: When) -> list[str]:
    """What the replay adds up to, a line each."""
    words = told.words
    lines = [
        speaking.say("replay.tally", looks=told.looks, go=words["GO"], observe=words["OBSERVE"], nogo=words["NO-GO"])
    ]  # fmt: skip
    if told.bad_lines:
        lines.append(speaking.say("replay.bad-lines", n=told.bad_lines))
    alone = {
        name: speaking.say("replay.never") if t is None else speaking.say("replay.at", when=when(t))
        for name, t in (("streak", told.streak), ("evidence", told.evidence))
    }
    lines += [_ending(told, speaking, when), speaking.say("replay.alone", **alone)]
    return lines + [_rule(rule, speaking, when) for rule in told.rules]


def _ending(told: Tally, speaking: Voice, when: When) -> str:
    if told.verdict is None:
        return speaking.say("replay.no-back")
    acting = [r for r in told.rules if r.first_acted is not None and not r.advisory and r.then == "rollback"]
    first = min(acting, key=lambda rule: rule.first_acted or 0.0, default=None)
    if first is None:
        return speaking.say("replay.back", when=when(told.verdict))
    key = "replay.back-streak" if first.by == "streak" else "replay.back-evidence"
    return speaking.say(key, when=when(told.verdict), rule=_name(first, speaking))


def _rule(rule: RuleTally, speaking: Voice, when: When) -> str:
    said = []
    if rule.first_fired is None:
        said.append(speaking.say("replay.fired-never"))
    else:
        said.append(speaking.say("replay.fired", n=rule.fired, when=when(rule.first_fired)))
    if unproved := rule.unproved + rule.open:
        said.append(speaking.say("replay.unproved", n=unproved))
    if rule.first_evidence is None:
        said.append(speaking.say("replay.proved-never"))
    else:
        said.append(speaking.say("replay.proved", when=when(rule.first_evidence)))
    said.append(speaking.say("replay.advised" if rule.advisory else "replay.acted", n=rule.acted))
    return speaking.say("replay.rule", rule=_name(rule, speaking), said="; ".join(said))


def _name(rule: RuleTally, speaking: Voice) -> str:
    title = f"{speaking.metric(rule.metric)} {speaking.limit(rule.limit, rule.side)}"
    return f"{title} ({speaking.safe(rule.gate, 40)})"


def again(deployment: Deployment, found: Recorded, speaking: Voice) -> str:
    """The whole answer for a deployment: every change of the verdict, and the tally. It takes a while: a millisecond a look."""
    name = speaking.safe(deployment.id, 40)
    if not len(found):
        return speaking.say("replay.none", name=name)
    told, word, changes = Tally(), "", []
    for one in replayed(
        deployment.runbook, found, stages(deployment.runbook, found.facts), told, facts=found.facts
    ):
        if one.word != word:
            word = one.word
            changes.append(one)

    def when(t: float) -> str:
        return speaking.when(datetime.fromtimestamp(t, UTC))

    lines = [f"*{speaking.say('replay.title', name=name)}*"]
    lines += [f"• {step(one, speaking, when, reasons=1)}" for one in changes[:MOST_CHANGES]]
    if len(changes) > MOST_CHANGES:
        lines.append(speaking.say("replay.more", n=len(changes) - MOST_CHANGES))
    return "\n".join([*lines, *tally(told, speaking, when)])
