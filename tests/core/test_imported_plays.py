"""A plan that was imported plays: people tick, sign and enter numbers until it is GO, or take it back by the document's own commands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pure_world import APPROVER, DEPLOYER, OPS, T0, PureWorld

from core.errors import Refused
from core.importing.whole import plan_of, understand
from core.inputs import Decided, ItemMarked, RollbackAsked, SignedOff, Started, Tick
from core.rules.checklist import items_of
from core.start import new_deployment
from core.state import Status

DOCUMENT = """# Shop release

## Before (D-1)
- [x] Tests are green
- [ ] Backup is there

## The day (T-0)
| Node | Primary | Standby |
|---|---|---|
| one | ⬜ | ⬜ |

## After (T+30m)
| Check | Criterion | Actual | Pass/Fail |
|---|---|---|---|
| Errors | < 0.5% | | |

| Date | Errors | Who |
|---|---|---|
| D+1 | | |

## Rollback
| Reason | Threshold | Manual |
|---|---|---|
| Too many errors | > 1% | manual |

```sh
./back.sh production
```
- [ ] Write the report

## Sign-off
### Release approval
| Role | Name | Signature |
|---|---|---|
| QA Lead | | |
"""


def begun(text: str = DOCUMENT) -> PureWorld:
    runbook = plan_of(understand(text.encode(), "shop.md"), "shop.md").runbook
    fresh = new_deployment(id="D5", runbook=runbook, inputs={"version": "v2.14.0"}, t0=T0, language="en")
    world = PureWorld(fresh, T0 - timedelta(days=2))
    world.do(
        Started(DEPLOYER, (("deployer", (DEPLOYER,)), ("qa-lead", (OPS,)), ("final-approver", (APPROVER,))))
    )
    return world


def settle(world: PureWorld) -> None:
    """Everybody does what is open, once."""
    for step in world.deployment.steps:
        items = {item.id: item for item in items_of(world.deployment, step.id)} if step.items else {}
        for state in step.items:
            if step.status == "open" and state.mark == "open":
                value = "0.2" if items[state.id].value is not None else ""
                world.apply(ItemMarked(DEPLOYER, step.id, state.id, "done", "seen", value=value))
        for sign in step.signs:
            if step.status == "open" and sign.mark == "open":
                world.apply(SignedOff(OPS, step.id, sign.role, "approve"))
    world.drain()


def played(world: PureWorld, until: timedelta) -> PureWorld:
    while world.now < T0 + until and not world.deployment.final:
        settle(world)
        world.run(world.now + timedelta(hours=2))
        world.do(Tick())
    return world


def test_it_plays_to_its_end_and_asks_for_the_approval_before_the_day() -> None:
    world = begun()
    route = [placed.body.id for placed in world.deployment.runbook.route]
    assert route == ["before-d-1", "release-approval", "the-day-t-0", "after-t-30m", "after-t-30m-2"]
    done = world.step("before-d-1")
    assert done.status == "waiting", "its time is tomorrow"
    ended = played(world, timedelta(days=3))
    assert ended.status() is Status.DONE
    marks = {item.id: item.mark for item in ended.step("before-d-1").items}
    assert marks == {"tests-are-green": "done", "backup-is-there": "done"}


def test_people_take_it_back_by_the_commands_of_the_document() -> None:
    """Where no step of a plan changes anything, people deploy by hand: the bot cannot know whether there is anything to take back."""
    world = begun()
    world.do(RollbackAsked(DEPLOYER, "", trigger="too-many-errors"))
    played(world, timedelta(days=3))
    assert next(fact.key for _, fact in world.facts if fact.key.startswith("rollback")) == "rollback-trigger"
    assert world.deployment.final
    assert [item.id for item in world.step("rollback").items] == ["write-the-report"]


def test_a_command_asks_first_and_a_refusal_runs_nothing() -> None:
    runs = DOCUMENT.replace(
        "## The day (T-0)\n", "## The day (T-0)\n```sh\n# switch over\n./switch.sh all\n./tell.sh all\n```\n"
    )
    world = begun(runs)
    while world.step("switch-over.go").status != "open":
        settle(world)
        world.run(world.now + timedelta(hours=2))
        world.do(Tick())
    assert world.changes == []
    assert world.step("switch-over.go").tried == "ok", "people see what would be run"
    assert world.refused(Decided(DEPLOYER, "switch-over.go", 1, "go")) == "four-eyes"
    refused = world.copy()
    world.do(Decided(OPS, "switch-over.go", 1, "go"))
    assert [what for _, what in world.changes] == ["switch-sh-all"]
    refused.do(Decided(OPS, "switch-over.go", 1, "no-go", "done by hand"))
    refused.do(Decided(OPS, "switch-over-tell-sh-all.go", 1, "no-go", "not needed"))
    assert played(refused, timedelta(days=3)).status() is Status.DONE
    assert refused.changes == []


def test_a_document_without_commands_has_reasons_as_notes_and_no_way_back() -> None:
    world = begun(DOCUMENT.replace("./back.sh production", "./back.sh | tee log"))
    assert world.deployment.runbook.plan.rollback is None
    assert "Too many errors: > 1%" in world.deployment.runbook.text
    with pytest.raises(Refused):
        world.do(RollbackAsked(DEPLOYER, "it is bad"))
    assert played(world, timedelta(days=3)).deployment.final, "nobody has to tick the rollback's list"
