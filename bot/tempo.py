"""How plan time passes when it is not real time: in a demo, for somebody who watches; in a script, as fast as everything
can be done. The sandbox keeps the world's clock; this tells it, and the deployment's own plan clock, where time is.

In production there is no tempo: plan time is real time, and nothing here runs. It decides no rule; it only moves the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import aiohttp

from bot.sampling import Brake
from bot.ticker import Ticker
from core.asks import Ask, asks
from core.incidents import number_in
from core.machine import gate_wake_at, wake_at
from core.plan.models import Watch
from core.rules import verdict
from core.state import Deployment, Status
from storage.clock import Clock, PlanClock
from storage.ledger import Ledger
from storage.outbox import Outbox
from storage.queries import Queries

log = logging.getLogger(__name__)

STEP_S = 0.1
"""How often the tempo looks, in real seconds, when nothing else wakes it."""
CANARY = 60.0
"""Plan seconds a real second while the canary has traffic: a minute a second."""
WAITING_S = 2.0
"""Real seconds that a stretch of waiting takes, however long it is."""
WATCHING_S = 0.25
"""Real seconds from one look to the next while on watch overnight: a night of half-hourly looks in a quarter of a minute."""


@dataclass(frozen=True)
class Pace:
    """stand: time stands still. run: at `speed`, not past `to`. jump: at once to `to`. `stretch` says what runs."""

    kind: Literal["stand", "run", "jump"]
    speed: float = 0.0
    to: datetime | None = None
    waiting_for: str = ""
    stretch: str = ""


SCRIPTED = frozenset({"script", "quick"})
"""Nobody watches: time jumps. `quick` jumps over looks, too."""
STRETCH_LOOKS: Final = 6
"""So many looks are made in a stretch of time over which a criterion is judged: with fewer it would have holes."""
YOURS = frozenset({"decide", "hold", "outcome", "missed", "went"})
"""What is never left to teammates: the decisions are what the person who plays is there for."""


def asked_of(found: tuple[Ask, ...], human: str, teammates: bool) -> Ask | None:
    """The first open thing that waits for the person who plays; without teammates, for anybody."""
    return next(
        (ask for ask in found if not teammates or ask.kind in YOURS or not ask.people or human in ask.people),
        None,
    )


def choose(
    deployment: Deployment,
    now: datetime,
    *,
    tempo: str,
    wait_for_me: bool,
    teammates: bool,
    human: str,
    busy: bool,
) -> Pace:
    """The pace at plan time `now`. `busy`: effects are on their way, so a jump would tear them from their moment."""
    found = asks(deployment)
    looks = gate_wake_at(deployment)
    if tempo == "quick" and looks is not None:
        looks = quick_look(deployment, looks, now)
    moments = [moment for moment in (wake_at(deployment), looks) if moment is not None]
    following = min(moments, default=None)
    if tempo in SCRIPTED:
        if busy or found or following is None:
            return Pace("stand", waiting_for=found[0].kind if found else "")
        return Pace("jump", to=following)
    ask = asked_of(found, human, teammates)
    if wait_for_me and ask is not None:
        return Pace("stand", waiting_for=f"{ask.kind}:{ask.step}:{ask.subject}")
    if following is None:
        return Pace("run", CANARY)
    gap = max((following - now).total_seconds(), 0.0)
    if (deployment.weight > 0 and not on_watch(deployment)) or deployment.status is Status.ROLLING_BACK:
        return Pace("run", CANARY, following, stretch="canary")
    if any(not teammates or human not in other.people for other in found):
        speed = min(CANARY, gap / WAITING_S) if gap else CANARY  # teammates are at work: give them time
        return Pace("run", speed, following, stretch="work")
    seconds = WATCHING_S if on_watch(deployment) else WAITING_S
    return Pace("run", max(CANARY, gap / seconds), following, stretch="wait")


def quick_look(deployment: Deployment, next_look: datetime, now: datetime) -> datetime | None:
    """The look to which the quick form jumps: in a rollout the one with which a window of the rules ends; on watch what the final
    verdict will need, and else None, for at every other moment that matters a look is made anyway."""
    run, runbook = deployment.gate, deployment.runbook
    if run is None:
        return next_look
    if not on_watch(deployment):
        return max(next_look, run.opened_at + runbook.gate(run.name).every) if run.opened_at else next_look
    body = verdict.body_of(deployment)
    criteria = [one.metric for _, one in verdict.criteria_of(body)] if body is not None else []
    stretches = [metric.over for metric in criteria if metric is not None and metric.over is not None]
    if not stretches:
        return None if wake_at(deployment) is not None else next_look
    return max(next_look, now + min(stretches) / STRETCH_LOOKS)


def on_watch(deployment: Deployment) -> bool:
    """Whether the last stage is over and the deployment is only watched."""
    for placed in deployment.runbook.route:
        step = deployment.step(placed.body.id)
        if isinstance(placed.body, Watch) and step is not None and step.status != "waiting":
            return True
    return False


def title_of(deployment: Deployment, step: str) -> str:
    """A step's title in the deployment's language, or an incident's; '' where the plan has no such step."""
    incident = deployment.incident(number_in(step))
    if incident is not None:
        return deployment.runbook.plan.playbooks[incident.playbook].title.in_(deployment.language)
    placed = next((placed for placed in deployment.runbook.route if placed.body.id == step), None)
    return "" if placed is None else placed.body.title.in_(deployment.language)


