"""conversations.*, users.*, usergroups.*, pins.*, bookmarks.*, reactions.*, files.*, and the smaller methods."""

import inspect
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_world import Json, World, manifest, section, slack_world

from sandbox.slack.registry import METHODS

DEPLOYMENT = "C0DEPLOY0"


async def test_history_comes_in_pages_newest_first() -> None:
    async with slack_world() as world:
        for number in range(5):
            world.clock.advance(1)
            await world.call("chat.postMessage", channel=DEPLOYMENT, text=str(number))
        first = await world.call("conversations.history", channel=DEPLOYMENT, limit=2)
        cursor = first["response_metadata"]["next_cursor"]
        second = await world.call("conversations.history", channel=DEPLOYMENT, limit=3, cursor=cursor)
        assert [m["text"] for m in first["messages"]] == ["4", "3"]
        assert first["has_more"] is True
        assert [m["text"] for m in second["messages"]] == ["2", "1", "0"]

        middle = first["messages"][1]["ts"]
        after = await world.call("conversations.history", channel=DEPLOYMENT, oldest=middle)
        upto = await world.call(
            "conversations.history", channel=DEPLOYMENT, oldest=middle, latest=middle, inclusive=True
        )
        assert [m["text"] for m in after["messages"]] == ["4"]
        assert [m["text"] for m in upto["messages"]] == ["3"]
        assert await world.error("conversations.history", channel=DEPLOYMENT, cursor="x") == "invalid_cursor"
        assert (
            await world.error("conversations.history", channel=DEPLOYMENT, oldest="x") == "invalid_ts_oldest"
        )
        assert await world.error("conversations.history", channel="C0GENERAL") == "not_in_channel"


async def test_a_thread_is_read_oldest_first() -> None:
    async with slack_world() as world:
        parent = (await world.call("chat.postMessage", channel=DEPLOYMENT, text="P"))["ts"]
        for number in range(3):
            await world.call("chat.postMessage", channel=DEPLOYMENT, text=str(number), thread_ts=parent)
        thread = await world.call("conversations.replies", channel=DEPLOYMENT, ts=parent)
        assert [m["text"] for m in thread["messages"]] == ["P", "0", "1", "2"]
        assert thread["messages"][1]["parent_user_id"] == "U0CAPTAIN"
        assert await world.error("conversations.replies", channel=DEPLOYMENT, ts="1.1") == "thread_not_found"


async def test_channels_are_listed_described_and_joined() -> None:
    async with slack_world() as world:
        space = world.sandbox.workspace
        space.add_channel("G0SECRET0", "secret", members=("U0LUBIT00",), private=True)
        space.add_channel("C0OLD0000", "old", archived=True)
        listed = await world.call(
            "conversations.list", exclude_archived=True, types="public_channel,private_channel"
        )
        assert {c["name"] for c in listed["channels"]} == {
            "deployment",
            "deployment-alerts",
            "incident",
            "general",
        }
        info = await world.call("conversations.info", channel=DEPLOYMENT)
        assert (info["channel"]["is_member"], info["channel"]["num_members"]) == (True, 7)
        assert await world.error("conversations.info", channel="G0SECRET0") == "channel_not_found"
        members = await world.call("conversations.members", channel=DEPLOYMENT)
        assert set(members["members"]) >= {"U0LUBIT00", "U0CAPTAIN"}

        assert await world.error("conversations.join", channel="C0OLD0000") == "is_archived"
        joined = await world.call("conversations.join", channel="C0GENERAL")
        again = await world.call("conversations.join", channel="C0GENERAL")
        assert (joined["channel"]["is_member"], again["warning"]) == (True, "already_in_channel")
        own = await world.call("users.conversations", limit=2)
        assert [c["name"] for c in own["channels"]] == ["deployment", "deployment-alerts"]
        space.leave("deployment", "U0CAPTAIN")
        assert await world.error("chat.postMessage", channel=DEPLOYMENT, text="x") == "not_in_channel"


async def test_the_scope_of_a_read_depends_on_the_channel() -> None:
    async with slack_world(app_manifest=manifest(without=("channels:history",))) as world:
        answer = await world.call("conversations.history", channel=DEPLOYMENT)
        assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:history")


