"""One small world to deploy in: the Slack workspace, the service, and the time they share. For the demo, scripts and tests.

The bot tells this world what plan time it is; the world tells the bot what the person at the page wishes (wait for me,
teammates, make the canary sick). It must not know the bot: it sees requests, clicks and messages only.
"""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.clock import utcnow
from sandbox.service.app import CanaryService
from sandbox.slack import roster
from sandbox.slack.server import SlackSandbox
from sandbox.tour import BUTTONS, DO, WELCOME

Json = dict[str, Any]
START = datetime(2025, 10, 21, 14, 1, tzinfo=UTC)
"""The world begins here: the rehearsal of the shipped plan has just come due, and its T0 is tomorrow at 14:00."""
SICK = {"errors": 0.35, "latency": 1.6}
"""What the button does to the canary: a third of its requests fail, and the rest are slow."""

TEAM = f"""format: 1
language: {{language}}
people:
  lubit: {roster.LUBIT}
  gitcode: {roster.GITCODE}
  ops: {roster.OPS}
  mina: {roster.MINA}
  jun: {roster.JUN}
roles:
  final-approver: [lubit]
  deployer: [gitcode]
  operations: [ops]
  engineering-lead: [mina]
  on-call: [jun]
deputies:
  final-approver: [mina]
channels:
  deployment: {roster.DEPLOYMENT}
  deployment-alerts: {roster.ALERTS}
  incident: {roster.INCIDENT}
"""


@dataclass(frozen=True)
class Asked:
    """One open thing, as the bot tells it: kind, step, subject, who may answer, and the step's title."""

    kind: str
    step: str
    subject: str
    people: tuple[str, ...]
    title: str = field(default="", compare=False)


@dataclass
class Wishes:
    """What the person at the page has chosen."""

    wait_for_me: bool = True
    teammates: bool = True
    sick: bool = False
    language: str = "en"


@dataclass
class Hooks:
    """What a script does at a moment of plan time: called once, in order."""

    at: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def pass_time(self, now: datetime) -> None:
        """Calls whatever has come due."""
        due = [hook for hook in self.at if hook[0] <= now]
        self.at = [hook for hook in self.at if hook[0] > now]
        for _, call in sorted(due, key=lambda hook: hook[0]):
            call()


def _answers(ask: Asked, element: Json) -> bool:
    fits = str(element.get("action_id", "")).startswith(BUTTONS.get(ask.kind, "-"))
    if ask.kind == "remedy" and '"r":' not in str(element.get("value", "")):
        return False  # the question's own buttons carry its number
    return fits and (not ask.step or f'"{ask.step}"' in str(element.get("value", "")))


