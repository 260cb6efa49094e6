"""Every shape of document, played to its end: with GO to each command, and with NO-GO to each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from documents import CLOCKED, DRAWN, READY, SCRIPTED, SHARDED
from pure_world import DEPLOYER, OPS, T0, PureWorld

from core.importing.whole import plan_of, understand
from core.inputs import Answer, Decided, ItemMarked, SignedOff, Started, Tick
from core.plan.models import Approval, Run
from core.plan.runbook import Runbook
from core.rules.checklist import items_of
from core.rules.values import passing
from core.start import new_deployment
from core.state import Status

MORE = "\n## More\n- [ ] look\n\n```sh\n./x.sh now\n./y.sh 'a b'\nls | wc\n```\n"


def begun(runbook: Runbook) -> PureWorld:
    """Eight days before T0; every role has somebody of its own, so that one person signs once."""
    fresh = new_deployment(id="D5", runbook=runbook, inputs={}, t0=T0, language="en")
    world = PureWorld(fresh, T0 - timedelta(days=8))
    world.do(Started(DEPLOYER, tuple((role, (DEPLOYER, OPS, person(role))) for role in runbook.plan.roles)))
    return world


def person(role: str) -> str:
    return "U" + "".join(sign for sign in role.upper() if sign.isalnum())[:20]


def settle(world: PureWorld, answer: Answer) -> None:
    """Everybody does what is open now."""
    for step in world.deployment.steps:
        body = world.deployment.runbook.step(step.id).body
        if step.status != "open":
            continue
        for item in items_of(world.deployment, step.id) if step.items else ():
            if world.step(step.id).item(item.id).mark == "open":  # type: ignore[union-attr]
                world.apply(ItemMarked(DEPLOYER, step.id, item.id, "done", "seen", value=passing(item)))
        for sign in step.signs:
            if sign.mark == "open":
                world.apply(SignedOff(person(sign.role), step.id, sign.role, "approve"))
        if isinstance(body, Approval) and step.stage_of_work == "":
            world.apply(Decided(OPS, step.id, step.round, answer, "a reason"))
    world.drain()


@pytest.mark.parametrize("answer", ["go", "no-go"])
@pytest.mark.parametrize(
    "text",
    [SHARDED, CLOCKED, DRAWN, SCRIPTED, READY],
    ids=["sharded", "clocked", "drawn", "scripted", "ready"],
)
def test_it_plays_to_its_end(text: str, answer: Answer) -> None:
    runbook = plan_of(understand((text + MORE).encode(), "d.md"), "d.md").runbook
    world = begun(runbook)
    for _ in range(400):
        if world.deployment.final:
            break
        before = world.deployment
        settle(world, answer)
        if world.deployment == before:
            world.run(world.now + timedelta(hours=4))
            world.do(Tick())
    assert world.status() is Status.DONE
    actions = [placed.body.action for placed in runbook.route if isinstance(placed.body, Run)]
    assert len(actions) >= 2
    assert [what for _, what in world.changes] == (actions if answer == "go" else [])