async def test_a_topic_has_at_most_250_characters() -> None:
    async with slack_world() as world:
        assert (await world.call("conversations.setTopic", channel=DEPLOYMENT, topic="v2 → production"))["ok"]
        assert world.sandbox.workspace.channel("deployment").topic == "v2 → production"
        assert await world.error("conversations.setTopic", channel=DEPLOYMENT, topic="x" * 251) == "too_long"
        assert (await world.call("conversations.setTopic", channel=DEPLOYMENT, topic=""))["ok"]


async def test_direct_messages_are_opened_with_people_only() -> None:
    async with slack_world() as world:
        opened = await world.call("conversations.open", users="U0LUBIT00", return_im=True)
        assert (opened["channel"]["id"], opened["channel"]["user"]) == ("D0LUBIT00", "U0LUBIT00")
        for users, error in (
            ("U0DANA000", "user_disabled"),
            ("U0NOBODY0", "user_not_found"),
            ("USLACKBOT", "cannot_dm_bot"),
            ("", "users_list_not_supplied"),
        ):
            assert await world.error("conversations.open", users=users) == error


async def test_people_are_described_with_what_they_are() -> None:
    async with slack_world() as world:
        lubit = (await world.call("users.info", user="U0LUBIT00"))["user"]
        dana = (await world.call("users.info", user="U0DANA000"))["user"]
        guest = (await world.call("users.info", user="U0GUEST00"))["user"]
        bot = (await world.call("users.info", user="U0CAPTAIN"))["user"]
        assert (lubit["name"], lubit["profile"]["title"]) == ("lubit", "Final approver")
        assert (dana["deleted"], guest["is_ultra_restricted"], bot["is_bot"]) == (True, True, True)
        found = await world.call("users.lookupByEmail", email=lubit["profile"]["email"].upper())
        assert found["user"]["id"] == "U0LUBIT00"
        assert await world.error("users.lookupByEmail", email="no@sandbox.example") == "users_not_found"
        assert await world.error("users.info", user="U0NOBODY0") == "user_not_found"
        assert len((await world.call("users.list", limit=200))["members"]) == 10
        assert (await world.call("users.profile.get", user="U0JUN0000"))["profile"]["real_name"] == "Jun"
    async with slack_world(app_manifest=manifest(without=("users:read.email",))) as world:
        assert "email" not in (await world.call("users.info", user="U0LUBIT00"))["user"]["profile"]


async def test_presence_dnd_groups_and_team() -> None:
    async with slack_world() as world:
        space = world.sandbox.workspace
        space.change_user("jun", presence="away", dnd=(100, 200))
        assert (await world.call("users.getPresence", user="U0JUN0000"))["presence"] == "away"
        quiet = await world.call("dnd.info", user="U0JUN0000")
        assert (quiet["dnd_enabled"], quiet["next_dnd_end_ts"]) == (True, 200)
        assert (await world.call("dnd.info", user="U0LUBIT00"))["dnd_enabled"] is False
        groups = await world.call("usergroups.list", include_users=True)
        assert groups["usergroups"][0]["users"] == ["U0JUN0000"]
        assert (await world.call("usergroups.users.list", usergroup="S0ONCALL0"))["users"] == ["U0JUN0000"]
        assert await world.error("usergroups.users.list", usergroup="S0NOBODY0") == "no_such_subteam"
        assert (await world.call("team.info"))["team"]["name"] == "Deploy Captain sandbox"
        assert (await world.call("api.test", foo="bar"))["args"] == {"foo": "bar"}
        assert await world.error("api.test", error="my_error") == "my_error"


