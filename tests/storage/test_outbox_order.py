"""What is handed out when, to whom, and what becomes of what was in the hands of somebody who died."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_world import Store, open_store, small_rules

from core.effects import SIDE, CheckItem, Effect, Measure, Post, ReadBack, Run, SetWeight, Update
from core.inputs import ItemMarked, Started
from storage.clock import ManualClock
from storage.effect_rows import queue_of
from storage.outbox import LeaseLost

DONE = ItemMarked(factories.ANA, "ready", "people", "done")
MINUTE = timedelta(minutes=1)


class Shop:
    """A store whose rules ask for whatever the test says next."""

    def __init__(self, store: Store, wishes: list[tuple[Effect, ...]]) -> None:
        self.store = store
        self.outbox = store.outbox
        self.clock = store.clock
        self._wishes = wishes
        self._asked = 0

    async def ask(self, *effects: Effect, id: str = "D1") -> None:
        self._wishes.append(effects)
        self._asked += 1
        await self.store.ledger.apply(id, DONE, key=f"ask {self._asked}")

    async def token(self, owner: str = "a", for_s: float = 3600) -> int:
        token = await self.outbox.take_lease(owner, for_s)
        assert token is not None
        return token

    async def handed_out(self, token: int, limit: int = 20) -> list[str]:
        """The kinds and names of what is handed out; the claims are dropped, as by a task that dies."""
        return [_name(claim.effect) for claim in await self.outbox.claim(token, limit=limit)]


def _name(effect: Effect) -> str:
    match effect:
        case Post() | Update():
            return f"{effect.kind} {effect.key or effect.view}"
        case CheckItem():
            return f"check {effect.step}:{effect.item}"
        case _:
            return f"{effect.kind} {effect.ref}"


@pytest.fixture
async def shop(url: str, clock: ManualClock) -> AsyncIterator[Shop]:
    wishes: list[tuple[Effect, ...]] = []
    store = await open_store(
        url, clock, **small_rules(lambda happened: () if isinstance(happened, Started) else wishes.pop(0))
    )
    await store.begin("D1")
    await store.begin("D2", service="search")
    yield Shop(store, wishes)
    await store.database.close()


# --------------------------------------------------------------------------------------------------------------- order


async def test_the_world_changes_one_thing_after_the_other(shop: Shop) -> None:
    await shop.ask(SetWeight("step:a:1", "set", 5), Run("step:b:1", "deploy"))
    await shop.ask(Run("step:c:1", "deploy"), id="D2")
    token = await shop.token()
    first = await shop.outbox.claim(token)
    assert [claim.effect for claim in first] == [SetWeight("step:a:1", "set", 5), Run("step:c:1", "deploy")]
    assert await shop.outbox.claim(token) == []
    await shop.outbox.later(first[0], shop.clock() + MINUTE, "429", happened_nothing=True)
    assert await shop.outbox.claim(token) == []  # what waits holds up what came after it
    shop.clock.advance(MINUTE)
    (again,) = await shop.outbox.claim(token)
    assert again.effect == first[0].effect
    await shop.outbox.gave_up(again, "exit 1")
    assert await shop.handed_out(token) == ["run step:b:1"]


async def test_looks_do_not_wait_for_each_other(shop: Shop) -> None:
    await shop.ask(
        Measure("look:1", ("errors",)), ReadBack("step:a:1"), CheckItem("ready", "people", 1), CheckItem("ready", "notes", 1),
        Measure("look:1", ("errors",)),
    )  # fmt: skip
    assert await shop.handed_out(await shop.token()) == [
        "measure look:1", "read-back step:a:1", "check ready:people", "check ready:notes",
    ]  # fmt: skip


async def test_messages_go_by_urgency_then_age_but_in_order_for_each_message(shop: Shop) -> None:
    await shop.ask(
        Post("log", words=(("fact", "first"),)),
        Post("log", words=(("fact", "second"),)),
        Post("report", "r", "brief:1", priority=2),
        Post("card", "card", priority=1),
        Update("card", "card", priority=0),
        Post("page", "page:1", priority=0),
        Post("page", "page:1:dm", place="dm", channel="U1", priority=0),
    )
    token = await shop.token()
    claims = await shop.outbox.claim(token)
    assert [_name(claim.effect) for claim in claims] == [
        "post page:1", "post page:1:dm", "post card", "post r", "post log",
    ]  # fmt: skip
    assert claims[-1].effect == Post("log", words=(("fact", "first"),))
    for claim in claims:
        await shop.outbox.done(claim, "ok")
    assert [_name(claim.effect) for claim in await shop.outbox.claim(token)] == ["update card", "post log"]


async def test_no_more_is_handed_out_than_asked_for(shop: Shop) -> None:
    await shop.ask(*(Post("page", f"page:{n}", priority=0) for n in range(5)))
    token = await shop.token()
    assert len(await shop.outbox.claim(token, limit=2)) == 2
    assert len(await shop.outbox.claim(token, limit=2)) == 2
    assert await shop.outbox.depth() == 5


async def test_a_dry_run_waits_for_nothing_of_the_world_and_a_look_at_the_other_side_comes_first(
    shop: Shop,
) -> None:
    dry = Run("dry:0:1", "back", dry=True)
    side = CheckItem(SIDE, "0", 1)
    await shop.ask(Run("rollback:0:0", "back"), dry, SetWeight("step:a:1", "set", 5, dry=True), side)
    claims = await shop.outbox.claim(await shop.token())
    assert [(claim.effect.kind, claim.lane) for claim in claims] == [
        ("run", "world"), ("check", "read"), ("run", "read"), ("set-weight", "read"),
    ]  # fmt: skip
    assert queue_of(dry) == "read:dry:0:1"


queues = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.tuples(queues, st.integers(0, 3)), max_size=8))
def test_every_message_has_exactly_one_queue(keys: list[tuple[str, int]]) -> None:
    for key, priority in keys:
        post, update = Post("card", key, priority=priority), Update("card", key)  # type: ignore[arg-type]  # 0 to 3
        assert queue_of(post) == queue_of(update)
        assert queue_of(post) != queue_of(Post(key))


# ------------------------------------------------------------------------------------------------------------- attempts


async def test_an_attempt_is_written_down_before_it_is_made(shop: Shop) -> None:
    await shop.ask(Run("step:a:1", "deploy"))
    (claim,) = await shop.outbox.claim(await shop.token())
    assert (claim.attempts, claim.began_before, claim.lane) == (1, False, "world")
    assert (claim.created_at, claim.due_at) == (factories.START, factories.START)
    assert shop.store.rows("SELECT state, began, attempts FROM outbox") == [("taken", 1, 1)]


@pytest.mark.parametrize("happened_nothing", [True, False])
async def test_a_second_attempt_knows_whether_the_first_may_have_happened(
    shop: Shop, happened_nothing: bool
) -> None:
    await shop.ask(Run("step:a:1", "deploy"))
    token = await shop.token()
    (claim,) = await shop.outbox.claim(token)
    await shop.outbox.later(claim, shop.clock(), "no answer", happened_nothing=happened_nothing)
    (again,) = await shop.outbox.claim(token)
    assert (again.attempts, again.began_before) == (2, not happened_nothing)


async def test_a_certain_second_attempt_does_not_make_the_first_certain(shop: Shop) -> None:
    await shop.ask(Run("step:a:1", "deploy"))
    token = await shop.token()
    (claim,) = await shop.outbox.claim(token)
    await shop.outbox.later(claim, shop.clock(), "timed out after sending", happened_nothing=False)
    (claim,) = await shop.outbox.claim(token)
    await shop.outbox.later(claim, shop.clock(), "refused at the door", happened_nothing=True)
    (claim,) = await shop.outbox.claim(token)
    assert claim.began_before


async def test_what_is_done_tells_what_came_of_it(shop: Shop) -> None:
    await shop.ask(Post("card", "card"), Post("log"), Update("page", "page:1"))
    for claim in await shop.outbox.claim(await shop.token()):
        await (shop.outbox.gave_up if claim.effect == Post("log") else shop.outbox.done)(claim, "so it was")
    assert shop.store.rows("SELECT state, outcome, done_at IS NOT NULL FROM outbox ORDER BY number") == [
        ("done", "so it was", 1), ("failed", "so it was", 1),
    ]  # fmt: skip
    assert await shop.outbox.depth() == 0
    assert await shop.outbox.oldest() is None


# ---------------------------------------------------------------------------------------------------------------- lease


async def test_one_drainer_at_a_time(shop: Shop) -> None:
    first = await shop.token("a", 60)
    assert await shop.outbox.take_lease("b", 60) is None
    assert await shop.token("a", 60) == first  # it is his already
    shop.clock.advance(timedelta(seconds=59))
    assert await shop.outbox.renew(first, 60)
    shop.clock.advance(timedelta(seconds=59))
    assert await shop.outbox.take_lease("b", 60) is None
    shop.clock.advance(timedelta(seconds=1))
    assert await shop.token("b") == first + 1
    assert not await shop.outbox.renew(first, 60)
    assert await shop.outbox.take_lease("a", 60) is None


async def test_a_lease_that_was_given_back_is_free_at_once(shop: Shop) -> None:
    first = await shop.token("a")
    await shop.outbox.release(first)
    assert not await shop.outbox.renew(first, 60)
    second = await shop.token("b")
    assert second == first + 1
    await shop.outbox.release(first)  # too late: it is not his
    assert await shop.outbox.take_lease("c", 60) is None


async def test_only_the_holder_is_handed_anything(shop: Shop) -> None:
    await shop.ask(Run("step:a:1", "deploy"))
    with pytest.raises(LeaseLost):
        await shop.outbox.claim(1)
    token = await shop.token("a", 30)
    with pytest.raises(LeaseLost):
        await shop.outbox.claim(token + 1)
    shop.clock.advance(timedelta(seconds=30))
    with pytest.raises(LeaseLost):
        await shop.outbox.claim(token)
    assert await shop.outbox.renew(token, 30)  # nobody took it meanwhile
    assert await shop.handed_out(token) == ["run step:a:1"]
    await shop.outbox.release(token)
    with pytest.raises(LeaseLost):
        await shop.outbox.claim(token)


async def test_what_somebody_still_works_on_is_not_handed_out_again(shop: Shop) -> None:
    await shop.ask(Run("step:a:1", "a command of ten minutes"))
    token = await shop.token("a", 30)
    (claim,) = await shop.outbox.claim(token)
    for _ in range(20):
        shop.clock.advance(timedelta(seconds=20))
        assert await shop.outbox.renew(token, 30)
        assert await shop.outbox.claim(token) == []
    await shop.outbox.done(claim, "exit 0")


async def test_what_a_dead_task_let_go_of_comes_again_when_its_lease_ends(shop: Shop) -> None:
    await shop.ask(Run("step:a:1", "deploy"))
    token = await shop.token("a", 30)
    assert await shop.handed_out(token) == ["run step:a:1"]
    shop.clock.advance(timedelta(seconds=29))
    assert await shop.outbox.renew(token, 30)
    assert await shop.outbox.claim(token) == []
    shop.clock.advance(timedelta(seconds=1))
    (again,) = await shop.outbox.claim(token)
    assert again.began_before


async def test_a_new_drainer_gets_what_the_dead_one_had(shop: Shop) -> None:
    await shop.ask(Run("step:a:1", "deploy"), Post("card", "card"))
    token = await shop.token("a", 30)
    held = await shop.outbox.claim(token)
    shop.clock.advance(timedelta(seconds=30))
    claims = await shop.outbox.claim(await shop.token("b", 30))
    assert {claim.id for claim in claims} == {claim.id for claim in held}
    assert all(claim.began_before and claim.attempts == 2 for claim in claims)


# ------------------------------------------------------------------------------------------------------------- next due


async def test_when_something_can_be_handed_out_next(shop: Shop) -> None:
    assert await shop.outbox.next_due() is None
    await shop.ask(Run("step:a:1", "deploy"), Run("step:b:1", "deploy"), Post("log"))
    due = await shop.outbox.next_due()
    assert due is not None
    assert due <= shop.clock()
    token = await shop.token("a", 30)
    run, log = await shop.outbox.claim(token)
    assert await shop.outbox.next_due() == shop.clock() + timedelta(seconds=30)  # should both be lost
    await shop.outbox.later(log, shop.clock() + MINUTE, "429", happened_nothing=True)
    await shop.outbox.later(run, shop.clock() + 2 * MINUTE, "away", happened_nothing=True)
    assert await shop.outbox.next_due() == shop.clock() + MINUTE  # the second run waits behind the first
    assert await shop.outbox.oldest() == factories.START
