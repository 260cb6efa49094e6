"""A small Bolt app for the tests: a command that posts a card, buttons, a form, events.

Must not know the sandbox; it is written as for Slack.
"""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_world import Json, actions, asked, button, modal, option, section


def card_listeners(app: AsyncApp) -> None:
    """A small app: /deploy posts a card, its buttons open a form, ask back, or say nothing."""

    @app.command("/deploy")
    async def deploy(ack: Any, command: Json, client: Any, respond: Any) -> None:
        if command["text"] == "silence":
            return
        if command["text"] == "everybody":
            await ack(response_type="in_channel", text="Everybody reads this.")
            return
        if command["text"] == "broken":
            await ack(blocks=[{"type": "nonsense"}], text="x")
            return
        if command["text"] == "respond":
            await respond("First, privately.")
            await ack()
            return
        card = [
            section("A card", block_id="text"),
            actions(
                button("form", value="one"),
                button("form.other", value="two"),
                {"type": "overflow", "action_id": "more", "options": [option("pause"), option("hold")]},
                {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")]},
                block_id="acts",
            ),
        ]
        await client.chat_postMessage(channel=command["channel_id"], text="A card", blocks=card)
        await ack(f"Heard: {command['text']}")

    @app.action("form")
    async def form(ack: Any, body: Json, client: Any) -> None:
        await ack()
        view = modal(asked("why"), asked("note", optional=True), notify_on_close=True)
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.action("more")
    async def more(ack: Any, body: Json, respond: Any) -> None:
        chosen = body["actions"][0]["selected_option"]["value"]
        await respond(f"You chose {chosen}.", replace_original=False)
        await ack()

    @app.action("pick")
    async def pick(ack: Any, body: Json, respond: Any) -> None:
        state = body["state"]["values"]["acts"]["pick"]["selected_option"]["value"]
        await respond(f"The state says {state}.", response_type="in_channel", replace_original=False)
        await ack()


def form_listeners(app: AsyncApp) -> None:
    """What the small app does when its form is submitted or closed."""

    @app.view("form")
    async def submitted(ack: Any, view: Json) -> None:
        why = view["state"]["values"]["why"]["v"]["value"]
        answers: dict[str, Json] = {
            "short": {"response_action": "errors", "errors": {"why": "Say a little more."}},
            "update": {"response_action": "update", "view": modal(section("Changed"))},
            "push": {"response_action": "push", "view": modal(section("On top"))},
            "clear": {"response_action": "clear"},
            "wrong": {"response_action": "errors", "errors": {"nowhere": "?"}},
        }
        await ack(**answers.get(why, {}))

    @app.view_closed("form")
    async def closed(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.chat_postMessage(channel="C0DEPLOY0", text=f"{body['user']['name']} closed the form.")


def event_listeners(app: AsyncApp) -> None:
    """What the small app does on events."""

    @app.event("app_home_opened")
    async def home(event: Json, client: Any) -> None:
        view = {"type": "home", "blocks": [section(f"Hello <@{event['user']}>"), actions(button("form"))]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("app_mention")
    async def mentioned(event: Json, say: Any) -> None:
        await say(text=f"You said: {event['text']}", thread_ts=event["ts"])

    @app.event("message")
    async def message(event: Json) -> None:
        assert "channel" in event

    @app.event("reaction_added")
    async def reaction(event: Json, client: Any) -> None:
        await client.chat_postMessage(
            channel=event["item"]["channel"], text=f"{event['user']} {event['reaction']}"
        )


def listeners(app: AsyncApp) -> None:
    """The whole small app."""
    card_listeners(app)
    form_listeners(app)
    event_listeners(app)
