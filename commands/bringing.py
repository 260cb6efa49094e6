"""`/deploy import`: a window takes a checklist, the channel gets the report and the plan as files. Nothing else changes by it, so anybody
with a role may. A slash command cannot carry a file, a window can.

It must not know how files are fetched, nor how a document is read.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from commands import importing
from commands.answers import Answers
from commands.asker import Asker, Body
from commands.blocks import kit, windows
from commands.blocks.windows import View
from commands.forms import OPEN_S, update_view
from commands.room import Share
from commands.telling import Voice
from core.errors import Refused
from core.importing.naming import slug
from core.importing.whole import Imported, plan_of, understand

CALLBACK, FILE = "import", "file"
ENDINGS = ("md", "markdown", "txt")
MOST_BYTES = 1_000_000
"""Smaller than on the command line: the bot has deployments to run meanwhile."""
MOST_LEFT = 2_000


class Bringing:
    """The verb, its window, and what follows when a file was given."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    def listen(self, app: AsyncApp) -> None:
        """Takes the file."""
        app.view(CALLBACK)(self.submitted)

    async def open(self, asker: Asker, client: AsyncWebClient) -> None:
        """Opens the window. Raises Refused for somebody without any role, and where the bot cannot take files."""
        self._may(asker.user)
        if self._room.bring is None or self._room.share is None:
            raise Refused("import-away")

        try:
            async with asyncio.timeout(OPEN_S):
                await client.views_open(
                    trigger_id=asker.trigger, view=_window(asker.channel, self._answers.voice())
                )
        except SlackApiError as fault:
            lacking = fault.response.get("error") == "missing_scope"
            raise Refused("import-scope" if lacking else "expired") from fault
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise Refused("expired") from fault

    def _may(self, user: str) -> None:
        if not any(user in holders for _, holders in self._room.team.people()):
            raise Refused("import-who")

    async def submitted(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Says at once that it is being read; the outcome comes into the window and the channel."""
        asker, speaking = Asker.submission(body), self._answers.voice()
        view = body.get("view") or {}
        try:
            self._may(asker.user)
        except Refused as refused:
            await ack(response_action="update", view=windows.notice(speaking, self._answers.refusal(refused)))
            return
        files = _files(view)
        if not files:
            await ack(response_action="errors", errors={FILE: speaking.say("import.no-file")})
            return
        await ack(response_action="update", view=windows.notice(speaking, speaking.say("import.reading")))
        channel = str(view.get("private_metadata") or "")
        self._answers.later(self._bring(asker.user, files[0], channel, str(view.get("id", "")), client))

    async def _bring(
        self, user: str, file_id: str, channel: str, view_id: str, client: AsyncWebClient
    ) -> None:
        try:
            said = await self._brought(user, file_id, channel, client)
        except Refused as refused:
            said = self._answers.refusal(refused)
        if not await update_view(client, view_id, windows.notice(self._answers.voice(), said)):
            await client.chat_postMessage(channel=user, text=said, unfurl_links=False)

    async def _brought(self, user: str, file_id: str, channel: str, client: AsyncWebClient) -> str:
        bring, share, speaking = self._room.bring, self._room.share, self._answers.voice()
        if bring is None or share is None:
            raise Refused("import-away")
        try:
            name, content = await bring(file_id, MOST_BYTES)
        except Refused as away:
            raise _why(away) from away
        made, report = await asyncio.to_thread(_read, content, name, speaking.language)
        await self._tell(made, report, name, user, channel, client, share)
        return speaking.say("import.done", name=speaking.safe(name, 80), channel=f"<#{channel}>")

    async def _tell(
        self, made: Imported, report: str, name: str, user: str, channel: str, client: AsyncWebClient, share: Share
    ) -> None:  # fmt: skip
        """One message in the channel, the plan and the whole report as files in its thread."""
        speaking = self._answers.voice()
        text = _message(made, name, user, speaking)
        try:
            posted = await client.chat_postMessage(channel=channel, text=text, unfurl_links=False)
        except SlackApiError as fault:
            raise Refused("file-unsent", reason=str(fault.response.get("error"))) from fault
        stem, thread = slug(name.rsplit(".", 1)[0], "plan"), str(posted["ts"])
        plan = made.written.text.encode()
        comment = speaking.say("import.plan-file", plan=made.written.plan)
        await share.into(channel, plan, name=f"{stem}.yml", comment=comment, thread_ts=thread)
        comment = speaking.say("import.report-file")
        await share.into(
            channel, report.encode(), name=f"{stem}-report.txt", comment=comment, thread_ts=thread
        )


def _why(away: Refused) -> Refused:
    """The sentence for a file that could not be fetched."""
    code, reason = away.args_.get("code"), str(away.args_.get("reason", ""))
    if code == "too-large":
        return Refused("import-large-here", most=MOST_BYTES)
    return Refused("import-scope") if code == "missing_scope" else Refused("file-away", reason=reason)


def _read(content: bytes, name: str, language: str) -> tuple[Imported, str]:
    """The plan and the report; takes seconds for a large document, so it is called in a thread of its own."""
    found = understand(content, name)
    made = plan_of(found, name)
    return made, importing.report(found, made.written, name, language, most=MOST_LEFT) + "\n"


def _message(made: Imported, name: str, user: str, speaking: Voice) -> str:
    language = speaking.language
    lines = [
        speaking.say("import.posted", who=f"<@{user}>"),
        speaking.safe(importing.headline(made.found, name, language), 600),
        speaking.safe(importing.counts(made.found, language), 600),
        speaking.say("import.left", n=len(made.found.left) + len(made.written.fallen)),
        speaking.say("import.next"),
    ]
    return "\n".join(line for line in lines if line)


def _window(channel: str, speaking: Voice) -> View:
    blocks = [
        kit.section(speaking.say("import.what")),
        kit.file_input(speaking.say("import.file"), block_id=FILE, endings=ENDINGS),
        kit.context(speaking.say("import.harmless")),
    ]
    return kit.modal(
        speaking.say("import.title"), blocks, callback=CALLBACK, close=speaking.say("window.close"),
        submit=speaking.say("import.submit"), private=channel,
    )  # fmt: skip


def _files(view: dict[str, Any]) -> list[str]:
    """The ids of the files in a submitted window."""
    values = ((view.get("state") or {}).get("values") or {}).get(FILE) or {}
    return [
        str(file["id"])
        for element in values.values()
        for file in element.get("files") or ()
        if file.get("id")
    ]
