"""Audiences and tickets against the rest of the plan: who is told must be somebody, and a ticket must leave a link.

It must not know what is said, nor how it travels.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.plan import models as m
from core.plan.audiences import SUBJECT, TEXT
from core.plan.problems import Finding, Path, did_you_mean
from core.plan.variables import names_in
from core.plan.walk import parts


def unheard(plan: m.Plan) -> Iterator[Finding]:
    """Everything about audiences and tickets that cannot work as it is written."""
    for name, audience in plan.audiences.items():
        yield from _audience(plan, audience, ("audiences", name), name)
    for path, part in parts(plan):
        if isinstance(part, m.Announce):
            yield from _to(plan, part, path)
        elif isinstance(part, m.Item) and part.ticket is not None:
            yield from _ticket(plan, part.ticket, (*path, "ticket"))


def _audience(plan: m.Plan, audience: m.Audience, path: Path, name: str) -> Iterator[Finding]:
    if (name in plan.channels or name == "main") and audience.channel != name:
        yield Finding(
            path,
            f"There is a channel '{name}' too, and 'to: [{name}]' could mean either.",
            "Give the audience a name of its own.",
        )
    webhook = audience.webhook
    if webhook is None:
        return
    if TEXT not in names_in(webhook.body):
        yield Finding(
            (*path, "webhook", "body"),
            "The request does not say what is announced.",
            f"Write '${TEXT}' where the text belongs, like {{text: ${TEXT}}}.",
        )
    for taken in (TEXT, SUBJECT):
        if taken in plan.inputs:
            yield Finding(
                ("inputs", taken),
                f"'${taken}' stands for what is said in a webhook, so no input can be called that.",
                "Give the input another name.",
            )


def _to(plan: m.Plan, part: m.Announce, path: Path) -> Iterator[Finding]:
    known = {*plan.audiences, *plan.channels, "main"}
    for index, name in enumerate(part.to):
        if name not in known:
            advice = did_you_mean(name, known, "Name it under 'audiences:' first.")
            yield Finding((*path, "to", index), f"There is no audience or channel '{name}'.", advice)
        elif name in part.to[:index]:
            yield Finding((*path, "to", index), f"'{name}' is told twice.", "Keep it once.")


def _ticket(plan: m.Plan, name: str, place: Path) -> Iterator[Finding]:
    action = plan.actions.get(name)
    if action is None:
        return
    if action.http is None:
        yield Finding(
            place,
            f"'{name}' is a {action.kind} action, and a ticket is opened over HTTP.",
            "Name an http action.",
        )
    elif action.http.link is None:
        yield Finding(
            place,
            f"'{name}' does not say where the link to the ticket stands in the answer.",
            "Add 'link:' to its 'http:', a JMESPath like 'url'.",
        )
    elif "weight" in names_in([action.http.path, action.http.body, action.http.headers]):
        yield Finding(
            place, f"'{name}' needs $weight, which a ticket does not have.", "Take '$weight' out of it."
        )
    if not action.changes:
        yield Finding(
            place, f"'{name}' says 'changes: false', so it opens nothing.", "Take that line out there."
        )
