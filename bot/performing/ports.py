"""What a vendor can do for a plan, one protocol an ability. A vendor's room (`over_http`, `by_command` ...) offers those
it has; `bot.vendors` puts them together, and the kinds of effects ask for them by the plan's own key: 'http', 'command'.

It must not know any vendor. Whatever a room raises is TryLater or GaveUp; no policy stands in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

from bot.adapters.templates import Values
from bot.errors import GaveUp
from bot.performing.work import Work
from core.findings import Finding
from core.inputs import Alert, Reading
from core.plan.models import Action, Audience, Check, Metric, Plan, ReadWeight
from core.plan.prometheus import GateAlerts

Track = Literal["canary", "control"]
TRACKS: Final[tuple[Track, ...]] = ("canary", "control")


@dataclass(frozen=True)
class Attempt:
    """An action that ended: as wished or not, what it showed, and how long it took in seconds. `printed`: bytes of all that it
    showed, when `evidence` is not all of it. Evidence may be as long as it is (`outputs` sorts it)."""

    ok: bool
    evidence: str
    took_s: float = 0.0
    printed: int = 0
    nothing_yet: bool = False  # a dry run that has nothing to look at, because the plan has not made it yet
    link: str = ""  # to what it has made, where the plan says where that stands


@dataclass(frozen=True)
class Saying:
    """What an audience is told: `subject` is one line, `text` all of it, plain."""

    subject: str
    text: str


@dataclass(frozen=True)
class Compared:
    """`agrees` is None when the answer says neither; `evidence` is for people: a line, or what a program printed (`printed` bytes
    in all, when the evidence is not all of it). `value`: the number that was compared, in `unit`, where it was one."""

    agrees: bool | None
    evidence: str
    printed: int = 0
    value: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Wanted:
    """One metric of one track that a look asks for, by its name in the plan."""

    name: str
    metric: Metric
    track: Track


@dataclass(frozen=True)
class Found:
    """What an action would take things back to, read before the first change. `healthy` None: it cannot be told. `what` is a
    sentence for people, `data` JSON that only the room that wrote it reads."""

    healthy: bool | None
    what: str
    data: str


class Acts(Protocol):
    """Carries out actions of its kind. Raises TryLater (`unknown`: it may have happened) or GaveUp."""

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        """Carries the action out once."""
        ...

    async def dry(self, work: Work, action: Action, values: Values) -> Attempt:
        """Says exactly what `attempt` would change, and changes nothing."""
        ...

    async def record(self, work: Work, action: Action, values: Values) -> Found | None:
        """What the action would take things back to, as it is now. None: the action needs no such target."""
        ...


class Verifies(Protocol):
    """Makes checks of its kind."""

    async def verify(self, plan: Plan, check: Check, values: Values) -> Compared:
        """Looks once and compares. Raises TryLater or GaveUp when there is no answer."""
        ...


class Measures(Protocol):
    """Reads metrics of its kind of source. Never fails: what could not be read is a reading that says so."""

    async def read(self, work: Work, wanted: Sequence[Wanted]) -> list[Reading]:
        """One reading for each of `wanted`, in its order; all of one look."""
        ...

    async def history(
        self, work: Work, wanted: Sequence[Wanted], moments: Sequence[datetime]
    ) -> list[list[Reading]] | None:
        """What `read` would have answered at each of these moments of real time. None: this source keeps no past."""
        ...


class Warns(Protocol):
    """Knows which alerts fire, for its kind of source."""

    async def firing(self, plan: Plan, wanted: GateAlerts) -> tuple[Alert, ...] | str:
        """Those a gate shows, each once; or why they could not be read, as a reading's detail. Never fails."""
        ...


class Tells(Protocol):
    """Tells an audience by its kind of source. Raises TryLater (`unknown`: it may have been told) or GaveUp."""

    async def tell(self, work: Work, audience: Audience, saying: Saying) -> Attempt:
        """Tells it once, under the name that the work's claim has in every attempt."""
        ...


class Weighs(Protocol):
    """Reads the canary's share from its kind of source."""

    async def weight(self, work: Work, read: ReadWeight) -> int:
        """Whole percent, 0 to 100, read afresh. Raises TryLater or GaveUp."""
        ...


class Diagnoses(Protocol):
    """Says what works, and what does not, of one thing that a plan gives this vendor: a source, or for `command` a program.
    Changes nothing, never raises: what cannot be found out is a finding that says so. Every key it uses has a sentence
    'doctor.KEY' in `commands.texts`, and where something is broken one 'mend.KEY' that says what to do."""

    async def diagnose(self, plan: Plan, name: str) -> list[Finding]:
        """What was found about `plan.sources[name]` (or `plan.programs[name]`): there, reachable, authorised, how long it took."""
        ...


@dataclass(frozen=True)
class Vendors:
    """Who has which ability, by the plan's key: of an action, a check, a source."""

    acts: Mapping[str, Acts] = field(default_factory=dict)
    verifies: Mapping[str, Verifies] = field(default_factory=dict)
    measures: Mapping[str, Measures] = field(default_factory=dict)
    weighs: Mapping[str, Weighs] = field(default_factory=dict)
    warns: Mapping[str, Warns] = field(default_factory=dict)
    diagnoses: Mapping[str, Diagnoses] = field(default_factory=dict)
    tells: Mapping[str, Tells] = field(default_factory=dict)

    def acting(self, action: Action) -> Acts:
        """Who carries this action out. GaveUp when nobody can."""
        found = self.acts.get(action.kind)
        if found is None:
            raise GaveUp(f"Nobody here carries out '{action.kind}' actions.")
        return found

    def verifying(self, check: Check) -> Verifies:
        """Who makes this check. GaveUp when nobody can."""
        found = self.verifies.get(check.kind)
        if found is None:
            raise GaveUp(f"Nobody here makes '{check.kind}' checks.")
        return found

    def telling(self, plan: Plan, audience: Audience) -> Tells:
        """Who tells this audience. GaveUp when its source is not there or cannot."""
        way = audience.email or audience.webhook
        source = plan.sources.get(way.source) if way is not None else None
        if way is None or source is None:
            raise GaveUp("The plan has no source by which this audience is told.")
        found = self.tells.get(source.kind)
        if found is None:
            raise GaveUp(f"Nobody can be told by a '{source.kind}' source.")
        return found

    def weighing(self, plan: Plan, read: ReadWeight) -> Weighs:
        """Who reads the share. GaveUp when the source is not there or cannot say."""
        source = plan.sources.get(read.source)
        if source is None:
            raise GaveUp(f"The plan has no source '{read.source}'.")
        found = self.weighs.get(source.kind)
        if found is None:
            raise GaveUp(f"The share cannot be read from a '{source.kind}' source.")
        return found
