"""Where the messages of a deployment stand in Slack, by their keys, so that they can be edited instead of posted again.
It must not know what is in them, only the digest of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from storage.clock import Clock
from storage.database import Database
from storage.prepared import Prepared
from storage.tables import message
from storage.writer import Transaction

_MINE = (message.c.deployment_id == bindparam("whose"), message.c.key == bindparam("which"))
_FIND = Prepared(select(message.c.channel, message.c.ts, message.c.digest).where(*_MINE))
_WHAT = ("view", "subject", "channel", "ts", "digest", "at")
_CHANGE = Prepared(update(message).where(*_MINE).values({name: bindparam(f"new_{name}") for name in _WHAT}))
_INSERT = Prepared(insert(message), ("deployment_id", "key", *_WHAT))


@dataclass(frozen=True)
class MessageRef:
    """A message in Slack: channel id, ts, and the digest of the drawing it shows."""

    channel: str
    ts: str
    digest: str


@dataclass(frozen=True)
class Placed:
    """A message with its key, what it draws, and when (real time) it was last written."""

    key: str
    view: str
    subject: str
    ref: MessageRef
    at: datetime


class Messages:
    """The messages of all deployments."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, deployment_id: str, key: str) -> MessageRef | None:
        """The message with this key; None when it was never posted, or is gone."""
        which = {"whose": deployment_id, "which": key}
        row = await self._database.read(lambda connection: _FIND.first(connection, which))
        return None if row is None else _ref(row)

    async def put(
        self, deployment_id: str, key: str, view: str, subject: str, channel: str, ts: str, digest: str
    ) -> None:
        """Remembers a message, or what it shows now, or where it has moved."""
        what = {"view": view, "subject": subject, "channel": channel, "ts": ts, "digest": digest}

        def work(transaction: Transaction) -> None:
            row = what | {"at": self._clock()}
            new = {f"new_{name}": value for name, value in row.items()}
            if _CHANGE.run(transaction.connection, {"whose": deployment_id, "which": key, **new}) == 0:
                _INSERT.run(transaction.connection, {"deployment_id": deployment_id, "key": key, **row})

        await self._database.write(work)

    async def all(self, deployment_id: str) -> list[Placed]:
        """Every message of a deployment, by key."""
        statement = select(message).where(message.c.deployment_id == deployment_id).order_by(message.c.key)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [Placed(row.key, row.view, row.subject, _ref(row), row.at) for row in rows]

    async def showing(self, view: str) -> list[tuple[str, Placed]]:
        """Every message of a view with its deployment, in any deployment."""
        statement = (
            select(message).where(message.c.view == view).order_by(message.c.deployment_id, message.c.key)
        )
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [
            (row.deployment_id, Placed(row.key, row.view, row.subject, _ref(row), row.at)) for row in rows
        ]

    async def forget(self, deployment_id: str, key: str) -> None:
        """The message is gone from Slack. Forgetting twice is no error."""
        gone = delete(message).where(message.c.deployment_id == deployment_id, message.c.key == key)

        def work(transaction: Transaction) -> None:
            transaction.connection.execute(gone)

        await self._database.write(work)


def _ref(row: Row[Any]) -> MessageRef:
    return MessageRef(row.channel, row.ts, row.digest)
