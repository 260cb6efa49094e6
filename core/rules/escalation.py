"""Calling people, tier after tier, until somebody answers. A page has a topic, and a topic has at most one open page.

The tiers count from the moment Slack took the first call, so a call that nobody could see does not climb.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.decision import Decision
from core.effects import Post, Words
from core.errors import Refused
from core.inputs import Acknowledged, EffectFailed, Posted
from core.roles import holders_of, require_any_role
from core.rules import notices
from core.rules.rehearsing import rings
from core.state import Deployment, Page

REMINDER = timedelta(minutes=15)
"""An acknowledged call whose reason still stands is called again after this long without an end."""


def call(
    deployment: Deployment,
    topic: str,
    key: str,
    words: Words,
    now: datetime,
    *,
    playbook: str = "",
    above: int = 0,
) -> Decision:
    """Opens a page for `topic`, or leaves the one that is open (answered or not). It begins with the tier above `above`, where
    that one has been called already; with the last when there is none."""
    if any(page.topic == topic and page.closed_at is None for page in deployment.pages):
        return Decision(deployment)
    begin = min(above, len(deployment.runbook.plan.escalation) - 1)
    page = Page(len(deployment.pages) + 1, topic, key, words, now, tier=begin, playbook=playbook)
    return _next_tier(Decision(deployment.with_page(page)), page, now)


def close(deployment: Deployment, topic: str, now: datetime) -> Decision:
    """The reason is gone: nobody needs to be called for it any more."""
    for page in deployment.pages:
        if page.topic == topic and page.closed_at is None:
            deployment = deployment.with_page(replace(page, closed_at=now, deadline=None))
    return Decision(deployment)


def close_all(deployment: Deployment, now: datetime) -> Decision:
    """The deployment is over; nobody is called for it any more."""
    for page in deployment.pages:
        if page.closed_at is None:
            deployment = deployment.with_page(replace(page, closed_at=now, deadline=None))
    return Decision(deployment)


def posted(deployment: Deployment, happened: Posted, now: datetime) -> Decision:
    """Slack took a call: from here its tier counts."""
    page = deployment.page(page_of(happened.key)[0])
    if page is None or not page.open or key_of(page) != happened.key or page.deadline is not None:
        return Decision(deployment)
    accepted = page.accepted_at or now
    within = deployment.runbook.plan.escalation[page.tier - 1].within
    return Decision(
        deployment.with_page(replace(page, accepted_at=accepted, deadline=max(accepted + within, now)))
    )


def not_posted(deployment: Deployment, happened: EffectFailed, now: datetime) -> Decision:
    """Slack refused a call for good: the next tier is called at once, and the thread says so."""
    page = deployment.page(page_of(happened.ref)[0])
    if page is None or not page.open or key_of(page) != happened.ref or page.deadline is not None:
        return Decision(deployment)
    said = Decision(deployment).fact(
        "page-undelivered", page=page.number, tier=page.tier, reason=happened.reason
    )
    return said.then(lambda d: _next_tier(Decision(d), page, now))


def acknowledged(deployment: Deployment, happened: Acknowledged, now: datetime) -> Decision:
    """Somebody is on it. Any holder of a role may answer; the first answer counts."""
    page = deployment.page(happened.page)
    if page is None:
        raise Refused("no-such-page", page=happened.page)
    if page.acked_at is not None:
        raise Refused("page-already-acknowledged", by=page.acked_by, at=page.acked_at.isoformat())
    if page.closed_at is not None:
        raise Refused("page-closed", page=page.number)
    require_any_role(deployment, happened.by, "acknowledge")
    answered = replace(page, acked_by=happened.by, acked_at=now, deadline=now + REMINDER)
    took = int((now - page.opened_at).total_seconds())
    return Decision(deployment.with_page(answered)).fact(
        "page-acknowledged", page=page.number, by=happened.by, tier=page.tier, took_s=took
    )


def tick(deployment: Deployment, now: datetime) -> Decision:
    """Whatever call is past its deadline goes on to the next tier, or is called again."""
    decision = Decision(deployment)
    for page in deployment.pages:
        if page.closed_at is not None or page.deadline is None or page.deadline > now:
            continue
        if page.acked_at is not None:
            again = replace(
                page, acked_at=None, acked_by="", accepted_at=None, deadline=None, tier=max(page.tier - 1, 0), exhausted=False,
                round=page.round + 1,
            )  # fmt: skip
            decision = decision.fact("page-reopened", page=page.number, by=page.acked_by)
            decision = _next_tier(
                replace(decision, deployment=decision.deployment.with_page(again)), again, now
            )
        else:
            decision = _next_tier(decision, page, now)
    return decision


def _next_tier(decision: Decision, page: Page, now: datetime) -> Decision:
    """Calls the next tier that somebody holds. After the last: everybody in the channel, once, and it is said."""
    tiers = decision.deployment.runbook.plan.escalation
    number = page.tier
    while number < len(tiers):
        number += 1
        people = holders_of(decision.deployment, tiers[number - 1].who)
        if people:
            return _called(decision, replace(page, tier=number, called=people, deadline=None), now)
        decision = decision.fact(
            "tier-empty", page=page.number, tier=number, roles=",".join(tiers[number - 1].who)
        )
    return _exhausted(decision, page)


def _called(decision: Decision, page: Page, now: datetime) -> Decision:
    key = key_of(page)
    subject = f"{page.number}:{page.tier}"
    reached = page.called if rings(decision.deployment) else ()
    own = {f"{key}:dm:{person}": person for person in reached if person[:1] in ("U", "W")}
    also = [post.key for post in notices.page(decision.deployment, page, key) if isinstance(post, Post)]
    called = decision.note("page-called", page=page.number, tier=page.tier, people=",".join(page.called))
    called = replace(called, deployment=called.deployment.with_page(_copied(page, key, *own, *also)))
    called = called.ask(Post("page", key, subject, "top", "main", page.called, priority=0, answer=True))
    called = called.ask(
        *(Post("page", copy, subject, "dm", person, priority=0) for copy, person in own.items())
    )
    return called.ask(*notices.page(called.deployment, page, key))


def _copied(page: Page, *keys: str) -> Page:
    """With more messages that must show it when somebody has answered."""
    return replace(page, copies=tuple(dict.fromkeys((*page.copies, *keys))))


def _exhausted(decision: Decision, page: Page) -> Decision:
    key = f"page:{page.number}:all" + (f".{page.round}" if page.round > 1 else "")
    over = _copied(replace(page, exhausted=True, deadline=None), key)
    channel = next(
        (
            name
            for name in ("alerts", "critical", "incident")
            if name in decision.deployment.runbook.plan.channels
        ),
        "main",
    )
    decision = replace(decision, deployment=decision.deployment.with_page(over))
    decision = decision.fact("page-exhausted", page=page.number)
    return decision.ask(Post("page", key, f"{page.number}:0", "top", channel, ("!here",), priority=0))


def key_of(page: Page) -> str:
    """The key of the message that calls the present tier: 'page:3:1', and 'page:3:1.2' when it is called a second time."""
    again = f".{page.round}" if page.round > 1 else ""
    return f"page:{page.number}:{page.tier}{again}"


def page_of(key: str) -> tuple[int, int]:
    """(page, tier) of the message key of a call, also of its copies; tier 0 calls everybody. (0, 0) for any other."""
    parts = key.split(":")
    if len(parts) < 3 or parts[0] != "page":
        return (0, 0)
    tier = parts[2].partition(".")[0]
    return int(parts[1]), int(tier) if tier.isdigit() else 0
