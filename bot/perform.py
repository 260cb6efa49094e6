"""Drains the outbox: claims what is due, performs it by its kind, and commits the answer with the row in one transaction.

There is one drainer at a time, by a lease. Deployments and lanes run side by side, so that a slow command holds up no
message; within a lane the outbox keeps the order. A crash at any line is answered by claiming again: what began and was
not settled comes back as `began_before`. It must not know any rule: what a failure means is decided in core.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.acting import Actions
from bot.performing.answers import failed
from bot.performing.backfilling import backfill
from bot.performing.delivering import Deliverer
from bot.performing.followed import Manners
from bot.performing.following import Following
from bot.performing.gatekeeping import EXACT, Gatekeeper
from bot.performing.health import Health
from bot.performing.looking import Looks
from bot.performing.measuring import measure
from bot.performing.notifying import Notices
from bot.performing.pacing import Pacer, SlackPacing
from bot.performing.ports import Vendors
from bot.performing.recording import Recordings
from bot.performing.reviewing import Reviews
from bot.performing.work import Done, Patience, Work
from bot.secrets import Secrets
from core.effects import (
    Backfill,
    CheckItem,
    LookBack,
    Measure,
    Notify,
    Post,
    ReadBack,
    Record,
    Run,
    SetWeight,
    Update,
)
from core.errors import Refused
from core.wanted import wanted
from storage.clock import Clock
from storage.ledger import Ledger, StaleClaim
from storage.messages import Messages
from storage.outbox import Claim, LeaseLost, Outbox
from storage.queries import Queries

log = logging.getLogger(__name__)

Observe = Callable[[str, Claim], None]


@dataclass(frozen=True)
class Adapters:
    """Everything outside that effects need."""

    slack: SlackWeb
    vendors: Vendors
    secrets: Secrets


@dataclass(frozen=True)
class Drain:
    """How the drainer works, in real time: the lease lasts `lease_s`, is renewed after a third of it, at most `at_once`
    effects are in the air, `grace_s` is what they get at the end, and `last_words_s` what is said about them."""

    lease_s: float = 15.0
    at_once: int = 64
    grace_s: float = 20.0
    last_words_s: float = 3.0


class Performer:
    """`owner` names this process in the lease. `observe(stage, claim)` is called when a claim is "claimed", "performed"
    and "committed"."""

    def __init__(
        self,
        ledger: Ledger,
        outbox: Outbox,
        queries: Queries,
        messages: Messages,
        adapters: Adapters,
        clock: Clock,
        *,
        owner: str,
        observe: Observe | None = None,
        pacing: SlackPacing | None = None,
        patience: Patience | None = None,
        drain: Drain | None = None,
        manners: Manners | None = None,
    ) -> None:
        self._ledger = ledger
        self._outbox = outbox
        self._queries = queries
        self._adapters = adapters
        self._clock = clock
        self._owner = owner
        self._observe: Observe = observe or _nobody
        self._patience = patience or Patience()
        self._drain = drain or Drain()
        self.health = Health()
        gate = Gatekeeper(adapters.slack, Pacer(pacing or SlackPacing()), self.health, clock)
        self._actions = Actions(adapters.vendors, adapters.secrets, self._patience)
        self._looks = Looks(adapters.vendors, self._actions, adapters.secrets, self._patience)
        self._recordings = Recordings(adapters.vendors, adapters.secrets, self._patience)
        self._reviews = Reviews(adapters.vendors, adapters.secrets, queries)
        self._notices = Notices(adapters.vendors, adapters.secrets, adapters.slack, self._patience)
        self._messages = Deliverer(adapters.slack, messages, gate)
        self._following = Following(
            adapters.slack, messages, gate, adapters.secrets, self._observe, manners or Manners()
        )
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._token: int | None = None
        self._renew_at: datetime | None = None

    # ------------------------------------------------------------------------------------------------------ draining

    async def drain_once(self) -> int:
        """Claims what is due now, performs all of it to its end, and answers how many effects that were.

        0 also when another process is the drainer."""
        tasks = await self._round()
        waiting = set(tasks)
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=self._drain.lease_s / 3)
            if waiting:
                await self._hold_lease()
        await self._following.settled()
        return len(tasks)

    async def run(self, stop: asyncio.Event) -> None:
        """Drains until `stop` is set: on every commit, when something falls due, and to renew the lease. Then what is in
        the air may end within the grace, and the lease is given back."""
        self._ledger.on_commit(self._wake.set)
        watcher = asyncio.create_task(stop.wait())
        watcher.add_done_callback(lambda _: self._wake.set())
        try:
            while not stop.is_set():
                self._wake.clear()
                if not await self._safely_round():
                    await self._sleep()
        finally:
            watcher.cancel()
            await self._finish()

    async def release(self) -> None:
        """Gives the lease back, so that the next drainer need not wait for its end."""
        if self._token is not None:
            token, self._token = self._token, None
            await self._outbox.release(token)

    async def _safely_round(self) -> int:
        try:
            return len(await self._round())
        except Exception:  # the drainer outlives a database that is away for a moment
            log.exception("a round of the outbox failed", extra={"action": "drain.failed"})
            return 0

    async def _round(self) -> list[asyncio.Task[None]]:
        room = self._drain.at_once - len(self._flying)
        token = await self._hold_lease()
        if token is None or room <= 0:
            return []
        try:
            claims = await self._outbox.claim(token, limit=room)
        except LeaseLost:
            self._token = None  # another process drains; what is in the air here will find its claims stale
            return []
        return [self._start(claim) for claim in claims if claim.id not in self._flying]

    def _start(self, claim: Claim) -> asyncio.Task[None]:
        task = asyncio.create_task(self._handle(claim), name=f"effect {claim.id}")
        self._flying[claim.id] = task
        task.add_done_callback(lambda _: self._landed(claim.id))
        return task

    def _landed(self, claim_id: str) -> None:
        self._flying.pop(claim_id, None)
        self._wake.set()

    async def _hold_lease(self) -> int | None:
        now = self._clock()
        if self._token is not None and self._renew_at is not None and now < self._renew_at:
            return self._token
        kept = self._token is not None and await self._outbox.renew(self._token, self._drain.lease_s)
        if not kept:
            self._token = await self._outbox.take_lease(self._owner, self._drain.lease_s)
            if self._token is not None:
                self._following.begin(self._queries.load)
        self._renew_at = now + timedelta(seconds=self._drain.lease_s / 3)
        return self._token

    async def _sleep(self) -> None:
        """Until something happens, but not past the next due row or the lease's renewal."""
        seconds = self._drain.lease_s / 3
        due = await self._outbox.next_due() if self._token is not None else None
        if due is not None and len(self._flying) < self._drain.at_once:
            seconds = min(seconds, max((due - self._clock()).total_seconds(), 0.01))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass  # that is what it waited for

    async def _finish(self) -> None:
        tasks = set(self._flying.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._drain.grace_s)
            for task in late:
                log.warning("%s was cut off at the end", task.get_name(), extra={"action": "drain.cut-off"})
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._following.settled(self._drain.last_words_s)
        await self.release()

    # ---------------------------------------------------------------------------------------------------- one effect

    async def _handle(self, claim: Claim) -> None:
        told: Done | TryLater | GaveUp | None = None
        try:
            self._observe("claimed", claim)
            outcome = await self._outcome(claim)
            await self._settle(claim, outcome)
            self._observe("committed", claim)
            told = outcome
        except StaleClaim:
            log.warning("%s was taken over by another drainer", claim.id, extra={"action": "drain.stale"})
        except Exception:  # the row stays taken and comes again when its lease ends
            log.exception("%s could not be settled", claim.id, extra={"action": "drain.unsettled"})
        finally:
            self._following.ended(claim, told)

    async def _outcome(self, claim: Claim) -> Done | TryLater | GaveUp:
        try:
            deployment, pace = await self._queries.standing(claim.deployment_id)
            if not wanted(deployment, claim.effect, began=claim.began_before):
                return Done("no longer wanted")
            done = await self._perform(self._following.follow(Work(claim, deployment, pace, self._clock)))
        except (TryLater, GaveUp) as problem:
            return problem
        except Exception as problem:  # a fault of ours in one effect must not stop the others
            log.exception("%s failed by a fault of the bot", claim.id, extra={"action": "drain.surprise"})
            reason = f"The bot itself failed ({type(problem).__name__}); its log says more."
            if claim.attempts < self._patience.surprises:
                return TryLater(self._patience.wait_s(claim.attempts), reason, unknown=True)
            return GaveUp(reason, unknown=True)
        self._observe("performed", claim)
        return done

    async def _perform(self, work: Work) -> Done:  # noqa: C901  # one row a kind of effect
        match work.effect:
            case Measure() as effect:
                return await measure(work, effect, self._adapters.vendors)
            case CheckItem() as effect:
                return await self._looks.check(work, effect)
            case ReadBack() as effect:
                return await self._looks.read_back(work, effect)
            case Record() as effect:
                return await self._recordings.record(work, effect)
            case Backfill() as effect:
                return await backfill(work, effect, self._adapters.vendors, self._queries)
            case LookBack() as effect:
                return await self._reviews.look_back(work, effect)
            case Run() | SetWeight() as effect:
                return await self._actions.act(work, effect)
            case Notify() as effect:
                return await self._notices.notify(work, effect)
            case Post() as effect:
                return await self._messages.post(work, effect)
            case Update() as effect:
                return await self._messages.update(work, effect)

    def _wait_s(self, claim: Claim, problem: TryLater) -> float:
        """Seconds before the next attempt: as it was said, or growing with every attempt, less so for a page."""
        if problem.code in EXACT:
            return problem.after_s
        wait_s = self._patience.wait_s(claim.attempts, problem.after_s)
        page = isinstance(claim.effect, Post) and claim.effect.priority == 0
        return max(problem.after_s, min(wait_s, self._patience.page_wait_s)) if page else wait_s

    async def _settle(self, claim: Claim, outcome: Done | TryLater | GaveUp) -> None:
        if isinstance(outcome, TryLater):
            not_before = self._clock() + timedelta(seconds=self._wait_s(claim, outcome))
            await self._outbox.later(claim, not_before, outcome.reason, happened_nothing=not outcome.unknown)
            return
        if isinstance(outcome, GaveUp):
            pace = await self._queries.plan_clock(claim.deployment_id)
            answer = failed(claim.effect, outcome.reason, unknown=outcome.unknown, at=pace.now(self._clock()))
            if answer is None:
                await self._outbox.gave_up(claim, outcome.reason)
                return
            outcome = Done(f"gave up: {outcome.reason}"[:500], answer)
        if outcome.answer is None:
            await self._outbox.done(claim, outcome.outcome)
            return
        try:
            applied = await self._ledger.apply(
                claim.deployment_id,
                outcome.answer,
                key=f"effect:{claim.id}",
                completes=claim,
                outcome=outcome.outcome,
            )
            if applied.repeated:
                raise StaleClaim(claim)
        except Refused as refused:
            # The rules have no use for it any more (the deployment has ended): the row must not wait for ever.
            log.warning(
                "the rules refuse the answer of %s: %s", claim.id, refused, extra={"action": "drain.refused"}
            )
            await self._outbox.done(claim, f"{outcome.outcome}; refused: {refused.key}"[:500])


def _nobody(stage: str, claim: Claim) -> None:
    """Nobody watches."""
