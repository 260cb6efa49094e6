"""Handing out effects to the one drainer, in order, and writing down what became of them.

A drainer holds a lease; its token fences: what a former drainer still wants to write is refused. It must not know how an
effect is performed. All moments here are real time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from storage import codec
from storage.clock import Clock
from storage.database import Database
from storage.effect_rows import Claim, StaleClaim, settle
from storage.prepared import Prepared
from storage.tables import lease, outbox
from storage.writer import Transaction

__all__ = ["Claim", "LeaseLost", "Outbox", "StaleClaim"]

DRAINER = "drainer"
_PENDING = or_(outbox.c.state == "ready", outbox.c.state == "taken")
_WAITING = Prepared(
    select(
        outbox.c.number, outbox.c.deployment_id, outbox.c.queue, outbox.c.priority, outbox.c.state,
        outbox.c.not_before, outbox.c.token, outbox.c.lease_until, outbox.c.created_at,
    )
    .where(_PENDING)
    .order_by(outbox.c.number)
)  # fmt: skip
_DEPTH = Prepared(select(func.count().label("rows")).select_from(outbox).where(_PENDING))
_LEASE = Prepared(select(lease.c.owner, lease.c.token, lease.c.until).where(lease.c.name == DRAINER))
_CLAIMED = Prepared(
    select(
        outbox.c.id, outbox.c.deployment_id, outbox.c.effect, outbox.c.lane, outbox.c.attempts, outbox.c.began,
        outbox.c.created_at, outbox.c.due_at,
    ).where(outbox.c.number == bindparam("which"))
)  # fmt: skip
_TAKE = Prepared(
    update(outbox)
    .where(outbox.c.number == bindparam("which"))
    .values(
        state="taken",
        attempts=outbox.c.attempts + 1,
        began=True,
        token=bindparam("fence"),
        lease_until=bindparam("until"),
    )
)
_HELD_BY = (
    update(outbox)
    .where(
        outbox.c.id.in_(bindparam("ids", expanding=True)),
        outbox.c.state == "taken",
        outbox.c.token == bindparam("fence"),
    )
    .values(lease_until=bindparam("until"))
)


class LeaseLost(Exception):
    """The token is not that of the drainer any more: its lease has ended, or somebody else has it."""


@dataclass(frozen=True)
class Due:
    """A row that could be handed out, from `at` on."""

    number: int
    priority: int
    at: datetime


class Outbox:
    """The drainer's side of the outbox. One object a process; `owner` must name that process and no other."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        # In hand is what somebody still holds the claim of: a task that died let go of it, and its row comes again.
        self._in_hand: WeakValueDictionary[str, Claim] = WeakValueDictionary()
        self._listeners: list[Callable[[], None]] = []

    def on_settled(self, call: Callable[[], None]) -> None:
        """Calls it in the event loop whenever an effect has been settled from which no input follows (with one the ledger commits)."""
        self._listeners.append(call)

    # ------------------------------------------------------------------------------------------------- the lease

    async def take_lease(self, owner: str, for_s: float) -> int | None:
        """The fencing token of the drainer's lease; None while somebody else holds it. Who holds it already keeps his token,
        also when it has run out and nobody took it. A change of hands gives a new token, and the rows the former holder had
        taken are handed out again."""

        def work(transaction: Transaction) -> int | None:
            connection, now = transaction.connection, self._clock()
            held = _LEASE.first(connection, {})
            until = now + timedelta(seconds=for_s)
            if held is None:
                row = {"name": DRAINER, "owner": owner, "token": 1, "until": until}
                connection.execute(insert(lease), row)
                return 1
            if held.owner != owner and held.until > now:
                return None
            token: int = held.token if held.owner == owner else held.token + 1
            new = {"owner": owner, "token": token, "until": until}
            connection.execute(update(lease).where(lease.c.name == DRAINER).values(new))
            return token

        return await self._database.write(work)

    async def renew(self, token: int, for_s: float) -> bool:
        """Prolongs the lease, and that of every claim which somebody in this process still holds; False when it is lost.

        A lease that has run out, and that nobody took, is prolonged too."""

        def work(transaction: Transaction) -> bool:
            until = self._clock() + timedelta(seconds=for_s)
            mine = (lease.c.name == DRAINER) & (lease.c.token == token) & (lease.c.owner != "")
            if transaction.connection.execute(update(lease).where(mine).values(until=until)).rowcount == 0:
                return False
            transaction.connection.execute(
                _HELD_BY, {"ids": sorted(self._in_hand.keys()), "fence": token, "until": until}
            )
            return True

        return await self._database.write(work)

    async def release(self, token: int) -> None:
        """Gives the lease back, so that the next drainer need not wait for its end. A lost lease is left alone."""

        def work(transaction: Transaction) -> None:
            mine = (lease.c.name == DRAINER) & (lease.c.token == token)
            new = {"owner": "", "until": self._clock()}
            transaction.connection.execute(update(lease).where(mine).values(new))

        await self._database.write(work)
        self._in_hand.clear()

    # ----------------------------------------------------------------------------------------------- handing out

    async def claim(self, token: int, *, limit: int = 20) -> list[Claim]:
        """Up to `limit` effects, the most urgent first, then the oldest; of a queue (`effect_rows.queue_of`) never more than its
        oldest. That they have begun is committed before they are handed out. Raises LeaseLost.
        """

        def work(transaction: Transaction) -> list[Claim]:
            connection, now = transaction.connection, self._clock()
            held = _LEASE.first(connection, {})
            if held is None or held.token != token or held.owner == "" or held.until <= now:
                raise LeaseLost(f"token {token} is not that of the drainer")
            due = [one for one in _due(_WAITING.all(connection, {}), token) if one.at <= now]
            numbers = [one.number for one in sorted(due, key=lambda one: (one.priority, one.number))[:limit]]
            return _take(connection, numbers, token, held.until)

        claims = await self._database.write(work)
        self._in_hand.update({claim.id: claim for claim in claims})
        return claims

    async def next_due(self) -> datetime | None:
        """When something can be handed out again: the present or before it when something can be now; None when nothing waits."""

        def work(connection: Connection) -> datetime | None:
            held = _LEASE.first(connection, {})
            waiting = _due(_WAITING.all(connection, {}), None if held is None else held.token)
            return min((one.at for one in waiting), default=None)

        return await self._database.read(work)

    async def depth(self) -> int:
        """How many effects are waiting or in hand."""
        depth: int = await self._database.read(lambda connection: _DEPTH.first(connection, {}).rows)
        return depth

    async def oldest(self) -> datetime | None:
        """Since when the oldest effect has been waiting; None when none is."""
        return await self._database.read(
            lambda connection: connection.execute(
                select(func.min(outbox.c.created_at)).where(_PENDING)
            ).scalar()
        )

    # ------------------------------------------------------------------------------------------- what became of it

    async def done(self, claim: Claim, outcome: str) -> None:
        """It is done and no input follows. Raises StaleClaim."""
        await self._settle(claim, outcome, "done")

    async def gave_up(self, claim: Claim, reason: str) -> None:
        """It failed for good and no input follows. Raises StaleClaim."""
        await self._settle(claim, reason, "failed")

    async def later(self, claim: Claim, not_before: datetime, reason: str, *, happened_nothing: bool) -> None:
        """To be handed out again, not before a moment of real time. `happened_nothing`: it is certain that the attempt had no
        effect; else the next claim says `began_before`. Raises StaleClaim."""

        def work(transaction: Transaction) -> None:
            mine = (outbox.c.id == claim.id) & (outbox.c.token == claim.token) & (outbox.c.state == "taken")
            new: dict[str, Any] = {
                "state": "ready", "not_before": not_before, "outcome": reason, "token": None, "lease_until": None,
            }  # fmt: skip
            # What an earlier attempt left unknown stays unknown: this one can only answer for itself.
            began = claim.began_before if happened_nothing else True
            changed = transaction.connection.execute(update(outbox).where(mine).values(**new, began=began))
            if changed.rowcount != 1:
                raise StaleClaim(claim)

        await self._database.write(work)

    async def _settle(self, claim: Claim, outcome: str, state: str) -> None:
        now = self._clock
        await self._database.write(
            lambda transaction: settle(transaction.connection, claim, outcome, now(), state=state)
        )
        for call in self._listeners:
            call()


def _due(rows: Iterable[Any], token: int | None) -> Iterator[Due]:
    """Of every queue the oldest row, with the moment from which it may be handed out. A row in hand comes back when its lease
    ends; at once when a former drainer had it, whose lease has ended already."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        queue = (row.deployment_id, row.queue)
        if queue in seen:
            continue
        seen.add(queue)
        if row.state == "taken":
            at = row.lease_until if row.token == token else row.created_at
        else:
            at = row.not_before or row.created_at
        yield Due(row.number, row.priority, at)


def _take(connection: Connection, numbers: list[int], token: int, until: datetime) -> list[Claim]:
    claims = []
    for number in numbers:
        row = _CLAIMED.first(connection, {"which": number})
        _TAKE.run(connection, {"which": number, "fence": token, "until": until})
        claims.append(_claim(row, token))
    return claims


def _claim(row: Any, token: int) -> Claim:
    return Claim(
        id=row.id,
        deployment_id=row.deployment_id,
        effect=codec.read_effect(row.effect),
        lane=row.lane,
        attempts=row.attempts + 1,
        began_before=row.began,
        created_at=row.created_at,
        due_at=row.due_at,
        token=token,
    )
