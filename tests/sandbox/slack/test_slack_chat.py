"""chat.*: who may say what, where, how long; what an edit shows; who is notified."""

from typing import Any

import pytest
from slack_world import Json, World, actions, button, manifest, section, slack_world

DEPLOYMENT = "C0DEPLOY0"


async def test_a_message_is_posted_read_back_and_linked() -> None:
    async with slack_world() as world:
        metadata = {"event_type": "card", "event_payload": {"id": "d1"}}
        posted = await world.call("chat.postMessage", channel="#deployment", text="Hello", metadata=metadata)
        link = await world.call("chat.getPermalink", channel=DEPLOYMENT, message_ts=posted["ts"])
        plain = await world.call("conversations.history", channel=DEPLOYMENT)
        full = await world.call("conversations.history", channel=DEPLOYMENT, include_all_metadata=True)

        assert (posted["channel"], posted["message"]["bot_id"]) == (DEPLOYMENT, "B0CAPTAIN")
        assert link["permalink"].endswith(f"/archives/{DEPLOYMENT}/p{posted['ts'].replace('.', '')}")
        assert "metadata" not in plain["messages"][0]
        assert full["messages"][0]["metadata"] == metadata


async def test_form_bodies_and_json_bodies_say_the_same() -> None:
    async with slack_world() as world:
        blocks = [section("Hi")]
        by_form = await world.client.api_call(
            "chat.postMessage", params={"channel": DEPLOYMENT, "text": "x", "blocks": '[{"type": "divider"}]'}
        )
        by_json = await world.call("chat.postMessage", channel=DEPLOYMENT, text="x", blocks=blocks)
        assert by_form["message"]["blocks"][0]["type"] == "divider"
        assert by_json["message"]["blocks"][0]["text"]["text"] == "Hi"
        assert by_json["message"]["blocks"][0]["block_id"]
        bad = await world.error("chat.postMessage", channel=DEPLOYMENT, text="x", blocks="[{")
        assert bad == "invalid_blocks_format"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0GENERAL", "text": "x"}, "not_in_channel"),
        ({"channel": "U0DANA000", "text": "x"}, "channel_not_found"),
        ({"channel": DEPLOYMENT}, "no_text"),
        ({"channel": DEPLOYMENT, "text": "  "}, "no_text"),
        ({"text": "x"}, "invalid_arguments"),
        ({"channel": DEPLOYMENT, "text": "x", "nonsense": 1}, "invalid_arguments"),
        ({"channel": DEPLOYMENT, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": DEPLOYMENT, "text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"channel": DEPLOYMENT, "text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"channel": DEPLOYMENT, "text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"channel": DEPLOYMENT, "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_schema"),
        ({"channel": DEPLOYMENT, "text": "x", "metadata": "no"}, "invalid_metadata_format"),
        (
            {
                "channel": DEPLOYMENT,
                "text": "x",
                "metadata": {"event_type": "t", "event_payload": {"a": "x" * 17_000}},
            },
            "metadata_too_large",
        ),
    ],
)
async def test_what_cannot_be_posted_is_refused(args: Json, error: str) -> None:
    async with slack_world() as world:
        assert await world.error("chat.postMessage", **args) == error
        assert world.texts("lubit") == []


async def test_refused_blocks_say_where() -> None:
    async with slack_world() as world:
        answer = await world.call("chat.postMessage", channel=DEPLOYMENT, text="x", blocks=[section("")])
        assert answer["response_metadata"]["messages"] == [
            "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]"
        ]


async def test_blocks_may_not_be_larger_than_a_message_holds() -> None:
    async with slack_world() as world:
        large = [section("x" * 2_900) for _ in range(5)]
        assert (
            await world.error("chat.postMessage", channel=DEPLOYMENT, text="x", blocks=large)
            == "msg_blocks_too_long"
        )
        korean = [section("가" * 2_900) for _ in range(2)]  # three bytes a letter
        assert (
            await world.error("chat.postMessage", channel=DEPLOYMENT, text="x", blocks=korean)
            == "msg_blocks_too_long"
        )
        assert (await world.call("chat.postMessage", channel=DEPLOYMENT, text="x", blocks=large[:4]))["ok"]


