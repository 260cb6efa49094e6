"""The windows of an incident: which step and what was seen, why an answer, what came of it, when the next try is.

Pure drawing. It must not know what a submitted form leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commands.blocks import kit, windows
from commands.blocks.incident import of
from commands.blocks.kit import Block
from commands.blocks.windows import REASON, TEXT, View
from commands.buttons import More, Value
from commands.telling import Voice
from core.incidents import number_in
from core.state import Deployment

TODO, WHEN = "todo", "when"
"""Block ids of a form's fields."""


def title_of(deployment: Deployment, value: Value, voice: Voice) -> str:
    """The playbook's title of the incident a button is about; '' when there is none."""
    found = of(deployment, str(number_in(value.s)))
    return "" if found is None else voice.text(found[1].title, 120)


def todo(deployment: Deployment, value: Value, voice: Voice, *, callback: str, more: More) -> View:
    """Which step, and the note or reason."""
    found = of(deployment, str(number_in(value.s)))
    if found is None:
        return windows.notice(voice, voice.say("incident.gone"))
    one, playbook = found
    options = [
        (voice.text(step.text, 75), str(index))
        for index, (step, state) in enumerate(zip(playbook.steps, one.todos, strict=True))
        if (state.mark != "open") == (more is More.OPEN)
    ]
    if not options:
        return windows.notice(voice, voice.say("window.no-items"))
    fields = [kit.chosen(voice.say("window.which-todo"), TEXT, options, block_id=TODO)]
    said = voice.say(f"window.todo-{more.value}", title=voice.text(playbook.title, 120))
    return _form(value, voice, callback, [said], fields, optional=more is More.OPEN)


def reason(value: Value, voice: Voice, said: str, *, callback: str) -> View:
    """What is about to happen, and the field for why."""
    return _form(value, voice, callback, [said], [])


def next_try(value: Value, voice: Voice, said: str, around: datetime, *, callback: str) -> View:
    """The moment of the next try (`around` is what the picker begins with), and a note."""
    picker = {"type": "datetimepicker", "action_id": TEXT, "initial_date_time": int(around.timestamp())}
    label = {"type": "plain_text", "text": voice.say("window.when"), "emoji": False}
    field: Block = {"type": "input", "block_id": WHEN, "label": label, "element": picker}
    return _form(value, voice, callback, [said], [field], optional=True)


def _form(
    value: Value, voice: Voice, callback: str, said: Sequence[str], fields: Sequence[Block], *, optional: bool = False
) -> View:  # fmt: skip
    label = voice.say("window.note" if optional else "window.reason")
    written = kit.written(label, TEXT, block_id=REASON, hint=voice.say("window.recorded"), optional=optional)
    return kit.modal(
        voice.say("window.incident-title"),
        [*(kit.section(text) for text in said), *fields, written],
        callback=callback,
        close=voice.say("window.cancel"),
        submit=voice.say("window.submit"),
        private=value.text(),
    )
