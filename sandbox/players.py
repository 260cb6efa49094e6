"""People who are not there: teammates who do their part through the same messages, buttons and modals as anybody.

They are told what is asked (as a person would see it on the card) and look for the button on their own screen. They know
no more of the bot than the verbs on its buttons.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sandbox.slack import roster
from sandbox.tour import BUTTONS
from sandbox.world import Asked, World

Json = dict[str, Any]
NOTES = {"en": "Looked at it, all is well", "ko": "확인 결과 이상 없음"}
LINK, NUMBER = "https://wiki.shop.example/deployments/evidence", "1"
"""What somebody writes into a field that says nothing about what it wants: a note, an address, a number."""
PERSON: Final = re.compile(r"<@(\w+)>")
MOMENT: Final = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
"""Slack's words for somebody, and for a moment with what is shown where its own form cannot be."""
PAUSE_S = 0.7
"""Real seconds between two acts of teammates in the demo, so that a person can follow."""


@dataclass(frozen=True)
class Button:
    """A button on somebody's screen."""

    channel: str
    ts: str
    block: str
    action: str
    value: str


def buttons(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """(block id, element) of every button in a message."""
    for block in blocks:
        for element in (
            *block.get("elements", ()),
            *([block["accessory"]] if block.get("accessory") else ()),
        ):
            if isinstance(element, dict) and element.get("type") == "button":
                yield str(block.get("block_id", "")), element


def find(world: World, user: str, ask: Asked, verb: str = "") -> Button | None:
    """The newest button on the person's screen that answers what is asked; with `verb`, another one than usual."""
    verb = verb or BUTTONS[ask.kind]
    for channel in world.channels:
        for message in reversed(world.slack.people.screen(user, channel)):
            for block, element in buttons(message.get("blocks") or []):
                if str(element.get("action_id", "")).startswith(verb) and _fits(
                    ask, str(element.get("value", ""))
                ):
                    return Button(
                        channel, str(message["ts"]), block, str(element["action_id"]), str(element["value"])
                    )
    return None


def _fits(ask: Asked, value: str) -> bool:
    try:
        ids = json.loads(value)
    except ValueError:
        return False
    if ask.kind == "decide":
        return bool(
            f"{ids.get('s')}:{ids.get('r')}" == ask.subject or (ids.get("s") == ask.step and "r" not in ids)
        )
    if ask.kind in ("item", "sign", "todo"):
        return bool(ids.get("s") == ask.step and ids.get("i") == ask.subject)
    if ask.kind == "remedy":
        return bool(ids.get("s") == ask.step and f"{ids.get('i')}:{ids.get('r')}" == ask.subject)
    if ask.kind in ("missed", "fix", "next-try", "went"):
        return bool(ids.get("s") == ask.step)
    return ask.kind in ("hold", "follow") or bool(ids.get("i") == ask.subject)


class Players:
    """`say` hears every act in one sentence, for the transcript."""

    def __init__(self, world: World, say: Callable[[str], None] = lambda line: None) -> None:
        self._world = world
        self._say = say
        self._names = {user_id: name for user_id, _, name, _, _ in roster.PEOPLE}

    def name(self, user: str) -> str:
        """The person's name."""
        return self._names.get(user, user)

    def read(self, text: str) -> str:
        """A message in one line, as it stands on somebody's screen."""
        named = PERSON.sub(lambda found: f"@{self.name(found[1])}", MOMENT.sub(r"\1", text))
        return " ".join(html.unescape(named).split())

    async def command(self, user: str, text: str) -> Any:
        """Types a slash command in #deployment."""
        command, _, rest = text.partition(" ")
        result = await self._world.slack.people.command(user, roster.DEPLOYMENT, command, rest)
        self._say(f"{self.name(user)} types {text}")
        answer = getattr(result, "text", "") or getattr(result, "error", "")
        if answer:
            self._say(f"    Deploy Captain, to {self.name(user)}: {self.read(str(answer))[:300]}")
        return result

    async def answer(self, user: str, ask: Asked, verb: str = "") -> bool:
        """Clicks what answers it, and fills in the modal if one opens. False when there is no such button yet."""
        button = find(self._world, user, ask, verb)
        if button is None:
            return False
        people = self._world.slack.people
        clicked = await people.click(
            user, button.channel, button.ts, button.action, block_id=button.block, value=button.value
        )
        self._say(
            f"{self.name(user)} clicks {button.action} ({ask.step or ask.kind}{' / ' + ask.subject if ask.kind in ('item', 'sign') else ''})"
        )
        if not clicked.ok:
            self._say(f"    Slack says: {clicked.error}")
            return False
        return await self._modal(user, self._world.setting.writes.get(f"{ask.step}/{ask.subject}", ""), ask)

    async def _modal(self, user: str, wanted: str, ask: Asked) -> bool:
        """Fills in every input of the modal that is open, and submits it. `wanted`: what this item wants written."""
        people = self._world.slack.people
        for _ in range(200):
            views = people.views(user)
            if not views:
                return True
            inputs = [block for block in views[-1]["blocks"] if block.get("type") == "input"]
            if inputs and views[-1].get("submit"):
                break
            await asyncio.sleep(0.01)  # a loading view: the content follows
        else:
            await people.close_view(user, people.views(user)[-1]["id"])
            return False
        view = people.views(user)[-1]
        note = LINK if ask.link else NOTES[self._world.wishes.language]
        number = ask.number or NUMBER
        values = {
            block["block_id"]: {block["element"]["action_id"]: filled}
            for block in view["blocks"]
            if block.get("type") == "input"
            and (filled := _filled(block["element"], wanted, note, number)) is not None
        }
        submitted = await people.submit(user, view["id"], values)
        for left in people.views(user):
            await people.close_view(user, left["id"])
        return bool(submitted.ok)


def _filled(element: Json, wanted: str, note: str, number: str) -> Json | None:
    """What somebody enters into one field, as Slack sends it; None for a kind that stays as it is."""
    usual = {"plain_text_input": note, "number_input": number, "url_text_input": LINK}
    kind = str(element["type"])
    if kind in usual:
        known = element.get("initial_value")  # what stands there already is left as it is
        return {"type": kind, "value": known or wanted or usual[kind]}
    if kind in ("static_select", "radio_buttons"):
        options = element.get("options") or []
        chosen = next((one for one in options if one["value"] == wanted), options[0] if options else None)
        return {"type": kind, "selected_option": chosen}
    return None


class Teammates:
    """Everybody but the person at the page, doing their part one act at a time. Decisions they leave to that person."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._players = Players(world)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: one act, a pause, the next."""
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), PAUSE_S)
            except TimeoutError:
                if self._world.wishes.teammates and self._world.human:
                    await self.act_once()

    async def act_once(self) -> bool:
        """The first thing asked of somebody who is not at the page; with nobody waiting for decisions, those too."""
        world = self._world
        for ask in world.asks:
            hands_off = (
                ask.kind in ("decide", "hold", "outcome", "missed", "remedy", "fix", "next-try")
                and world.wishes.wait_for_me
            )
            able = [
                person
                for person in ask.people
                if person != world.human and not (ask.kind == "decide" and person == world.starter)
            ]
            if hands_off or not able or (world.wishes.wait_for_me and world.human in ask.people):
                continue
            if await self._players.answer(able[0], ask):
                return True
        return False