async def test_a_workspace_can_refuse_newer_blocks() -> None:
    chart = {
        "type": "data_visualization",
        "title": "p95",
        "chart": {"type": "line", "series": [{"name": "a"}]},
    }
    async with slack_world() as world:
        assert (await world.call("chat.postMessage", channel=DEPLOYMENT, text="x", blocks=[chart]))["ok"]
        world.sandbox.refuse_blocks.add("data_visualization")
        assert (
            await world.error("chat.postMessage", channel=DEPLOYMENT, text="x", blocks=[chart])
            == "invalid_blocks"
        )


async def test_very_long_text_is_cut_with_a_warning() -> None:
    async with slack_world() as world:
        answer = await world.call("chat.postMessage", channel=DEPLOYMENT, text="x" * 40_001)
        assert (answer["warning"], len(answer["message"]["text"])) == ("message_truncated", 40_000)


async def posted(world: World, **more: Any) -> str:
    """Posts a message and answers its ts."""
    answer = await world.call("chat.postMessage", **({"channel": DEPLOYMENT, "text": "First"} | more))
    return str(answer["ts"])


async def test_an_edit_with_blocks_shows_no_mark_and_one_with_text_does() -> None:
    async with slack_world() as world:
        ts = await posted(world, blocks=[section("One")], metadata={"event_type": "t", "event_payload": {}})
        await world.call("chat.update", channel=DEPLOYMENT, ts=ts, text="Second", blocks=[section("Two")])
        after_blocks = world.sandbox.people.screen("lubit", "deployment")[0]
        await world.call("chat.update", channel=DEPLOYMENT, ts=ts, text="Third")
        after_text = world.sandbox.people.screen("lubit", "deployment")[0]
        await world.call("chat.update", channel=DEPLOYMENT, ts=ts, text="Fourth", metadata={})
        after_all = world.sandbox.people.screen("lubit", "deployment")[0]

        assert (after_blocks["edited"], after_blocks["text"]) == (False, "Second")
        assert after_blocks["blocks"][0]["text"]["text"] == "Two"
        assert (after_text["edited"], after_text["blocks"]) == (True, [])
        assert after_text["metadata"] == {"event_type": "t", "event_payload": {}}
        assert after_all["metadata"] is None


async def test_only_own_messages_that_are_there_can_be_changed() -> None:
    async with slack_world() as world:
        own = await posted(world)
        human = await world.sandbox.people.say("lubit", "deployment", "Mine")
        for method, denied in (
            ("chat.update", "cant_update_message"),
            ("chat.delete", "cant_delete_message"),
        ):
            more: Json = {"text": "x"} if method == "chat.update" else {}
            assert await world.error(method, channel=DEPLOYMENT, ts=human, **more) == denied
            assert await world.error(method, channel=DEPLOYMENT, ts="1.1", **more) == "message_not_found"
        assert await world.error("chat.update", channel="U0LUBIT00", ts=own, text="x") == "channel_not_found"
        assert (
            await world.error("chat.update", channel=DEPLOYMENT, ts=own, text="x" * 4_001) == "msg_too_long"
        )
        assert await world.error("chat.update", channel=DEPLOYMENT, ts=own) == "no_text"
        world.sandbox.workspace.change_channel("deployment", archived=True)
        assert await world.error("chat.update", channel=DEPLOYMENT, ts=own, text="x") == "is_inactive"
        assert await world.error("chat.postMessage", channel=DEPLOYMENT, text="x") == "is_archived"


async def test_threads_broadcasts_and_tombstones() -> None:
    async with slack_world() as world:
        parent = await posted(world)
        await posted(world, text="A reply", thread_ts=parent)
        shown = await posted(world, text="Shown to all", thread_ts=parent, reply_broadcast=True)
        people = world.sandbox.people

        assert world.texts("lubit") == ["First", "Shown to all"]
        assert [m["text"] for m in people.thread("lubit", "deployment", parent)] == [
            "First",
            "A reply",
            "Shown to all",
        ]
        assert people.screen("lubit", "deployment")[0]["latest_reply"] == shown
        history = await world.call("conversations.history", channel=DEPLOYMENT)
        assert [m.get("subtype") for m in history["messages"]] == ["thread_broadcast", None]
        assert history["messages"][1]["reply_count"] == 2

        await people.delete("lubit", "deployment", parent)
        tomb = people.screen("lubit", "deployment")[0]
        assert (tomb["deleted"], tomb["text"]) == (True, "This message was deleted.")
        assert (
            await world.error("chat.update", channel=DEPLOYMENT, ts=parent, text="x") == "message_not_found"
        )
        reply = await posted(world, text="Late", thread_ts=parent)
        await people.delete("lubit", "deployment", reply)
        assert [m["text"] for m in people.thread("lubit", "deployment", parent)][1:] == [
            "A reply",
            "Shown to all",
        ]


