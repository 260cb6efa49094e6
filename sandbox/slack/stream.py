"""Telling watchers what changed: the page's WebSockets, and tests that wait for something to be true.

Must not know what the events mean; it hands each one to the people who may see it.
"""

import asyncio
import time
from collections.abc import Callable

from sandbox.slack.records import Json

# A page that does not read is cut off rather than allowed to hold memory; it re-reads the screen when it is back.
QUEUE_LIMIT = 2_000


class Subscription:
    """One watcher: the person it watches as, and the events it has not read yet. None in the queue means the end."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self.ended = False

    def give(self, event: Json | None) -> None:
        """Queues an event, or ends the subscription when its reader is far behind."""
        if self.ended:
            return
        if event is None or self.queue.qsize() >= QUEUE_LIMIT:
            self.ended = True
            event = None
        self.queue.put_nowait(event)


class Stream:
    """The events of the workspace, for whoever may see them."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._changed = asyncio.Event()

    def subscribe(self, user: str) -> Subscription:
        """Starts watching as a person."""
        subscription = Subscription(user)
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stops watching."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def publish(self, event: Json, may_see: Callable[[str], bool] = lambda _user: True) -> None:
        """Gives an event to every watcher for whom `may_see(user)` holds."""
        self.touch()
        for subscription in list(self._subscriptions):
            if may_see(subscription.user):
                subscription.give(event)

    @property
    def newest(self) -> str:
        """Whom the watcher who came last watches as; "" with nobody watching."""
        return self._subscriptions[-1].user if self._subscriptions else ""

    def touch(self) -> None:
        """Wakes those who wait for a condition, without telling the pages anything."""
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Ends every subscription."""
        for subscription in list(self._subscriptions):
            subscription.give(None)

    async def until(self, condition: Callable[[], object], timeout: float, *, what: str = "") -> None:
        """Waits until `condition()` holds; TimeoutError after `timeout` real seconds.

        It looks again at every change of the workspace, and every 20 ms for conditions on something else.
        """
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"After {timeout:g} s it was still not so: {what or condition}")
            try:
                await asyncio.wait_for(self._changed.wait(), timeout=min(left, 0.02))
            except TimeoutError:
                continue
