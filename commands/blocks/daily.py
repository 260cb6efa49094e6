"""The daily rows of a watch in one table: what was measured on each day, whether it is within its limits, what people filled in,
and what is open, with whose it is.

In Slack the figures stand in a narrow fixed-width table, so that a phone breaks no line: columns are letters, which the line above it
explains, and words come last, since no font agrees with another on the width of Korean letters. A terminal has room for headings.
What people wrote stands below, a line a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from commands import escape
from commands.blocks import item_state, kit, parts, results
from commands.blocks.kit import Block, Drawn
from commands.blocks.timeline import pages
from commands.telling import Voice
from core.daily import Cell, Day, Table, tables
from core.state import Deployment

DAYS, SAID = 21, 8
"""So many rows of figures, and so many days with what people wrote: the newest of them. The record has all."""
COLUMN, NOTE, LETTERS = 20, 120, 26
SECTION = 2_600
WORST = ("fail", "unknown", "open", "checking", "accepted", "not-applicable", "pass", "measured")
"""The result of a day is the first of these that one of its figures has."""


def draw(deployment: Deployment, voice: Voice) -> Drawn:
    """Every table of the deployment. Callers ask for it only where there is one."""
    name = parts.subject(deployment, voice)
    blocks: list[Block] = []
    found = tables(deployment)
    for table in found:
        titles = ", ".join(voice.text(title) for title in table.titles)
        blocks.append(kit.header(voice.say("daily.headline", titles=titles, **_counts(table))))
        blocks.append(kit.section(_legend(table, voice)))

        lines = [escape.plain(line.replace("`", "'")) for line in lettered(table, voice)]
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
    """For a terminal: the lines of the table under their titles, padded, as text that is not made harmless for Slack."""
    titles = [item.title.in_(voice.language) for item in table.columns]
    head = [voice.say("daily.day"), *titles, voice.say("criteria.result"), voice.say("daily.open")]
    limits = [voice.say("criteria.limit"), *(results.limit_of(item, voice) for item in table.columns), "", ""]
    return _padded([[_short(text) for text in row] for row in (head, limits, *_rows(table, voice, figure))])


def lettered(table: Table, voice: Voice) -> list[str]:
    """For Slack: the same without titles, limits and counts; what is not as it should be has a '✗' behind it."""
    letters = [_letter(number) for number, _ in enumerate(table.columns)]
    head = ["·", *letters, voice.say("criteria.result")]
    return _padded([head, *(row[:-1] for row in _rows(table, voice, _marked))])


def _rows(table: Table, voice: Voice, said: Callable[[Cell, Voice], str]) -> Iterator[list[str]]:
    for day in shown(table):
        cells = [said(cell, voice) if day.begun else results.UNMEASURED for cell in day.measured]
        left = str(len(day.waiting)) if day.begun else results.UNMEASURED
        yield [day.label, *cells, outcome(day, voice), left]


def _legend(table: Table, voice: Voice) -> str:
    lines = [
        voice.say(
            "daily.column" if results.limit_of(item, voice) == results.UNMEASURED else "daily.column-limited",
            letter=_letter(number), title=voice.text(item.title, 60), limit=escape.plain(results.limit_of(item, voice)),
        )
        for number, item in enumerate(table.columns)
    ]  # fmt: skip
    return " · ".join(lines) or voice.say("daily.no-columns")


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < LETTERS else str(number)


def _wrong(cell: Cell) -> bool:
    return results.outcome(cell.item, cell.state) in ("fail", "unknown", "accepted", "not-applicable")


def _marked(cell: Cell, voice: Voice) -> str:
    value = item_state.number_of(cell.item, cell.state, voice) or results.UNMEASURED
    return f"{value} ✗" if _wrong(cell) else value


def shown(table: Table) -> Sequence[Day]:
    """The days that have begun, the newest of many, and those ahead as far as there is room."""
    days = table.days
    begun = sum(day.state != "ahead" for day in days)
    first = max(0, min(begun - DAYS * 2 // 3, len(days) - DAYS))
    return days[first : first + DAYS]


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
    wrong = _wrong(cell) or not value
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
    for day in [day for day in table.days if day.begun][-SAID:]:
        said = [*_settled(day, voice), *_left(deployment, day, voice)]
        if said:
            head = voice.say("daily.of-day", day=_strong(day.label, voice), at=voice.when(day.at))
            yield f"{head} {' · '.join(said)}"
    following = table.next
    if following is not None:
        roles = dict.fromkeys(cell.item.role for cell in following.filled if cell.item.role)
        key = "daily.next" if following.filled else "daily.next-alone"
        label, who = _strong(following.label, voice), parts.roles(deployment, roles, voice)
        yield voice.say(key, day=label, at=voice.when(following.at), who=who)


def _settled(day: Day, voice: Voice) -> Iterator[str]:
    """What people wrote; of the bot's own figures only what somebody has accepted or left out."""
    for cell in (*day.measured, *day.filled):
        state = cell.state
        if cell.open or state.by == "bot":
            continue
        title, by = voice.text(cell.item.title, 60), voice.person(state.by)
        note = voice.evidence(item_state.gist(state), NOTE)
        if state.mark == "not-applicable":
            yield voice.say("daily.cell-na", title=title, by=by, note=note)
            continue
        number = item_state.number_of(cell.item, state, voice)
        noted = ", ".join(part for part in (number, f"“{note}”" if note else "") if part)
        yield voice.say("daily.cell-noted" if noted else "daily.cell-done", title=title, by=by, noted=noted)


def _left(deployment: Deployment, day: Day, voice: Voice) -> Iterator[str]:
    """What was not passed, then what is open, together for each role, and until when."""
    for cell in day.waiting:
        if cell.state.failed:
            fail = _strong(voice.say(f"criteria.{results.outcome(cell.item, cell.state)}"), voice)
            yield voice.say("daily.cell-failed", state=fail, why=voice.evidence(cell.state.failed, NOTE))
    whose: dict[str, list[str]] = {}
    for cell in day.waiting:
        if not cell.state.failed and not cell.state.checking:
            whose.setdefault(cell.item.role or "", []).append(f"“{voice.text(cell.item.title, 60)}”")
    for role, titles in whose.items():
        state = _strong(voice.say("criteria.open"), voice)
        who = parts.roles(deployment, (role,) if role else (), voice)
        yield voice.say("daily.cells-open", titles=", ".join(titles), state=state, who=who)
    if day.waiting and day.due is not None:
        yield voice.say("phrase.due", due=voice.when(day.due))


def _strong(text: str, voice: Voice) -> str:
    """Stressed in Slack; as it is in a terminal."""
    return text if voice.plain else f"*{text}*"
