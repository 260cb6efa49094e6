"""The tables, as SQLModel classes. Times are UTC, Slack ids are text, what the rules own is JSON written by `storage.codec`.

Seen by storage alone. It must not know what the columns are used for: the ledger and the outbox do. What may exist only
once is a key here, so that the database refuses the second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, LargeBinary, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(TypeDecorator[datetime]):
    """A moment as ISO text of fixed width, so that comparing texts compares times. Naive moments are refused."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else utc_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


@lru_cache(maxsize=256)  # one decision writes the same two moments eight times
def utc_text(moment: datetime) -> str:
    """'2025-10-22T14:00:00.000000Z'. Raises ValueError for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} does not say its zone: only aware times are stored")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:26] + "Z"


class Row(SQLModel):
    """What all tables share: their own metadata, with names for every constraint so that migrations can drop them."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


def _text(**more: Any) -> Any:
    return Field(sa_type=Text, **more)


def _time(**more: Any) -> Any:
    return Field(sa_type=UtcTime, **more)


class DeploymentRow(Row, table=True):
    """The snapshot of one deployment, and where its journal ends. `opening` is the value before it was
    started, as it was under the rules of then."""

    __tablename__ = "deployment"
    __table_args__ = (Index(None, "final"), Index(None, "service", "environment"))

    id: str = _text(primary_key=True)
    start_key: str = _text(unique=True)
    service: str = _text()
    environment: str = _text()
    status: str = _text()
    final: bool
    version: int
    rules_version: int
    state: str = _text()
    opening: str = _text()
    opened_under: int
    plan_text: str = _text()
    plan_format: int
    plan_digest: str = _text()
    wake_at: datetime | None = _time(default=None)
    plan_epoch: datetime = _time()
    real_epoch: datetime = _time()
    speed: float
    last_plan_at: datetime = _time()
    journal_seq: int
    journal_hash: str = _text()
    created_at: datetime = _time()
    ended_at: datetime | None = _time(default=None)


class ServiceLockRow(Row, table=True):
    """Who has a service in an environment: one active deployment, or the lock that a rollback left behind."""

    __tablename__ = "service_lock"
    __table_args__ = (CheckConstraint("held IN ('active', 'rolled-back')", name="held"),)

    service: str = _text(primary_key=True)
    environment: str = _text(primary_key=True)
    deployment_id: str = _text(foreign_key="deployment.id")
    held: str = _text()
    reason: str = _text(default="")
    since: datetime = _time()


class GateRow(Row, table=True):
    """The hot state of the running gate: rewritten with every look, so it is kept apart from the snapshot. The row stays
    when no gate runs (state is then NULL), because its version must never count again from the start."""

    __tablename__ = "gate"

    deployment_id: str = _text(primary_key=True, foreign_key="deployment.id")
    version: int
    state: str | None = _text(default=None)
    wake_at: datetime | None = _time(default=None)
    plan_at: datetime = _time()


class SampleRow(Row, table=True):
    """The counts of one look, so that verdicts can be worked out again. `gate` is '' for readings taken outside a gate."""

    __tablename__ = "sample"
    __table_args__ = (Index(None, "deployment_id", "gate", "number"),)

    number: int | None = Field(default=None, primary_key=True)
    deployment_id: str = _text(foreign_key="deployment.id")
    gate: str = _text()
    ref: str = _text()
    at: datetime = _time()
    readings: bytes = Field(sa_type=LargeBinary)


class JournalRow(Row, table=True):
    """One thing that happened: only ever added to. `gate` is the hot state before it, so that a replay is exact; it
    and the readings of a look are compressed (`packing.pack`), because they are large and alike from row to row."""

    __tablename__ = "journal"
    __table_args__ = (UniqueConstraint("deployment_id", "key"),)

    deployment_id: str = _text(primary_key=True, foreign_key="deployment.id")
    seq: int = Field(primary_key=True)
    real_at: datetime = _time()
    plan_at: datetime = _time()
    rules_version: int
    actor: str = _text()
    kind: str = _text()
    key: str = _text()
    input: str = _text()
    readings: bytes | None = Field(sa_type=LargeBinary, default=None)
    facts: str = _text()
    gate: bytes | None = Field(sa_type=LargeBinary, default=None)
    previous: str = _text()
    hash: str = _text()


class OutboxRow(Row, table=True):
    """One effect that was asked for. `queue` says behind which rows of the deployment it waits; `number` is its age."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'taken', 'done', 'failed', 'cancelled')", name="state"),
        Index(None, "state", "deployment_id", "coalesce"),
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = _text(unique=True)
    deployment_id: str = _text(foreign_key="deployment.id")
    lane: str = _text()
    queue: str = _text()
    kind: str = _text()
    effect: str = _text()
    priority: int
    coalesce: str = _text(default="")
    due_at: datetime = _time()
    not_before: datetime | None = _time(default=None)
    state: str = _text(default="ready")
    attempts: int = 0
    began: bool = False
    token: int | None = None
    lease_until: datetime | None = _time(default=None)
    outcome: str = _text(default="")
    created_at: datetime = _time()
    done_at: datetime | None = _time(default=None)


class MessageRow(Row, table=True):
    """Where a message of a deployment stands in Slack, and the digest of what it shows."""

    __tablename__ = "message"

    deployment_id: str = _text(primary_key=True, foreign_key="deployment.id")
    key: str = _text(primary_key=True)
    view: str = _text()
    subject: str = _text(default="")
    channel: str = _text()
    ts: str = _text()
    digest: str = _text(default="")
    at: datetime = _time()


class ReportSlotRow(Row, table=True):
    """A report that was asked for: a slot of a kind is reported once."""

    __tablename__ = "report_slot"

    deployment_id: str = _text(primary_key=True, foreign_key="deployment.id")
    name: str = _text(primary_key=True)
    slot: str = _text(primary_key=True)


class LeaseRow(Row, table=True):
    """Who may do a job that only one process does. `token` grows with every change of hands and fences the one before."""

    __tablename__ = "lease"

    name: str = _text(primary_key=True)
    owner: str = _text()
    token: int
    until: datetime = _time()


class PresenceRow(Row, table=True):
    """When the bot was last seen alive."""

    __tablename__ = "presence"

    name: str = _text(primary_key=True)
    seen_at: datetime = _time()


class CounterRow(Row, table=True):
    """Numbers that are given out once: those in deployment ids."""

    __tablename__ = "counter"

    name: str = _text(primary_key=True)
    value: int


METADATA = Row.metadata


def _table(name: str) -> Table:
    return METADATA.tables[name]


deployment = _table("deployment")
service_lock = _table("service_lock")
gate = _table("gate")
sample = _table("sample")
journal = _table("journal")
outbox = _table("outbox")
message = _table("message")
report_slot = _table("report_slot")
lease = _table("lease")
presence = _table("presence")
counter = _table("counter")
