"""`/deploy record`: the papers of a deployment, put into its channel as a file.

It must not know the other commands.
"""

from __future__ import annotations

from dataclasses import replace

from commands import choosing
from commands.answers import Answers, Tell
from commands.asker import Asker
from commands.papers import WRITERS, file_name, write
from commands.papers.reading import read
from commands.telling import voice
from commands.verbs import PAPERS, find
from commands.words import Line, nearest
from core.errors import Refused
from core.state import Deployment

EXAMPLE = "/deploy record"
LARGEST = 1_000_000
"""Bytes of a file that Slack shows as text."""


class Recording:
    """The verb."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    async def record(self, asker: Asker, line: Line, tell: Tell) -> str:
        """Says that it is being written; the file follows, or the reason why it does not. Anybody in the channel may ask."""
        kind = _kind(line)
        deployment = await choosing.choose_any(self._room, asker.channel, line, EXAMPLE)
        if not choosing.is_here(deployment, asker.channel, self._room.team):
            raise Refused("wrong-channel", channels=choosing.channels([deployment.runbook.plan]))
        self._answers.later(self._send(kind, deployment, asker, tell))
        speaking = self._answers.voice(deployment)
        return speaking.say("record.writing", kind=speaking.say(f"record.kind-{kind}"), id=deployment.id)

    async def _send(self, kind: str, deployment: Deployment, asker: Asker, tell: Tell) -> None:
        try:
            await self._put(kind, deployment, asker)
        except Refused as refused:
            await tell(self._answers.refusal(refused, deployment))

    async def _put(self, kind: str, deployment: Deployment, asker: Asker) -> None:
        share = self._room.share
        if share is None:
            raise Refused("file-unsent", reason="-")
        found = await read(self._room.queries, deployment.id, self._room.clock())
        speaking = voice(found.deployment, self._room.clock())
        # A document is read outside Slack, where a mention is only an id; and its moments always have their date.
        plain = replace(speaking, plain=True, now=None, names=self._room.team.name)
        content = write(kind, found, plain).encode()
        if len(content) > LARGEST:
            raise Refused("record-too-long", deployment=deployment.id)
        comment = speaking.say(
            "record.file-comment",
            by=speaking.person(asker.user),
            kind=speaking.say(f"record.kind-{kind}"),
            id=deployment.id,
        )
        await share.under_card(deployment.id, content, name=file_name(kind, found), comment=comment)


def _kind(line: Line) -> str:
    """The paper that was asked for; the record when none was named."""
    words = [word for word in line.words[1:] if choosing.id_token(line) is None or word != line.words[-1]]
    if not words:
        return "record"
    kind = find(words[0], PAPERS)
    if kind is None or kind not in WRITERS:
        near = nearest(words[0], (spelling for spellings in PAPERS.values() for spelling in spellings))
        raise Refused("record-kind", word=words[0][:60], near=f"{EXAMPLE} {near}" if near else "")
    return kind
