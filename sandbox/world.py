"""One small world to deploy in: the Slack workspace, the systems of one plan, and the time they share. For the demo, scripts
and tests.

The bot tells this world what plan time it is; the world tells the bot what the person at the page wishes (wait for me,
teammates, make it fall ill). It must not know the bot: it sees requests, clicks and messages only; nor a plan: what it needs
stands in its setting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.clock import utcnow
from sandbox.service.app import CanaryService
from sandbox.setting import Ground, Setting
from sandbox.slack import roster
from sandbox.slack.server import SlackSandbox
from sandbox.tour import BUTTONS, DO, welcome
from sandbox.worlds import ion_deployment_day

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One open thing, as the bot tells it: kind, step, subject, who may answer, and the step's title; of an item that asks for a
    number one that would pass, and whether it asks for a link."""

    kind: str
    step: str
    subject: str
    people: tuple[str, ...]
    title: str = field(default="", compare=False)
    number: str = field(default="", compare=False)
    link: bool = field(default=False, compare=False)


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
        setting: Setting = ion_deployment_day.SETTING,
        seed: int = 7,
        per_5min: float = 1200,
        language: str = "en",
    ) -> None:
        self.setting = setting
        self.slack = SlackSandbox(manifest)
        for channel in setting.channels:
            self.slack.workspace.add_channel(
                channel.id, channel.name, members=(*roster.TEAM_IDS, roster.BOT), purpose=channel.purpose
            )
        self.channels = (roster.DEPLOYMENT, roster.ALERTS, *(channel.id for channel in setting.channels))
        begins = setting.begins
        self._plan_epoch, self._real_epoch, self._speed = begins, utcnow(), 0.0
        self._latest = begins
        self.timeline: list[tuple[float, float, float]] = [(0.0, begins.timestamp(), 0.0)]
        self.site = setting.build(Ground(self.plan_now, self.plan_at, seed, per_5min))
        self.wishes = Wishes(language=language)
        self.hooks = Hooks()
        self.asks: tuple[Asked, ...] = ()
        self.deployment = ""
        self.starter = ""
        self.waiting_for = ""
        self.busy = False  # the bot has something on its way although nothing is asked
        self.idle = (
            0  # so often in a row it was told that nothing is under way, nothing asked and nothing on its way
        )
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
        """Opens everything on this machine."""
        await self.slack.start(port=port)
        await self.site.start()

    def welcome(self) -> None:
        """The tour, as the first message that somebody at the page sees."""
        self.slack.welcome(roster.DEPLOYMENT, welcome(self.setting, self.wishes.language))

    async def stop(self) -> None:
        """Closes everything."""
        await self.slack.stop()
        await self.site.stop()

    @property
    def service(self) -> CanaryService:
        """The service ion-api. RuntimeError in a world that has none."""
        if not isinstance(self.site, ion_deployment_day.IonSite):
            raise RuntimeError(f"there is no ion-api where {self.setting.plan} is played")
        return self.site.service

    # ---------------------------------------------------------------------------------------------------------- time

    def plan_now(self) -> datetime:
        """The world's time; it never goes back."""
        now = self._plan_epoch + (utcnow() - self._real_epoch) * self._speed
        self._latest = max(self._latest, now)
        return self._latest

    def plan_at(self, real: float) -> datetime:
        """What the world's time was at a real moment (unix seconds)."""
        began, plan, speed = next(
            (entry for entry in reversed(self.timeline) if entry[0] <= real), self.timeline[0]
        )
        return datetime.fromtimestamp(plan + max(0.0, real - began) * speed, UTC)

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
        """The variables with which a bot finds this world; writes the team file and what the site needs into `folder`.
        `unhurried`: programs take their time when they change something, for somebody who watches."""
        team = self.setting.team.replace("{language}", self.wishes.language)
        (folder / "team.yml").write_text(team, encoding="utf-8")
        return {
            **self.site.environment(folder, unhurried=unhurried),
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
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
                Asked(
                    a["kind"],
                    a["step"],
                    a["subject"],
                    tuple(a["people"]),
                    str(a.get("title", "")),
                    str(a.get("number", "")),
                    bool(a.get("link")),
                )
                for a in told["asks"]
            )
            self.deployment, self.starter = str(told.get("deployment", "")), str(told.get("starter", ""))
        elif told:
            self.asks = ()
        self.waiting_for = str(told.get("waiting_for", self.waiting_for))
        self.busy = bool(told.get("busy"))
        self.idle = self.idle + 1 if told.get("idle") else 0
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
        for channel in self.channels:
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
        """The site falls ill, or is well again."""
        self.wishes.sick = sick
        self.site.make_sick(sick)
