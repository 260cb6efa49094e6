"""Telling audiences: each on its own, so that one that cannot be reached holds up nobody, least of all the deployment.

In a rehearsal nothing goes out but through what the plan names for rehearsals. It must not know how a message travels.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.decision import Decision
from core.effects import NOTICE, Effect, Notify, Post
from core.inputs import EffectFailed, Ran
from core.plan.models import Announce, Audience
from core.rules.rehearsing import rings
from core.state import Deployment, Page


def announce(deployment: Deployment, body: Announce) -> Decision:
    """What a plan announces, to everybody it names."""
    decision = Decision(deployment)
    for name in body.to or (body.channel,):
        audience = deployment.runbook.plan.audiences.get(name)
        channel = name if audience is None else audience.channel
        if audience is None or channel is not None:
            key = (
                f"announce:{body.id}"
                if name == (body.to or (body.channel,))[0]
                else f"announce:{body.id}:{name}"
            )
            decision = decision.ask(Post("announce", key, body.id, "top", channel or "main", priority=2))
        elif _goes_out(deployment, audience):
            decision = decision.ask(Notify(f"{NOTICE}announce:{body.id}:{name}", name, "announce", body.id))
        else:
            decision = decision.fact("audience-dry", step=body.id, audience=name)
    return decision


def page(deployment: Deployment, called: Page, key: str) -> tuple[Effect, ...]:
    """The call also for the audiences of its tier."""
    tier = deployment.runbook.plan.escalation[called.tier - 1]
    subject = f"{called.number}:{called.tier}"
    return tuple(_calls(deployment, tier.also, key, subject)) if rings(deployment) else ()


def _calls(deployment: Deployment, names: Iterable[str], key: str, subject: str) -> Iterable[Effect]:
    for name in names:
        audience = deployment.runbook.plan.audiences[name]
        if audience.channel is not None:
            yield Post("page", f"{key}:to:{name}", subject, "top", audience.channel, priority=0)
        elif _goes_out(deployment, audience):
            yield Notify(f"{NOTICE}{key}:{name}", name, "page", subject)


def _goes_out(deployment: Deployment, audience: Audience) -> bool:
    """Whether an e-mail or request may be sent: in a rehearsal only through a source that stands in."""
    if not deployment.rehearsal:
        return True
    rehearsal, way = deployment.runbook.plan.rehearsal, audience.email or audience.webhook
    return rehearsal is not None and way is not None and way.source in rehearsal.sources


def answered(deployment: Deployment, happened: Ran | EffectFailed, now: datetime) -> Decision:
    """An audience has been told, or could not be: then the thread says what somebody has to tell them."""
    _, kind, subject, *rest = happened.ref.split(":")
    audience, calls = rest[-1], kind == "page"
    failed = (
        happened.reason if isinstance(happened, EffectFailed) else "" if happened.ok else happened.evidence
    )
    decision = Decision(deployment)
    if calls and failed:
        return decision.fact("call-not-told", page=int(subject), audience=audience, reason=failed)
    if calls:
        return decision.fact("call-told", page=int(subject), audience=audience)
    if failed:
        text = _text(deployment, subject)
        return decision.fact("audience-failed", step=subject, audience=audience, reason=failed, evidence=text)
    return decision.fact("audience-told", step=subject, audience=audience)


def _text(deployment: Deployment, step: str) -> str:
    placed = deployment.runbook.find(step)
    return placed.body.text.in_(deployment.language) if placed and isinstance(placed.body, Announce) else ""
