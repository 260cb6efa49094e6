"""The world of plans/ion-deployment-day.yml: the service ion-api with its canary, and the script that deploys it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.crew import team
from sandbox.service.app import CanaryService
from sandbox.setting import Ground, Instead, Setting
from sandbox.site import ServiceSite, program
from sandbox.slack import roster

BEGINS: Final = datetime(2025, 10, 21, 14, 1, tzinfo=UTC)
"""The rehearsal of the plan has just come due, and its T0 is tomorrow at 14:00."""
SICK: Final = {"errors": 0.35, "latency": 1.6}
"""A third of the canary's requests fail, and the rest are slow."""

TEAM: Final = team(
    roles={
        "final-approver": "lubit",
        "deployer": "gitcode",
        "operations": "ops",
        "engineering-lead": "mina",
        "on-call": "jun",
    },
    deputies={
        "final-approver": "mina",
    },
)


class IonSite(ServiceSite):
    """One service, and a script beside it."""

    def __init__(self, ground: Ground) -> None:
        # No chance errors: in the strict first window a single one rolls back, and a happy story must not hang on a seed.
        service = CanaryService(
            seed=ground.seed, plan_time=ground.plan_time, per_5min=ground.per_5min, error_rate=0.0
        )
        super().__init__(service, sick=SICK)

    def environment(self, folder: Path, *, unhurried: bool) -> dict[str, str]:
        """Where the service and its script are."""
        name, slow = "phase4_deployment_automation", "export ION_STEP_SECONDS=2" if unhurried else ""
        script = program(folder, name, f"sandbox.scripts.{name}", first=slow)
        return {"ION_API_URL": self.service.url, "ION_DEPLOY_SCRIPT": script}


SETTING: Final = Setting(
    plan="ion-deployment-day",
    begins=BEGINS,
    inputs="version=v2.14.0",
    starter=roster.GITCODE,
    team=TEAM,
    build=IonSite,
    about={
        "en": "a whole deployment, from the rehearsal the day before to the verdict the day after, in a few minutes",
        "ko": "전날 리허설부터 다음 날 최종 판정까지, 배포 전체를 몇 분 만에 체험해 보세요",
    },
    falls_ill=timedelta(hours=24, minutes=31),  # 14:32, after the first window
    middle=timedelta(hours=24, minutes=32),  # before the evidence suffices
    ill="the canary falls ill",
    expected={"happy": "GO", "sick": "ROLLBACK"},
    instead=(
        Instead("decide", verb="decision.observe", again=True),
    ),  # people look once more before they go on
)
