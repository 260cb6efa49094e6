"""A gate's numbers as a table, for every paper that has some.

It must not know which paper.
"""

from __future__ import annotations

from commands import texts
from commands.papers import markdown
from commands.telling import Voice
from core.record import shown_rows
from core.report import MetricRow, Summary


def table(numbers: Summary, voice: Voice) -> list[str]:
    """One row a metric: the canary beside control, the limit, and what was normal before."""
    rows = shown_rows(numbers)
    before = any(row.baseline is not None for row in rows)
    heads = ["metric", "value", "control", "limit", "requests", "state", *(["baseline"] if before else [])]
    return markdown.table(
        [voice.say(f"record.{head}") for head in heads], [_cells(row, voice, before) for row in rows]
    )


def _cells(row: MetricRow, voice: Voice, before: bool) -> list[str]:
    limit = voice.say("record.none")
    if row.limit is not None:
        limit = voice.limit(row.limit.text, "above" if row.limit_kind == "above" else "below")
    state = voice.say(f"metric.{row.state}") if texts.known(f"metric.{row.state}") else ""
    if row.needed > 1 and row.streak:
        state = f"{state} ({row.streak}/{row.needed})"
    cells = [
        markdown.inline(voice.metric(row.metric)),
        markdown.inline(voice.value(row.value, row.unit)),
        markdown.inline(voice.value(row.control, row.unit)) if row.control is not None else "",
        markdown.inline(limit),
        texts.number(row.count) if row.count is not None else "",
        markdown.inline(state or voice.reason(row.detail)),
    ]
    return (
        [*cells, markdown.inline(voice.value(row.baseline, row.unit)) if row.baseline is not None else ""]
        if before
        else cells
    )