async def test_pins_have_their_limits() -> None:
    async with slack_world() as world:
        sent = [
            (await world.call("chat.postMessage", channel=DEPLOYMENT, text=str(n)))["ts"] for n in range(101)
        ]
        for ts in sent[:100]:
            assert (await world.call("pins.add", channel=DEPLOYMENT, timestamp=ts))["ok"]
        assert await world.error("pins.add", channel=DEPLOYMENT, timestamp=sent[0]) == "already_pinned"
        assert await world.error("pins.add", channel=DEPLOYMENT, timestamp=sent[100]) == "too_many_pins"
        assert await world.error("pins.add", channel=DEPLOYMENT, timestamp="1.1") == "message_not_found"
        assert await world.error("pins.add", channel=DEPLOYMENT) == "no_item_specified"
        assert (await world.call("pins.remove", channel=DEPLOYMENT, timestamp=sent[0]))["ok"]
        assert await world.error("pins.remove", channel=DEPLOYMENT, timestamp=sent[0]) == "no_pin"
        await world.sandbox.people.unpin("lubit", "deployment", sent[1])
        listed = await world.call("pins.list", channel=DEPLOYMENT)
        assert [item["message"]["text"] for item in listed["items"]][-1] == "2"
        assert [pin["ts"] for pin in world.sandbox.people.pins("lubit", "deployment")] == list(
            reversed(sent[2:100])
        )
        assert world.sandbox.people.screen("lubit", "deployment")[2]["pinned"] is True


async def test_bookmarks_are_added_edited_and_removed() -> None:
    async with slack_world() as world:
        args: Json = {
            "channel_id": DEPLOYMENT,
            "title": "Card",
            "type": "link",
            "link": "https://example.com/1",
        }
        bookmark = (await world.call("bookmarks.add", **args))["bookmark"]
        edited = await world.call(
            "bookmarks.edit", channel_id=DEPLOYMENT, bookmark_id=bookmark["id"], title="Now"
        )
        assert (edited["bookmark"]["title"], edited["bookmark"]["link"]) == ("Now", "https://example.com/1")
        assert [
            b["title"] for b in (await world.call("bookmarks.list", channel_id=DEPLOYMENT))["bookmarks"]
        ] == ["Now"]
        assert (
            await world.error("bookmarks.add", **(args | {"link": "javascript:alert(1)"})) == "invalid_link"
        )
        assert await world.error("bookmarks.add", **(args | {"type": "folder"})) == "invalid_bookmark_type"
        assert (
            await world.error("bookmarks.edit", channel_id=DEPLOYMENT, bookmark_id="Bk0", title="x")
            == "not_found"
        )
        assert (await world.call("bookmarks.remove", channel_id=DEPLOYMENT, bookmark_id=bookmark["id"]))["ok"]
        for _ in range(100):
            await world.call("bookmarks.add", **args)
        assert await world.error("bookmarks.add", **args) == "too_many_bookmarks"


async def test_reactions_are_counted_per_person() -> None:
    async with slack_world() as world:
        ts = (await world.call("chat.postMessage", channel=DEPLOYMENT, text="x"))["ts"]
        args = {"channel": DEPLOYMENT, "timestamp": ts, "name": "eyes"}
        assert (await world.call("reactions.add", **args))["ok"]
        assert await world.error("reactions.add", **args) == "already_reacted"
        await world.sandbox.people.react("lubit", "deployment", ts, "eyes")
        got = await world.call("reactions.get", channel=DEPLOYMENT, timestamp=ts)
        assert got["message"]["reactions"] == [
            {"name": "eyes", "users": ["U0CAPTAIN", "U0LUBIT00"], "count": 2}
        ]
        assert (await world.call("reactions.remove", **args))["ok"]
        assert await world.error("reactions.remove", **args) == "no_reaction"
        assert await world.error("reactions.add", **(args | {"name": "no spaces"})) == "invalid_name"
        twice = await world.sandbox.people.react("lubit", "deployment", ts, "eyes")
        assert (twice.ok, twice.error) == (False, "already_reacted")


async def test_a_file_goes_through_three_steps_and_is_shared() -> None:
    async with slack_world() as world:
        uploaded = await world.client.files_upload_v2(
            channel=DEPLOYMENT,
            content="a,b\n1,2\n",
            filename="counts.csv",
            title="Counts",
            initial_comment="See here",
        )
        file = uploaded["files"][0]
        message = world.sandbox.people.screen("lubit", "deployment")[0]
        assert (message["text"], message["files"][0]["title"]) == ("See here", "Counts")
        info = await world.call("files.info", file=file["id"])
        assert info["file"]["size"] == 8
        assert world.client.session is not None
        async with world.client.session.get(file["url_private"]) as got:
            assert (await got.text(), got.content_type) == ("a,b\n1,2\n", "application/octet-stream")
        assert await world.error("files.completeUploadExternal", files=[{"id": "F0"}]) == "file_not_found"
        assert await world.error("files.getUploadURLExternal", filename="x", length=0) == "missing_argument"


