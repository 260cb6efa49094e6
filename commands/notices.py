"""What audiences outside Slack read: an announcement or a call as plain text with a subject, names in the place of mentions.

Pure. It must not know how a message travels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from commands.blocks import page as calls
from commands.blocks import parts
from commands.telling import Voice, voice
from core.plan.models import Announce
from core.state import Deployment


@dataclass(frozen=True)
class Notice:
    """`subject` is one line; `text` is all of it, without markup."""

    subject: str
    text: str


def notice(
    deployment: Deployment, view: str, subject: str, now: datetime, names: Mapping[str, str]
) -> Notice:
    """What `view` ('announce', 'page') says about `subject`. `names`: those of `people_in`."""
    speaking = replace(voice(deployment, now), plain=True, names=lambda one: names.get(one, one))
    return (
        _call(deployment, subject, speaking)
        if view == "page"
        else _announcement(deployment, subject, speaking)
    )


def people_in(deployment: Deployment, view: str, subject: str) -> tuple[str, ...]:
    """The people whom it names, by their ids."""
    number = subject.partition(":")[0]
    page = deployment.page(int(number)) if view == "page" and number.isdigit() else None
    return tuple(one for one in page.called if one[:1] in ("U", "W")) if page is not None else ()


def _announcement(deployment: Deployment, step: str, speaking: Voice) -> Notice:
    placed = deployment.runbook.find(step)
    body = placed.body if placed is not None else None
    title = speaking.step(step)
    text = body.text.in_(deployment.language).strip() if isinstance(body, Announce) else title
    name = parts.subject(deployment, speaking)
    foot = speaking.say("notice.foot", id=deployment.id)
    return Notice(f"{name}: {title}", f"{text}\n\n{name}\n{foot}")


def _call(deployment: Deployment, subject: str, speaking: Voice) -> Notice:
    number = subject.partition(":")[0]
    page = deployment.page(int(number)) if number.isdigit() else None
    name = parts.subject(deployment, speaking)
    if page is None:
        return Notice(name, speaking.say("page-view.gone"))
    why = speaking.tell(f"page.{page.key}", page.words)
    people = calls.called(deployment, page, page.tier, speaking)
    head = speaking.say("notice.call", tier=page.tier, name=name)
    answer = speaking.say("notice.answer", id=deployment.id, number=page.number)
    said = [head, why, speaking.say("notice.called", who=people), answer]
    return Notice(head, "\n".join(said))
