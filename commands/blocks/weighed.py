"""The evidence of a gate in a message: one line with the score and the trend, the sentences that matter, what comes next.

The arithmetic behind it is `commands.blocks.explain`'s. It must not know where its lines are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands import sentences
from commands.telling import Voice
from core.report import Summary
from core.verdict.verdicts import Finding

SAID_ELSEWHERE = frozenset(
    {"streak", "streak-fired", "level-fine", "level-broken", "level-fired", "growth-unknown", "no-data"}
)
"""Reasons that stand in the rules' own lines."""


def head(summary: Summary, voice: Voice) -> str:
    """'93/100, stable'; 'score n/a' where nothing is known; '' before the first look."""
    if summary.weighed is None:
        return ""
    score = summary.weighed.score
    said = voice.say(
        "weighed.head",
        scored=sentences.scored(score.value, voice),
        trend=voice.say(f"weighed.trend-{summary.trend}"),
    )
    if score.value is None or score.coverage >= 0.995:
        return said
    return f"{said}; {voice.say('weighed.covered', known=sentences.share(score.coverage, voice))}"


def lines(summary: Summary, voice: Voice, most: int = 3) -> list[str]:
    """What the evidence says for its verdict, the worst first; of a GO one sentence. Then what is foretold."""
    verdict = summary.weighed
    if verdict is None:
        return []
    said = [reason for reason in verdict.reasons if reason.key not in SAID_ELSEWHERE]
    shown = said[: 1 if summary.recommendation == "GO" else most]
    return [sentences.because(reason.key, reason.words, voice) for reason in shown]


def foretold(summary: Summary, voice: Voice) -> list[str]:
    """Budgets that will be spent, and what rules that are only advisory would have done."""
    verdict = summary.weighed
    found = [line for one in (verdict.findings if verdict else ()) for line in _spent(one, summary, voice)]
    return [
        *found,
        *(voice.say("weighed.advised", metric=voice.metric(metric), n=times) for metric, times in summary.advised),
    ]  # fmt: skip


def _spent(found: Finding, summary: Summary, voice: Voice) -> Iterator[str]:
    """When an error budget is spent. The time until a growing gauge reaches its limit stands in its sentence."""
    if found.breach_in is None or found.slope is not None or summary.looked_at is None:
        return
    metric = voice.metric(sentences.metric_of(found.name, voice.runbook))
    earliest, latest = found.breach_in
    if latest == 0.0:
        yield voice.say("weighed.spent-now", metric=metric)
        return
    begin = voice.when(summary.looked_at + timedelta(seconds=earliest))
    if latest is None:
        yield voice.say("weighed.spent-from", metric=metric, earliest=begin)
    else:
        end = voice.when(summary.looked_at + timedelta(seconds=latest))
        yield voice.say("weighed.spent", metric=metric, earliest=begin, latest=end)
