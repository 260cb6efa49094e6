"""Puts the vendors' rooms together: who carries out, checks and measures what, by the plan's own keys.

A new kind of source or action is a room of its own and a line here. It must not know what any of them is asked for.
"""

from __future__ import annotations

from pathlib import Path

import aiohttp

from bot.adapters.command import Commands
from bot.adapters.http_source import HttpSources
from bot.performing.by_command import ByCommand
from bot.performing.over_http import OverHttp
from bot.performing.over_prometheus import OverPrometheus
from bot.performing.ports import Vendors
from bot.performing.prometheus_checks import PrometheusChecks
from bot.secrets import Secrets


def vendors(
    session: aiohttp.ClientSession, secrets: Secrets, folder: Path, *, grace_s: float = 2.0
) -> Vendors:
    """All of them, over one shared session. `folder` is where programs run; `grace_s`: see Commands."""
    http = OverHttp(HttpSources(session, secrets), secrets)
    prometheus = PrometheusChecks(secrets)
    return Vendors(
        acts={"command": ByCommand(Commands(secrets, folder, grace_s=grace_s)), "http": http},
        verifies={"http": http, "prometheus": prometheus},
        measures={"http": http, "prometheus": OverPrometheus(secrets)},
        weighs={"http": http},
        warns={"prometheus": prometheus},
    )
