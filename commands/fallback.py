"""What no feature takes: buttons of old versions, windows nobody knows, faults. Always an answer, never silence."""

from __future__ import annotations

import logging
import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from commands.answers import Answers
from commands.asker import Asker, Body
from commands.blocks import windows

ANYTHING = re.compile(".*", re.DOTALL)
_log = logging.getLogger(__name__)


class Fallback:
    """Registered last: Bolt takes the first listener that fits."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def listen(self, app: AsyncApp) -> None:
        """Takes everything that is left."""
        app.action(ANYTHING)(self.action)
        app.view(ANYTHING)(self.view)
        app.view_closed(ANYTHING)(self.closed)
        app.error(self.fault)

    async def action(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A button that means nothing any more."""
        await ack()
        actions = body.get("actions") or [{}]
        asker = Asker.click(body, actions[0])
        text = self._answers.voice().say("refused.old-button")
        self._answers.later(self._answers.whisper(asker, client, respond, text))

    async def view(self, ack: AsyncAck) -> None:
        """A window of an old version."""
        speaking = self._answers.voice()
        await ack(response_action="update", view=windows.notice(speaking, speaking.say("refused.old-button")))

    async def closed(self, ack: AsyncAck) -> None:
        """Nothing was submitted; nothing happens."""
        await ack()

    async def fault(self, error: Exception, body: Body, ack: AsyncAck) -> BoltResponse:
        """A fault of ours: logged, and said, so that nobody takes silence for success."""
        _log.error("a listener failed", exc_info=error)
        text = self._answers.voice().say("refused.not-saved")
        if body.get("type") == "view_submission":
            return await ack(response_action="update", view=windows.notice(self._answers.voice(), text))
        return await ack(text=text) if "command" in body else await ack()
