"""What one line of a checklist says of its item: open, settled by whom on which evidence, passed or failed.

It must not know how the list is put together.
"""

from __future__ import annotations

from commands.blocks import parts
from commands.telling import Voice
from core.plan.models import Item
from core.plan.written_out import RowItem
from core.rules.checklist import PLAN
from core.rules.values import limits_of, shown
from core.state import Deployment, ItemState


def settled(item: Item, state: ItemState, voice: Voice, note: int) -> str:
    """Who settled it, when, and on which evidence."""
    at = voice.when(state.at) if state.at is not None else "–"
    if state.by == PLAN:
        number = f"{number_of(item, state, voice)}, " if state.value is not None else ""
        return number + voice.say("item.already", evidence=voice.safe(state.note, note))
    if state.mark == "done" and state.by == "bot":
        found = voice.evidence(gist(state), note)
        return (
            voice.say("item.verified", at=at, evidence=found)
            if state.note
            else voice.say("item.done", by=voice.person("bot"), at=at)
        )
    by = voice.person(state.by)
    noted = voice.say("phrase.note", note=voice.evidence(gist(state), note)) if state.note else ""
    if state.mark == "done" and state.failed:
        why = voice.evidence(state.failed, note)
        if item.value is not None or isinstance(item, RowItem):
            return voice.say("item.accepted", by=by, at=at, why=why) + noted
    if state.mark == "done" and state.value is not None and item.value is not None:
        key = "item.passed" if item.value.limited else "item.valued"
        return voice.tell(key, _valued(item, state)) + noted
    return voice.say(f"item.{state.mark}", by=by, at=at) + noted


def unsettled(deployment: Deployment, item: Item, state: ItemState, voice: Voice, note: int) -> list[str]:
    """Why it is still open, or whose it is, and what it takes."""
    found = []
    if state.checking:
        found.append(voice.say("item.opening-ticket" if item.ticket is not None else "item.checking"))
    elif state.failed and item.ticket is not None:
        found.append(voice.say("item.no-ticket", why=voice.reason(state.failed)))
    elif state.failed and item.value is not None:
        found.append(voice.tell("item.not-passed", _valued(item, state)))
    elif state.failed:
        found.append(voice.say("item.failed", why=voice.evidence(state.failed, note)))
    else:
        names = (item.role,) if item.role else ()
        found.append(voice.say("item.owner", who=parts.roles(deployment, names, voice)))
    return found


def takes(item: Item, voice: Voice) -> list[str]:
    """What ticking an item takes besides a click."""
    found = []
    if item.value is not None:
        words = {"limits": limits_of(item.value), "unit": item.value.unit}
        found.append(voice.tell("item.wants-value" if item.value.limited else "item.wants-any-value", words))
    if item.evidence:
        found.append(voice.say("item.wants-link" if item.evidence == "link" else "item.evidence"))
    return found


def known(item: Item, voice: Voice, most: int) -> str:
    """What the plan knows about it already; '' for nothing."""
    return "" if item.note is None else voice.say("item.known", note=voice.text(item.note, most))


def number_of(item: Item, state: ItemState, voice: Voice) -> str:
    """The number of an item: as it was entered, or rounded as all measured ones are."""
    if state.value is None:
        return ""
    return (
        voice.safe(shown(state.value, state.unit), 60)
        if item.value is not None
        else voice.value(state.value, state.unit)
    )


def gist(state: ItemState) -> str:
    """What a person wrote, whole; of the bot's evidence the last line, since the log has all of it."""
    written = [line.strip() for line in state.note.splitlines() if line.strip()]
    return written[-1] if state.by == "bot" and written else state.note


def _valued(item: Item, state: ItemState) -> dict[str, object]:
    value = "" if state.value is None else shown(state.value, state.unit)
    limits = limits_of(item.value) if item.value is not None else ""
    return {"value": value, "limits": limits, "by": state.by, "at": state.at or ""}
