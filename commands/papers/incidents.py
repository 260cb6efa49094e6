"""The incidents of a deployment in its record: every step with who settled it and when, what was decided, how it ended.

It must not know where the document goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from commands.papers import markdown
from commands.papers.markdown import inline
from commands.telling import Voice
from core.incidents import Incident
from core.state import Deployment

LONGEST = 2_000
"""Characters of what somebody wrote: the record keeps as much of a note as of any other evidence."""


def section(deployment: Deployment, voice: Voice) -> Iterator[list[str]]:
    """One part for every playbook that was walked; nothing where none was."""
    for one in deployment.incidents:
        title = voice.playbook(one.playbook)
        yield [f"## {inline(voice.say('record.incident', number=one.number, title=title))}"]
        yield [inline(line) for line in _told(one, voice)]
        heads = [voice.say(f"record.incident-{head}") for head in ("step", "state", "note")]
        yield markdown.table(heads, _rows(one, voice))


def _told(one: Incident, voice: Voice) -> Iterator[str]:
    cause = voice.say(f"cause.{one.cause}")
    said = voice.say("incident.why", at=voice.when(one.opened_at), cause=cause, by=voice.person(one.by))
    yield " ".join([said, voice.safe(one.note, LONGEST)]) if one.note else said
    if one.answer:
        when = voice.say("phrase.at", at=voice.when(one.answered_at)) if one.answered_at is not None else ""
        by, reason = voice.person(one.answered_by), voice.safe(one.reason, LONGEST)
        yield voice.say(
            "record.incident-answer", remedy=voice.remedy(one.answer), by=by, when=when, reason=reason or "–"
        )
    if one.next_try is not None:
        by = voice.person(one.next_try_by)
        yield voice.say("record.incident-next", at=voice.when(one.next_try), by=by)
    if one.closed_at is not None:
        by, at = voice.person(one.closed_by), voice.when(one.closed_at)
        yield voice.say("record.incident-closed", by=by, at=at, reason=voice.safe(one.closed, LONGEST))


def _rows(one: Incident, voice: Voice) -> Iterator[tuple[str, str, str]]:
    for index, todo in enumerate(one.todos):
        state = voice.say(f"mark.{todo.mark}")
        if todo.at is not None:
            state = f"{state}, {voice.person(todo.by)}, {voice.when(todo.at)}"
        note = todo.note or todo.seen or todo.failed
        yield inline(voice.todo(f"{one.playbook}/{index}")), inline(state), inline(voice.safe(note, LONGEST))
