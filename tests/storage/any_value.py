"""Any value that a type allows, for the shapes that are stored: dataclasses, tuples, unions, literals and plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import EnumType
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(allow_nan=False)
moments = st.datetimes(
    datetime(1990, 1, 1, tzinfo=UTC).replace(tzinfo=None),
    datetime(2200, 1, 1, tzinfo=UTC).replace(tzinfo=None),
    timezones=st.just(UTC),
)
words = st.one_of(texts, st.integers(), numbers, st.booleans(), st.none())

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    float: numbers,
    int: st.integers(),
    bool: st.booleans(),
    datetime: moments,
    timedelta: st.timedeltas(),
    date: st.dates(),
    NoneType: st.none(),
}


def any_value(shape: Any, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A strategy for `shape`; `fixed` gives the strategies of some of a dataclass's own fields."""
    if shape in _PLAIN:
        return _PLAIN[shape]
    if isinstance(shape, EnumType):
        return st.sampled_from(list(shape))
    if isinstance(shape, type) and is_dataclass(shape):
        hints = get_type_hints(shape)
        parts = {
            part.name: fixed[part.name] if part.name in fixed else any_value(hints[part.name])
            for part in fields(shape)
            if part.init
        }
        return st.builds(shape, **parts)
    return _generic(get_origin(shape), get_args(shape))


def _generic(origin: Any, args: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, UnionType):
        return st.one_of([any_value(arg) for arg in args])
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(any_value(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(any_value(arg) for arg in args))
    if origin is Mapping:
        return st.dictionaries(any_value(args[0]), any_value(args[1]), max_size=2)
    raise TypeError(f"a stored value of type {origin}[{args}] is new here")
