"""The world of plans/phase4-canary.yml: a quick ion-api, the checks its team runs, a status page, a pager and a mail server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.crew import team
from sandbox.outside import Outside
from sandbox.service.app import CanaryService
from sandbox.setting import Channel, Ground, Setting
from sandbox.site import ServiceSite, program
from sandbox.slack import roster

BEGINS: Final = datetime(2025, 10, 19, 8, 1, tzinfo=UTC)
"""Three days before T0, which is 2025-10-22 at 14:00: the technical verification has just come due."""
QUICK: Final = 0.27
"""P95 is about 78 ms: below the 100 ms that the plan asks for."""
SICK: Final = {"errors": 0.12, "latency": 1.4}
"""One request in eight fails, and the rest are slower."""
CRITICAL: Final = Channel("C0PHASE4C", "phase4-critical", "When phase 4 is in trouble.")
EXECUTIVES: Final = Channel("C0EXECUTV", "executives", "What executives are told.")

TEAM: Final = team(
    roles={
        "deploy-lead": "gitcode",
        "backup-engineer": "jun",
        "devops": "ops",
        "devops-lead": "ops",
        "phase-lead": "lubit",
        "qa-lead": "sena",
        "analytics-lead": "jun",
        "tech-lead": "mina",
        "executive": "mina",
    },
    rota={
        "on-call": (
            ("2025-10-19", "2025-10-20", "jun"),
            ("2025-10-21", "2025-10-23", "sena"),
            ("2025-10-24", "2025-10-24", "gitcode"),
            ("2025-10-25", "2025-10-26", "jun"),
            ("2025-10-27", "2025-10-29", "ops"),
            ("2025-10-30", "2025-11-05", "sena"),
        )
    },
    channels={
        "phase4-deployment": roster.DEPLOYMENT,
        "phase4-critical": CRITICAL.id,
        "executives": EXECUTIVES.id,
    },
)


class Phase4Site(ServiceSite):
    """The service, a program that checks it, and whom the plan tells."""

    def __init__(self, ground: Ground) -> None:
        self.outside = Outside()
        service = CanaryService(
            seed=ground.seed,
            plan_time=ground.plan_time,
            per_5min=ground.per_5min,
            error_rate=0.0,
            slowness=QUICK,
        )
        super().__init__(service, self.outside, sick=SICK)

    def environment(self, folder: Path, *, unhurried: bool) -> dict[str, str]:
        """Where the service is, and the program beside it."""
        slow = "export ION_STEP_SECONDS=1" if unhurried else ""
        told = self.outside.environment()
        return {
            "ION_API_URL": self.service.url,
            "PHASE4_CHECKS": program(folder, "phase4-checks", "sandbox.scripts.phase4_checks", first=slow),
            "STATUS_PAGE_URL": f"{self.outside.receiver.url}/status",
            "PAGER_URL": f"{self.outside.receiver.url}/pager",
            "SUPPORT_MAIL": "support@ion.example",
            **{name: told[name] for name in ("SMTP_HOST", "SMTP_PORT", "SMTP_TLS")},
        }


SETTING: Final = Setting(
    plan="phase4-canary",
    begins=BEGINS,
    inputs="version=v2.14.0 at=2025-10-22T14:00",
    starter=roster.GITCODE,
    team=TEAM,
    build=Phase4Site,
    about={
        "en": "three days of preparation, one stage of 5 % and a week on watch, in a few minutes",
        "ko": "사흘의 준비, 5 % 카나리, 일주일의 관찰을 몇 분 만에 체험해 보세요",
    },
    falls_ill=timedelta(days=3, hours=6, minutes=31),  # 14:32, after the first report
    middle=timedelta(days=3, hours=6, minutes=36),
    ill="the canary falls ill",
    expected={"happy": "GO", "sick": "ROLLBACK"},
    channels=(CRITICAL, EXECUTIVES),
    follows="phase4-ab-test",
    writes={
        "follow/": "2025-10-29T14:00",
        "benchmark/response": "95",
        "benchmark/turn": "145",
        "benchmark/cpu": "72",
        "recovery/rto": "2",
        "recovery/rpo": "0.5",
        "open-issues/issues": "0",
        "open-issues/bugs": "0",
        "open-issues/slow": "0",
        "open-issues/security": "0",
        "after-seven-days/feedback": "86",
        "after-seven-days/faster": "6.5",
        "after-seven-days/new-bugs": "0",
    },
)

AB_TEST: Final = replace(
    SETTING,
    plan="phase4-ab-test",
    begins=datetime(2025, 10, 29, 8, 1, tzinfo=UTC),  # the eighth day: the preparation has just come due
    inputs="version=v2.14.0 at=2025-10-29T14:00",
    about={
        "en": "the A/B test after phase 4: its preparation, a week with 5 % of the users, and the result, in a few minutes",
        "ko": "Phase 4 다음의 A/B 테스트를 준비부터 사용자 5 %로 진행하는 일주일, 결과까지 몇 분 만에 체험해 보세요",
    },
    falls_ill=timedelta(hours=6, minutes=31),  # 14:32, in the first hour
    middle=timedelta(hours=6, minutes=36),
    follows="",
    writes={"result/feedback": "86", "result/faster": "6.5", "result/new-bugs": "0"},
)
"""The plan that follows, as it is started when nothing went before."""
