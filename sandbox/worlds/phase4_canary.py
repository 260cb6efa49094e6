"""The world of plans/phase4-canary.yml: a quick ion-api, the checks its team runs, a status page, a pager and a mail server."""

from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.outside import Outside
from sandbox.service.app import CanaryService
from sandbox.setting import Channel, Ground, Setting
from sandbox.slack import roster

BEGINS: Final = datetime(2025, 10, 19, 8, 1, tzinfo=UTC)
"""Three days before T0, which is 2025-10-22 at 14:00: the technical verification has just come due."""
QUICK: Final = 0.27
"""P95 is about 78 ms: below the 100 ms that the plan asks for."""
SICK: Final = {"errors": 0.12, "latency": 1.4}
"""One request in eight fails, and the rest are slower."""
CRITICAL: Final = Channel("C0PHASE4C", "phase4-critical", "When phase 4 is in trouble.")
EXECUTIVES: Final = Channel("C0EXECUTV", "executives", "What executives are told.")

TEAM: Final = f"""format: 1
language: {{language}}
people:
  gitcode: {roster.GITCODE}
  lubit: {roster.LUBIT}
  sena: {roster.SENA}
  ops: {roster.OPS}
  mina: {roster.MINA}
  jun: {roster.JUN}
roles:
  deploy-lead: [gitcode]
  backup-engineer: [jun]
  devops: [ops]
  devops-lead: [ops]
  phase-lead: [lubit]
  qa-lead: [sena]
  analytics-lead: [jun]
  tech-lead: [mina]
  executive: [mina]
rota:
  on-call:
    - {{from: 2025-10-19, to: 2025-10-20, who: [jun]}}
    - {{from: 2025-10-21, to: 2025-10-23, who: [sena]}}
    - {{from: 2025-10-24, to: 2025-10-24, who: [gitcode]}}
    - {{from: 2025-10-25, to: 2025-10-26, who: [jun]}}
    - {{from: 2025-10-27, to: 2025-10-29, who: [ops]}}
channels:
  phase4-deployment: {roster.DEPLOYMENT}
  phase4-critical: {CRITICAL.id}
  executives: {EXECUTIVES.id}
"""


class Phase4Site:
    """The service, a program that checks it, and whom the plan tells."""

    def __init__(self, ground: Ground) -> None:
        self.service = CanaryService(
            seed=ground.seed,
            plan_time=ground.plan_time,
            per_5min=ground.per_5min,
            error_rate=0.0,
            slowness=QUICK,
        )
        self.outside = Outside()

    async def start(self) -> None:
        """The service listens, and so do those who are told."""
        await self.service.start()
        await self.outside.start()

    async def stop(self) -> None:
        """All of it is gone."""
        await self.outside.stop()
        await self.service.stop()

    def environment(self, folder: Path, *, unhurried: bool) -> dict[str, str]:
        """Where the service is, and the program beside it."""
        script = folder / "phase4-checks.sh"
        script.write_text(
            f"#!/bin/sh\n{'export ION_STEP_SECONDS=1' if unhurried else ''}\n"
            f'exec "{sys.executable}" -m sandbox.scripts.phase4_checks "$@"\n',
            encoding="utf-8",
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        told = self.outside.environment()
        return {
            "ION_API_URL": self.service.url,
            "PHASE4_CHECKS": str(script),
            "STATUS_PAGE_URL": f"{self.outside.receiver.url}/status",
            "PAGER_URL": f"{self.outside.receiver.url}/pager",
            "SUPPORT_MAIL": "support@ion.example",
            **{name: told[name] for name in ("SMTP_HOST", "SMTP_PORT", "SMTP_TLS")},
        }

    def make_sick(self, sick: bool) -> None:
        """The canary fails one request in eight, or is healthy again."""
        if sick:
            self.service.faults.set(track="canary", **SICK)
        else:
            self.service.faults.clear(track="canary")

    def scraped(self) -> Mapping[str, str]:
        """The service's counters."""
        return {"ion-api": self.service.url.removeprefix("http://")}


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
    writes={
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
