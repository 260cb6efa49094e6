"""What one plan needs of the sandbox: when its world begins, who is there, what runs, and how things go wrong in it.

A setting is data; the world (`sandbox.world`) and the scripts (`sandbox.scripted`) play any of them. It must not know the bot,
nor a particular plan: those stand in `sandbox.worlds`, one module each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Ground:
    """What a site stands on. `plan_time`: the world's present. `plan_at`: what it was at a real moment (unix seconds).
    `per_5min`: requests of the service in five plan minutes, where it counts any."""

    plan_time: Callable[[], datetime]
    plan_at: Callable[[float], datetime]
    seed: int
    per_5min: float


class Site(Protocol):
    """The systems that a plan deploys to and looks at: real servers on this machine."""

    async def start(self) -> None:
        """Everything listens."""
        ...

    async def stop(self) -> None:
        """Nothing does any more; a second call does nothing."""
        ...

    def environment(self, folder: Path, *, unhurried: bool) -> dict[str, str]:
        """The variables the plan names; writes what they point to into `folder`. `unhurried`: programs take their time."""
        ...

    def make_sick(self, sick: bool) -> None:
        """It falls ill, or is well again."""
        ...

    def scraped(self) -> Mapping[str, str]:
        """What a Prometheus would scrape here instead of the plan's own source of metrics: job and address (host:port).
        Empty where the plan needs no other."""
        ...


@dataclass(frozen=True)
class Instead:
    """How somebody answers in a script when the usual way is not what they would do: what is asked (an empty `step` or
    `subject` fits any) is answered by another button (`verb`), or `by` types a command (`types`).

    `again`: once a step, not once a script. `when_sick`: only after things have gone wrong."""

    kind: str
    step: str = ""
    subject: str = ""
    verb: str = ""
    types: str = ""
    by: str = ""
    again: bool = False
    when_sick: bool = True


@dataclass(frozen=True)
class Channel:
    """A channel of the workspace beside the usual ones."""

    id: str
    name: str
    purpose: str


@dataclass(frozen=True)
class Setting:
    """One plan's world. `about` and `ill` are sentences in English and Korean. `inputs` are what a start names; `team` is the
    team file with `{language}` in it. `falls_ill` and `middle` (of the rollout) count from `begins`. `writes`: what people write
    when an item ('STEP/ITEM') wants something of its own; `expected`: the verdict of each script; `follows`: the
    plan that GO opens, if there is one; `at_most_s`: the real seconds that a script may take."""

    plan: str
    begins: datetime
    inputs: str
    starter: str
    team: str
    build: Callable[[Ground], Site]
    about: Mapping[str, str]
    falls_ill: timedelta
    middle: timedelta
    ill: str
    expected: Mapping[str, str]
    instead: tuple[Instead, ...] = ()
    channels: tuple[Channel, ...] = ()
    writes: Mapping[str, str] = field(default_factory=dict)
    follows: str = ""
    at_most_s: float = 1800.0

    @property
    def command(self) -> str:
        """What the starter types."""
        return f"/deploy start {self.plan} {self.inputs}".rstrip()
