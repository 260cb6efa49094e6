"""Whom a plan asks: its roles, and where they stand in the contacts. Who they are stands in the team file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.plan.kinds import Frozen, Text

Contact = Literal["tier-1", "tier-2", "tier-3", "when-needed", "business"]


class Role(Frozen):
    """A role, not a person: the team file says who holds it."""

    title: Text
    contact: Contact | None = Field(
        default=None, description="Where it stands in the contacts: the tier, when needed, or business."
    )
    rota: bool = Field(
        default=False,
        description="Somebody must hold it on each day of the deployment: the team file's rota is looked through for gaps.",
    )
