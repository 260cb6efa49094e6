"""Everything that may be asked of the world: requests as values, never calls. They become rows of the outbox.

`lane` orders them: within one deployment the effects of a lane happen one after another, and `world` is the one lane
for all that changes something. What comes of an effect returns as an input (`core.inputs`) with the same `ref`.
Imports nothing of the house.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

Lane = Literal["world", "read", "slack"]
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
    """Verify one checklist item, or one confirmation of a traffic step (`item` is then its number). Answer: `Checked`.

    Only http checks and runs of actions that change nothing; metric checks are Measures."""

    step: str
    item: str
    round: int
    lane: ClassVar[Lane] = "read"
    kind: Literal["check"] = "check"


@dataclass(frozen=True)
class Run:
    """Carry out an action of the plan. Answer: `Ran`, or `EffectFailed` when it gave up or its outcome is unknown."""

    ref: str  # 'step:ID:ROUND' or 'rollback:N:ROUND'
    action: str
    params: Params = ()
    lane: ClassVar[Lane] = "world"
    kind: Literal["run"] = "run"


@dataclass(frozen=True)
class SetWeight:
    """Set the canary's share to `weight` percent (an absolute value). Answer: `Ran` or `EffectFailed`."""

    ref: str  # 'step:ID:ROUND'
    action: str
    weight: int
    params: Params = ()
    lane: ClassVar[Lane] = "world"
    kind: Literal["set-weight"] = "set-weight"


@dataclass(frozen=True)
class ReadBack:
    """Read the canary's share afresh. Answer: `WeightRead` or `EffectFailed`."""

    ref: str  # 'step:ID:ROUND' or 'verify:N'
    lane: ClassVar[Lane] = "read"
    kind: Literal["read-back"] = "read-back"


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


Effect = Measure | CheckItem | Run | SetWeight | ReadBack | Post | Update
CHANGES_THE_WORLD = (Run, SetWeight)


@dataclass(frozen=True)
class Fact:
    """Something that is now true, for the journal, the audit and (unless quiet) a line in the thread.

    `key` names a sentence in commands.texts ('fact.' + key), `words` fill it in."""

    key: str
    words: Words = field(default=())
    quiet: bool = False
