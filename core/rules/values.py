"""Numbers that people enter for an item: read, held against the limits, and either settled or left open as a fail.

It must not know how a number is asked for.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Word
from core.errors import Refused
from core.inputs import ItemMarked
from core.plan.figures import figure_in, parse_figure
from core.plan.models import Item, Value
from core.plan.quantities import figure
from core.state import Deployment, ItemState, StepState


def asked(item: Item, step: str) -> dict[str, object]:
    """What is asked for, as words: the item, its step, the unit, the limits."""
    value = item.value or Value()
    return {"item": item.id, "step": step, "unit": value.unit, "limits": limits_of(value)}


def limits_of(value: Value) -> str:
    """The limits as one word: 'below=1 %;at-least=0 %'."""
    return ";".join(f"{side}={shown(limit, value.unit)}" for side, limit in value.limits)


def shown(number: float, unit: str) -> str:
    """A number with its unit, exactly as it counts: '0.08 %'."""
    return f"{figure(number)} {unit}".strip()


def passing(item: Item) -> str:
    """A number that passes, as a person would type it; '' for an item that asks for none. For whoever plays a person."""
    if item.value is None:
        return ""
    low = max((limit for side, limit in item.value.limits if side in ("above", "at-least")), default=None)
    high = min((limit for side, limit in item.value.limits if side in ("below", "at-most")), default=None)
    if low is not None and high is not None:
        number = (low + high) / 2
    elif low is not None:
        number = low + 1
    else:
        number = 0.0 if high is None else high / 2 if high > 0 else high - 1
    return figure(round(number, 6))


def read(text: str, item: Item, step: str) -> float:
    """The number in the item's unit. Raises Refused that says how it is written."""
    unit = item.value.unit if item.value is not None else ""
    try:
        return figure_in(parse_figure(unicodedata.normalize("NFKC", text)), unit)
    except ValueError:
        raise Refused("value-unreadable", value=text.strip()[:60], **asked(item, step)) from None


def entered(
    deployment: Deployment, step: StepState, state: ItemState, item: Item, happened: ItemMarked, now: datetime
) -> tuple[Decision, bool]:
    """(what follows, whether the item is settled) of a number that a person entered."""
    value = item.value or Value()
    number = read(happened.value, item, step.id)
    passes = value.passes(number)
    words: dict[str, Word] = {
        "step": step.id,
        "item": item.id,
        "by": happened.by,
        "entered": shown(number, value.unit),
        "limits": limits_of(value),
        "note": happened.note,
    }
    known = replace(
        state, by=happened.by, at=now, note=happened.note, checking=False, value=number, unit=value.unit,
        mark="done" if passes else "open", failed="" if passes else shown(number, value.unit),
    )  # fmt: skip
    decision = Decision(deployment.with_step(step.with_item(known)))
    key = "item-valued" if not value.limited else "item-passed" if passes else "item-not-passed"
    return decision.fact(key, **words), passes
