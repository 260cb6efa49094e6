"""A Prometheus of this machine's own, when one is installed: on a free port, with its data in a folder of the caller's.

It must not know what it scrapes.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp

PROGRAM: Final = "prometheus"
INTERVAL_S: Final = 1
READY_S: Final = 30.0
STOP_S: Final = 10.0
NOT_INSTALLED: Final = "Prometheus is not installed here: install it (Debian: apt install prometheus), or run the demo without METRICS=prometheus"
_CONFIG: Final = """global: {{scrape_interval: {every}s, scrape_timeout: {every}s, evaluation_interval: {every}s}}
scrape_configs:
{jobs}
"""


class LocalPrometheus:
    """`start` returns when it has scraped every target. RuntimeError in one sentence when it cannot."""

    def __init__(self, folder: Path, targets: Mapping[str, str], *, program: str = PROGRAM) -> None:
        self._folder = folder
        self._targets = dict(targets)
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        """Starts it and waits for the first scrapes."""
        found = shutil.which(self._program)
        if found is None:
            raise RuntimeError(NOT_INSTALLED)
        self._folder.mkdir(parents=True, exist_ok=True)
        jobs = "\n".join(
            f"  - {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]}}"
            for job, address in self._targets.items()
        )
        config = self._folder / "prometheus.yml"
        config.write_text(_CONFIG.format(every=INTERVAL_S, jobs=jobs), encoding="utf-8")
        port = _free_port()
        with (self._folder / "prometheus.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                found, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
                f"--storage.tsdb.path={self._folder / 'data'}", stdout=log, stderr=log,
            )  # fmt: skip
        self.url = f"http://127.0.0.1:{port}"
        try:
            await asyncio.wait_for(self._scraped(), READY_S)
        except TimeoutError:
            await self.stop()
            raise RuntimeError(
                f"Prometheus did not begin to scrape within {READY_S:g} s: {self._last_words()}"
            ) from None

    async def stop(self) -> None:
        """Ends it; a second call does nothing."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _scraped(self) -> None:
        """Until every target is up."""
        async with aiohttp.ClientSession() as session:
            while not await self._up(session):
                if self._process is not None and self._process.returncode is not None:
                    raise RuntimeError(f"Prometheus ended by itself: {self._last_words()}")
                await asyncio.sleep(0.1)

    async def _up(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/api/v1/query", params={"query": "sum(up)"}) as answer:
                told: dict[str, Any] = await answer.json()
        except (aiohttp.ClientError, ValueError):
            return False
        result = told.get("data", {}).get("result", [])
        return bool(result) and float(result[0]["value"][1]) == len(self._targets)

    def _last_words(self) -> str:
        lines = (self._folder / "prometheus.log").read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1][-300:] if lines else "it said nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
