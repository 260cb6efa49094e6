"""Checklists, sign-offs, calls, rollback, pauses, unknown outcomes and missed moments, as people click and type them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import factories
import pytest
from commands_world import ALERTS, APPROVER, CHANNEL, DEPLOYER, SECOND, STRANGER, World, open_world

from core.inputs import (
    Checked,
    Decided,
    EffectFailed,
    ItemMarked,
    Measured,
    Posted,
    Ran,
    Recorded,
    RollbackAsked,
    Target,
    Tick,
)
from core.state import Status, StepState


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def step(world: World, id: str) -> StepState:
    found = (await world.deployment()).step(id)
    assert found is not None
    return found


async def marks(world: World, id: str = "ready") -> list[str]:
    return [item.mark for item in (await step(world, id)).items]


def block_of(world: World, ts: str, prefix: str) -> str:
    """The id of the block that begins with `prefix` in a message."""
    message = next(m for m in world.slack.people.screen(DEPLOYER, CHANNEL) if m["ts"] == ts)
    ids = (str(block.get("block_id", "")) for block in message["blocks"])
    return next(id for id in ids if id.startswith(prefix))


# --------------------------------------------------------------------------------------------------------- checklists


async def test_done_is_one_click(world: World) -> None:
    await world.start()
    ts = await world.hang("checklist", "ready")
    result = await world.click(DEPLOYER, ts, "item.done", block_id=block_of(world, ts, "item:ready/people"))
    assert result.ok
    assert await marks(world) == ["done", "open"]
    assert (await step(world, "ready")).items[0].by == DEPLOYER
    assert world.whispers(DEPLOYER) == []


async def test_an_item_belongs_to_its_role(world: World) -> None:
    await world.start()
    ts = await world.hang("checklist", "ready")
    await world.click(APPROVER, ts, "item.done", block_id=block_of(world, ts, "item:ready/people"))
    assert (
        "You may not do this (settle this item). It takes one of these roles: Deployer"
        in world.whispers(APPROVER)[0]
    )
    await world.click(DEPLOYER, ts, "item.done", block_id=block_of(world, ts, "item:ready/people"))
    await world.click(DEPLOYER, ts, "item.done", block_id=block_of(world, ts, "item:ready/people"))
    assert f"Already settled (done) by <@{DEPLOYER}>" in world.whispers(DEPLOYER)[0]
    assert await marks(world) == ["done", "open"]


async def test_evidence_not_applicable_and_open_again(world: World) -> None:
    await world.start()
    ts = await world.hang("checklist", "ready")
    await choose(world, ts, "ev")
    assert "Done with evidence" in world.window(DEPLOYER)
    blank = await world.submit(DEPLOYER, item="people", reason=" ")
    assert "A reason is required" in blank.view_errors["reason"]
    await world.submit(DEPLOYER, item="people", reason="all on the call")
    await choose(world, ts, "na")
    assert "Everybody is here" not in world.window(DEPLOYER)
    await world.submit(DEPLOYER, item="notes", reason="nothing changed for users")
    ready = await step(world, "ready")
    assert [(item.mark, item.note) for item in ready.items] == [
        ("done", "all on the call"),
        ("not-applicable", "nothing changed for users"),
    ]
    again = await world.hang("checklist", "ready")
    await choose(world, again, "op")
    await world.submit(DEPLOYER, item="notes")
    assert await marks(world) == ["done", "open"]


async def choose(world: World, ts: str, choice: str) -> None:
    """Chooses in the menu below a list by the choice's letters."""
    message = next(m for m in world.slack.people.screen(DEPLOYER, CHANNEL) if m["ts"] == ts)
    menu = next(e for b in message["blocks"] for e in b.get("elements", []) if e.get("type") == "overflow")
    option = next(o for o in menu["options"] if f'"v":"{choice}"' in o["value"])
    await world.click(DEPLOYER, ts, "item.more", selected=option["value"])


