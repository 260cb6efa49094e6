"""Everything that may be asked of the world: requests as values, never calls. They become rows of the outbox.

`lane` orders them: within one deployment the effects of a lane happen one after another, and `world` is the one lane
for all that changes something. What comes of an effect returns as an input (`core.inputs`) with the same `ref`.
Imports nothing of the house.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

Lane = Literal["world", "read", "slack", "notice"]
Place = Literal["top", "thread", "both", "dm"]  # 'both' = a thread reply that is also shown in the channel
Params = tuple[tuple[str, str | int], ...]
Word = str | int | float | bool | None
Words = tuple[tuple[str, Word], ...]


@dataclass(frozen=True)
class Measure:
    """Read every metric in `metrics` for both tracks, in one look. Answer: `Measured` (always, failures inside)."""

    ref: str  # 'look:12', 'baseline:STEP', 'verify:3', 'verdict:STEP', 'check:STEP:ITEM'
    metrics: tuple[str, ...]
    lane: ClassVar[Lane] = "read"
    kind: Literal["measure"] = "measure"


@dataclass(frozen=True)
class CheckItem:
    """Verify one checklist item, one confirmation of a traffic step, or one check of the side a rollback would take the
    traffic to (`step` is then SIDE); of the last two `item` is the number. Answer: `Checked`.

    Never a metric: metric checks are Measures."""

    step: str
    item: str
    round: int
    lane: ClassVar[Lane] = "read"
    kind: Literal["check"] = "check"


@dataclass(frozen=True)
class Run:
    """Carry out an action of the plan; `dry`: only find out exactly what it would change, which is a read. Answer: `Ran`, or
    `EffectFailed` when it gave up or its outcome is unknown."""

    ref: str  # 'step:ID:ROUND', 'rollback:N:ROUND', 'dry:N:ROUND' (a dry run of the way back), 'ticket:STEP:ITEM:ROUND',
    # 'incident:N:look:I', 'incident:N:act:ROUND'
    action: str
    params: Params = ()
    dry: bool = False
    looks: bool = False  # the action changes nothing, by the plan's own word
    kind: Literal["run"] = "run"

    @property
    def lane(self) -> Lane:
        """A dry run changes nothing, and neither does a look; a ticket holds up no change of the world."""
        if self.dry or self.looks:
            return "read"
        return "notice" if self.ref.startswith(TICKET) else "world"


@dataclass(frozen=True)
class SetWeight:
    """Set the canary's share to `weight` percent (an absolute value); `dry` as of a Run. Answer: `Ran` or `EffectFailed`."""

    ref: str  # 'step:ID:ROUND'
    action: str
    weight: int
    params: Params = ()
    dry: bool = False
    kind: Literal["set-weight"] = "set-weight"

    @property
    def lane(self) -> Lane:
        """A dry run changes nothing."""
        return "read" if self.dry else "world"


@dataclass(frozen=True)
class ReadBack:
    """Read the canary's share afresh. Answer: `WeightRead` or `EffectFailed`."""

    ref: str  # 'step:ID:ROUND' or 'verify:N'
    lane: ClassVar[Lane] = "read"
    kind: Literal["read-back"] = "read-back"


@dataclass(frozen=True)
class Record:
    """Find out what each of these actions of the way back would take things back to, as it is now. Answer: `Recorded` (always)."""

    ref: str  # 'rollback/targets:ROUND'
    actions: tuple[str, ...]
    lane: ClassVar[Lane] = "read"
    kind: Literal["record"] = "record"


@dataclass(frozen=True)
class Backfill:
    """Read what looks at these past moments of plan time would have read, for both tracks; of a source that keeps no past, what
    looks have read since the first of them (for a STRETCH only). Answer: `Backfilled` (always)."""

    ref: str  # 'backfill:SECONDS', or 'stretch:STEP:ROUND'
    metrics: tuple[str, ...]
    moments: tuple[datetime, ...]
    lane: ClassVar[Lane] = "read"
    kind: Literal["backfill"] = "backfill"


@dataclass(frozen=True)
class LookBack:
    """Put the report of a rehearsal together, when it is over. Answer: `Reviewed` (always)."""

    ref: str  # 'review'
    lane: ClassVar[Lane] = "read"
    kind: Literal["look-back"] = "look-back"


@dataclass(frozen=True)
class Notify:
    """Tell an audience of the plan, by e-mail or a request, what `view` and `subject` say (as of a Post). At least once. Answer:
    `Ran` or `EffectFailed`."""

    ref: str  # 'notice:announce:STEP:AUDIENCE', or 'notice:page:PAGE:TIER:AUDIENCE'
    audience: str
    view: str  # 'announce', 'page'
    subject: str
    lane: ClassVar[Lane] = "notice"
    kind: Literal["notify"] = "notify"


@dataclass(frozen=True)
class Post:
    """A new message. `key` names it for later updates ('' = never updated); `view` says how it is drawn from the
    deployment as it then stands, `words` carry what the drawing cannot find there (a report's numbers, a log line).

    `people` are mentioned once; `role` adds those of a tier. A post with `answer` returns `Posted` when Slack took it."""

    view: str  # a name in commands.blocks.VIEWS: card, checklist, signoff, decision, page, report, log, announce ...
    key: str = ""
    subject: str = ""  # a step id, page number, report slot ...
    place: Place = "thread"
    channel: str = "main"  # a channel name of the plan, or a user id when place is 'dm'
    people: tuple[str, ...] = ()
    words: Words = ()
    priority: Literal[0, 1, 2, 3] = 3  # 0 page, rollback; 1 decision; 2 report; 3 log
    answer: bool = False
    lane: ClassVar[Lane] = "slack"
    kind: Literal["post"] = "post"


@dataclass(frozen=True)
class Update:
    """Draw the message `key` again; nothing happens when its drawing has not changed. Coalesced to the newest."""

    view: str
    key: str
    subject: str = ""
    priority: Literal[0, 1, 2, 3] = 2
    lane: ClassVar[Lane] = "slack"
    kind: Literal["update"] = "update"


Effect = (
    Measure | CheckItem | Run | SetWeight | ReadBack | Record | Backfill | LookBack | Notify | Post | Update
)
TICKET, NOTICE = "ticket:", "notice:"
"""How the refs begin of actions that open a ticket, and of what audiences are told."""
STRETCH = "stretch:"
"""How the refs begin under which a verdict asks for the past of its metrics."""
SIDE = "rollback/side"
"""The step under which the checks of `rollback.healthy` are asked: no step of a plan can have this name."""


@dataclass(frozen=True)
class Fact:
    """Something that is now true, for the journal, the audit and (unless quiet) a line in the thread.

    `key` names a sentence in commands.texts ('fact.' + key), `words` fill it in."""

    key: str
    words: Words = field(default=())
    quiet: bool = False
