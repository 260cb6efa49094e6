"""Numbers with a unit that is the team's own: '2', '2 GB', '30명'. For values that people enter, whose units nobody can list.

It must not know what a number is compared with.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, PlainSerializer, PlainValidator, WithJsonSchema

from core.plan.quantities import Limit, figure, parse_limit

_WRITTEN = re.compile(
    r"(?:<=|>=|<|>|≤|≥)?\s*([-+]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,15})?)"
    r"\s*((?:[^\s\d.,+-]\S{0,19})?)"
)


def parse_figure(text: str) -> Limit:
    """A number, perhaps with a unit behind it and thousands with commas: '1,240', '0.08 %', '2GB'. Raises ValueError."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text.strip()[:60]}' is not a number: write it like '2', '0.08' or '1,240'")
    return Limit(float(found[1].replace(",", "")), found[2])


def figure_in(written: Limit, unit: str) -> float:
    """The number in `unit`. Without a unit of its own it is in that one; times convert. Raises ValueError with a sentence."""
    if written.unit in ("", unit) or written.unit.casefold() == unit.casefold():
        return written.value
    try:
        return parse_limit(f"{figure(written.value)}{written.unit}").in_unit(parse_limit(f"1{unit}").unit)
    except ValueError:
        have = f"is in {unit}" if unit else "has no unit"
        raise ValueError(
            f"'{written.text}' is in {written.unit}, and the value {have}: write the number alone"
        ) from None


def at_most_one(part: BaseModel, what: str, *names: str) -> None:
    """Raises ValueError with a sentence when `part` has several of `names` (as people write them)."""
    written = {info.alias or name: name for name, info in type(part).model_fields.items()}
    if sum(getattr(part, written[name]) is not None for name in names) > 1:
        raise ValueError(f"{what} has at most one of: {', '.join(names)}")


def _read_figure(raw: Any) -> Limit:
    if isinstance(raw, Limit):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError("a number belongs here: write it like 2, 0.08 or '2 GB'")
    return parse_figure(raw if isinstance(raw, str) else figure(raw))


FigureField = Annotated[
    Limit,
    PlainValidator(_read_figure),
    PlainSerializer(lambda limit: limit.text, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number"}, {"type": "string", "pattern": "[0-9]"}],
            "description": "A number, with or without the value's unit.",
            "examples": [2, "0.08 %"],
        }
    ),
]
