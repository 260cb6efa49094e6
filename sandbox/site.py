"""What sites of worlds have in common: several servers that come and go together, programs in the work folder, and a service with a
canary. A world says only what is special in it. It must not know a particular plan, nor the bot.
"""

from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from sandbox.service.app import CanaryService


class Server(Protocol):
    """Something that listens on this machine."""

    async def start(self) -> None:
        """It listens."""
        ...

    async def stop(self) -> None:
        """It is gone; a second call does nothing."""
        ...


class Servers:
    """Several of them as one: they start in their order and stop in the other. Nothing else is scraped in their place."""

    def __init__(self, *servers: Server) -> None:
        self._servers = servers

    async def start(self) -> None:
        """All of them listen."""
        for server in self._servers:
            await server.start()

    async def stop(self) -> None:
        """None does."""
        for server in reversed(self._servers):
            await server.stop()

    def scraped(self) -> Mapping[str, str]:
        """The plan reads from these servers, and from no other Prometheus."""
        return {}


class ServiceSite(Servers):
    """The service with its canary, and what stands beside it. `sick`: what the canary's faults are when it falls ill."""

    def __init__(self, service: CanaryService, *others: Server, sick: Mapping[str, float]) -> None:
        super().__init__(service, *others)
        self.service = service
        self._sick = sick

    def make_sick(self, sick: bool) -> None:
        """The canary has its faults, or is healthy again."""
        if sick:
            self.service.faults.set(track="canary", **self._sick)
        else:
            self.service.faults.clear(track="canary")

    def scraped(self) -> Mapping[str, str]:
        """The service's counters."""
        return {"ion-api": self.service.url.removeprefix("http://")}


def program(folder: Path, name: str, module: str, *arguments: str, first: str = "") -> str:
    """Writes `NAME.sh`, which runs a module of the sandbox with what it is called with behind `arguments`; `first` is a line of shell
    that comes before. The path."""
    script = folder / f"{name}.sh"
    words = " ".join((module, *arguments))
    script.write_text(f'#!/bin/sh\n{first}\nexec "{sys.executable}" -m {words} "$@"\n', encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)
