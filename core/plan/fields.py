"""Field paths: which place inside a Kubernetes object a plan speaks of, written `spec.http[primary].route[0].weight`.

A path is structure, so it never holds a variable. An element of a list is named by its place, by its `name`, or by any
field of its own, because a place may change with the next edit of the object. It must not know what is written there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = re.compile(
    r"""(?P<dot>\.)?(?:
        (?P<key>[A-Za-z0-9_-]+)
      | \[(?P<index>[0-9]+)\]
      | \["(?P<quoted>[^"]+)"\]
      | \[(?:(?P<field>[A-Za-z0-9_.-]+)=)?(?P<value>[^\]\["$=]+)\]
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Key:
    """A key of a mapping."""

    name: str


@dataclass(frozen=True)
class Index:
    """An element of a list by its place, from 0."""

    place: int


@dataclass(frozen=True)
class Which:
    """The one element of a list whose field (a dotted path inside it) has this value."""

    field: str
    value: str


Part = Key | Index | Which


def parse_field(path: str) -> tuple[Part, ...]:
    """The parts of a path. Raises ValueError with one sentence that shows how to write one."""
    found: list[Part] = []
    at = 0
    while at < len(path):
        part = _PART.match(path, at)
        # A dot stands before every key but the first, and before nothing else.
        if part is None or (part["dot"] is not None) != (part["key"] is not None and at > 0):
            raise ValueError(_advice(path))
        if part["index"] is not None:
            found.append(Index(int(part["index"])))
        elif part["value"] is not None:
            found.append(Which(part["field"] or "name", part["value"]))
        else:
            found.append(Key(part["key"] or part["quoted"]))
        at = part.end()
    if not found or not isinstance(found[0], Key):
        raise ValueError(_advice(path))
    return tuple(found)


def _advice(path: str) -> str:
    return (
        f"'{path[:60]}' is not a path to a field: write it like 'spec.replicas', 'spec.rules[0].backendRefs[canary].weight', "
        "'spec.http[primary].route[destination.subset=canary].weight' or 'metadata.annotations[\"example.com/key\"]'"
    )