async def test_an_item_that_needs_evidence_asks_for_it_at_the_click(world: World) -> None:
    world.plans.found["shop-canary"] = factories.PLAN.replace(
        "role: deployer}\n            - {id: notes",
        "role: deployer, evidence: true}\n            - {id: notes",
    )
    await world.start()
    ts = await world.hang("checklist", "ready")
    await world.click(DEPLOYER, ts, "item.done", block_id=block_of(world, ts, "item:ready/people"))
    assert "*Everybody is here*" in world.window(DEPLOYER)
    assert world.whispers(DEPLOYER) == []
    assert await marks(world) == ["open", "open"]
    await world.submit(DEPLOYER, reason="https://call.example/42")
    assert await marks(world) == ["done", "open"]


async def test_a_long_list_shows_all_in_a_window_with_working_buttons(world: World) -> None:
    rows = "".join(f"            - {{id: extra-{n}, title: Extra {n}}}\n" for n in range(20))
    mark = "            - {id: notes"
    world.plans.found["shop-canary"] = factories.PLAN.replace(mark, rows + mark)
    await world.start()
    ts = await world.hang("checklist", "ready")
    await world.click(DEPLOYER, ts, "item.all")
    view = world.slack.people.views(DEPLOYER)[-1]
    assert "*Ready: 0 of 22 done*" in world.window(DEPLOYER)
    block = next(b["block_id"] for b in view["blocks"] if b["block_id"].startswith("item:ready/extra-19"))
    await world.slack.people.view_click(DEPLOYER, view["id"], "item.done", block_id=block)
    await world.answers.finish()
    assert "*Ready: 1 of 22 done*" in world.window(DEPLOYER)
    assert (await marks(world)).count("done") == 1
    view = world.slack.people.views(DEPLOYER)[-1]
    await world.apply(ItemMarked(DEPLOYER, "ready", "extra-3", "done"))
    stale = next(b["block_id"] for b in view["blocks"] if b["block_id"].startswith("item:ready/extra-3:"))
    await world.slack.people.view_click(DEPLOYER, view["id"], "item.done", block_id=stale)
    await world.answers.finish()
    assert "Already settled (done)" in world.window(DEPLOYER)


# ---------------------------------------------------------------------------------------------------------- sign-offs


async def to_the_signoff(world: World, plan: str = factories.PLAN) -> None:
    world.plans.found["shop-canary"] = plan
    await world.start()
    await world.apply(ItemMarked(DEPLOYER, "ready", "people", "done"))
    await world.apply(ItemMarked(DEPLOYER, "ready", "notes", "done"))


TWO_ROLES = factories.PLAN.replace("roles: [approver]}", "roles: [deployer, approver]}")


async def test_approve_is_one_click_and_can_be_withdrawn(world: World) -> None:
    await to_the_signoff(world, TWO_ROLES)
    ts = await world.hang("signoff", "signed")
    await world.click(APPROVER, ts, "sign.approve", block_id=block_of(world, ts, "sign:signed/deployer"))
    assert "You may not do this (sign)" in world.whispers(APPROVER)[0]
    await world.click(APPROVER, ts, "sign.approve", block_id=block_of(world, ts, "sign:signed/approver"))
    assert [sign.mark for sign in (await step(world, "signed")).signs] == ["open", "approve"]
    board = await world.hang("signoff", "signed")
    await world.click(SECOND, board, "sign.withdraw")
    assert f"Only <@{APPROVER}> can withdraw" in world.whispers(SECOND)[0]
    await world.click(APPROVER, board, "sign.withdraw")
    assert [sign.mark for sign in (await step(world, "signed")).signs] == ["open", "open"]


async def test_reject_asks_for_its_reason_and_holds(world: World) -> None:
    await to_the_signoff(world, TWO_ROLES)
    ts = await world.hang("signoff", "signed")
    await world.click(STRANGER, ts, "sign.reject")
    assert "You hold none of the roles that sign here: Deployer, Approver" in world.window(STRANGER)
    await world.click(APPROVER, ts, "sign.reject")
    blank = await world.submit(APPROVER, role="approver", reason="")
    assert not blank.ok or blank.view_errors
    await world.submit(APPROVER, role="approver", reason="no rollback rehearsal")
    deployment = await world.deployment()
    assert deployment.status is Status.HELD
    assert deployment.hold is not None
    assert deployment.hold.cause == "rejected"


