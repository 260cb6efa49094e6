"""Whom a plan asks and calls: its roles, and the tiers in which people are called. Who they are stands in the team file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.plan.kinds import Frozen, Id, Text
from core.plan.quantities import DurationField

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


class Tier(Frozen):
    """Who is called, and until when (counted from the first call) before the next tier is."""

    tier: int = Field(ge=1, le=9)
    purpose: Text = Field(alias="for")
    who: tuple[Id, ...] = Field(min_length=1)
    within: DurationField
