"""The daily rows as a paper has them: a table with a row for each day, as in a runbook.

It must not know what else stands in the paper.
"""

from __future__ import annotations

from collections.abc import Iterator

from commands.blocks import daily, item_state, results
from commands.papers import markdown
from commands.papers.markdown import inline
from commands.telling import Voice
from core.daily import Cell, Day, tables
from core.state import Deployment

Lines = list[str]
NOTE = 300


def section(deployment: Deployment, voice: Voice) -> Iterator[Lines]:
    """Every table of which a row has begun; nothing else."""
    for table in tables(deployment):
        if not any(day.begun for day in table.days):
            continue
        yield [
            f"## {voice.say('record.daily')}: {inline(', '.join(voice.text(one) for one in table.titles))}"
        ]
        yield [voice.say("daily.foot-record")]
        asked = [cell.item for cell in table.days[0].filled]
        heads = [voice.say("daily.day"), voice.say("criteria.result")]
        heads += [
            _head(item.title.in_(voice.language), results.limit_of(item, voice)) for item in table.columns
        ]
        heads += [inline(item.title.in_(voice.language)) for item in asked]
        yield markdown.table(heads, [_row(day, voice) for day in table.days])


def _head(title: str, limit: str) -> str:
    return inline(title if limit == results.UNMEASURED else f"{title} ({limit})")


def _row(day: Day, voice: Voice) -> tuple[str, ...]:
    measured = (inline(daily.figure(cell, voice)) if day.begun else "" for cell in day.measured)
    filled = (inline(_filled(cell, voice)) if day.begun else "" for cell in day.filled)
    return (f"{day.label} ({voice.when(day.at)})", daily.outcome(day, voice), *measured, *filled)


def _filled(cell: Cell, voice: Voice) -> str:
    """What was written, and by whom: the last columns of a runbook's table."""
    if cell.open:
        return voice.say("criteria.open")
    note = voice.evidence(item_state.gist(cell.state), NOTE)
    mark = voice.say("criteria.not-applicable") if cell.state.mark == "not-applicable" else ""
    said = ", ".join(
        part for part in (mark, item_state.number_of(cell.item, cell.state, voice), note) if part
    )
    by = voice.person(cell.state.by)
    return f"{said} ({by})" if said else by