@pytest.mark.parametrize(
    ("user", "line", "said", "signed"),
    [
        (APPROVER, "/signoff approve", "signed “Signed” as Approver", ["open", "approve"]),
        (APPROVER, "/signoff approver approve looks good", "looks good", ["open", "approve"]),
        (APPROVER, "/signoff 승인자 승인", "signed “Signed” as Approver", ["open", "approve"]),
        (APPROVER, "/signoff approver", "signed “Signed” as Approver", ["open", "approve"]),
        (APPROVER, "/signoff reject tests are red", "Reason: tests are red", ["open", "reject"]),
        (APPROVER, "/signoff", "0 of 2 signed", ["open", "open"]),
        (APPROVER, "/signoff status", "0 of 2 signed", ["open", "open"]),
        (APPROVER, "/signoff help", "`/signoff [ROLE] approve [comment]`", ["open", "open"]),
        (APPROVER, "/signoff aprove", "Did you mean “/signoff approve”?", ["open", "open"]),
        (APPROVER, "/signoff reject", "A reason is required (reject)", ["open", "open"]),
        (STRANGER, "/signoff approve", "You hold none of the roles", ["open", "open"]),
        (APPROVER, "/signoff deployer approve", "You may not do this (sign)", ["open", "open"]),
        (APPROVER, "/signoff withdraw", "has not signed yet", ["open", "open"]),
    ],
)  # fmt: skip
async def test_signoff_typed(world: World, user: str, line: str, said: str, signed: list[str]) -> None:
    await to_the_signoff(world, TWO_ROLES)
    result = await world.command(user, line)
    assert said in result.text + str(result.blocks)
    assert [sign.mark for sign in (await step(world, "signed")).signs] == signed


async def test_who_holds_two_signing_roles_says_which(world: World) -> None:
    world.team.holders = (("deployer", (DEPLOYER,)), ("approver", (DEPLOYER, APPROVER)))
    await to_the_signoff(world, TWO_ROLES)
    assert "You hold several roles that sign here" in (await world.command(DEPLOYER, "/signoff approve")).text
    assert "signed “Signed” as Deployer" in (await world.command(DEPLOYER, "/signoff deployer approve")).text
    assert (
        "one person signs for one role only"
        in (await world.command(DEPLOYER, "/signoff approver approve")).text
    )


async def test_no_signoff_is_open(world: World) -> None:
    await world.start()
    assert "No sign-off is open now" in (await world.command(APPROVER, "/signoff approve")).text


# -------------------------------------------------------------------------------------------------------------- calls


async def test_acknowledging_stops_the_call_and_the_second_is_told_who_was_first(world: World) -> None:
    await world.to_the_question()
    step_ = await step(world, "begin")
    assert step_.deadline is not None
    world.clock.set(step_.deadline + timedelta(seconds=1))
    await world.apply(Tick())
    await world.apply(Posted("page:1:1"))
    page = (await world.deployment()).page(1)
    assert page is not None
    ts = await world.hang("page", "1:1", channel=ALERTS)
    await world.click(DEPLOYER, ts, "page.ack", channel=ALERTS)
    page = (await world.deployment()).page(1)
    assert page is not None
    assert page.acked_by == DEPLOYER
    await world.click(APPROVER, ts, "page.ack", channel=ALERTS)
    assert f"<@{DEPLOYER}> already answered this call" in world.whispers(APPROVER, ALERTS)[0]


# ----------------------------------------------------------------------------------------------------------- rollback


async def test_rollback_typed_with_a_reason_acts_at_once(world: World) -> None:
    await world.to_the_canary()
    result = await world.command(APPROVER, "/rollback customers report errors = 5%")
    assert f"ROLLING BACK. <@{APPROVER}> asked for it. Reason: customers report errors = 5%." in result.text
    assert (await world.deployment()).status is Status.ROLLING_BACK
    assert "already under way" in (await world.command(DEPLOYER, "/rollback again")).text


