"""The programs that a plan may run, and how an action runs one: arguments, folder, time, what its end means.

It must not know how a program is started.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from core.plan.kinds import Env, Frozen, Id
from core.plan.quantities import DurationField

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _read_ends(raw: Any) -> tuple[int, ...]:
    ends = tuple(raw) if isinstance(raw, list | tuple) else (raw,)
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= 255 for one in ends)
    if not ends or not whole:
        raise ValueError("an exit status is a number from 0 to 255: write 0 or [0, 3]")
    return ends


_ONE_END = {"type": "integer", "minimum": 0, "maximum": 255}
EndsField = Annotated[
    tuple[int, ...],
    PlainValidator(_read_ends),
    PlainSerializer(lambda ends: ends[0] if len(ends) == 1 else list(ends)),
    WithJsonSchema(
        {
            "anyOf": [_ONE_END, {"type": "array", "minItems": 1, "items": _ONE_END}],
            "description": "Exit statuses that mean success.",
        }
    ),
]


class Program(Frozen):
    """A program that commands may run. It is given PATH, HOME and LANG, what its own lines name as ${NAME}, and the variables
    of `environment`; nothing else of the bot's. A plain string is `run` alone."""

    run: Env = Field(min_length=1, description="Its path, or its name on the PATH.")
    folder: Env = Field(
        default="", description="Where it runs: inside the bot's work folder, or an absolute path."
    )
    environment: tuple[str, ...] = Field(
        default=(),
        description="Names of variables that it is given; each must be set for the bot.",
    )

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, raw: Any) -> Any:
        if isinstance(raw, str):
            return {"run": raw}
        # Behind a validator that has seen it, a list of the file is no longer taken for a tuple.
        named = raw.get("environment") if isinstance(raw, dict) else None
        return {**raw, "environment": tuple(named)} if isinstance(named, list) else raw

    @model_validator(mode="after")
    def _fits(self) -> Program:
        for name in self.environment:
            if not _VARIABLE.fullmatch(name):
                raise ValueError(
                    f"'{name[:60]}' is not the name of a variable: write it plainly, like API_URL"
                )
        inside(self.folder)
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        return (self.run, self.folder)


class Command(Frozen):
    """A program with arguments, never a shell line. The program must stand in the plan's `programs`.
    `$weight`, `$version` and other inputs stand for whole arguments or parts of one; they cannot add arguments."""

    program: Id
    args: tuple[str, ...] = ()
    timeout: DurationField = Field(default="5m", validate_default=True)
    folder: str = Field(
        default="",
        description="Where it runs: inside the bot's work folder, or inside its program's absolute folder.",
    )
    ok: EndsField = Field(default=0, validate_default=True)
    dry_run: tuple[str, ...] | None = Field(
        default=None,
        alias="dry-run",
        description="Arguments with which the program only says what it would do.",
    )

    @model_validator(mode="after")
    def _stays_inside(self) -> Command:
        inside(self.folder)
        if self.dry_run is not None and self.dry_run == self.args:
            raise ValueError("a dry run must differ from the action: give it other arguments")
        return self


def inside(folder: str) -> None:
    """Raises ValueError for a folder that leads upwards."""
    if ".." in PurePosixPath(folder).parts:
        raise ValueError(f"the folder '{folder[:60]}' leads out of where it begins: write it without '..'")
