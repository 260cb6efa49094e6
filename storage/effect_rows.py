"""Effects as rows of the outbox: how they are stored in the ledger's transaction, completed in it, and withdrawn.

It must not know who performs them; handing out is the business of `storage.outbox`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.effects import SIDE, CheckItem, Effect, Lane, Post, Update
from storage import codec
from storage.prepared import Prepared
from storage.tables import outbox, report_slot

LEFT_OUT_WHEN_DONE = ("update", "measure", "backfill")
"""Kinds whose rows are deleted with their completion, so that looks leave little behind: that a card was drawn again tells
nothing afterwards, and what was measured stands in the samples and the journal."""


@dataclass(frozen=True)
class Claim:
    """One effect in the hands of one drainer. `attempts` counts this one too; `began_before`: an earlier attempt began and
    nobody wrote down what came of it. `created_at` is real time, `due_at` plan time; `token` is the drainer's fence."""

    id: str
    deployment_id: str
    effect: Effect
    lane: Lane
    attempts: int
    began_before: bool
    created_at: datetime
    due_at: datetime
    token: int


class StaleClaim(Exception):
    """Somebody else has this effect now, or it is settled. Nothing was written, and its outcome is not ours to tell."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"the effect {claim.id} is no longer in the hands of drainer {claim.token}")
        self.claim = claim


def queue_of(effect: Effect) -> str:
    """Behind which effects of its deployment this one waits: rows of one queue are handed out one at a time, oldest first.

    What changes the world is one queue. A read, or what is told to one audience, waits for reads of the same ref only, so that a slow check does not hold up
    a look. A message waits for those with the same key; without a key, for those of the same view and place, so that the
    lines of a thread stay in order.
    """
    if effect.lane == "world":
        return "world"
    if isinstance(effect, Update) and not effect.key:
        raise ValueError(f"an update of '{effect.view}' must say by its key which message it means")
    if isinstance(effect, Post) and not effect.key:
        return f"slack:view:{effect.view}:{effect.place}:{effect.channel}"
    if isinstance(effect, Post | Update):
        return f"slack:key:{effect.key}"
    return (
        f"read:{effect.step}:{effect.item}"
        if isinstance(effect, CheckItem)
        else f"{effect.lane}:{effect.ref}"
    )


def priority_of(effect: Effect) -> int:
    """0 comes first. Messages say it themselves; the world is as urgent as a call, a read as a question. A look at the side of
    a rollback stands before the world's change."""
    if isinstance(effect, Post | Update):
        return effect.priority
    if isinstance(effect, CheckItem) and effect.step == SIDE:
        return 0
    return 0 if effect.lane == "world" else 1


_WAITING_UPDATES = Prepared(
    select(outbox.c.coalesce, outbox.c.number, outbox.c.priority).where(
        outbox.c.state == "ready", outbox.c.deployment_id == bindparam("id"), outbox.c.coalesce > ""
    )
)
_HURRY = Prepared(
    update(outbox).where(outbox.c.number == bindparam("which")).values(priority=bindparam("sooner"))
)
_MINE = and_(
    outbox.c.id == bindparam("claimed"), outbox.c.state == "taken", outbox.c.token == bindparam("fence")
)
_DONE = Prepared(
    update(outbox)
    .where(_MINE)
    .values(
        state=bindparam("new_state"),
        outcome=bindparam("new_outcome"),
        done_at=bindparam("now"),
        token=None,
        lease_until=None,
    )
)
_STILL_MINE = Prepared(select(outbox.c.number).where(_MINE))
_GONE = Prepared(delete(outbox).where(_MINE))
_INSERT = Prepared(
    insert(outbox),
    (
        "id", "deployment_id", "lane", "queue", "kind", "effect", "priority", "coalesce", "due_at", "state", "attempts",
        "began", "outcome", "created_at",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Stamp:
    """What new rows of one decision share: `prefix` of their ids, plan time and real time."""

    deployment_id: str
    prefix: str
    plan_now: datetime
    real_now: datetime


def store(connection: Connection, stamp: Stamp, effects: tuple[Effect, ...]) -> None:
    """Adds the rows. An update that is waiting already is not asked for twice; a report slot is reported once."""
    waiting = _waiting(connection, stamp.deployment_id, effects)
    for number, effect in enumerate(effects):
        if isinstance(effect, Update):
            if effect.key in waiting:
                _hurry(connection, waiting, effect)
                continue
            waiting[effect.key] = (-1, effect.priority)
        elif isinstance(effect, Post) and effect.view == "report" and not _first(connection, stamp, effect):
            continue
        _INSERT.run(connection, _row(stamp, number, effect))


def _waiting(
    connection: Connection, deployment_id: str, effects: tuple[Effect, ...]
) -> dict[str, tuple[int, int]]:
    if not any(isinstance(effect, Update) for effect in effects):
        return {}
    found = _WAITING_UPDATES.all(connection, {"id": deployment_id})
    return {row.coalesce: (row.number, row.priority) for row in found}


def _hurry(connection: Connection, waiting: dict[str, tuple[int, int]], effect: Update) -> None:
    """The row that waits becomes as urgent as the newest wish."""
    number, priority = waiting[effect.key]
    if effect.priority < priority and number >= 0:
        _HURRY.run(connection, {"which": number, "sooner": effect.priority})
        waiting[effect.key] = (number, effect.priority)


def _first(connection: Connection, stamp: Stamp, effect: Post) -> bool:
    name, _, slot = effect.subject.partition(":")
    try:
        with connection.begin_nested():
            connection.execute(
                insert(report_slot), {"deployment_id": stamp.deployment_id, "name": name, "slot": slot}
            )
    except IntegrityError:
        return False
    return True


def _row(stamp: Stamp, number: int, effect: Effect) -> dict[str, Any]:
    return {
        "id": f"{stamp.prefix}/{number}",
        "deployment_id": stamp.deployment_id,
        "lane": effect.lane,
        "queue": queue_of(effect),
        "kind": effect.kind,
        "effect": codec.write_effect(effect),
        "priority": priority_of(effect),
        "coalesce": effect.key if isinstance(effect, Update) else "",
        "due_at": stamp.plan_now,
        "state": "ready",
        "attempts": 0,
        "began": False,
        "outcome": "",
        "created_at": stamp.real_now,
    }


def check(connection: Connection, claim: Claim) -> None:
    """Raises StaleClaim unless the claim is still good."""
    if _STILL_MINE.first(connection, {"claimed": claim.id, "fence": claim.token}) is None:
        raise StaleClaim(claim)


def settle(connection: Connection, claim: Claim, outcome: str, now: datetime, *, state: str = "done") -> None:
    """Writes down what came of a claimed effect (`state` done or failed), or deletes its row when that is all there is to tell.
    Raises StaleClaim and writes nothing when the claim is no longer good."""
    which = {"claimed": claim.id, "fence": claim.token}
    if state == "done" and claim.effect.kind in LEFT_OUT_WHEN_DONE:
        changed = _GONE.run(connection, which)
    else:
        changed = _DONE.run(connection, which | {"new_state": state, "new_outcome": outcome, "now": now})
    if changed != 1:
        raise StaleClaim(claim)


def withdraw_world(connection: Connection, deployment_id: str, now: datetime) -> None:
    """Cancels what was to change the world and was begun by nobody."""
    connection.execute(
        update(outbox)
        .where(
            outbox.c.deployment_id == deployment_id,
            outbox.c.lane == "world",
            outbox.c.state == "ready",
            outbox.c.began.is_(False),
        )
        .values(state="cancelled", outcome="withdrawn before anybody began it", done_at=now)
    )
