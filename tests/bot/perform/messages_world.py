"""Messages that tests send, and states that change what they show."""

from __future__ import annotations

from dataclasses import replace

from perform_world import GITCODE, LUBIT, World

from core.effects import Post
from core.state import Deployment, Hold, ItemState, Page, Status

CARD = Post("card", "card", "", "top", "main", priority=1)
PAGE = Post("page", "page:1:1", "1:1", "top", "main", (GITCODE,), priority=0, answer=True)
PAGE_DM = Post("page", f"page:1:1:dm:{GITCODE}", "1:1", "dm", GITCODE, priority=0)


def log_line(number: int = 1) -> Post:
    return Post(
        "log",
        words=(
            ("fact", "ran"),
            ("step", "act"),
            ("evidence", f"line {number}"),
            ("took_s", 1.0),
            ("probed", False),
        ),
    )


def report(kind: str, following: str, slot: str = "1") -> Post:
    return Post(
        "report",
        f"report:{kind}:{slot}",
        f"{kind}:{slot}",
        "top",
        words=(("kind", kind), ("next", following)),
        priority=2,
    )


def paged(deployment: Deployment) -> Deployment:
    """Somebody has to be called."""
    page = Page(
        1,
        "unknown",
        "unknown",
        (("step", "act"), ("reason", "it is not known")),
        deployment.t0,
        called=(GITCODE,),
    )
    return deployment.with_page(page)


def held(deployment: Deployment) -> Deployment:
    """Something that every drawing of the card shows."""
    why = Hold("paused", LUBIT, "paused", (("by", LUBIT), ("reason", "lunch")), deployment.t0)
    return replace(deployment, status=Status.HELD, hold=why)


def running(deployment: Deployment) -> Deployment:
    return replace(deployment, status=Status.RUNNING, hold=None)


def calls(world: World, method: str) -> int:
    """So many calls of a method were made."""
    return len(world.sandbox.log.calls_of(method))


def ticked(deployment: Deployment) -> Deployment:
    step = deployment.steps[0]
    item = ItemState("people", "done", GITCODE, deployment.t0)
    return deployment.with_step(replace(step, items=(item,)))
