"""Reports: brief in the thread, full in the channel, and the reviews of the watch. What changed comes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from commands.blocks import alerts, kit, parts, weighed
from commands.blocks.kit import Block, Drawn
from commands.telling import Voice
from core.effects import Words
from core.report import MetricRow, Summary, summarise
from core.state import Deployment

BRIEF_ROWS = 3


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The report of the kind in `words`: brief, full or review."""
    given = dict(words)
    summary = summarise(deployment, voice.now or deployment.t0)
    if given.get("kind") == "brief":
        return _brief(deployment, summary, given, voice)
    return _full(deployment, summary, given, voice, review=given.get("kind") == "review")


def headline(deployment: Deployment, summary: Summary, voice: Voice) -> str:
    """State, traffic and recommendation in one sentence."""
    said = state(deployment, summary, voice)
    recommended = parts.recommendation(summary, voice)
    if not recommended:
        return said
    more = weighed.head(summary, voice)
    return " ".join(
        part for part in (said, voice.say("report.recommended", recommendation=recommended), more) if part
    )


def state(deployment: Deployment, summary: Summary, voice: Voice) -> str:
    """State and traffic in one sentence."""
    return voice.say(
        "report.headline",
        name=parts.subject(deployment, voice),
        status=parts.status(deployment, voice),
        share=voice.share(summary.weight),
    )


def _brief(deployment: Deployment, summary: Summary, given: Mapping[str, object], voice: Voice) -> Drawn:
    said = headline(deployment, summary, voice)
    lines = [f"*{said}*", *weighed.lines(summary, voice, most=1)]
    lines.extend(f"• {parts.metric_line(row, voice)}" for row in parts.ranked(summary)[:BRIEF_ROWS])
    firing = alerts.line(deployment, voice)
    lines += [firing] if firing else []
    waiting = parts.waiting(deployment, voice)
    if waiting:
        lines.append(voice.say("report.waiting-first", who=waiting[0], more=_more(len(waiting) - 1, voice)))
    return kit.drawn(said, [kit.section("\n".join(lines)), kit.context(_next(given, voice))])


def _full(
    deployment: Deployment, summary: Summary, given: Mapping[str, object], voice: Voice, *, review: bool
) -> Drawn:
    said = headline(deployment, summary, voice)
    title = voice.say(
        "report.title-review" if review else "report.title", name=parts.subject(deployment, voice)
    )
    asked = (
        f" {voice.say('decision.requests', n=f'{summary.requests:,.0f}')}"
        if summary.requests is not None
        else ""
    )
    blocks: list[Block] = [kit.header(title), kit.section(f"{state(deployment, summary, voice)}{asked}")]
    recommended = parts.recommended(summary, voice)
    if recommended:
        blocks.append(kit.section(recommended))
    changed = " · ".join(changes(summary, voice)) or voice.say("report.unchanged")
    blocks.append(kit.section(f"*{voice.say('report.changed')}:* {changed}"))
    blocks.extend(parts.metric_table(summary, voice))
    firing = alerts.line(deployment, voice)
    blocks += [kit.section(firing)] if firing else []
    waiting = parts.waiting(deployment, voice)
    if waiting:
        blocks.append(
            kit.section(f"*{voice.say('card.waiting')}*\n" + "\n".join(f"• {line}" for line in waiting))
        )
    blocks.append(kit.context(_next(given, voice), parts.steps_line(deployment, voice)))
    return kit.drawn(said, blocks)


def changes(summary: Summary, voice: Voice) -> list[str]:
    """What moved since the last full report, a line each, up and down in words."""
    return [_change(row, voice) for row in summary.rows if row.trend in ("up", "down")]


def _change(row: MetricRow, voice: Voice) -> str:
    before, now = voice.value(row.previous, row.unit), voice.value(row.value, row.unit)
    return voice.say(f"report.change-{row.trend}", metric=voice.text(row.title, 80), was=before, value=now)


def _next(given: Mapping[str, object], voice: Voice) -> str:
    following = given.get("next")
    if not isinstance(following, str) or not following:
        return voice.say("report.last")
    try:
        return voice.say("report.next", at=voice.when(datetime.fromisoformat(following)))
    except ValueError:
        return voice.say("report.next", at=voice.safe(following, 60))


def _more(n: int, voice: Voice) -> str:
    return f" {voice.say('word.more', n=n)}" if n > 0 else ""