async def test_rollback_with_a_declared_trigger(world: World) -> None:
    await world.to_the_canary()
    assert "It has: It is broken." in (await world.command(APPROVER, "/rollback trigger=brokn")).text
    result = await world.command(APPROVER, "/rollback trigger=broken pods do not start")
    assert "declared “It is broken”. Reason: pods do not start." in result.text


async def test_rollback_without_a_reason_shows_step_by_step_and_asks(world: World) -> None:
    await world.to_the_canary()
    result = await world.command(DEPLOYER, "/rollback")
    await world.answers.finish()
    assert "A window shows what will happen" in result.text
    window = world.window(DEPLOYER)
    for line in (
        "5 % of the traffic",
        "2. “Roll back” runs",
        "says 0 % 2 times in a row",
        "Errors must be under 1 %",
        "is locked until",
    ):
        assert line in window
    assert (await world.deployment()).status is Status.RUNNING
    blank = await world.submit(DEPLOYER, reason="")
    assert not blank.ok or blank.view_errors
    await world.submit(DEPLOYER, trigger="broken", reason="pods do not start")
    rollback = (await world.deployment()).rollback
    assert rollback is not None
    assert (rollback.by, rollback.key, rollback.reason) == (DEPLOYER, "trigger", "pods do not start")


async def test_a_dry_run_only_shows(world: World) -> None:
    await world.to_the_canary()
    for line in ("/rollback --dry-run", "/rollback —dry-run", "/rollback just looking --dry-run"):
        result = await world.command(APPROVER, line)
        assert "Nothing has been done" in result.text
        assert "“Roll back” runs" in str(result.blocks)
    assert (await world.deployment()).status is Status.RUNNING
    assert "There is no option --force" in (await world.command(APPROVER, "/rollback --force now")).text


async def test_a_dry_run_says_what_each_step_would_change_to_those_who_have_a_role(world: World) -> None:
    await world.to_the_canary()
    result = await world.command(STRANGER, "/rollback --dry-run")
    assert "You may not do this (ask for a dry run)" in str(result.blocks)
    assert (await world.deployment()).dry is None
    result = await world.command(DEPLOYER, "/rollback --dry-run")
    assert "follows in the thread of the card" in str(result.blocks)
    dry = (await world.deployment()).dry
    assert dry is not None
    assert (dry.by, dry.outstanding) == (DEPLOYER, ("dry:0:1",))
    await world.apply(Ran("dry:0:1", True, "Would run: deploy rollback"))
    assert (await world.deployment()).status is Status.RUNNING
    facts = [fact.key for row in await world.queries.journal("D1") for fact in row.facts]
    assert facts[-2:] == ["dry-run-asked", "dry-ran"]


GUARDED = factories.PLAN.replace(
    "  steps: [roll-back]\n",
    "  healthy: [{http: {source: api, get: /health}}]\n  steps: [roll-back]\n",
)


async def refused(world: World) -> str:
    """A rollback that has found its side sick; the ts of its message."""
    world.plans.found["shop-canary"] = GUARDED
    await world.to_the_canary()
    await world.command(DEPLOYER, "/rollback errors rise")
    await world.apply(Checked("rollback/side", "0", 1, False, "GET /health answered 503, not 200."))
    run = (await world.deployment()).rollback
    assert run is not None
    assert run.stage == "refused"
    return await world.hang("rollback")


async def test_a_refused_rollback_asks_for_a_reason_before_it_is_done_all_the_same(world: World) -> None:
    ts = await refused(world)
    await world.click(STRANGER, ts, "rollback.force")
    assert "You may not do this (roll back)" in world.window(STRANGER)
    await world.click(DEPLOYER, ts, "rollback.force")
    assert "GET /health answered 503" in world.window(DEPLOYER)
    blank = await world.submit(DEPLOYER, reason="")
    assert not blank.ok or blank.view_errors
    await world.submit(DEPLOYER, reason="the canary loses orders")
    run = (await world.deployment()).rollback
    assert run is not None
    assert (run.stage, run.forced_by, run.forced) == ("acting", DEPLOYER, "the canary loses orders")
    rows = await world.queries.journal("D1")
    assert [fact.key for fact in rows[-1].facts][:1] == ["rollback-forced"]


