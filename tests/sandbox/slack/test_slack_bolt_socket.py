"""A real Bolt app over Socket Mode: commands, clicks, choices, modals, events."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_test_app import listeners
from slack_world import Json, actions, asked, button, manifest, modal, option, slack_world

from sandbox.slack.errors import Refused


async def test_a_command_is_answered_privately_and_its_card_is_seen_by_all() -> None:
    async with slack_world(sockets=2, listeners=listeners) as world:
        answer = await world.sandbox.people.command(
            "gitcode", "deployment", "/deploy", "start @jun in #incident <b>"
        )

        heard = "Heard: start <@U0JUN0000|jun> in <#C0INCIDNT|incident> &lt;b&gt;"
        assert (answer.ok, answer.status, answer.text) == (True, "done", heard)
        assert world.texts("gitcode") == ["A card", heard]
        assert world.texts("lubit") == ["A card"]
        payload = world.sandbox.log.deliveries[0].payload
        assert payload["user_name"] == "gitcode"
        assert payload["channel_name"] == "deployment"
        assert payload["response_url"].startswith(world.sandbox.url)


async def test_a_command_may_answer_in_the_channel_or_through_its_response_url() -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        people = world.sandbox.people
        shared = await people.command("gitcode", "deployment", "/deploy everybody")
        private = await people.command("gitcode", "deployment", "/deploy respond")

        assert (shared.text, private.text) == ("Everybody reads this.", "First, privately.")
        assert world.texts("lubit") == ["Everybody reads this."]


async def test_text_arrives_raw_when_the_manifest_does_not_ask_for_escaping() -> None:
    def raw(app: AsyncApp) -> None:
        @app.command("/raw")
        async def take(ack: Any, command: Json) -> None:
            await ack(command["text"])

    async with slack_world(sockets=1, listeners=raw) as world:
        answer = await world.sandbox.people.command("gitcode", "deployment", "/raw", "@jun “quoted” — done")
        assert answer.text == "@jun “quoted” — done"


async def test_what_is_not_in_the_manifest_is_not_delivered() -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        unknown = await world.sandbox.people.command("gitcode", "deployment", "/deplyo", "start")
        threaded = await world.sandbox.people.command(
            "gitcode", "deployment", "/deploy", "start", thread_ts="1.1"
        )

        assert (unknown.ok, unknown.error) == (False, "not_a_command")
        assert unknown.text == "/deplyo is not a valid command."
        assert threaded.error == "not_in_threads"
        assert world.sandbox.log.deliveries == []
        assert world.texts("gitcode")[0] == "/deplyo is not a valid command."


async def test_an_answer_that_is_not_block_kit_is_an_error() -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        answer = await world.sandbox.people.command("gitcode", "deployment", "/deploy", "broken")
        assert answer.text == '/deploy failed with the error "invalid_command_response"'
        assert answer.ok is False


async def test_choices_carry_what_was_chosen_and_the_state() -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        people = world.sandbox.people
        await people.command("gitcode", "deployment", "/deploy", "start")
        card = people.screen("gitcode", "deployment")[0]["ts"]

        private = await people.click("gitcode", "deployment", card, "more", selected="hold")
        shared = await people.click("lubit", "deployment", card, "pick", selected="b")

        assert [message["text"] for message in private.shown] == ["You chose hold."]
        assert [message["text"] for message in shared.shown] == ["The state says b."]
        assert "The state says b." in world.texts("mina")
        with pytest.raises(Refused, match="no option 'c'"):
            await people.click("lubit", "deployment", card, "pick", selected="c")
        with pytest.raises(Refused, match="There is no 'stop'"):
            await people.click("lubit", "deployment", card, "stop")


async def test_a_click_payload_is_complete() -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        people = world.sandbox.people
        await people.command("gitcode", "deployment", "/deploy", "start")
        card = people.screen("gitcode", "deployment")[0]["ts"]
        await people.click("lubit", "deployment", card, "form", value="one")

        payload = next(d.payload for d in world.sandbox.log.deliveries if d.kind == "interactive")
        assert payload["type"] == "block_actions"
        assert payload["user"] == {
            "id": "U0LUBIT00",
            "username": "lubit",
            "name": "lubit",
            "team_id": "T0SANDBOX",
        }
        assert payload["container"] == {
            "type": "message",
            "message_ts": card,
            "channel_id": "C0DEPLOY0",
            "is_ephemeral": False,
        }
        assert payload["message"]["ts"] == card
        assert payload["channel"] == {"id": "C0DEPLOY0", "name": "deployment"}
        action = payload["actions"][0]
        assert (action["action_id"], action["block_id"], action["value"]) == ("form", "acts", "one")
        assert action["text"]["text"] == "Go"


async def test_a_modal_from_opening_to_errors_to_success() -> None:
    async with slack_world(sockets=2, listeners=listeners) as world:
        people = world.sandbox.people
        await people.command("gitcode", "deployment", "/deploy", "start")
        card = people.screen("gitcode", "deployment")[0]["ts"]
        await people.click("lubit", "deployment", card, "form")
        view = people.views("lubit")[0]["id"]

        empty = await people.submit("lubit", view, {})
        short = await people.submit("lubit", view, {"why": {"v": "short"}})

        assert empty.view_errors == {"why": "Please complete this required field."}
        assert short.view_errors == {"why": "Say a little more."}
        assert people.views("lubit")[0]["errors"] == {"why": "Say a little more."}
        assert people.views("mina") == []

        wrong = await people.submit("lubit", view, {"why": {"v": "wrong"}})
        assert (wrong.ok, wrong.error) == (False, "invalid_response_action")
        good = await people.submit("lubit", view, {"why": {"v": "because"}, "note": {"v": "n"}})
        assert (good.ok, people.views("lubit")) == (True, [])
        with pytest.raises(Refused, match="no open view"):
            await people.submit("lubit", view, {})


@pytest.mark.parametrize(
    ("answer", "texts"), [("update", ["Changed"]), ("push", [None, "On top"]), ("clear", []), ("fine", [])]
)
async def test_a_submission_changes_the_stack_as_the_app_says(answer: str, texts: list[str | None]) -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        people = world.sandbox.people
        await people.command("gitcode", "deployment", "/deploy", "start")
        card = people.screen("gitcode", "deployment")[0]["ts"]
        await people.click("lubit", "deployment", card, "form")

        await people.submit("lubit", people.views("lubit")[0]["id"], {"why": {"v": answer}})

        seen = [view["blocks"][0].get("text", {}).get("text") for view in people.views("lubit")]
        assert seen == texts


async def test_closing_a_modal_tells_the_app_that_asked() -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        people = world.sandbox.people
        await people.command("gitcode", "deployment", "/deploy", "start")
        card = people.screen("gitcode", "deployment")[0]["ts"]
        await people.click("lubit", "deployment", card, "form")

        closed = await people.close_view("lubit", people.views("lubit")[0]["id"])

        assert closed.ok
        assert people.views("lubit") == []
        assert world.texts("mina")[-1] == "lubit closed the form."


async def test_events_reach_the_app_and_it_answers() -> None:
    async with slack_world(sockets=1, listeners=listeners) as world:
        people = world.sandbox.people
        await people.open_home("mina")
        await world.sandbox.until(lambda: people.home("mina"))
        ts = await people.say("mina", "deployment", "@deploy_captain hello")
        await world.sandbox.until(lambda: len(people.thread("mina", "deployment", ts)) == 2)
        await people.react("sena", "deployment", ts, "eyes")
        await world.sandbox.until(lambda: world.texts("mina")[-1] == "U0SENA000 eyes")
        home_click = await people.view_click("mina", people.home("mina")["id"], "form")  # type: ignore[index]

        assert people.thread("mina", "deployment", ts)[1]["text"] == "You said: <@U0CAPTAIN> hello"
        assert people.screen("mina", "deployment")[0]["reply_count"] == 1
        assert people.screen("mina", "deployment")[0]["reactions"][0]["users"] == ["U0SENA000"]
        assert (home_click.ok, len(people.views("mina"))) == (True, 1)


async def test_without_interactivity_in_the_manifest_clicks_are_refused() -> None:
    closed = manifest(settings={"interactivity": {"is_enabled": False}})
    async with slack_world(sockets=1, listeners=listeners, app_manifest=closed) as world:
        card = await world.client.chat_postMessage(
            channel="C0DEPLOY0", text="x", blocks=[actions(button("b"))]
        )
        click = await world.sandbox.people.click("mina", "deployment", str(card["ts"]), "b")
        assert (click.ok, click.error) == (False, "not_interactive")
        assert world.sandbox.log.deliveries == [] or all(
            d.kind == "events_api" for d in world.sandbox.log.deliveries
        )


async def test_who_has_left_or_is_a_bot_cannot_act() -> None:
    async with slack_world() as world:
        for who in ("dana", "deploy_captain", "nobody"):
            with pytest.raises(Refused):
                await world.sandbox.people.command(who, "deployment", "/deploy", "start")
        with pytest.raises(Refused, match="cannot see"):
            await world.sandbox.people.command("pat", "deployment", "/deploy", "start")


async def test_an_external_select_asks_the_app_for_its_options() -> None:
    def offering(app: AsyncApp) -> None:
        @app.command("/raw")
        async def form(ack: Any, command: Json, client: Any) -> None:
            view = modal(asked("who", type="external_select", min_query_length=1))
            await client.views_open(trigger_id=command["trigger_id"], view=view)
            await ack()

        @app.options("v")
        async def offer(ack: Any, payload: Json) -> None:
            await ack(options=[option(payload["value"])])

        @app.view("form")
        async def taken(ack: Any, view: Json, client: Any) -> None:
            chosen = view["state"]["values"]["who"]["v"]["selected_option"]["value"]
            await client.chat_postMessage(channel="C0DEPLOY0", text=f"Chosen: {chosen}")
            await ack()

    async with slack_world(sockets=1, listeners=offering) as world:
        people = world.sandbox.people
        await people.command("gitcode", "deployment", "/raw")
        view = people.views("gitcode")[0]["id"]
        offered = await people.suggest("gitcode", view, "v", "an")
        assert offered.response == {"options": [option("an")]}
        assert (await people.submit("gitcode", view, {"who": {"v": offered.response["options"][0]}})).ok
        assert world.texts("lubit") == ["Chosen: an"]


async def test_a_direct_message_reaches_the_app() -> None:
    def replying(app: AsyncApp) -> None:
        @app.event("message")
        async def message(event: Json, say: Any) -> None:
            await say(f"{event['channel_type']}: {event['text']}")

    async with slack_world(sockets=1, listeners=replying) as world:
        await world.sandbox.people.say("sena", "dm", "status?")
        await world.sandbox.until(lambda: len(world.texts("sena", "dm")) == 2)
        assert world.texts("sena", "dm") == ["status?", "im: status?"]
        assert world.texts("mina", "dm") == []