async def test_a_text_is_a_snippet_with_its_first_lines_and_all_of_them_for_who_asks() -> None:
    async with slack_world() as world:
        parent = (await world.call("chat.postMessage", channel=DEPLOYMENT, text="Card"))["ts"]
        text = "\n".join(f"line {number} <b>" for number in range(1, 9))
        step = await world.call(
            "files.getUploadURLExternal", filename="run.txt", length=len(text), snippet_type="text"
        )
        assert world.client.session is not None
        async with world.client.session.post(step["upload_url"], data=text.encode()) as got:
            assert (got.status, await got.text()) == (200, f"OK - {len(text)}")
        assert (
            world.sandbox.people.thread("lubit", "deployment", parent)[1:] == []
        )  # nobody sees it before the end
        shared = await world.call(
            "files.completeUploadExternal",
            files=[{"id": step["file_id"], "title": "run.txt"}],
            channel_id=DEPLOYMENT,
            thread_ts=parent,
            initial_comment="The whole output",
        )
        assert [one["id"] for one in shared["files"]] == [step["file_id"]]
        (message,) = world.sandbox.people.thread("lubit", "deployment", parent)[1:]
        (file,) = message["files"]
        assert (message["text"], file["mode"], file["pretty_type"]) == (
            "The whole output",
            "snippet",
            "Plain Text",
        )
        assert file["preview"] == "\n".join(text.split("\n")[:5])
        assert (file["lines"], file["lines_more"], file["size"]) == (8, 3, len(text))
        history = await world.call("conversations.replies", channel=DEPLOYMENT, ts=parent)
        assert history["messages"][1]["files"][0]["id"] == step["file_id"]
        assert (await world.call("files.info", file=file["id"]))["content"] == text
        again = await world.error("files.completeUploadExternal", files=[{"id": file["id"]}])
        assert again == "file_not_found"  # an upload is over once


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"length": 1_000_001, "snippet_type": "text"}, "snippet_too_large"),
        ({"length": 5, "snippet_type": "klingon"}, "unknown_snippet_type"),
        ({"length": 5, "alt_txt": "x" * 1_001}, "alt_txt_too_large"),
        ({"length": 50_000_001}, "file_upload_size_restricted"),
        ({"length": -1}, "invalid_arguments"),
        ({"length": 5, "channel": DEPLOYMENT}, "invalid_arguments"),
    ],
)
async def test_uploads_that_slack_refuses(args: Json, error: str) -> None:
    async with slack_world() as world:
        assert await world.error("files.getUploadURLExternal", filename="x.txt", **args) == error


async def test_a_file_goes_only_where_the_app_may_write() -> None:
    async with slack_world() as world:
        step = await world.call("files.getUploadURLExternal", filename="x.txt", length=2)
        assert world.client.session is not None
        async with world.client.session.post(step["upload_url"], data=b"hi") as got:
            assert got.status == 200
        files = [{"id": step["file_id"]}]
        for args, error in (
            ({"channel_id": "C0NOBODY0"}, "channel_not_found"),
            ({"channel_id": "C0GENERAL"}, "not_in_channel"),
            ({"channels": ",".join(["C0DEPLOY0"] * 101)}, "channels_limit_exceeded"),
            ({"channel_id": DEPLOYMENT, "blocks": [section("x" * 3_001)]}, "invalid_blocks"),
        ):
            assert await world.error("files.completeUploadExternal", files=files, **args) == error
        blocks = [section("below")]
        assert (
            await world.call(
                "files.completeUploadExternal", files=files, channel_id=DEPLOYMENT, blocks=blocks
            )
        )["ok"]
        assert world.sandbox.people.screen("lubit", "deployment")[0]["blocks"][0]["text"]["text"] == "below"


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_files_need_their_scope(method: str) -> None:
    async with slack_world(app_manifest=manifest(without=("files:write",))) as world:
        answer = await world.call(method, filename="x", length=1, files=[])
        assert (answer["error"], answer["needed"]) == ("missing_scope", "files:write")


