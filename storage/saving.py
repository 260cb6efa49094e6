"""Writing one decision into the rows of its deployment: snapshot, journal, gate. Everything happens in the ledger's transaction.

It must not know who asked, and commits nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from core.decision import Decision
from core.errors import Refused
from core.inputs import Input
from core.state import Deployment
from storage import chain, codec, locks, packing
from storage.clock import PlanClock
from storage.prepared import Prepared
from storage.snapshots import Standing
from storage.tables import deployment, gate, journal

Wake = Callable[[Deployment], datetime | None]

CAPTAIN = "captain"
"""The actor of what no person did: the world's answers, and time."""

_SAVE = Prepared(
    update(deployment)
    .where(deployment.c.id == bindparam("which"), deployment.c.version == bindparam("seen"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "version", "rules_version", "status", "final", "state", "wake_at", "last_plan_at", "journal_seq",
                "journal_hash", "ended_at",
            )
        }
    )
)  # fmt: skip
_SAVE_GATE = Prepared(
    update(gate)
    .where(gate.c.deployment_id == bindparam("which"), gate.c.version == bindparam("seen"))
    .values({name: bindparam(f"new_{name}") for name in ("version", "state", "wake_at", "plan_at")})
)
_JOURNAL = Prepared(insert(journal), [column.name for column in journal.columns])


class Conflict(Exception):
    """A row was not what had been read in the same transaction: another hand is in the database. Nothing was written."""


@dataclass(frozen=True)
class Moment:
    """One input at its moment."""

    happened: Input
    key: str
    real: datetime
    plan: datetime


class Saver:
    """Writes under one version of the rules, with their wake-up times."""

    def __init__(self, rules_version: int, wake_at: Wake, gate_wake_at: Wake) -> None:
        self._rules_version = rules_version
        self._wake_at = wake_at
        self._gate_wake_at = gate_wake_at

    def first(self, connection: Connection, new: Deployment, moment: Moment, pace: PlanClock) -> None:
        """The rows of a deployment to which nothing has happened yet, and its lock. Raises Refused 'id-taken' and 'locked'."""
        if connection.execute(select(deployment.c.id).where(deployment.c.id == new.id)).first() is not None:
            raise Refused("id-taken", deployment=new.id)
        connection.execute(insert(deployment), self._first_row(new, moment, pace))
        connection.execute(insert(gate), {"deployment_id": new.id, "version": 0, "plan_at": moment.plan})
        locks.take(connection, new, moment.plan)

    def _first_row(self, new: Deployment, moment: Moment, pace: PlanClock) -> dict[str, Any]:
        plan, digest, opening = new.runbook.plan, new.runbook.digest, codec.write_snapshot(new)
        return {
            "id": new.id,
            "start_key": moment.key,
            "service": plan.service,
            "environment": new.environment,
            "status": new.status.value,
            "final": False,
            "version": 0,
            "rules_version": self._rules_version,
            "state": opening,
            "opening": opening,
            "opened_under": self._rules_version,
            "plan_text": new.runbook.text,
            "plan_format": plan.format,
            "plan_digest": digest,
            "plan_epoch": pace.plan_epoch,
            "real_epoch": pace.real_epoch,
            "speed": pace.speed,
            "last_plan_at": moment.plan,
            "journal_seq": 0,
            "journal_hash": chain.genesis(deployment_id=new.id, plan_digest=digest, opening=opening),
            "created_at": moment.real,
        }

    def snapshot(self, connection: Connection, becomes: Standing) -> None:
        """The deployment's row as it will stand. Raises Conflict."""
        after = becomes.deployment
        saved = _SAVE.run(
            connection,
            {
                "which": after.id,
                "seen": becomes.stored,
                "new_version": becomes.version,
                "new_rules_version": self._rules_version,
                "new_status": after.status.value,
                "new_final": after.final,
                "new_state": codec.write_snapshot(after),
                "new_wake_at": self._wake_at(after),
                "new_last_plan_at": becomes.not_before,
                "new_journal_seq": becomes.journal_seq,
                "new_journal_hash": becomes.journal_hash,
                "new_ended_at": after.ended_at,
            },
        )
        _one(saved, after.id)

    def journal(
        self, connection: Connection, standing: Standing, decision: Decision, moment: Moment
    ) -> Standing:
        """The journal row, and what the lock becomes when this is the end. Answers how the deployment then stands; its own row,
        the `snapshot`, is still to be written."""
        before, after = standing.deployment, decision.deployment
        row = self._journal_row(standing, decision, moment)
        _JOURNAL.run(connection, row)
        if (before.final, before.locked) != (after.final, after.locked):
            locks.give(connection, after)
        return standing._replace(
            deployment=after,
            version=standing.version + 1,
            not_before=moment.plan,
            journal_seq=row["seq"],
            journal_hash=row["hash"],
        )

    def _journal_row(self, standing: Standing, decision: Decision, moment: Moment) -> dict[str, Any]:
        kind, happened, readings = codec.write_input(moment.happened)
        hot = codec.write_gate(standing.deployment.gate)
        row: dict[str, Any] = {
            "deployment_id": decision.deployment.id,
            "seq": standing.journal_seq + 1,
            "real_at": moment.real,
            "plan_at": moment.plan,
            "rules_version": self._rules_version,
            "actor": getattr(moment.happened, "by", "") or CAPTAIN,
            "kind": kind,
            "key": moment.key,
            "input": happened,
            "readings": readings,
            "facts": codec.write_facts(decision.facts),
            "gate": None if hot is None else packing.pack(hot),
            "previous": standing.journal_hash,
        }
        return row | {"hash": chain.digest(row)}

    def gate(
        self, connection: Connection, standing: Standing, decision: Decision, moment: Moment, *, bump: bool
    ) -> Standing:
        """The same deployment with its gate row as it is afterwards. `bump` counts that up in any case, so that effects get ids
        of their own. Raises Conflict."""
        before, after = standing.deployment.gate, decision.deployment.gate
        wake_at = self._gate_wake_at(decision.deployment)
        if before == after and wake_at == standing.gate_wake_at and not bump:
            return standing
        saved = _SAVE_GATE.run(
            connection,
            {
                "which": decision.deployment.id,
                "seen": standing.gate_version,
                "new_version": standing.gate_version + 1,
                "new_state": codec.write_gate(after),
                "new_wake_at": wake_at,
                "new_plan_at": moment.plan,
            },
        )
        _one(saved, decision.deployment.id)
        return standing._replace(gate_version=standing.gate_version + 1, gate_wake_at=wake_at)

    def beside(self, connection: Connection, standing: Standing, after: Deployment) -> Standing:
        """What a quiet look may change of the deployment's row. A snapshot of older rules is written anew with it: its gate is
        of the new rules now, and both are upgraded together."""
        columns: dict[str, Any] = {}
        wake_at = self._wake_at(after)
        if wake_at != standing.wake_at:
            columns["wake_at"] = wake_at
        if standing.rules_version != self._rules_version:
            columns["rules_version"] = self._rules_version
            columns["state"] = codec.write_snapshot(after)
        if columns:
            connection.execute(update(deployment).where(deployment.c.id == after.id).values(columns))
        return standing._replace(deployment=after, wake_at=wake_at, rules_version=self._rules_version)


def _one(rowcount: int, deployment_id: str) -> None:
    if rowcount != 1:
        raise Conflict(
            f"{deployment_id} was changed by another hand while a decision was being written: nothing was"
        )
