"""The world of plans/knowledge-database.yml: a service behind HTTPS, the cloud its release scripts speak to, and the scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.crew import team
from sandbox.knowledge.cloud import Cloud
from sandbox.knowledge.service import TOKEN, KnowledgeService
from sandbox.outside import Outside
from sandbox.setting import Ground, Instead, Setting
from sandbox.site import Servers, program
from sandbox.slack import roster

BEGINS: Final = datetime(2025, 8, 19, 0, 1, tzinfo=UTC)
"""09:01 in Seoul, two days before T0 (2025-08-21 at 10:00 there): the lists are about to open."""
TOOLS: Final = ("terraform", "docker", "deploy-aws", "rollback", "aws", "smoke-test")

TEAM: Final = team(
    roles={
        "deployer": "gitcode",
        "approver": "mina",
        "development": "mina",
        "qa": "sena",
        "security": "jun",
        "devops": "ops",
        "product-owner": "lubit",
        "devops-lead": "ops",
        "backend-lead": "mina",
        "dba": "sena",
        "security-lead": "jun",
        "support": "sena",
    },
    deputies={
        "devops-lead": "gitcode",
        "backend-lead": "gitcode",
        "dba": "mina",
    },
)


class KnowledgeSite(Servers):
    """The service, the cloud, and six programs."""

    def __init__(self, ground: Ground) -> None:
        self.cloud = Cloud(ground.plan_time)
        self._service = KnowledgeService(self.cloud)
        self.outside = Outside()
        super().__init__(self._service, self.outside)

    def environment(self, folder: Path, *, unhurried: bool) -> dict[str, str]:
        """Where everything is; the programs are written into the work folder."""
        slow = "sleep 2" if unhurried else ""
        programs = {
            f"KNOWLEDGE_{tool.upper().replace('-', '_')}": program(
                folder, tool, "sandbox.scripts.knowledge_tools", tool, first=slow
            )
            for tool in TOOLS
        }
        return {
            "KNOWLEDGE_URL": self._service.url,
            "KNOWLEDGE_HTTP_URL": self._service.plain_url,
            "KNOWLEDGE_CA": str(self._service.trust(folder)),
            "KNOWLEDGE_TOKEN": TOKEN,
            "KNOWLEDGE_CLOUD_URL": self._service.cloud_url,
            **self.outside.environment(),
            "STAKEHOLDERS_MAIL": "stakeholders@knowledge.example",
            "SUPPORT_MAIL": "support@knowledge.example",
            **programs,
        }

    def make_sick(self, sick: bool) -> None:
        """The new version is slow."""
        self.cloud.make_sick(sick)


SETTING: Final = Setting(
    plan="knowledge-database",
    begins=BEGINS,
    inputs="version=1.0.0 previous=0.9.2 deployer=gitcode at=2025-08-21",
    starter=roster.GITCODE,
    team=TEAM,
    build=KnowledgeSite,
    about={
        "en": "the release of a knowledge database by scripts, from its lists to the follow-up a month later",
        "ko": "지식 데이터베이스를 스크립트로 배포하는 과정을 사전 체크리스트부터 한 달 뒤 후속 작업까지 몇 분 만에 체험해 보세요",
    },
    falls_ill=timedelta(
        days=2, hours=1
    ),  # 10:01 in Seoul, on the day: the new version is slow from its first request
    middle=timedelta(days=2, hours=1),
    ill="the new version will be slow",
    expected={"happy": "GO", "sick": "ROLLBACK"},
    instead=(
        Instead(
            "item",
            step="performance",
            subject="p95",
            by=roster.GITCODE,
            types="/rollback verification failed: responses take longer than 500 ms",
        ),
    ),
)