async def test_an_ephemeral_is_seen_by_one_and_kept_nowhere() -> None:
    async with slack_world() as world:
        args: Json = {"channel": DEPLOYMENT, "text": "Just for you", "blocks": [actions(button("b"))]}
        sent = await world.call("chat.postEphemeral", user="U0LUBIT00", **args)
        assert world.texts("lubit") == ["Just for you"]
        assert world.texts("gitcode") == []
        assert (await world.call("conversations.history", channel=DEPLOYMENT))["messages"] == []
        update = await world.error("chat.update", channel=DEPLOYMENT, ts=sent["message_ts"], text="x")
        assert update == "message_not_found"
        for stranger in ("U0GUEST00", "U0DANA000", "U0NOBODY0"):
            assert await world.error("chat.postEphemeral", user=stranger, **args) == "user_not_in_channel"
        await world.sandbox.people.delete("lubit", "deployment", sent["message_ts"])
        assert world.texts("lubit") == []


async def test_a_user_id_means_the_direct_message() -> None:
    async with slack_world() as world:
        answer = await world.call("chat.postMessage", channel="U0LUBIT00", text="Psst")
        assert answer["channel"] == "D0LUBIT00"
        assert world.texts("lubit", "dm") == ["Psst"]
        assert [n.kind for n in world.sandbox.people.notifications("lubit")] == ["dm"]
    closed = manifest(features={"app_home": {"messages_tab_enabled": False}})
    async with slack_world(app_manifest=closed) as world:
        assert await world.error("chat.postMessage", channel="U0LUBIT00", text="x") == "messages_tab_disabled"


async def test_who_is_notified() -> None:
    async with slack_world() as world:
        people, space = world.sandbox.people, world.sandbox.workspace

        def told() -> dict[str, list[str]]:
            return {
                user.handle: [n.kind for n in people.notifications(user.id)] for user in space.users.values()
            }

        space.change_user("sena", presence="away")
        ts = await posted(world, text="<@U0LUBIT00> <!subteam^S0ONCALL0> <@U0GUEST00> <@U0DANA000>")
        assert {name: kinds for name, kinds in told().items() if kinds} == {
            "lubit": ["mention"],
            "jun": ["group"],
        }

        await world.call("chat.update", channel=DEPLOYMENT, ts=ts, text="<@U0MINA000> <!channel>")
        assert told()["mina"] == []

        await posted(world, text="<@U0MINA000>", blocks=[section("Nobody is named in the blocks")])
        assert told()["mina"] == []
        await posted(world, text="x", blocks=[section("<@U0MINA000> please")])
        assert told()["mina"] == ["mention"]

        await posted(world, text="<!here> look")
        assert (told()["ops-lead"], told()["sena"]) == (["here"], [])

        await people.say("sena", "deployment", "I follow", ts)
        await posted(world, text="An answer", thread_ts=ts)
        assert told()["sena"] == ["thread"]


async def test_a_missing_scope_names_what_is_needed() -> None:
    async with slack_world(app_manifest=manifest(without=("chat:write",))) as world:
        answer = await world.call("chat.postMessage", channel=DEPLOYMENT, text="x")
        assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
        assert "channels:read" in answer["provided"].split(",")


async def test_tokens_are_told_apart() -> None:
    async with slack_world() as world:
        client = world.client

        async def error(token: str | None, method: str = "auth.test") -> str:
            client.token = token
            return await world.error(method)

        assert await error("xoxb-someone-else") == "invalid_auth"
        assert await error(None) == "not_authed"
        assert await error(world.sandbox.app_token) == "not_allowed_token_type"
        assert await error(world.sandbox.bot_token, "apps.connections.open") == "not_allowed_token_type"
        assert await error(world.sandbox.bot_token, "chat.nonsense") == "unknown_method"
        world.sandbox.revoke_token()
        assert await error(world.sandbox.bot_token) == "token_revoked"
        world.sandbox.revoke_token("")
        who = await world.call("auth.test")
        assert (who["user_id"], who["bot_id"], who["team_id"]) == ("U0CAPTAIN", "B0CAPTAIN", "T0SANDBOX")
        assert "xoxb" not in str([call.as_json() for call in world.sandbox.log.calls])
