"""What is large and alike from row to row, made small: compressed text, and the readings of looks as lists without names.

It must not know what a reading means.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

from core.inputs import Reading
from storage.forms import Form, Unreadable

_READINGS = Form("list of readings", tuple[Reading, ...])
_READING = ("metric", "track", "state", "values", "detail", "sampled_at")
_SHORT: dict[str, Any] = {"separators": (",", ":"), "ensure_ascii": False}


def pack_readings(readings: tuple[Reading, ...]) -> bytes:
    """The readings of one look, compressed: lists instead of named fields, and whole numbers without their '.0'.
    Raises Unreadable for readings that are not of their shape."""
    return pack(json.dumps(_rows_of(readings), **_SHORT))


def unpack_readings(data: bytes) -> tuple[Reading, ...]:
    """The readings again. Raises Unreadable."""
    return _readings_of(_loaded(data))


def pack_looks(looks: Iterable[tuple[Reading, ...]]) -> bytes:
    """The readings of several looks, one after another. Raises Unreadable for readings that are not of their shape."""
    return pack(json.dumps([_rows_of(readings) for readings in looks], **_SHORT))


def unpack_looks(data: bytes) -> list[tuple[Reading, ...]]:
    """The readings of several looks again. Raises Unreadable."""
    looks = _loaded(data)
    if not isinstance(looks, list):
        raise Unreadable("stored readings cannot be read: they are no list")
    return [_readings_of(rows) for rows in looks]


def _rows_of(readings: tuple[Reading, ...]) -> list[list[Any]]:
    _READINGS.write(readings, proof=True)
    return [
        [one.metric, one.track, one.state, list(map(_short, one.values)), one.detail, *_sampled(one)] for one in readings
    ]  # fmt: skip


def _loaded(data: bytes) -> Any:
    text = unpack(data)
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise Unreadable(f"stored readings cannot be read: {wrong}") from wrong


def _readings_of(rows: Any) -> tuple[Reading, ...]:
    try:
        named = [dict(zip(_READING[: max(5, len(row))], row, strict=True)) for row in rows]
    except (ValueError, TypeError) as wrong:
        raise Unreadable(f"stored readings cannot be read: {wrong}") from wrong
    readings: tuple[Reading, ...] = _READINGS.read(json.dumps(named))
    return readings


def _sampled(reading: Reading) -> list[float]:
    """The sample's own time, where there is one."""
    return [] if reading.sampled_at is None else [_short(reading.sampled_at)]


def _short(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def pack(text: str) -> bytes:
    """Compressed text, for what is large, alike from row to row, and never searched."""
    return zlib.compress(text.encode(), 9)


def unpack(data: bytes) -> str:
    """The text again. Raises Unreadable."""
    try:
        return zlib.decompress(data).decode()
    except (zlib.error, UnicodeDecodeError) as wrong:
        raise Unreadable(f"a stored compressed value cannot be read: {wrong}") from wrong
