"""What every part of the sandbox's Slack side is given: the workspace, the app, the clock, and the lists of what happens.

Must not decide anything; it only holds parts together. Made once, in server.py.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from sandbox.clock import Clock
from sandbox.slack.calllog import CallLog
from sandbox.slack.faults import Faults
from sandbox.slack.links import Lent
from sandbox.slack.manifest import AppManifest
from sandbox.slack.records import Json, User
from sandbox.slack.state import Workspace
from sandbox.slack.stream import Stream


class Context:
    """The parts, by name. `emit` sends an event to the app (if it is subscribed); set by the deliverer."""

    def __init__(
        self, *, workspace: Workspace, app: AppManifest, app_id: str, bot_id: str, clock: Clock
    ) -> None:
        self.workspace = workspace
        self.app = app
        self.app_id = app_id
        self.bot_id = bot_id
        self.clock = clock
        self.stream = Stream()
        self.log = CallLog(self.stream.touch)
        self.faults = Faults()
        self.lent = Lent(workspace.team_id)
        self.base_url = ""
        self.refuse_blocks: set[str] = set()
        self.emit: Callable[[str, Json], None] = lambda _kind, _event: None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def now(self) -> datetime:
        """The sandbox's present moment."""
        return self.clock()

    @property
    def bot(self) -> User:
        """The app's bot user."""
        return self.workspace.users[self.workspace.bot_user]

    @property
    def busy(self) -> bool:
        """True while a background delivery is under way."""
        return bool(self._tasks)

    def start(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Runs something in the background; kept until it is done, cancelled by `stop_tasks`."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop_tasks(self) -> None:
        """Cancels what runs in the background and waits for its end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        self.stream.touch()
        if not task.cancelled() and task.exception() is not None:
            task.get_loop().call_exception_handler(
                {
                    "message": "A background task of the sandbox failed",
                    "exception": task.exception(),
                    "task": task,
                }
            )
