"""A sandbox workspace with a small Bolt app in it, for looking at through the page.

The app posts cards, opens a form, answers privately, keeps silent, writes direct messages and has a Home tab.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from browser import Page
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox

Json = dict[str, Any]

DEPLOYMENT = "C0DEPLOY0"
ALERTS = "C0ALERTS0"
LUBIT = "U0LUBIT00"
GITCODE = "U0GITCODE"
SENA = "U0SENA000"
BOT = "U0CAPTAIN"
ATTACK = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>\"'&lt;b&gt;"

MANIFEST: Json = {
    "display_information": {"name": "Deploy Captain"},
    "features": {
        "bot_user": {"display_name": "Deploy Captain"},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [
            {
                "command": "/deploy",
                "description": "Start and steer a deployment",
                "usage_hint": "[start | status | silence | form]",
                "should_escape": True,
            },
            {"command": "/gate", "description": "Look at a gate", "usage_hint": "[approve | reject]"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "chat:write",
                "commands",
                "files:read",
                "files:write",
                "im:write",
                "im:history",
                "pins:write",
                "channels:history",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {"bot_events": ["app_home_opened"]},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


def words(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> Json:
    """A section block."""
    return {"type": "section", "text": mrkdwn(text), **more}


def button(label: str, action: str, **more: Any) -> Json:
    """A button element."""
    return {"type": "button", "text": words(label), "action_id": action, "value": action, **more}


def card(state: str) -> list[Json]:
    """The card of a deployment: a state, and buttons while it is running."""
    sure = {
        "title": words("Roll back?"),
        "text": mrkdwn("All traffic goes back."),
        "confirm": words("Roll back"),
        "deny": words("Keep going"),
        "style": "danger",
    }
    blocks: list[Json] = [
        {"type": "header", "block_id": "head", "text": words(f"ion-api v2.14.0 — {state}")},
        section("*Now: canary 25 %* :rocket:", block_id="now"),
    ]
    if state == "RUNNING":
        elements = [
            button("Approve", "approve", style="primary"),
            button("Say why", "form"),
            button("Keep silent", "silent"),
            button("Roll back", "rollback", style="danger", confirm=sure),
        ]
        blocks.append({"type": "actions", "block_id": "acts", "elements": elements})
    return blocks


def form() -> Json:
    """A form that asks why, until when, who else, and what was looked at."""
    boxes = [
        {"text": mrkdwn("*Dashboards*"), "value": "boards", "description": mrkdwn("errors, p95, memory")},
        {"text": words("Logs"), "value": "logs"},
    ]
    risks = [{"text": words(name), "value": name} for name in ("low", "high")]
    fields: list[tuple[str, str, Json, bool]] = [
        ("why", "Why?", {"type": "plain_text_input", "action_id": "text", "multiline": True}, False),
        ("risk", "Risk", {"type": "static_select", "action_id": "pick", "options": risks}, True),
        ("seen", "Looked at", {"type": "checkboxes", "action_id": "boxes", "options": boxes}, True),
        ("with", "Together with", {"type": "multi_users_select", "action_id": "people"}, True),
        ("until", "Until", {"type": "datepicker", "action_id": "date"}, True),
    ]
    return {
        "type": "modal",
        "callback_id": "why",
        "title": words("Say why"),
        "submit": words("Record"),
        "close": words("Never mind"),
        "blocks": [
            {
                "type": "input",
                "block_id": block,
                "label": words(label),
                "element": element,
                "optional": optional,
                "hint": words(f"About {label}"),
            }
            for block, label, element, optional in fields
        ],
    }


def make_app(client: AsyncWebClient) -> AsyncApp:
    """The Bolt app under the page."""
    app = AsyncApp(name="page", client=client, signing_secret="sandbox-signing-secret")
    _commands(app)
    _clicks(app)
    _views(app)
    return app


def _commands(app: AsyncApp) -> None:
    @app.command("/deploy")
    async def deploy(ack: Any, command: Json, client: Any) -> None:
        verb = command["text"].split()[0] if command["text"] else ""
        if verb == "silence":
            return
        if verb == "start":
            await client.chat_postMessage(
                channel=command["channel_id"], text="A deployment is running.", blocks=card("RUNNING")
            )
            await ack("Started.")
        elif verb == "form":
            await client.views_open(trigger_id=command["trigger_id"], view=form())
            await ack()
        else:
            await ack(f"Private answer to {command['user_id']}: {command['text']}")


def _clicks(app: AsyncApp) -> None:
    @app.action("approve")
    async def approve(ack: Any, body: Json, client: Any) -> None:
        await ack()
        who = body["user"]["id"]
        await client.chat_update(
            channel=body["channel"]["id"],
            ts=body["message"]["ts"],
            text=f"Approved by <@{who}>.",
            blocks=[*card("APPROVED"), section(f"Approved by <@{who}>.", block_id="by")],
        )

    @app.action("rollback")
    async def rollback(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.chat_update(
            channel=body["channel"]["id"],
            ts=body["message"]["ts"],
            text="Rolled back.",
            blocks=card("ROLLED BACK"),
        )

    @app.action("form")
    async def ask(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form())

    @app.action("silent")
    async def silent() -> None:
        """Never acknowledges, as an app that hangs."""

    @app.action("home.greet")
    async def greet(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text="Hello from *home*.")

    @app.action(re.compile(".*"))
    async def anything_else(ack: Any) -> None:
        await ack()


def _views(app: AsyncApp) -> None:
    @app.view("why")
    async def submitted(ack: Any, body: Json, client: Any) -> None:
        values = body["view"]["state"]["values"]
        why = values["why"]["text"]["value"]
        if len(why) < 10:
            await ack(response_action="errors", errors={"why": "Please write at least ten letters."})
            return
        await ack()
        seen = [one["value"] for one in values["seen"]["boxes"]["selected_options"]]
        people = " ".join(f"<@{one}>" for one in values["with"]["people"]["selected_users"])
        picked = values["risk"]["pick"]["selected_option"]
        date = values["until"]["date"]["selected_date"]
        text = f"Recorded: {why} · {seen} · {people} · {picked and picked['value']} · {date}"
        await client.chat_postMessage(channel=DEPLOYMENT, text=text)

    @app.event("app_home_opened")
    async def home(event: Json, client: Any) -> None:
        view = {
            "type": "home",
            "blocks": [
                {"type": "header", "text": words("Needs you now")},
                section(f"Hello <@{event['user']}>"),
                {"type": "actions", "block_id": "home", "elements": [button("Greet me", "home.greet")]},
            ],
        }
        await client.views_publish(user_id=event["user"], view=view)


class Demo:
    """The state behind the demo bar, with its two routes."""

    def __init__(self) -> None:
        self._news = asyncio.Condition()
        self.state: Json = {
            "plan_time": "2026-11-20T14:06:00Z",
            "speed": 360,
            "waiting_for": "give the final approval",
            "wait_for_me": True,
            "teammates": False,
            "sick": False,
            "language": "en",
            "act_as_hint": {"user": SENA, "why": "confirm the dashboards"},
        }

    def routes(self) -> list[web.RouteDef]:
        """GET and POST /sandbox/demo."""
        return [web.get("/sandbox/demo", self._read), web.post("/sandbox/demo", self._change)]

    async def _read(self, _request: web.Request) -> web.Response:
        return web.json_response(self.state)

    async def _change(self, request: web.Request) -> web.Response:
        changes = await request.json()
        if "sick" in changes and self.state["wait_for_me"] is False:
            return web.json_response({"ok": False, "error": "nobody waits"}, status=409)
        async with self._news:
            self.state.update(changes)
            self._news.notify_all()
        return web.json_response({"ok": True, **self.state})

    async def holds(self, **wanted: object) -> None:
        """Returns when the state has these values: the page shows a change before the demo has taken it. TimeoutError."""
        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(lambda: wanted.items() <= self.state.items())


class World:
    """The workspace, its app's client, and the demo's state (None where there is no demo)."""

    def __init__(self, sandbox: SlackSandbox, client: AsyncWebClient, demo: Demo | None) -> None:
        self.sandbox = sandbox
        self.client = client
        self.demo = demo

    async def post(self, text: str, channel: str = DEPLOYMENT, **more: Any) -> str:
        """The app posts a message; its ts."""
        answer = await self.client.chat_postMessage(channel=channel, text=text, **more)
        return str(answer["ts"])


@asynccontextmanager
async def page_world(*, demo: bool = False, ack_timeout: float = 3.0) -> AsyncIterator[World]:
    """Starts the workspace and connects the app over Socket Mode."""
    sandbox = SlackSandbox(MANIFEST, ack_timeout=ack_timeout)
    bar = Demo() if demo else None
    if bar is not None:
        sandbox.add_routes(bar.routes())
    await sandbox.start()
    client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
    handler = AsyncSocketModeHandler(make_app(client), app_token=sandbox.app_token)
    handler.client.web_client = AsyncWebClient(token=sandbox.app_token, base_url=sandbox.api_url)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt gives it no types
        await sandbox.until(lambda: sandbox.connections == 1, what="the app is connected")
        yield World(sandbox, client, bar)
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # the same
        await sandbox.stop()


async def enter(page: Page, world: World, name: str = "Lubit") -> None:
    """Opens the page of a workspace, as `name` where nobody has sat down yet, and waits until it can be used."""
    await page.goto(world.sandbox.url + "/")
    await page.wait_for("document.body.dataset.ready")
    if name != "GitCode" and "GitCode" in await page.text("#act-as"):
        await become(page, name)
        await page.call(
            "Page.reload"
        )  # the page knows who sits there; the keyboard's focus is at the start again
        await page.wait_for("document.body.dataset.ready === undefined || performance.now() < 1000")
        await page.wait_for("document.body.dataset.ready && document.activeElement === document.body")


async def say(page: Page, text: str) -> None:
    """Types a line into the message box and sends it."""
    await page.click("#composer")
    await page.type(text)
    await page.press("Enter")
    await page.wait_for("document.querySelector('#composer').value === ''")


async def become(page: Page, name: str) -> None:
    """Takes another person's seat with the chooser."""
    await page.click("#act-as")
    await page.click_text(".popover-item", name)
    await page.wait_text(name, "#act-as")
    await page.wait_for("document.querySelector('.timeline-log').getAttribute('aria-busy') === 'false'")