class Tempo:
    """Moves the plan clock of the newest active deployment, and the sandbox's world with it."""

    def __init__(
        self, ledger: Ledger, queries: Queries, outbox: Outbox, ticker: Ticker, clock: Clock, session: aiohttp.ClientSession, *,
        world: str, tempo: str, sampling_s: float = 0.0,
    ) -> None:  # fmt: skip
        self._brake = Brake(sampling_s)
        self._ledger, self._queries, self._outbox, self._ticker = ledger, queries, outbox, ticker
        self._clock = clock
        self._session = session
        self._world = world.rstrip("/")
        self._tempo = tempo
        self._wake = asyncio.Event()
        self._world_clock: PlanClock | None = None
        self._waiting_for = ""
        self._stretch: tuple[datetime, str] | None = None
        self._speed = 0.0
        self._told: dict[str, Any] = {}
        self._looked_at = clock()

    async def start(self) -> None:
        """Takes the world's time as it is now; deployments whose clock stood while the bot was away are set to it."""
        answer = await self._tell({})
        self._world_clock = self._read(answer)
        real = self._clock()
        for deployment in await self._queries.active():
            if deployment.rehearsal:
                continue
            clock = await self._queries.plan_clock(deployment.id)
            if clock.now(real) < self._world_clock.now(real):
                await self._ledger.retime(deployment.id, clock.moved(real, self._world_clock.now(real)))

    def pace(self, real_now: datetime) -> PlanClock:
        """The plan clock for a deployment that begins now: the world's."""
        clock = self._world_clock
        if clock is None:
            raise RuntimeError("the world's clock is not known yet")
        return clock.rescaled(real_now, 0.0)

    def plan_now(self, real_now: datetime) -> datetime:
        """The world's time."""
        return self.pace(real_now).now(real_now)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: look, choose, move."""
        self._ledger.on_commit(self._wake.set)
        self._outbox.on_settled(self._wake.set)
        while not stop.is_set():
            self._wake.clear()
            try:
                moved = await self.step()
            except (aiohttp.ClientError, TimeoutError):
                log.warning(
                    "the sandbox does not answer; plan time stands still", extra={"action": "tempo.lost"}
                )
                moved = False
            if not moved:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), STEP_S)

    async def step(self) -> bool:
        """One look; True when time was moved by a jump, so that the next look should follow at once."""
        if self._tempo in SCRIPTED and await self._still_busy():
            return False
        active = [
            one for one in await self._queries.active() if not one.rehearsal
        ]  # those have a time of their own
        if not active:
            busy = await self._outbox.depth() > 0
            left = await self._left()
            idle = not busy and not left
            answer = await self._tell({"speed": 0.0, "waiting_for": "", "busy": busy, "idle": idle, **left})
            self._told, self._world_clock = {}, self._read(answer)
            return False
        deployment = max(active, key=lambda d: (d.started_at is not None, d.started_at or d.t0))
        real = self._clock()
        clock = await self._queries.plan_clock(deployment.id)
        now = clock.now(real)
        wishes = await self._wishes(self._telling(clock, real, deployment))
        # What is asked of the world and what the deployment waits for must be of one moment: an answer between the two readings
        # would let time jump over what it makes due.
        busy = await self._outbox.depth() > 0 or await self._queries.load(deployment.id) != deployment
        if busy and self._tempo in SCRIPTED and not clock.speed:
            return False  # time stands still already
        pace = choose(
            deployment, now, tempo=self._tempo, wait_for_me=bool(wishes.get("wait_for_me")), teammates=bool(wishes.get("teammates", True)),
            human=str(wishes.get("human", "")), busy=busy,
        )  # fmt: skip
        pace = self._brake.pace(deployment, now, pace, real)
        self._waiting_for = pace.waiting_for
        return await self._move(deployment, clock, real, now, pace)

    async def _still_busy(self) -> bool:
        """Whether something is on its way and the world was told a moment ago how things are: every commit wakes the tempo, and
        nothing will move before the last of them."""
        now = self._clock()
        if await self._outbox.depth() > 0 and now - self._looked_at < timedelta(seconds=STEP_S):
            return True
        self._looked_at = now
        return False

    async def _wishes(self, telling: dict[str, Any]) -> dict[str, Any]:
        """Tells the world how things are; answers what the person at the page wishes. Where nobody sits there, what it knows
        already is not told again."""
        if self._tempo in SCRIPTED and telling == self._told:
            return {}
        return await self._tell(telling)

    async def _left(self) -> dict[str, Any]:
        """What people still have to do after a rollback, when nothing else is under way."""
        over = [one for one in await self._queries.unsettled() if asks(one)]
        return self._asking(over[-1]) if over else {}

    async def _move(
        self, deployment: Deployment, clock: PlanClock, real: datetime, now: datetime, pace: Pace
    ) -> bool:
        if pace.kind == "jump" and pace.to is not None:
            target = max(pace.to, now)
            moved = clock.rescaled(real, 0.0).moved(real, target)
            await self._ledger.retime(deployment.id, moved)
            await self._tell(self._telling(moved, real, deployment))
            await self._ticker.tick_once()
            return True
        if pace.kind == "stand":
            return await self._set(deployment, clock, real, 0.0)
        if pace.to is not None and (pace.to, pace.stretch) != self._stretch:
            # A stretch keeps its speed (nearer is not slower), until what fills it changes.
            self._stretch, self._speed = (pace.to, pace.stretch), pace.speed
        speed = self._speed if pace.to is not None else pace.speed
        if pace.to is not None and (pace.to - now).total_seconds() <= speed * STEP_S:
            # From here at a walking pace: what now comes up must not find its moment long past.
            arrived = clock.rescaled(real, min(speed, CANARY)).moved(real, max(pace.to, now))
            await self._ledger.retime(deployment.id, arrived)
            await self._tell(self._telling(arrived, real, deployment))
            await self._ticker.tick_once()
            return False
        return await self._set(deployment, clock, real, speed)

    async def _set(self, deployment: Deployment, clock: PlanClock, real: datetime, speed: float) -> bool:
        """Another speed from now on, when it is really another."""
        if abs(speed - clock.speed) > 0.05 * max(speed, clock.speed):
            changed = clock.rescaled(real, speed)
            await self._ledger.retime(deployment.id, changed)
            await self._tell(self._telling(changed, real, deployment))
        return False

    def _telling(self, clock: PlanClock, real: datetime, deployment: Deployment) -> dict[str, Any]:
        self._world_clock = clock
        return {
            "plan_time": clock.now(real).isoformat(),
            "speed": clock.speed,
            "waiting_for": self._waiting_for,
            **self._asking(deployment),
        }

    def _asking(self, deployment: Deployment) -> dict[str, Any]:
        return {
            "deployment": deployment.id,
            "starter": deployment.started_by if deployment.runbook.plan.four_eyes else "",
            "asks": [
                {
                    "kind": ask.kind,
                    "step": ask.step,
                    "subject": ask.subject,
                    "people": list(ask.people),
                    "title": title_of(deployment, ask.step),
                    "number": ask.number,
                    "link": ask.link,
                }
                for ask in asks(deployment)
            ],
        }

    def _read(self, answer: dict[str, Any]) -> PlanClock:
        real = self._clock()
        return PlanClock(
            datetime.fromisoformat(str(answer["plan_time"])), real, float(answer.get("speed", 0.0))
        )

    async def _tell(self, telling: dict[str, Any]) -> dict[str, Any]:
        """Tells the world what time it is; answers its wishes."""
        async with self._session.post(
            f"{self._world}/sandbox/clock", json=telling, timeout=aiohttp.ClientTimeout(total=5)
        ) as answer:
            answer.raise_for_status()
            told: dict[str, Any] = await answer.json()
            self._told = telling
            return told
