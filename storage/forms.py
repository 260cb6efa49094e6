"""A shape and its JSON: what is read is equal to what was written, or it is refused. It must not know which shapes there are."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

# Infinite edges of histograms are values here; JSON has no number for them, but our readers know the word.
# A name that nobody knows is refused: a field that went away needs an upgrade, or what it said would be lost unseen.
_EXACT = ConfigDict(ser_json_inf_nan="constants", allow_inf_nan=True, extra="forbid")


class Unreadable(Exception):
    """Something stored cannot be read, or something to be stored could not be read again. The text says what and why."""


class Form:
    """One shape and its JSON. Settings do not reach a plain dataclass by itself, only inside a tuple: so every value
    travels in a tuple of one."""

    def __init__(self, name: str, shape: Any) -> None:
        self._name = name
        adapter: TypeAdapter[Any] = TypeAdapter(tuple[shape], config=_EXACT)
        # The adapter's own methods are a layer of defaults over these two, and cost as much again as a small value does.
        self._to_json = adapter.serializer.to_json
        self._validate = adapter.validator.validate_json

    def write(self, value: Any, *, proof: bool = False) -> str:
        """The value's JSON. Raises Unreadable for a value that is not of its shape; with `proof` it is also read back, which
        finds words that are none of those allowed. What the rules made needs no proof, what comes from outside does."""
        try:
            data = self._to_json((value,), warnings="error")
            if proof:
                self._validate(data)
        except (PydanticSerializationError, ValidationError) as wrong:
            raise Unreadable(
                f"this {self._name} does not fit its own shape and is not stored: {wrong}"
            ) from wrong
        return data.decode()[1:-1]

    def read(self, text: str) -> Any:
        """The value. Raises Unreadable."""
        try:
            return self._validate(f"[{text}]")[0]
        except ValidationError as wrong:
            raise Unreadable(f"a stored {self._name} cannot be read: {wrong}") from wrong
