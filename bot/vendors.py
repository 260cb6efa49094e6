"""Puts the vendors' rooms together: who carries out, checks and measures what, by the plan's own keys.

A new kind of source or action is a room of its own and a line here. It must not know what any of them is asked for.
"""

from __future__ import annotations

from pathlib import Path

import aiohttp

from bot.adapters.command import Commands
from bot.adapters.entrance import Trust
from bot.adapters.http_source import HttpSources
from bot.adapters.kubernetes import Clusters
from bot.adapters.smtp import MailServers
from bot.diagnosing.by_command import ByCommandDiagnosis
from bot.diagnosing.over_http import OverHttpDiagnosis
from bot.diagnosing.over_kubernetes import OverKubernetesDiagnosis
from bot.diagnosing.over_prometheus import OverPrometheusDiagnosis
from bot.diagnosing.over_smtp import OverSmtpDiagnosis
from bot.performing.by_command import ByCommand
from bot.performing.over_http import OverHttp
from bot.performing.over_kubernetes import OverKubernetes
from bot.performing.over_prometheus import OverPrometheus
from bot.performing.over_smtp import OverSmtp
from bot.performing.ports import Vendors
from bot.performing.prometheus_checks import PrometheusChecks
from bot.secrets import Secrets
from storage.clock import Clock, utcnow


def vendors(
    session: aiohttp.ClientSession,
    secrets: Secrets,
    folder: Path,
    *,
    grace_s: float = 2.0,
    clock: Clock = utcnow,
) -> Vendors:
    """All of them, over one shared session. `folder` is where programs run; `grace_s`: see Commands."""
    sources, commands = HttpSources(session, secrets, folder), Commands(secrets, folder, grace_s=grace_s)
    http = OverHttp(sources, secrets, clock)
    trust = Trust(secrets, folder)
    clusters = Clusters(session, secrets)
    kubernetes = OverKubernetes(clusters, secrets, folder)
    prometheus = PrometheusChecks(secrets, trust)
    mail = MailServers(secrets, folder)
    return Vendors(
        acts={"command": ByCommand(commands), "http": http, "kubernetes": kubernetes},
        verifies={"http": http, "kubernetes": kubernetes, "prometheus": prometheus},
        measures={"http": http, "kubernetes": kubernetes, "prometheus": OverPrometheus(secrets, trust)},
        weighs={"http": http, "kubernetes": kubernetes},
        warns={"prometheus": prometheus},
        tells={"http": http, "smtp": OverSmtp(mail, secrets)},
        diagnoses={
            "command": ByCommandDiagnosis(commands),
            "http": OverHttpDiagnosis(sources),
            "kubernetes": OverKubernetesDiagnosis(clusters),
            "prometheus": OverPrometheusDiagnosis(secrets, trust),
            "smtp": OverSmtpDiagnosis(mail),
        },
    )
