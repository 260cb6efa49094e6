"""Objects of a cluster as plain values: what differs between two, the patch that makes one of the other, and one field set.

Everything here is a pure function. It must not know how an object is read or written, nor which verb asks.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jmespath  # type: ignore[import-untyped]  # the package ships no types

from bot.errors import GaveUp
from core.plan.fields import Index, Key, Part, Which, parse_field

Object = dict[str, Any]

HIDDEN: Final = "(not shown)"
_MOST_LINES: Final = 40
_LONGEST: Final = 200
# What the server writes by itself, and no reader of a difference wants to see.
_SERVERS: Final = frozenset(
    {
        "managedFields",
        "resourceVersion",
        "generation",
        "uid",
        "creationTimestamp",
        "selfLink",
        "deletionTimestamp",
    }
)
_COPY: Final = "kubectl.kubernetes.io/last-applied-configuration"  # the whole object again, secrets and all
_SECRET_NAME: Final = re.compile(r"(?i)passw|secret|token|credential|api[_.-]?key|private[_.-]?key")


def merge_patch(old: Any, new: Any) -> Any:
    """The JSON merge patch (RFC 7386) that makes `new` of `old`; {} when nothing has to change. Lists are written whole."""
    patch: Object = {}
    for key in old.keys() - new.keys():
        patch[key] = None
    for key, value in new.items():
        if key not in old:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(old[key], dict):
            inner = merge_patch(old[key], value)
            if inner:
                patch[key] = inner
        elif old[key] != value:
            patch[key] = value
    return patch


# --------------------------------------------------------------------------------------------------- what differs


def differences(old: Object | None, new: Object | None) -> list[str]:
    """One line a field: 'spec.replicas: 2 -> 3'. Values that may be secret are said to differ and are not shown."""
    kind = str((new or old or {}).get("kind", ""))
    found = [
        _line(path, before, after, kind)
        for path, before, after in _changes("", _shown(old), _shown(new))
        if not path.endswith(f'["{_COPY}"]')
    ]
    if len(found) > _MOST_LINES:
        return [*found[:_MOST_LINES], f"... and {len(found) - _MOST_LINES} more"]
    return found


def _shown(whole: Object | None) -> Object:
    """Without what the server writes: its own marks, and the status."""
    if whole is None:
        return {}
    metadata = {key: value for key, value in (whole.get("metadata") or {}).items() if key not in _SERVERS}
    rest = {key: value for key, value in whole.items() if key not in ("metadata", "status")}
    return {**rest, "metadata": metadata}


_GONE: Final = object()


def _changes(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes(_below(path, key), old.get(key, _GONE), new.get(key, _GONE))
    elif _named(old) and _named(new):
        before, after = _by_name(old), _by_name(new)
        for name in dict.fromkeys([*before, *after]):
            yield from _changes(f"{path}[{name}]", before.get(name, _GONE), after.get(name, _GONE))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(f"{path}[{place}]", one, other)
    elif old != new:
        yield path, old, new


def _below(path: str, key: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]+", key):
        return f"{path}.{key}" if path else key
    return f'{path}["{key}"]'


def _named(value: Any) -> bool:
    """A list of things with names of their own, like containers: their places mean nothing."""
    if not isinstance(value, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in value
    ):
        return False
    return len(_by_name(value)) == len(value)


def _by_name(value: list[Object]) -> dict[str, Object]:
    return {one["name"]: one for one in value}


def _line(path: str, old: Any, new: Any, kind: str) -> str:
    if _hidden(path, kind):
        word = "added" if old is _GONE else "taken out" if new is _GONE else "changed"
        return f"{path}: {word} {HIDDEN}"
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        old, new = _without_secrets(old), _without_secrets(new)
    return f"{path}: {_text(old)} -> {_text(new)}"


def _hidden(path: str, kind: str) -> bool:
    """Whether what stands there may be secret: by where it is, or by its name."""
    of_a_secret = kind == "Secret" and path.split(".")[0] in ("data", "stringData")
    return of_a_secret or _SECRET_NAME.search(path) is not None


def shown(fields: Object, kind: str) -> str:
    """Fields with their values in a line, 'spec.replicas 3, data.key (not shown)': without what may be secret."""
    said = (
        f"{path} {HIDDEN if _hidden(path, kind) else _text(_without_secrets(value))}"
        for path, value in fields.items()
    )
    return ", ".join(said)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        name = str(value.get("name", ""))
        return {
            key: HIDDEN
            if _SECRET_NAME.search(key) or (key == "value" and _SECRET_NAME.search(name))
            else _without_secrets(inner)
            for key, inner in value.items()
        }
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    text = "(nothing)" if value is _GONE else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def without_secrets(whole: Object) -> Object:
    """The object as it may be looked at: a Secret keeps its keys and loses their values."""
    if whole.get("kind") != "Secret":
        return whole
    hidden = {
        part: dict.fromkeys(whole[part], HIDDEN)
        for part in ("data", "stringData")
        if isinstance(whole.get(part), dict)
    }
    metadata = dict(whole.get("metadata") or {})
    metadata["annotations"] = {
        key: value for key, value in (metadata.get("annotations") or {}).items() if key != _COPY
    }
    return {**whole, **hidden, "metadata": metadata}


# ------------------------------------------------------------------------------------------------------ one field


def with_fields(whole: Object, fields: Mapping[str, Any]) -> Object:
    """The object with the fields set. GaveUp when a path leads nowhere: an element of a list that is not there, or a field
    below something that is no mapping. Mappings on the way are made."""
    changed = copy.deepcopy(whole)
    for written, value in fields.items():
        _set(changed, parse_field(written), value, written)
    return changed


def _set(whole: Object, parts: tuple[Part, ...], value: Any, written: str) -> None:
    here: Any = whole
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        place = _place(here, part, written)
        if following is None:
            here[place] = value
            return
        if isinstance(here, dict) and here.get(place) is None and isinstance(following, Key):
            here[place] = {}
        here = here.get(place) if isinstance(here, dict) else here[place]


def fields_of(whole: Object, paths: Mapping[str, Any]) -> Object:
    """What stands at the paths now; None where nothing does."""
    found: Object = {}
    for written in paths:
        here: Any = whole
        try:
            for part in parse_field(written):
                place = _place(here, part, written)
                here = here.get(place) if isinstance(here, dict) else here[place]
        except GaveUp:
            here = None
        found[written] = here
    return found


def _place(here: Any, part: Part, written: str) -> Any:
    match part:
        case Key(name):
            if isinstance(here, dict):
                return name
        case Index(place):
            if isinstance(here, list) and place < len(here):
                return place
        case Which(field, wanted):
            if isinstance(here, list):
                places = [
                    place
                    for place, one in enumerate(here)
                    if isinstance(one, dict) and _is(one, field, wanted)
                ]
                if len(places) == 1:
                    return places[0]
    raise GaveUp(
        f"The object has nothing, or more than one thing, at '{written}' ({_called(part)}): nothing was changed."
    )


def _is(one: Object, field: str, wanted: str) -> bool:
    found: Any = one
    for key in field.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return isinstance(found, str | int) and not isinstance(found, bool) and str(found) == wanted


def _called(part: Part) -> str:
    match part:
        case Key(name):
            return name
        case Index(place):
            return f"[{place}]"
        case Which(field, wanted):
            return f"[{field}={wanted}]"


def search(expression: str, whole: Object) -> Any:
    """What a JMESPath finds in an object; None when it finds nothing."""
    return jmespath.search(expression, whole)
