"""Walking a plan: every part of it with its path, and which keys may stand at a path.

Paths are those of the YAML file: the keys as people write them, not as the classes name them.
It must not know what is right or wrong.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from core.plan.models import Plan
from core.plan.problems import Path


def parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, BaseModel]]:
    """`value` and every model inside it, outermost first, with their paths."""
    if isinstance(value, BaseModel):
        yield path, value
        for key, inner in keyed(value):
            yield from parts(inner, (*path, key))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from parts(inner, (*path, key))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from parts(inner, (*path, index))


def keyed(model: BaseModel) -> Iterator[tuple[str, Any]]:
    """A model's values under the keys they have in YAML."""
    for name, info in type(model).model_fields.items():
        yield info.alias or name, getattr(model, name)


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
