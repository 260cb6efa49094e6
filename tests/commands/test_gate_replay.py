"""`/gate replay`: the stored looks of a deployment judged anew, told privately, in both languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import factories
from commands_world import APPROVER, DEPLOYER, STRANGER, World, open_world

from commands.replaying import again
from commands.telling import Voice
from core.inputs import Measured, Tick


async def replay(world: World, line: str = "/gate replay", user: str = APPROVER) -> tuple[str, str]:
    """What was answered at once, and what followed."""
    first = (await world.command(user, line)).text
    await world.answers.finish()
    return first, "\n".join(world.whispers(user))


async def sick(world: World) -> None:
    """A canary that fails by the hundreds while the stable side does not."""
    await world.to_the_canary()
    for number in range(3, 7):
        seen = factories.readings(20_000.0 * number, 20.0)
        worse = [
            one if one.metric != "errors" or one.track == "control" else type(one)(
                "errors", "canary", "ok", (900.0 * number, one.values[1])
            )
            for one in seen
        ]  # fmt: skip
        await world.apply(Measured(f"look:{number}", world.clock(), tuple(worse)))
        world.clock.advance(timedelta(minutes=1))
        await world.apply(Tick())


async def test_what_changed_and_what_it_adds_up_to(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await sick(world)
        first, then = await replay(world)
        assert first == "The stored looks of D1 are judged anew; the answer follows."
        for words in (
            "*D1: its stored looks judged anew",
            ", stage 1: NO-GO, ",
            "6 looks: ",
            "Errors under 1 % (canary): ",
        ):
            assert words in then
        assert len(then) < 4_000
        deployment = await world.deployment()
        korean = again(
            deployment, await world.queries.recorded("D1"), Voice("ko", runbook=deployment.runbook)
        )
        for words in ("*D1: 저장된 측정을", ", 1단계: NO-GO(중지), ", "측정 6회: ", "1 % 미만 (canary): "):
            assert words in korean


async def test_anybody_may_look_and_one_may_be_named(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await world.to_the_canary()
        _, then = await replay(world, "/gate replay D1", STRANGER)
        assert "D1: its stored looks judged anew" in then
        assert "It would not have been rolled back." in then


async def test_what_is_over_is_explained_by_its_id_and_says_that_it_is_over(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await world.to_the_question()
        await world.command(DEPLOYER, "/deploy abort it is enough")
        assert (await world.deployment()).final
        told = await world.command(APPROVER, "/gate explain D1")
        assert told.text.startswith("The arithmetic: shop v7 → production")
        status = await world.command(APPROVER, "/gate status")
        assert "This deployment is over. `/gate explain`" in str(status.blocks)


async def test_a_metric_of_a_deployment_that_is_named(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await sick(world)
        named = await world.command(APPROVER, "/gate explain errors D1")
        assert "Errors" in str(named.blocks)
        assert "P95" not in str(named.blocks)
        unknown = await world.command(APPROVER, "/gate explain D7")
        assert "no metric called “d7”" in unknown.text


async def test_before_the_first_look_every_metric_has_nothing_to_explain(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await world.to_the_question()
        told = await world.command(APPROVER, "/gate explain p95")
        assert told.text.endswith("Nothing is weighed yet: the gate has not looked.")


async def test_a_deployment_without_looks_says_so(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        await world.to_the_question()
        _, then = await replay(world)
        assert then == "No look of D1 was stored: its gates have not looked yet."


async def test_without_any_deployment_there_is_nothing_to_judge(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        first, then = await replay(world)
        assert first
        assert then == ""
