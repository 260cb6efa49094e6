"""The world of plans/ion-readiness.yml: the service ion-api as in the deployment day's, a week before it goes to production."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.crew import team
from sandbox.setting import Channel, Setting
from sandbox.slack import roster
from sandbox.worlds.ion_deployment_day import IonSite

BEGINS: Final = datetime(2025, 10, 17, 10, 1, tzinfo=UTC)
"""A Friday, one week before T0 (2025-10-24 at 14:00): the review of the board has just come due."""
PRODUCTION: Final = Channel("C0PRODALR", "production-alerts", "What production says is wrong.")
RESPONSE: Final = Channel("C0INCRESP", "incident-response", "Who does what about it.")

TEAM: Final = team(
    roles={
        "tech-lead": "lubit",
        "operations": "ops",
        "on-call": "jun",
        "qa": "sena",
        "product-owner": "mina",
    },
    deputies={
        "operations": "gitcode",
    },
    channels={
        "deployment": roster.DEPLOYMENT,
        "production-alerts": PRODUCTION.id,
        "incident-response": RESPONSE.id,
    },
)

SETTING: Final = Setting(
    plan="ion-readiness",
    begins=BEGINS,
    inputs="version=v2.14.0 at=2025-10-24T14:00",
    starter=roster.OPS,
    team=TEAM,
    build=IonSite,
    about={
        "en": "the readiness board, GO or NO-GO, a blue-green deployment and the two months after it",
        "ko": "준비 현황판, GO/NO-GO, 블루-그린 배포와 그 뒤 두 달을 체험해 보세요",
    },
    falls_ill=timedelta(days=7, hours=4, minutes=20),  # 14:21, twenty minutes after the switch
    middle=timedelta(days=7, hours=4, minutes=30),
    ill="green falls ill",
    expected={"happy": "GO", "sick": "ROLLBACK"},
    channels=(PRODUCTION, RESPONSE),
    writes={
        "targets/load-p50": "0.31",
        "targets/load-p95": "1.2",
        "targets/load-p99": "2.4",
        "targets/load-rate": "118",
        "targets/load-cpu": "71",
        "targets/load-memory": "1.6",
    },
)
