"""Walking a plan: every part of it with its path, and which keys may stand at a path.

Paths are those of the YAML file: the keys as people write them, not as the classes name them.
It must not know what is right or wrong.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from core.plan.models import Plan
from core.plan.problems import Path


class _Last:
    """The plan that was walked last, with its parts: what checks a plan walks it fifteen times, and it is frozen."""

    known: tuple[Plan, tuple[tuple[Path, BaseModel], ...]] | None = None


def parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, BaseModel]]:
    """`value` and every model inside it, outermost first, with their paths."""
    if path or not isinstance(value, Plan):
        return _walked(value, path)
    last = _Last.known
    if last is None or last[0] is not value:
        last = _Last.known = (value, tuple(_walked(value, path)))
    return iter(last[1])


def _walked(value: Any, path: Path) -> Iterator[tuple[Path, BaseModel]]:
    open_: list[tuple[Any, Path]] = [(value, path)]
    while open_:
        one, here = open_.pop()
        if isinstance(one, BaseModel):
            yield here, one
            values = one.__dict__
            inner = [
                (values[name], (*here, key)) for name, key in _names(type(one)) if not _is_leaf(values[name])
            ]
        elif isinstance(one, dict):
            inner = [(value, (*here, key)) for key, value in one.items() if not _is_leaf(value)]
        elif isinstance(one, tuple):
            inner = [(value, (*here, index)) for index, value in enumerate(one) if not _is_leaf(value)]
        else:
            continue
        open_.extend(reversed(inner))


def _is_leaf(value: Any) -> bool:
    return type(value) in _LEAVES


_LEAVES = frozenset((str, int, float, bool, type(None)))


@cache
def _names(kind: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """The fields of a model and the keys they have in YAML."""
    return tuple((name, info.alias or name) for name, info in kind.model_fields.items())


def keyed(model: BaseModel) -> Iterator[tuple[str, Any]]:
    """A model's values under the keys they have in YAML."""
    for name, key in _names(type(model)):
        yield key, getattr(model, name)


def keys_at(path: Path) -> list[str]:
    """The keys that may stand in the mapping at `path`; empty when any may (a mapping of names), or none."""
    return [info.alias or name for model in models_at(path) for name, info in model.model_fields.items()]


def models_at(path: Path) -> list[type[BaseModel]]:
    """The models that may stand at `path` (several where the plan has a choice)."""
    kinds: list[Any] = [Plan]
    for part in path:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _inside(kind: Any, part: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields.items()
        return [
            one for name, info in fields if (info.alias or name) == part for one in _unfold(info.annotation)
        ]
    if get_origin(kind) is dict:
        return _unfold(get_args(kind)[1])
    return _unfold(get_args(kind)[0]) if get_origin(kind) is tuple and isinstance(part, int) else []


def _unfold(kind: Any) -> list[Any]:
    """A choice as its members, without what pydantic hangs on them."""
    if get_origin(kind) is Annotated:
        return _unfold(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [one for member in get_args(kind) for one in _unfold(member)]
    return [kind]
