"""A checklist with commands, imported and played with the whole bot: real programs, and none of them runs before a person says GO."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stage import Stage, staged

from core.importing.whole import plan_of, understand
from core.state import Status
from sandbox.players import find
from sandbox.slack import roster
from sandbox.world import Asked

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

DOCUMENT = """# ION deployment day

## Before
- [ ] Everybody is here

```sh
# mark the place
touch marked.txt
# and another
touch 'another one.txt'
# gone
./no-such-program now
# by hand
touch $(whoami).txt
```

## After
- [ ] It is there

## Rollback
```sh
touch taken-back.txt
```

## Sign-off
| Role | Name | Signature |
|---|---|---|
| Final approver | | |
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    plans = tmp_path / "plans"
    plans.mkdir()
    made = plan_of(understand(DOCUMENT.encode(), "day.md"), "day.md")
    assert made.written.plan == "ion-deployment-day"
    (plans / "ion-deployment-day.yml").write_text(made.written.text, encoding="utf-8")
    (tmp_path / "work").mkdir()
    async with staged(tmp_path, CAPTAIN_PLANS=str(plans), CAPTAIN_WORKDIR=str(tmp_path / "work")) as it:
        yield it


def there(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "work").iterdir())


async def test_people_see_the_exact_command_and_nothing_runs_before_go(stage: Stage, tmp_path: Path) -> None:
    await stage.started()
    await stage.answer("item", "before")
    deployment = await stage.deployment()
    assert deployment.step("mark-the-place.go").status == "open"  # type: ignore[union-attr]
    shown = str(stage.channel()[-1])
    assert "touch marked.txt" in shown
    assert "NO-GO runs nothing and goes on without it" in shown
    assert there(tmp_path) == []

    assert await stage.answer("decide", "mark-the-place.go", by=roster.LUBIT)
    assert there(tmp_path) == ["marked.txt"]
    assert (await stage.deployment()).step("mark-the-place").status == "done"  # type: ignore[union-attr]


async def refuse(stage: Stage, step: str) -> None:
    """The final approver says NO-GO, with a reason."""
    deployment = await stage.deployment()
    state = deployment.step(step)
    assert state is not None
    said = await stage.command("/gate nogo done by hand", roster.LUBIT)
    assert (await stage.deployment()).step(step).status == "skipped", said  # type: ignore[union-attr]


async def no_go_window(stage: Stage) -> str:
    """What the window says that the final approver sees behind NO-GO."""
    step = (await stage.deployment()).step("mark-the-place.go")
    assert step is not None
    asked = Asked("decide", step.id, f"{step.id}:{step.round}", (roster.LUBIT,))
    button = find(stage.world, roster.LUBIT, asked, "decision.no-go")
    assert button is not None
    await stage.people.click(
        roster.LUBIT, button.channel, button.ts, button.action, button.block, button.value
    )
    assert await stage.app.answers.finish(), "the window's content follows its opening"
    (view,) = stage.people.views(roster.LUBIT)
    return str(view["blocks"])


async def test_a_refusal_runs_nothing_and_the_plan_goes_on_to_its_end(stage: Stage, tmp_path: Path) -> None:
    await stage.started()
    await stage.answer("item", "before")
    said = await no_go_window(stage)
    assert "nothing is run, and it goes on without it" in said
    assert "rolled back" not in said
    await refuse(stage, "mark-the-place.go")
    assert there(tmp_path) == []
    assert await stage.answer("decide", "and-another.go", by=roster.LUBIT)
    assert there(tmp_path) == ["another one.txt"], "an argument with a space is one argument"

    assert await stage.answer("decide", "gone.go", by=roster.LUBIT)
    held = await stage.deployment()
    assert held.status is Status.HELD, "the program is not there"
    await stage.command("/deploy resume")
    again = (await stage.deployment()).step("gone.go")
    assert again is not None
    assert (again.status, again.round) == ("open", 2), "it is asked about again before it is tried again"
    await refuse(stage, "gone.go")
    await stage.answer_all()
    ended = await stage.deployment()
    assert ended.status is Status.DONE
    assert there(tmp_path) == ["another one.txt"], (
        "what needs a shell was for a person, and nobody has rolled back"
    )
