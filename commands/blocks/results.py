"""A table of criteria: result, actual value, limit, criterion; and the rows of those that somebody still has to look at.

Fixed-width, because a section of text is what every client and every phone shows. The columns of digits come first and the
criterion last: so they stand one below the other whatever width a font gives to Korean letters, and a narrow screen breaks
only the title. It must not know who may settle what.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from commands import escape
from commands.blocks import item_state, kit
from commands.blocks.kit import Block
from commands.telling import Voice
from core.plan.models import Check, Comparison, Item, KubernetesCheck
from core.plan.quantities import figure, show_duration
from core.plan.written_out import RowItem
from core.state import ItemState

TITLE, FIGURE, UNMEASURED = 60, 16, "–"
ROWS_IN_TABLE = 25
SIGNS = {"below": "<", "above": ">", "at-least": "≥", "at-most": "≤"}


@dataclass(frozen=True)
class Row:
    """One criterion, as text that is not yet made harmless."""

    result: str
    actual: str
    limit: str
    title: str


def is_judged(item: Item) -> bool:
    """Whether an item has a place in the table."""
    return (
        isinstance(item, RowItem) or item.check is not None or (item.value is not None and item.value.limited)
    )


def table(items: Sequence[tuple[Item, ItemState]], voice: Voice) -> list[Block]:
    """The table of those that can pass or fail; as many sections as it takes."""
    found = [_row(item, state, voice) for item, state in items if is_judged(item)]
    if not found:
        return []
    head = Row(*(voice.say(f"criteria.{name}") for name in ("result", "actual", "limit", "criterion")))
    blocks = []
    for start in range(0, len(found), ROWS_IN_TABLE):
        blocks.append(
            kit.section("```\n" + "\n".join(_lines([head, *found[start : start + ROWS_IN_TABLE]])) + "\n```")
        )
    return blocks


def result(item: Item, state: ItemState, voice: Voice) -> str:
    """Pass, Fail, or what else has become of it, in one word."""
    return voice.say(f"criteria.{outcome(item, state)}")


def outcome(item: Item, state: ItemState) -> str:
    """The key of that word, behind 'criteria.'."""
    if state.mark == "not-applicable":
        return "not-applicable"
    if state.mark == "done":
        if state.failed or (item.by_bot and state.by not in ("bot", "plan")):
            return "accepted"
        unlimited = isinstance(item, RowItem) and item.check is None
        return "measured" if unlimited else "pass"
    if state.failed:
        unmeasured = item.check is not None and item.check.metric is not None and state.value is None
        return "unknown" if unmeasured or (isinstance(item, RowItem) and state.value is None) else "fail"
    return "checking" if state.checking else "open"


def _row(item: Item, state: ItemState, voice: Voice) -> Row:
    actual = item_state.number_of(item, state, voice) or UNMEASURED
    return Row(result(item, state, voice), actual, limit_of(item, voice), item.title.in_(voice.language))


def limit_of(item: Item, voice: Voice) -> str:
    """What its number is held against, as '< 0.5 %'; a dash for nothing."""
    if item.value is not None:
        return ", ".join(
            f"{SIGNS[side]} {figure(limit)} {item.value.unit}".strip() for side, limit in item.value.limits
        )
    return _of_check(item.check, voice) if item.check is not None else UNMEASURED


def _of_check(check: Check, voice: Voice) -> str:
    """The limit of a check that compares one number; of any other there is none to show."""
    about = check.metric or check.prometheus
    if about is not None and (about.below or about.above):
        limit = about.below or about.above
        return f"{SIGNS['below' if about.below is not None else 'above']} {limit.text if limit is not None else ''}"
    if check.prometheus is not None and check.prometheus.equals is not None:
        return f"= {figure(check.prometheus.equals)} {check.prometheus.unit}".strip()
    if check.metric is not None and check.metric.at_least_baseline is not None:
        return _of_baseline(check.metric.at_least_baseline, voice)
    if check.kubernetes is not None:
        return _of_object(check.kubernetes)
    compared = (
        []
        if check.http is None
        else [one for one in check.http.json_.values() if isinstance(one, Comparison) and one.of_numbers]
    )
    if len(compared) == 1:
        one = compared[0]
        sides = {"<": one.below, ">": one.above, "≥": one.at_least, "≤": one.at_most}
        return ", ".join(f"{sign} {figure(limit)}" for sign, limit in sides.items() if limit is not None)
    if check.http is not None and check.http.within is not None and not compared:
        return f"≤ {show_duration(check.http.within)}"
    return UNMEASURED


def _of_baseline(share: float, voice: Voice) -> str:
    if share == 100:
        return voice.say("criteria.baseline")
    return voice.say("criteria.of-baseline", share=voice.value(share, "%"))


def _of_object(check: KubernetesCheck) -> str:
    """The limit of a look at an object that is about one number. What is ready shows the wanted number with the actual one."""
    limits = [f"≥ {figure(least)}" for least in check.at_least.values()]
    limits += [f"< {check.restarts.below}"] if check.restarts is not None else []
    limits += [f"= {figure(one)}" for one in check.expect.values() if _is_number(one)]
    return limits[0] if len(limits) == 1 and not check.ready else UNMEASURED


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lines(rows: Sequence[Row]) -> list[str]:
    widths = [
        max(width(text) for text in column)
        for column in zip(*((r.result, r.actual, r.limit) for r in rows), strict=True)
    ]
    lines = []
    for row in rows:
        cells = zip((row.result, row.actual, row.limit), widths, strict=True)
        padded = "  ".join(cell(text) + " " * (most - width(text)) for text, most in cells)
        lines.append(f"{padded}  {cell(row.title, TITLE)}".rstrip())
    return lines


def cell(text: str, most: int = FIGURE * 2) -> str:
    """A text as it may stand in a fixed-width table."""
    return escape.line(text.replace("`", "'"), most)


def width(text: str) -> int:
    """Columns a text takes where letters have one width: Korean ones take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
