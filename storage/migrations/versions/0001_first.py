"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("start_key", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("opened_under", sa.Integer(), nullable=False),
        sa.Column("plan_text", sa.Text(), nullable=False),
        sa.Column("plan_format", sa.Integer(), nullable=False),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("wake_at", sa.String(27), nullable=True),
        sa.Column("plan_epoch", sa.String(27), nullable=False),
        sa.Column("real_epoch", sa.String(27), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("last_plan_at", sa.String(27), nullable=False),
        sa.Column("journal_seq", sa.Integer(), nullable=False),
        sa.Column("journal_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
        sa.UniqueConstraint("start_key", name="uq_deployment_start_key"),
    )
    op.create_index("ix_deployment_final", "deployment", ["final"], unique=False)
    op.create_index(
        "ix_deployment_service_environment", "deployment", ["service", "environment"], unique=False
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "presence",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_presence"),
    )
    op.create_table(
        "gate",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("wake_at", sa.String(27), nullable=True),
        sa.Column("plan_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_gate_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("deployment_id", name="pk_gate"),
    )
    op.create_table(
        "journal",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("real_at", sa.String(27), nullable=False),
        sa.Column("plan_at", sa.String(27), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("readings", sa.LargeBinary(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("gate", sa.LargeBinary(), nullable=True),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_journal_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("deployment_id", "seq", name="pk_journal"),
        sa.UniqueConstraint("deployment_id", "key", name="uq_journal_deployment_id_key"),
    )
    op.create_table(
        "message",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_message_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("deployment_id", "key", name="pk_message"),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("coalesce", sa.Text(), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=False),
        sa.Column("not_before", sa.String(27), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("began", sa.Boolean(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=True),
        sa.Column("lease_until", sa.String(27), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("done_at", sa.String(27), nullable=True),
        sa.CheckConstraint(
            "state IN ('ready', 'taken', 'done', 'failed', 'cancelled')", name=op.f("ck_outbox_state")
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_outbox_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sa.UniqueConstraint("id", name="uq_outbox_id"),
    )
    op.create_index(
        "ix_outbox_state_deployment_id_coalesce",
        "outbox",
        ["state", "deployment_id", "coalesce"],
        unique=False,
    )
    op.create_table(
        "report_slot",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_report_slot_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("deployment_id", "name", "slot", name="pk_report_slot"),
    )
    op.create_table(
        "sample",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("readings", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_sample_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_sample"),
    )
    op.create_index(
        "ix_sample_deployment_id_gate_number",
        "sample",
        ["deployment_id", "gate", "number"],
        unique=False,
    )
    op.create_table(
        "service_lock",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.CheckConstraint("held IN ('active', 'rolled-back')", name=op.f("ck_service_lock_held")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_service_lock_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("service", "environment", name="pk_service_lock"),
    )
