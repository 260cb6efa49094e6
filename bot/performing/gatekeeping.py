"""Between the deliverer and Slack: whose turn it is, what a refusal means for the bot's health, and who is alarmed.

It must not know what is said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from bot.adapters import slack_codes
from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.health import EVERYWHERE, Health
from bot.performing.pacing import Pacer
from bot.performing.work import Work
from storage.clock import Clock

log = logging.getLogger(__name__)

EXACT: Final = frozenset({"pace", "stopped", "ratelimited", "no-card"})
"""Waits whose length is known: they are not made longer by the number of attempts."""

LEAST: Final = 3
"""The priority of what comes last."""

TOKEN_PAUSE: Final = timedelta(seconds=60)
"""So long everything waits when the token is refused: a mended token finds the whole queue still there."""


class Gatekeeper:
    """One for the whole Slack app."""

    def __init__(self, slack: SlackWeb, pacer: Pacer, health: Health, clock: Clock) -> None:
        self._slack = slack
        self._pacer = pacer
        self._clock = clock
        self.health = health

    def open(self) -> None:
        """Raises TryLater while nothing at all may be sent."""
        wait_s = self._pacer.stopped_s(self._clock())
        if wait_s > 0:
            raise TryLater(wait_s, "Slack refuses the bot's token; everything waits.", code="stopped")

    def turn(self, work: Work, method: str, channel: str, priority: int) -> None:
        """Returns when the call may go out now; else raises TryLater with the time to wait."""
        wait_s = self._pacer.wait_s(work.claim.id, method, channel, priority, self._clock())
        if wait_s > 0:
            raise TryLater(wait_s, "It waits for its turn.", code="pace")

    def spare(self, method: str, channel: str) -> bool:
        """Whether there is room for a courtesy just now; if so, it is taken."""
        return self._pacer.spare(method, channel, self._clock())

    def wait_s(self, turn: str, method: str, channel: str) -> float:
        """Seconds until a courtesy that has to be said may go out, behind everything else; 0 is now."""
        return self._pacer.wait_s(turn, method, channel, LEAST, self._clock())

    @contextmanager
    def throttling(self, method: str, channel: str) -> Iterator[None]:
        """A 429 stops this method in this channel for as long as Slack says; everything else goes on."""
        try:
            yield
        except TryLater as problem:
            if problem.code == "ratelimited":
                self._pacer.pause(method, channel, self._clock() + timedelta(seconds=problem.after_s))
            raise

    @contextmanager
    def watching(self, channel: str, *, personal: bool) -> Iterator[None]:
        """Refusals for good become an alarm; a refused token stops everything, but loses nothing."""
        try:
            yield
        except GaveUp as problem:
            if problem.code in slack_codes.TOKEN:
                self._alarm(EVERYWHERE, problem)
                self._pacer.pause("*", "*", self._clock() + TOKEN_PAUSE)
                raise TryLater(TOKEN_PAUSE.total_seconds(), problem.reason, code=problem.code) from None
            if personal:
                log.warning(
                    "a person could not be reached",
                    extra={"action": "slack.person", "who": channel, "why": problem.code},
                )
            elif problem.code not in slack_codes.GONE:
                self._slack.forget_channels()
                self._alarm(channel, problem)
            raise

    def worked(self, channel: str) -> None:
        """Slack took something here."""
        self.health.worked((channel, *self._slack.names_of(channel)), self._clock())

    def dropped(self, work: Work, view: str) -> None:
        """A message was left out because it came too late."""
        self.health.dropped += 1
        log.warning(
            "a message was left out: it came too late to be of use",
            extra={
                "action": "slack.dropped",
                "view": view,
                "deployment": work.deployment.id,
                "effect": work.claim.id,
            },
        )

    def _alarm(self, place: str, problem: GaveUp) -> None:
        told = self.health.failed(place, problem.reason, self._clock())
        log.log(
            logging.INFO if told else logging.ERROR,  # one alarm a failure, not one a message
            "Slack refuses: %s",
            problem.reason,
            extra={"action": "slack.terminal", "channel": place, "why": problem.code},
        )
