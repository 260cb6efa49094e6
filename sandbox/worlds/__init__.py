"""The worlds of the shipped plans, one module each; a plan that has none of its own is played in that of ion-api."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.setting import Setting
from sandbox.worlds import (
    ion_deployment_day,
    ion_readiness,
    knowledge_database,
    matching_engine,
    phase4_canary,
)

SETTINGS: Final[dict[str, Setting]] = {
    setting.plan: setting
    for setting in (
        matching_engine.SETTING,
        phase4_canary.SETTING,
        phase4_canary.AB_TEST,
        ion_deployment_day.SETTING,
        knowledge_database.SETTING,
        ion_readiness.SETTING,
    )
}
"""By the name of the plan."""


def setting_of(plan: str) -> Setting:
    """Where this plan is played."""
    known = SETTINGS.get(plan)
    return known if known is not None else replace(ion_deployment_day.SETTING, plan=plan)
