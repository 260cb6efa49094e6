"""Every message of a plan, drawn as it would be in the channel, from a plan played on paper: for reading before anybody follows it.

Reports of one kind are shown once. It must not know how Slack draws blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from commands.blocks import draw
from commands.blocks.kit import Drawn
from commands.telling import Voice, voice
from core import paper
from core.paper import Sent
from core.plan.runbook import Runbook

LEFT_OUT = frozenset({"log", "timeline", "progress"})
"""Lines of the thread: they repeat what the messages say."""


@dataclass(frozen=True)
class Heading:
    """What follows belongs to this."""

    text: str
    remark: str = ""


@dataclass(frozen=True)
class Shown:
    """One message: where, when (plan time), for whom, and how it is drawn."""

    at: datetime
    view: str
    channel: str
    people: tuple[str, ...]
    drawn: Drawn


Scene = Heading | Shown


def preview(runbook: Runbook, t0: datetime, language: str) -> tuple[Scene, ...]:
    """Everything, in the order in which people would see it: the good course, then the way back."""
    speaking = Voice(language, t0, runbook=runbook)
    found: list[Scene] = [*_course(runbook, paper.play(runbook, t0, language), language, speaking)]
    back = paper.play_back(runbook, t0, language)
    if back:
        found.append(Heading(speaking.say("preview.back"), speaking.say("preview.back-remark")))
        found += _back(back, language)
    return tuple(found)


def names(runbook: Runbook, language: str) -> dict[str, str]:
    """The made-up people by id: each is called by the role."""
    found: dict[str, str] = {}
    for role, people in paper.people_of(runbook):
        title = runbook.plan.roles[role].title.in_(language)
        found |= {person: f"{title} {number}" for number, person in enumerate(people, 1)}
    return found


def _course(runbook: Runbook, sent: Sequence[Sent], language: str, speaking: Voice) -> Iterator[Scene]:
    phase, seen = "", set[str]()
    for one in sent:
        now_in = _phase(one)
        if now_in and now_in != phase:
            phase = now_in
            title = next(part.title for part in runbook.plan.phases if part.id == phase)
            yield Heading(speaking.text(title), speaking.say("preview.card"))
            yield _drawn(one, "card", "", language)
        if one.post.view in LEFT_OUT or one.post.view == "card" or not _first(one, seen):
            continue
        yield _shown(one, language)


def _phase(sent: Sent) -> str:
    """The phase of the last step that is open."""
    opened = [sent.deployment.runbook.find(step.id) for step in sent.deployment.open_steps]
    return next((placed.phase.id for placed in reversed(opened) if placed is not None), "")


def _first(sent: Sent, seen: set[str]) -> bool:
    """Whether a message of this kind has not been shown yet: reports, calls and verdicts come again and again."""
    post, deployment = sent.post, sent.deployment
    kind = ""
    if post.view == "report":
        kind = post.subject.partition(":")[0]
    elif post.view == "page":
        number, _, tier = post.subject.partition(":")
        page = deployment.page(int(number))
        kind = f"{page.key if page is not None else ''} {tier} {post.place} {post.channel}"
    elif post.view == "verdict":
        kind = f"{deployment.verdict} {deployment.status}"
    known = f"{post.view} {kind}"
    if kind and known in seen:
        return False
    seen.add(known)
    return True


def _back(sent: Sequence[Sent], language: str) -> Iterator[Scene]:
    last: dict[str, Sent] = {}
    seen = set[str]()
    for one in sent:
        if one.post.view not in LEFT_OUT and _first(one, seen):
            last.setdefault(one.post.view, one)
            yield _shown(one, language)
    if "rollback" in last and sent:
        begun = last["rollback"]
        yield _shown(Sent(sent[-1].at, begun.post, sent[-1].deployment), language)


def _shown(sent: Sent, language: str) -> Shown:
    post = sent.post
    drawing = draw(
        post.view, sent.deployment, subject=post.subject, words=post.words, now=sent.at, language=language
    )
    return Shown(sent.at, post.view, _channel(sent), post.people, drawing)


def _drawn(sent: Sent, view: str, subject: str, language: str) -> Shown:
    drawing = draw(view, sent.deployment, subject=subject, now=sent.at, language=language)
    return Shown(sent.at, view, sent.deployment.runbook.plan.channels["main"], (), drawing)


def _channel(sent: Sent) -> str:
    """The channel by its name in Slack; of a direct message the person."""
    post = sent.post
    if post.place == "dm":
        speaking = voice(sent.deployment, sent.at)
        return speaking.say("preview.direct", name=post.channel)
    return sent.deployment.runbook.plan.channels.get(post.channel, post.channel)
