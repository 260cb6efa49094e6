"""The daily rows of a watch in one table: what was measured on each day, whether it is within its limits, what people filled in,
and what is open, with whose it is.

Figures stand in a fixed-width table, as in `results`; what people wrote stands below it, a line a day. It must not know where it
is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands import escape
from commands.blocks import item_state, kit, parts, results
from commands.blocks.kit import Block, Drawn
from commands.blocks.timeline import pages
from commands.telling import Voice
from core.daily import Cell, Day, Table, tables
from core.state import Deployment

DAYS, SAID = 21, 8
"""So many rows of figures, and so many days with what people wrote: the newest of them. The record has all."""
COLUMN, NOTE = 16, 120
SECTION = 2_600
WORST = ("fail", "unknown", "open", "checking", "accepted", "not-applicable", "measured", "pass")
"""The result of a day is the first of these that one of its figures has."""


def draw(deployment: Deployment, voice: Voice) -> Drawn:
    """Every table of the deployment. Callers ask for it only where there is one."""
    name = parts.subject(deployment, voice)
    blocks: list[Block] = []
    found = tables(deployment)
    for table in found:
        titles = ", ".join(voice.text(title) for title in table.titles)
        blocks.append(kit.header(voice.say("daily.headline", titles=titles, **_counts(table))))
        lines = [escape.plain(line.replace("`", "'")) for line in figures(table, voice)]
        blocks.append(kit.section("```\n" + "\n".join(lines) + "\n```"))
        blocks += [kit.section(page) for page in pages(list(sayings(deployment, table, voice)), SECTION)]
    blocks.append(kit.context(voice.say("daily.foot", id=deployment.id)))
    head = " ".join(voice.say("daily.of", **_counts(table)) for table in found)
    return kit.drawn(voice.say("daily.sentence", name=name, said=head), blocks)


def card_line(deployment: Deployment, voice: Voice) -> str:
    """One line for the card, from the first row on until nothing is open any more; '' else."""
    begun = [table for table in tables(deployment) if any(day.begun for day in table.days)]
    if deployment.final or not any(table.complete < len(table.days) for table in begun):
        return ""
    return "\n".join(
        voice.say("daily.card", waiting=_open_days(table, voice), **_counts(table)) for table in begun
    )


def _counts(table: Table) -> dict[str, object]:
    return {"done": table.complete, "all": len(table.days)}


def _open_days(table: Table, voice: Voice) -> str:
    waiting = [day.label for day in table.days if day.waiting]
    return voice.say("daily.card-open", days=", ".join(waiting[-SAID:])) if waiting else ""


# ------------------------------------------------------------------------------------------------------------- figures


def figures(table: Table, voice: Voice) -> list[str]:
    """The lines of the table, padded, as text that is not yet made harmless for Slack."""
    head = [voice.say("daily.day"), voice.say("criteria.result"), voice.say("daily.open")]
    limits = [voice.say("criteria.limit"), "", ""]
    rows = [[*head, *(item.title.in_(voice.language) for item in table.columns)]]
    rows.append([*limits, *(results.limit_of(item) for item in table.columns)])
    rows += [_row(day, voice) for day in shown(table)]
    return _padded([[_short(text) for text in row] for row in rows])


def shown(table: Table) -> Sequence[Day]:
    """The days that have begun, the newest of many, and those ahead as far as there is room."""
    days = table.days
    begun = sum(day.state != "ahead" for day in days)
    first = max(0, min(begun - DAYS * 2 // 3, len(days) - DAYS))
    return days[first : first + DAYS]


def _row(day: Day, voice: Voice) -> list[str]:
    measured = [figure(cell, voice) if day.begun else results.UNMEASURED for cell in day.measured]
    left = str(len(day.waiting)) if day.begun else results.UNMEASURED
    return [day.label, outcome(day, voice), left, *measured]


def outcome(day: Day, voice: Voice) -> str:
    """How its figures are, in a word; or that its moment has not come, or was left out."""
    if not day.begun:
        return voice.say(f"daily.{day.state}")
    said = [results.outcome(cell.item, cell.state) for cell in day.measured]
    return voice.say(f"criteria.{min(said, key=WORST.index, default='measured')}")


def figure(cell: Cell, voice: Voice) -> str:
    """The value; with a word behind it where it is not as it should be."""
    state = results.outcome(cell.item, cell.state)
    value = item_state.number_of(cell.item, cell.state, voice)
    wrong = state in ("fail", "unknown", "accepted", "not-applicable") or not value
    return " ".join(part for part in (value, voice.say(f"criteria.{state}") if wrong else "") if part)


def _short(text: str) -> str:
    """A heading is cut to a column's width: the title is whole where the day's own list stands."""
    line = " ".join(text.split())
    if results.width(line) <= COLUMN:
        return line
    while results.width(line) >= COLUMN:
        line = line[:-1]
    return line.rstrip() + "…"


def _padded(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(results.width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (most - results.width(cell)) for cell, most in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


# ---------------------------------------------------------------------------------------------- what people fill in


def sayings(deployment: Deployment, table: Table, voice: Voice) -> Iterator[str]:
    """A line for each of the newest days: what people filled in, and what is open, whose, and until when; then what comes."""
    begun = [day for day in table.days if day.begun]
    for day in begun[-SAID:]:
        said = [_said(deployment, day, cell, voice) for cell in (*_unmet(day), *day.filled)]
        if said:
            due = voice.say("phrase.due", due=voice.when(day.due)) if day.waiting and day.due else ""
            head = voice.say("daily.of-day", day=_strong(day.label, voice), at=voice.when(day.at))
            yield f"{head} {' · '.join([*said, *([due] if due else [])])}"
    following = table.next
    if following is not None:
        roles = dict.fromkeys(cell.item.role for cell in following.filled if cell.item.role)
        who = parts.roles(deployment, roles, voice)
        key = "daily.next" if following.filled else "daily.next-alone"
        yield voice.say(key, day=_strong(following.label, voice), at=voice.when(following.at), who=who)


def _unmet(day: Day) -> tuple[Cell, ...]:
    """Figures that are not within their limits, or have none: somebody has to look at them."""
    return tuple(cell for cell in day.measured if cell.open and not cell.state.checking)


def _said(deployment: Deployment, day: Day, cell: Cell, voice: Voice) -> str:
    title = voice.text(cell.item.title, 60)
    if cell.open:
        who = parts.roles(deployment, (cell.item.role,) if cell.item.role else (), voice)
        key = "daily.cell-failed" if cell.state.failed else "daily.cell-open"
        why = voice.evidence(cell.state.failed, NOTE) if cell.state.failed else ""
        state = _strong(voice.say("criteria.fail" if cell.state.failed else "criteria.open"), voice)
        return voice.say(key, title=title, state=state, who=who, why=why)
    by = voice.person(cell.state.by)
    if cell.state.mark == "not-applicable":
        return voice.say("daily.cell-na", title=title, by=by, note=voice.safe(cell.state.note, NOTE))
    note = voice.evidence(item_state.gist(cell.state), NOTE)
    number = item_state.number_of(cell.item, cell.state, voice)
    noted = ", ".join(part for part in (number, f"“{note}”" if note else "") if part)
    return voice.say("daily.cell-noted" if noted else "daily.cell-done", title=title, by=by, noted=noted)


def _strong(text: str, voice: Voice) -> str:
    """Stressed in Slack; as it is in a terminal."""
    return text if voice.plain else f"*{text}*"