async def test_fewer_bytes_than_announced_are_refused() -> None:
    async with slack_world() as world:
        step = await world.call("files.getUploadURLExternal", filename="x.txt", length=5)
        assert world.client.session is not None
        async with world.client.session.post(step["upload_url"], data=b"four") as got:
            assert got.status == 400
        assert await world.error("files.info", file=step["file_id"]) == "file_not_found"


@pytest.mark.parametrize(
    ("args", "fine"),
    [
        ({"blocks": [section("x")]}, True),
        ({"message": {"blocks": [section("x" * 3_001)]}}, False),
        ({"view": {"type": "home", "blocks": []}}, True),
    ],
)
async def test_blocks_can_be_checked_without_posting(args: Json, fine: bool) -> None:
    async with slack_world() as world:
        answer = await world.call("blocks.validate", **args)
        assert answer["ok"] is fine
        if not fine:
            assert answer["errors"][0]["pointer"] == "/blocks/0/text/text"
        assert await world.error("blocks.validate") == "invalid_arguments"


def heard(world: World) -> list[Json]:
    """The events that were sent to the app, oldest first."""
    return [
        d.payload["event"] for d in world.sandbox.log.deliveries if d.kind == "events_api" and d.attempt == 0
    ]


async def test_the_app_hears_what_people_do_to_its_channels() -> None:
    async with slack_world() as world:
        channels = world.sandbox.people.channels
        channels.archive("lubit", "incident")
        channels.unarchive("lubit", "incident")
        channels.rename("lubit", "incident", "incident-2")
        channels.invite("lubit", "incident-2", "pat")
        channels.remove("lubit", "incident-2", "pat")
        channels.remove("lubit", "incident-2", "deploy_captain")
        await world.sandbox.idle()

        events = heard(world)
        kinds = [
            "channel_archive",
            "channel_rename",
            "member_joined_channel",
            "member_left_channel",
            "channel_left",
        ]
        assert [event["type"] for event in events] == kinds  # unarchive is not subscribed to
        assert events[1]["channel"]["name"] == "incident-2"
        assert events[4] == {"type": "channel_left", "channel": "C0INCIDNT", "actor_id": "U0LUBIT00"}
        assert await world.error("chat.postMessage", channel="C0INCIDNT", text="x") == "not_in_channel"
        await world.sandbox.people.say("lubit", "incident-2", "The bot does not hear this")
        await world.sandbox.idle()
        assert len(heard(world)) == 5


async def test_the_app_hears_messages_edits_and_deletions_in_its_channels() -> None:
    async with slack_world() as world:
        ts = await world.sandbox.people.say("lubit", "deployment", "hello")
        own = (await world.call("chat.postMessage", channel=DEPLOYMENT, text="One"))["ts"]
        await world.call("chat.update", channel=DEPLOYMENT, ts=own, text="Two")
        await world.sandbox.people.delete("lubit", "deployment", ts)
        await world.sandbox.people.say("lubit", "general", "not a member here")
        await world.sandbox.idle()
        events = heard(world)
        assert [(event.get("subtype"), event.get("text")) for event in events] == [
            (None, "hello"),
            (None, "One"),
            ("message_changed", None),
            ("message_deleted", None),
        ]
        assert events[2]["message"]["text"] == "Two"
        assert events[2]["previous_message"]["text"] == "One"
        assert events[3]["deleted_ts"] == ts


def sdk_function(name: str) -> Any:
    """The SDK's function for a method, or None if this SDK does not have it yet."""
    return getattr(AsyncWebClient, name.replace(".", "_"), None)


def test_only_the_newest_method_is_unknown_to_the_sdk() -> None:
    assert {name for name in METHODS if sdk_function(name) is None} <= {"blocks.validate"}


@pytest.mark.parametrize("name", sorted(name for name in METHODS if sdk_function(name)))
def test_every_argument_of_the_sdk_is_known(name: str) -> None:
    parameters = inspect.signature(sdk_function(name)).parameters.values()
    named = {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
    assert named - METHODS[name].args - {"app_token"} == set()