async def test_a_refused_rollback_is_tried_again_by_its_button(world: World) -> None:
    ts = await refused(world)
    await world.click(DEPLOYER, ts, "rollback.start")
    await world.submit(DEPLOYER, reason="the stable side was restarted")
    run = (await world.deployment()).rollback
    assert run is not None
    assert (run.stage, run.inspection, run.side) == ("inspecting", 2, ())
    await world.apply(Checked("rollback/side", "0", 2, True, "GET /health answered 200."))
    run = (await world.deployment()).rollback
    assert run is not None
    assert (run.stage, run.forced_by) == ("acting", "")


async def test_force_may_be_typed_and_needs_a_reason(world: World) -> None:
    world.plans.found["shop-canary"] = GUARDED
    await world.to_the_canary()
    assert (
        "A reason is required (roll back all the same)"
        in (await world.command(DEPLOYER, "/rollback force= trigger=broken")).text
    )
    said = (await world.command(DEPLOYER, "/rollback force=orders are lost by the minute")).text
    assert "rolls back ALL THE SAME" in said
    run = (await world.deployment()).rollback
    assert run is not None
    assert (run.stage, run.forced) == ("acting", "orders are lost by the minute")


async def test_without_a_way_back_a_person_goes_on_with_a_reason(world: World) -> None:
    await world.to_the_question()
    await world.apply(Decided(APPROVER, "begin", 1, "go"))
    sick = Target("roll-back", False, "revision 7: 0 of 3 pods ready", "7", world.clock())
    await world.apply(Recorded("rollback/targets:1", (sick,)))
    deployment = await world.deployment()
    assert deployment.status is Status.HELD
    assert deployment.wanted == 0
    shown = str((await world.command(DEPLOYER, "/rollback --dry-run")).blocks)
    assert "goes back to revision 7: 0 of 3 pods ready (NOT HEALTHY" in shown
    assert "A reason is required" in (await world.command(DEPLOYER, "/deploy resume force=")).text
    await world.command(DEPLOYER, "/deploy resume force=there was no version before")
    deployment = await world.deployment()
    assert (deployment.status, deployment.wanted) == (Status.RUNNING, 5)
    assert deployment.recording.accepted == "there was no version before"
    assert "`/rollback --dry-run`" in (await world.command(APPROVER, "/rollback help")).text


async def test_nothing_to_roll_back_is_said_in_the_window(world: World) -> None:
    await world.start()
    await world.command(DEPLOYER, "/rollback")
    await world.answers.finish()
    assert "there is nothing to roll back" in world.window(DEPLOYER)


async def test_the_cards_rollback_button(world: World) -> None:
    await world.to_the_canary()
    ts = await world.hang("card")
    await world.click(STRANGER, ts, "card.rollback")
    assert "You may not do this (roll back)" in world.window(STRANGER)
    await world.click(DEPLOYER, ts, "card.rollback")
    await world.submit(DEPLOYER, reason="errors")
    assert (await world.deployment()).status is Status.ROLLING_BACK


# ---------------------------------------------------------------------------------------------- pause, details, unlock


async def test_the_cards_other_buttons(world: World) -> None:
    await world.start()
    ts = await world.hang("card")
    await world.click(STRANGER, ts, "card.details")
    assert "• Ready: OPEN" in world.window(STRANGER)
    assert f"• *Deployer*: <@{DEPLOYER}>" in world.window(STRANGER)
    await world.click(DEPLOYER, ts, "card.pause")
    blank = await world.submit(DEPLOYER, reason=" ")
    assert "A reason is required (pause)" in blank.view_errors["reason"]
    await world.submit(DEPLOYER, reason="lunch")
    assert (await world.deployment()).status is Status.HELD
    held = await world.hang("card")
    await world.click(APPROVER, held, "card.resume")
    assert "You may not do this (resume)" in world.whispers(APPROVER)[0]
    await world.click(DEPLOYER, held, "card.resume")
    assert (await world.deployment()).status is Status.RUNNING


