"""The arguments of a Web API call, whether they came as a query, a form or JSON.

Must not know any method: it decodes and checks kinds, and refuses with invalid_arguments.
"""

import json
from typing import Any

from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.records import Json

_TRUE = {"1", "true", "True"}
_FALSE = {"0", "false", "False", ""}


class Args:
    """One call's arguments. An argument that is None, or absent, was not given."""

    def __init__(self, values: Json) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        """A string argument; numbers are taken as their text."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise invalid_arguments(f"must be a string [json-pointer:/{name}]")
        return str(value)

    def maybe(self, name: str) -> str | None:
        """A string argument, or None if it was not given (or is empty)."""
        return self.text(name) or None

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean argument: true/false, 1/0."""
        value = self.values.get(name, default)
        if isinstance(value, bool):
            return value
        if str(value) in _TRUE:
            return True
        if str(value) in _FALSE:
            return False
        raise invalid_arguments(f"must be a boolean [json-pointer:/{name}]")

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.values.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]") from None

    def listing(self, name: str) -> list[str]:
        """A list of words: a JSON array, or text with commas."""
        value = self.values.get(name, [])
        if isinstance(value, str):
            value = value.strip()
            value = (
                self._decoded(name, value, "invalid_arguments") if value.startswith("[") else value.split(",")
            )
        if not isinstance(value, list):
            raise invalid_arguments(f"must be an array [json-pointer:/{name}]")
        return [str(entry).strip() for entry in value if str(entry).strip()]

    def array(self, name: str, error: str) -> list[Json] | None:
        """An array of objects (as JSON text or JSON), or None if it was not given; `error` if it is something else."""
        if name not in self.values:
            return None
        value = self._decoded(name, self.values[name], error)
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise SlackError(error)
        return value

    def mapping(self, name: str, error: str) -> Json | None:
        """An object (as JSON text or JSON), or None if it was not given; `error` if it is something else."""
        if name not in self.values:
            return None
        value = self._decoded(name, self.values[name], error)
        if not isinstance(value, dict):
            raise SlackError(error)
        return value

    def _decoded(self, name: str, value: Any, error: str) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise (
                invalid_arguments(f"must be JSON [json-pointer:/{name}]")
                if error == "invalid_arguments"
                else SlackError(error)
            ) from None
