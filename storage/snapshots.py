"""Reading a deployment from its rows, and remembering what was read: a value that is known by its versions never changes,
so a command need not decode ten kilobytes each time. It writes nothing, and must not know what a decision is.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from core.errors import Refused
from core.plan.runbook import Runbook, read_runbook
from core.state import Deployment
from storage import codec, forms
from storage.clock import PlanClock
from storage.prepared import Prepared
from storage.tables import deployment, gate, journal

MOST_REMEMBERED = 128
_MOST_RUNBOOKS = 32

_SEQ = select(journal.c.seq).where(
    journal.c.deployment_id == bindparam("id"), journal.c.key == bindparam("key")
)
_HAPPENED = Prepared(_SEQ)
_HEAD = Prepared(
    select(
        *(
            deployment.c[name]
            for name in (
                "version", "rules_version", "wake_at", "plan_epoch", "real_epoch", "speed", "last_plan_at",
                "journal_seq", "journal_hash", "plan_digest",
            )
        ),
        gate.c.version.label("gate_version"),
        gate.c.wake_at.label("gate_wake_at"),
        gate.c.plan_at.label("gate_plan_at"),
        _SEQ.scalar_subquery().label("known_at"),
    )
    .where(deployment.c.id == bindparam("id"), gate.c.deployment_id == deployment.c.id)
)  # fmt: skip
_BODY = select(deployment.c.state, deployment.c.plan_text, gate.c.state.label("gate_state")).where(
    deployment.c.id == bindparam("id"), gate.c.deployment_id == deployment.c.id
)

_OPENING = select(
    deployment.c.opening, deployment.c.plan_text, deployment.c.plan_digest, deployment.c.opened_under
).where(deployment.c.id == bindparam("id"))


@dataclass(frozen=True)
class Remembered:
    """A deployment, and the versions by which it is known."""

    deployment: Deployment
    version: int
    gate_version: int


class Standing(NamedTuple):
    """A deployment as it stands in the database, with what the ledger keeps beside it; or as it will, when the transaction in
    which it was changed is committed."""

    deployment: Deployment
    version: int
    stored: int  # the version that stands in its row: an earlier one while a transaction has not written the row yet
    gate_version: int
    rules_version: int
    wake_at: datetime | None
    gate_wake_at: datetime | None
    pace: PlanClock
    not_before: datetime  # plan time never runs backwards: this is the latest at which something happened
    journal_seq: int
    journal_hash: str
    known: bool  # the key that was asked for stands in the journal

    @property
    def remembered(self) -> Remembered:
        """What of it need not be read again."""
        return Remembered(self.deployment, self.version, self.gate_version)


class Snapshots:
    """One memory for a database, used from its threads."""

    def __init__(self, rules_version: int) -> None:
        self.rules_version = rules_version
        self._values: dict[str, Remembered] = {}
        self._coming: dict[str, Remembered] = {}
        self._runbooks: dict[str, Runbook] = {}
        self._guard = threading.Lock()

    def standing(
        self, connection: Connection, id: str, *, key: str = "", uncommitted: Remembered | None = None
    ) -> Standing:
        """The deployment `id` as this connection sees it. Raises Refused when there is none, Unreadable when it is damaged.

        `key` is looked up in the journal on the way; `uncommitted` was inserted in the same transaction.
        """
        row = _HEAD.first(connection, {"id": id, "key": key})
        if row is None:
            raise Refused("unknown-deployment", deployment=id)
        value = self.known(id, row.version, row.gate_version, uncommitted)
        if value is None:
            value = self._read(connection, id, row.plan_digest, row.rules_version)
            self.remember(id, Remembered(value, row.version, row.gate_version))
        return Standing(
            deployment=value,
            version=row.version,
            stored=row.version,
            gate_version=row.gate_version,
            rules_version=row.rules_version,
            wake_at=row.wake_at,
            gate_wake_at=row.gate_wake_at,
            pace=PlanClock(row.plan_epoch, row.real_epoch, row.speed),
            not_before=max(row.last_plan_at, row.gate_plan_at),
            journal_seq=row.journal_seq,
            journal_hash=row.journal_hash,
            known=row.known_at is not None,
        )

    def happened(self, connection: Connection, id: str, key: str) -> bool:
        """Whether the key stands in the deployment's journal."""
        return _HAPPENED.first(connection, {"id": id, "key": key}) is not None

    def opening(self, connection: Connection, id: str) -> Deployment:
        """The value with which the deployment began, before it was started. Raises Refused and Unreadable."""
        row = connection.execute(_OPENING, {"id": id}).first()
        if row is None:
            raise Refused("unknown-deployment", deployment=id)
        return codec.read_snapshot(
            row.opening,
            None,
            runbook=self.runbook(row.plan_text, row.plan_digest),
            rules_version=row.opened_under,
            rules_now=self.rules_version,
        )

    def remember(self, id: str, value: Remembered) -> None:
        """Only for what is committed: a version that is rolled back is given again to something else."""
        with self._guard:
            known = self._values.get(id)
            if known is not None and (known.version, known.gate_version) > (
                value.version,
                value.gate_version,
            ):
                return
            self._values.pop(id, None)
            self._values[id] = value
            while len(self._values) > MOST_REMEMBERED:
                del self._values[next(iter(self._values))]

    def expect(self, id: str, value: Remembered) -> None:
        """What is about to be committed. It is `glimpsed` as soon as the database shows its version."""
        self._coming[id] = value

    def expect_nothing(self) -> None:
        """A transaction was undone."""
        self._coming.clear()

    def glimpsed(self, id: str, version: int, gate_version: int) -> Deployment | None:
        """`known`, also in the moment between a commit and its being remembered. For looking, never for writing."""
        return self.known(id, version, gate_version, self._coming.get(id))

    def remembers(self, id: str) -> bool:
        """Whether a value of this deployment is at hand, so that what comes to it is quickly decided."""
        return id in self._values

    def remember_runbook(self, runbook: Runbook) -> None:
        """Reading a plan costs far more than reading a deployment."""
        with self._guard:
            self._runbooks[runbook.digest] = runbook
            while len(self._runbooks) > _MOST_RUNBOOKS:
                del self._runbooks[next(iter(self._runbooks))]

    def runbook(self, text: str, digest: str) -> Runbook:
        """The plan in `text`. Raises Unreadable when it is not the text with this digest."""
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise forms.Unreadable("the stored plan is not the one with which the deployment began")
        known = self._runbooks.get(digest)
        if known is None:
            known = read_runbook(text)
            self.remember_runbook(known)
        return known

    def known(
        self, id: str, version: int, gate_version: int, uncommitted: Remembered | None = None
    ) -> Deployment | None:
        """The deployment with these versions, when it is remembered (or is `uncommitted`)."""
        for one in (uncommitted, self._values.get(id)):
            if one is not None and (one.version, one.gate_version) == (version, gate_version):
                return one.deployment
        return None

    def _read(self, connection: Connection, id: str, digest: str, rules_version: int) -> Deployment:
        row = connection.execute(_BODY, {"id": id}).one()
        return codec.read_snapshot(
            row.state,
            row.gate_state,
            runbook=self.runbook(row.plan_text, digest),
            rules_version=rules_version,
            rules_now=self.rules_version,
        )
