"""The one error that people are told: a refusal with its reason. Imports nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class Refused(Exception):
    """An act that may not happen now. `key` names a sentence of `commands.texts`, `args` fill it in.

    Nothing has changed when this is raised. The sentence names the rule and, where it is about authority, who may.
    """

    def __init__(self, key: str, **args: object) -> None:
        super().__init__(key, args)
        self.key = key
        self.args_: Mapping[str, object] = MappingProxyType(args)

    def __str__(self) -> str:
        return f"{self.key} {dict(self.args_)}"
