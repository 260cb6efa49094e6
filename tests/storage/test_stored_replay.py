"""Stored looks judged anew say what the running gate said of them, stage by stage, gate by gate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_world import PaperDrainer, Store

from core.replay_stored import replayed, stages
from core.replay_tally import Step, Tally


async def steps(store: Store) -> tuple[list[Step], Tally]:
    deployment = await store.queries.load("D1")
    found, tally = await store.queries.recorded("D1"), Tally()
    begun = stages(deployment.runbook, found.facts)
    return list(replayed(deployment.runbook, found, begun, tally, facts=found.facts)), tally


@pytest.mark.parametrize("sick", [False, True])
async def test_what_was_judged_is_judged_the_same_again(store: Store, sick: bool) -> None:
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.until_traffic()
    for minute in range(8):
        drainer.errors = 200.0 * 2**minute if sick else 0.0
        await drainer.pass_time(timedelta(minutes=1))
    await drainer.pass_time(timedelta(minutes=40))
    found, tally = await steps(store)
    ended = await store.queries.load("D1")
    assert ended.gate is not None
    assert found
    assert tally.looks == len(found) == len(await store.queries.recorded("D1"))
    assert (found[-1].word, found[-1].rules) == (ended.gate.recommendation, ended.gate.rules)
    said = [
        (row.plan_at.timestamp(), dict(fact.words)["now"])
        for row in await store.queries.journal("D1")
        for fact in row.facts
        if fact.key == "recommendation"
    ]
    changes, word = [], "OBSERVE"
    for step in found:
        if step.word != word:
            changes.append(step.word)
        word = step.word
    assert changes == [now for _, now in said]
    assert (tally.streak is not None) == sick


async def test_stages_begin_where_the_share_was_set(store: Store) -> None:
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.until_traffic()
    await drainer.pass_time(timedelta(hours=2))
    found, _ = await steps(store)
    deployment = await store.queries.load("D1")
    assert [
        number for _, number in stages(deployment.runbook, (await store.queries.recorded("D1")).facts)
    ] == list(range(1, deployment.runbook.stages + 1))
    assert sorted({step.stage for step in found}) == list(range(1, deployment.runbook.stages + 1))


async def test_a_deployment_without_looks_has_nothing_to_replay(store: Store) -> None:
    await store.begin()
    found, tally = await steps(store)
    assert (found, tally.looks, tally.rules) == ([], 0, [])