# ------------------------------------------------------------------------------------------ what only people can know


async def test_an_unknown_outcome_is_settled_by_a_starter(world: World) -> None:
    await world.to_the_question()
    await world.apply(Decided(APPROVER, "begin", 1, "go"))
    await world.apply(Recorded("rollback/targets:1", ()))
    await world.apply(EffectFailed("set-weight", "step:first:1", "the connection was lost", unknown=True))
    ts = await world.hang("outcome", "step:first:1")
    await world.click(APPROVER, ts, "outcome.happened")
    assert "You may not do this (say whether it happened)" in world.window(APPROVER)
    await world.click(DEPLOYER, ts, "outcome.not-happened")
    assert "“Five percent” *did not happen*: the bot does it now." in world.window(DEPLOYER)
    await world.submit(DEPLOYER, reason="the console shows 0 %")
    deployment = await world.deployment()
    assert deployment.status is Status.RUNNING
    assert (await step(world, "first")).round == 2


EARLY = factories.PLAN.replace("  - id: before\n", "  - id: before\n    at: T-3h\n").replace(
    "      - signoff: {id: signed,", "      - checklist: {at: T-150m, id: second, title: Second, items: [{id: one, title: One}]}\n      - signoff: {at: T-2h, id: signed,"
)  # fmt: skip


async def test_missed_moments_are_settled_one_by_one_or_together(world: World) -> None:
    world.plans.found["shop-canary"] = EARLY
    await world.start()
    deployment = await world.deployment()
    assert [s.id for s in deployment.steps if s.status == "missed"] == ["ready", "second"]
    ts = await world.hang("missed")
    await world.click(DEPLOYER, ts, "missed.todo", block_id=block_of(world, ts, "missed:ready"))
    assert (await step(world, "ready")).status == "open"
    await world.click(DEPLOYER, ts, "missed.na", block_id=block_of(world, ts, "missed:second"))
    await world.submit(DEPLOYER, reason="done by the night shift")
    assert (await step(world, "second")).status == "skipped"
    await world.click(DEPLOYER, ts, "missed.todo", block_id=block_of(world, ts, "missed:second"))
    assert "is not (or no longer) among the missed moments" in world.whispers(DEPLOYER)[0]


async def test_all_missed_moments_together(world: World) -> None:
    world.plans.found["shop-canary"] = EARLY
    await world.start()
    ts = await world.hang("missed")
    await world.click(DEPLOYER, ts, "missed.done", block_id=block_of(world, ts, "missed:all"))
    assert "• Ready\n• Second" in world.window(DEPLOYER)
    await world.submit(DEPLOYER, reason="done yesterday on the phone")
    assert [(await step(world, id)).status for id in ("ready", "second")] == ["skipped", "skipped"]
    notes = {(await step(world, id)).note for id in ("ready", "second")}
    assert notes == {"done: done yesterday on the phone"}


async def test_fifty_interleavings_of_two_people_never_make_two_answers(world: World) -> None:
    rows = "".join(f"            - {{id: item-{n}, title: Item {n}}}\n" for n in range(25))
    mark = "            - {id: notes"
    world.plans.found["shop-canary"] = factories.PLAN.replace(mark, rows + mark)
    await world.start()
    deployment = await world.deployment()
    acts = [
        world.ledger.apply("D1", ItemMarked(person, "ready", f"item-{n}", "done"), key=f"{person}:{n}")
        for n in range(25)
        for person in (DEPLOYER, APPROVER)
    ]
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 25
    assert len(await world.queries.journal("D1")) == len([deployment]) + 25


async def test_a_rollback_asked_by_two_doors_happens_once(world: World) -> None:
    await world.to_the_canary()
    await asyncio.gather(
        world.command(DEPLOYER, "/rollback errors"),
        world.command(APPROVER, "/rollback errors too"),
        return_exceptions=False,
    )
    journal = await world.queries.journal("D1")
    assert [row.kind for row in journal].count("rollback-asked") == 1
    assert isinstance(journal[-1].input, RollbackAsked | Measured)
