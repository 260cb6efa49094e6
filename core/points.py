"""One moment of a timeline, as a value. `core.timeline` finds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

What = Literal["t0", "phase", "step", "due", "decision", "report", "review", "watch-end", "verdict"]
State = Literal["ahead", "now", "done", "missed", "skipped", "late", "overdue"]


@dataclass(frozen=True)
class Point:
    """One moment (UTC; None: as soon as everything before it is done, and nobody can say when that is).

    `about`: estimated. `until`: a decision's deadline, the end of a bake or watch. `note`: the local time `written` does not
    exist on that day ('skipped') or exists twice. `items`: of a due moment. `happened`: when it really was; `at` is then what
    was planned, or the same where nothing was."""

    what: What
    at: datetime | None
    phase: str = ""
    step: str = ""
    kind: str = ""
    roles: tuple[str, ...] = ()
    about: bool = False
    until: datetime | None = None
    default: str = ""
    items: tuple[str, ...] = ()
    note: Literal["", "skipped", "twice"] = ""
    written: str = ""
    state: State = "ahead"
    happened: datetime | None = None
    by: str = ""

    @property
    def when(self) -> datetime | None:
        """What it is sorted and shown by: the real moment, else the planned one."""
        return self.happened or self.at

    @property
    def needs_people(self) -> bool:
        """Whether somebody has to do something at it."""
        return self.what in ("due", "decision", "verdict") or bool(self.roles)