class World:
    """`start`, then `environment()` is what a bot needs to live here."""

    def __init__(
        self,
        manifest: Json,
        *,
        seed: int = 7,
        per_5min: float = 1200,
        begins: datetime = START,
        language: str = "en",
    ) -> None:
        self.slack = SlackSandbox(manifest)
        self._plan_epoch, self._real_epoch, self._speed = begins, utcnow(), 0.0
        self._latest = begins
        self.timeline: list[tuple[float, float, float]] = [(0.0, begins.timestamp(), 0.0)]
        # No chance errors: in the strict first window a single one rolls back, and a happy story must not hang on a seed.
        self.service = CanaryService(seed=seed, plan_time=self.plan_now, per_5min=per_5min, error_rate=0.0)
        self.wishes = Wishes(language=language)
        self.hooks = Hooks()
        self.asks: tuple[Asked, ...] = ()
        self.deployment = ""
        self.starter = ""
        self.waiting_for = ""
        self.told = asyncio.Event()
        self.on_wish: Callable[[Json], None] | None = None
        self.slack.add_routes(
            [
                web.post("/sandbox/clock", self._clock),
                web.get("/sandbox/demo", self._demo),
                web.post("/sandbox/demo", self._wish),
            ]
        )

    async def start(self, *, port: int = 0) -> None:
        """Opens both servers on this machine."""
        await self.slack.start(port=port)
        await self.service.start()

    def welcome(self) -> None:
        """The tour, as the first message that somebody at the page sees."""
        self.slack.welcome(roster.DEPLOYMENT, WELCOME[self.wishes.language])

    async def stop(self) -> None:
        """Closes both."""
        await self.slack.stop()
        await self.service.stop()

    # ---------------------------------------------------------------------------------------------------------- time

    def plan_now(self) -> datetime:
        """The world's time; it never goes back."""
        now = self._plan_epoch + (utcnow() - self._real_epoch) * self._speed
        self._latest = max(self._latest, now)
        return self._latest

    def set_time(self, plan: datetime, speed: float) -> None:
        """From now on it is `plan`, passing at `speed`; what a script wants at that moment happens."""
        now, plan = utcnow(), max(plan, self._latest)
        drift = abs((plan - self._plan_epoch - (now - self._real_epoch) * self._speed).total_seconds())
        if speed != self._speed or drift > 1:
            self.timeline.append((now.timestamp(), plan.timestamp(), speed))
        self._plan_epoch, self._real_epoch, self._speed = plan, now, speed
        self.hooks.pass_time(self.plan_now())

    def advance(self, span: timedelta) -> None:
        """Time passes although nobody tells it (the bot is away)."""
        self.set_time(self.plan_now() + span, self._speed)

    # ------------------------------------------------------------------------------------------------------ the bot's

    def environment(self, folder: Path, *, unhurried: bool = False) -> dict[str, str]:
        """The variables with which a bot finds this world; writes the team file and the deployment script into `folder`.
        `unhurried`: the script takes its time when it changes something, for somebody who watches."""
        (folder / "team.yml").write_text(TEAM.format(language=self.wishes.language), encoding="utf-8")
        script = folder / "phase4_deployment_automation.sh"
        script.write_text(
            f"#!/bin/sh\n{'export ION_STEP_SECONDS=2' if unhurried else ''}\n"
            f'exec "{sys.executable}" -m sandbox.scripts.phase4_deployment_automation "$@"\n',
            encoding="utf-8",
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return {
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "ION_API_URL": self.service.url,
            "ION_DEPLOY_SCRIPT": str(script),
            "CAPTAIN_WORLD_URL": self.slack.url,
            "CAPTAIN_TEAM": str(folder / "team.yml"),
            "CAPTAIN_DATABASE": str(folder / "captain.sqlite3"),
            "CAPTAIN_WORKDIR": str(folder),
            "CAPTAIN_POSTS_PER_S": "1000",
            "CAPTAIN_UPDATES_PER_MIN": "100000",
            "CAPTAIN_HTTP_HOST": "127.0.0.1",
            "CAPTAIN_HTTP_PORT": "0",
        }

    @property
    def human(self) -> str:
        """Whom the person at the page acts as; '' while no page is open."""
        return self.slack.watching

    async def _clock(self, request: web.Request) -> web.Response:
        """The bot tells what time it is and what is asked; it hears the wishes."""
        told = await request.json()
        if "plan_time" in told:
            self.set_time(datetime.fromisoformat(told["plan_time"]), float(told.get("speed", 0.0)))
        elif "speed" in told:
            self.set_time(self.plan_now(), float(told["speed"]))
        if "asks" in told:
            self.asks = tuple(
                Asked(a["kind"], a["step"], a["subject"], tuple(a["people"]), str(a.get("title", "")))
                for a in told["asks"]
            )
            self.deployment, self.starter = str(told.get("deployment", "")), str(told.get("starter", ""))
        elif told:
            self.asks = ()
        self.waiting_for = str(told.get("waiting_for", self.waiting_for))
        self.told.set()
        answer = {
            "plan_time": self.plan_now().isoformat(),
            "speed": self._speed,
            "wait_for_me": self.wishes.wait_for_me and bool(self.human),
            "teammates": self.wishes.teammates,
            "human": self.human,
        }
        return web.json_response(answer)

    # ------------------------------------------------------------------------------------------------------ the page's

    def demo(self) -> Json:
        """What the bar above the page shows."""
        return {
            "plan_time": self.plan_now().isoformat(),
            "speed": self._speed if self._speed else "standing still",
            "waiting_for": self._waiting(),
            "wait_for_me": self.wishes.wait_for_me,
            "teammates": self.wishes.teammates,
            "sick": self.wishes.sick,
            "language": self.wishes.language,
            "act_as_hint": self._hint(),
            "timeline": [[round(real, 3), round(plan), speed] for real, plan, speed in self.timeline],
        }

    def _waiting(self) -> str | None:
        """What time stands still for, as an act with the name of its button."""
        asked = self._asked()
        return (
            None
            if asked is None
            else DO[self.wishes.language].get(asked.kind, "{title}").format(title=asked.title)
        )

    def _asked(self) -> Asked | None:
        kind, _, rest = self.waiting_for.partition(":")
        step, _, subject = rest.partition(":")
        return next((a for a in self.asks if (a.kind, a.step, a.subject) == (kind, step, subject)), None)

    def _hint(self) -> Json | None:
        """Who can answer what time stands still for: the one who sits at the page if possible, and where the buttons are."""
        ask = self._asked()
        if ask is None:
            return None
        able = [person for person in ask.people if ask.kind != "decide" or person != self.starter]
        if not able:
            return None
        user = self.human if self.human in able else able[0]
        return {"user": user, "why": self._waiting() or "", **self._where(ask, user)}

    def _where(self, ask: Asked, user: str) -> Json:
        """The newest message with a button that answers it; nothing while it is not posted yet."""
        for channel in (roster.DEPLOYMENT, roster.ALERTS):
            for message in reversed(self.slack.people.screen(user, channel)):
                for block in message.get("blocks") or []:
                    for element in (*block.get("elements", ()), block.get("accessory")):
                        if isinstance(element, dict) and _answers(ask, element):
                            return {"channel": channel, "ts": str(message["ts"])}
        return {}

    async def _demo(self, request: web.Request) -> web.Response:
        return web.json_response(self.demo())

    async def _wish(self, request: web.Request) -> web.Response:
        """One wish: {"sick": true}, {"wait_for_me": false} ..."""
        wish = await request.json()
        if not isinstance(wish, dict) or not set(wish) <= {"wait_for_me", "teammates", "sick", "language"}:
            return web.json_response(
                {"error": "a wish is one of wait_for_me, teammates, sick, language"}, status=400
            )
        for name in ("wait_for_me", "teammates", "sick"):
            if isinstance(wish.get(name), bool):
                setattr(self.wishes, name, wish[name])
        if wish.get("language") in ("en", "ko"):
            self.wishes.language = wish["language"]
        if "sick" in wish:
            self.make_sick(self.wishes.sick)
        if self.on_wish is not None:
            self.on_wish(wish)
        return web.json_response(self.demo())

    def make_sick(self, sick: bool) -> None:
        """The canary fails a third of its requests, or is healthy again."""
        self.wishes.sick = sick
        if sick:
            self.service.faults.set(track="canary", **SICK)
        else:
            self.service.faults.clear(track="canary")
