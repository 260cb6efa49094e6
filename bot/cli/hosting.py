"""The bot beside the sandbox: as a process of its own, as in production, or inside this one, where every second counts.

It must not know what is played.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.errors import GaveUp, TryLater
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.app import App

READY_S = 120.0


class Bot(Protocol):
    """`environment` are the variables it finds its neighbours by, `log` is the file for what it has to say."""

    async def start(self) -> None:
        """Returns when the bot is ready. RuntimeError with its own words when it does not start."""
        ...

    async def kill(self) -> None:
        """No goodbye."""
        ...

    async def stop(self) -> None:
        """What is in flight ends."""
        ...


class BotProcess:
    """The bot as its own process, so that it can be killed like one."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when the bot says that it is ready. RuntimeError with its own words when it does not."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                env=self._environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None  # noqa: S101  # a pipe was asked for
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), READY_S)
        except TimeoutError:
            line = b""
        if b"ready" not in line:
            raise RuntimeError(
                f"the bot did not start:\n{self._log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
            )

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, and what is in flight ends."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 25)
            except TimeoutError:
                await self.kill()


class BotInside:
    """The bot in this process and event loop: no second interpreter has to start, and no process is switched to."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._app: App | None = None
        self._running: asyncio.Task[None] | None = None
        self._handler: logging.Handler | None = None

    async def start(self) -> None:
        """Returns when the bot is ready. RuntimeError with its own words when it does not start."""
        # A second of imports, which the bot of its own process pays there.
        from bot.app import App, StartRefused

        self._handler = logging.FileHandler(self._log, encoding="utf-8")
        logging.getLogger().addHandler(self._handler)
        settings = Settings(**self._environment)  # type: ignore[arg-type]  # by the variables' names
        self._app = App(settings, environ={**os.environ, **self._environment})
        try:
            await self._app.start()
        except (StartRefused, GaveUp, TryLater) as refused:
            raise RuntimeError(f"the bot did not start:\n{refused}") from refused
        self._running = asyncio.create_task(self._app.run())

    async def kill(self) -> None:
        """Nobody can kill it but with this process."""
        raise RuntimeError("the bot runs inside this process: only one of its own can be killed")

    async def stop(self) -> None:
        """What is in flight ends."""
        if self._app is not None:
            await self._app.close()
            self._app = None
        if self._running is not None:
            await self._running
            self._running = None
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
            self._handler = None
