"""views.*: triggers, hashes, stacks, sizes, the Home tab, and choices inside views."""

from typing import Any

import pytest
from slack_world import Json, World, actions, asked, button, manifest, modal, option, section, slack_world

from sandbox.slack.errors import Refused

HOME = {"type": "home", "blocks": [section("Home")]}


def trigger(world: World, user: str = "U0LUBIT00", view_id: str | None = None) -> str:
    """A trigger id as a click would give it."""
    return world.sandbox.trigger_for(user, view_id)


async def opened(world: World, *blocks: Json, **more: Any) -> Json:
    """Opens a modal for lubit and answers its view object."""
    view = modal(*(blocks or (section("One"),)), **more)
    answer = await world.call("views.open", trigger_id=trigger(world), view=view)
    assert answer["ok"], answer
    return dict(answer["view"])


async def test_a_trigger_holds_for_three_seconds_and_one_use() -> None:
    async with slack_world() as world:
        once = trigger(world)
        late = trigger(world)
        assert (await world.call("views.open", trigger_id=once, view=modal(section("x"))))["ok"]
        assert (
            await world.error("views.open", trigger_id=once, view=modal(section("x")))
            == "exchanged_trigger_id"
        )
        world.clock.advance(3.5)
        assert (
            await world.error("views.open", trigger_id=late, view=modal(section("x"))) == "expired_trigger_id"
        )
        assert (
            await world.error("views.open", trigger_id="1.2.3", view=modal(section("x")))
            == "invalid_trigger_id"
        )


async def test_a_refused_view_does_not_use_the_trigger_up() -> None:
    async with slack_world() as world:
        held = trigger(world)
        assert await world.error(
            "views.open", trigger_id=held, view=modal(title={"type": "plain_text", "text": "x" * 25})
        ) == ("invalid_arguments")
        assert (await world.call("views.open", trigger_id=held, view=modal(section("x"))))["ok"]


async def test_an_update_with_an_old_hash_is_a_conflict() -> None:
    async with slack_world() as world:
        view = await opened(world)
        first = await world.call(
            "views.update", view_id=view["id"], hash=view["hash"], view=modal(section("Two"))
        )
        again = await world.error(
            "views.update", view_id=view["id"], hash=view["hash"], view=modal(section("Three"))
        )
        assert (first["ok"], again) == (True, "hash_conflict")
        assert world.sandbox.people.views("lubit")[0]["blocks"][0]["text"]["text"] == "Two"
        assert await world.error("views.update", view_id="V0", view=modal(section("x"))) == "not_found"
        assert await world.error("views.update", view=modal(section("x"))) == "invalid_arguments"


async def test_external_ids_are_unique_and_find_their_view() -> None:
    async with slack_world() as world:
        await opened(world, external_id="deploy-1")
        second = trigger(world, "U0MINA000")
        assert (
            await world.error(
                "views.open", trigger_id=second, view=modal(section("x"), external_id="deploy-1")
            )
            == "duplicate_external_id"
        )
        changed = await world.call("views.update", external_id="deploy-1", view=modal(section("Found")))
        assert changed["view"]["external_id"] == "deploy-1"


async def test_at_most_three_views_lie_on_each_other() -> None:
    async with slack_world() as world:
        view = await opened(world)
        for number in (2, 3):
            answer = await world.call(
                "views.push", trigger_id=trigger(world, view_id=view["id"]), view=modal(section(str(number)))
            )
            assert answer["view"]["root_view_id"] == view["id"]
        error = await world.error(
            "views.push", trigger_id=trigger(world, view_id=view["id"]), view=modal(section("4"))
        )
        assert error == "push_limit_reached"
        assert (
            await world.error("views.push", trigger_id=trigger(world), view=modal(section("4")))
            == "invalid_arguments"
        )

        people = world.sandbox.people
        with pytest.raises(Refused, match="not the one"):
            await people.close_view("lubit", view["id"])
        await people.close_view("lubit", people.views("lubit")[-1]["id"])
        assert len(people.views("lubit")) == 2


async def test_clear_on_close_closes_everything() -> None:
    async with slack_world() as world:
        view = await opened(world)
        top = modal(section("2"), clear_on_close=True)
        await world.call("views.push", trigger_id=trigger(world, view_id=view["id"]), view=top)
        await world.sandbox.people.close_view("lubit", world.sandbox.people.views("lubit")[-1]["id"])
        assert world.sandbox.people.views("lubit") == []


@pytest.mark.parametrize(
    "view",
    [
        modal(asked("a"), submit=None),
        modal(section("x"), title={"type": "plain_text", "text": "x" * 25}),
        modal(section("x"), private_metadata="x" * 3_001),
        modal(section("x"), callback_id="x" * 256),
        modal(*[section("x")] * 101),
        modal({"type": "table", "rows": []}),
        {"type": "home", "blocks": []},
        {"type": "modal", "title": {"type": "plain_text", "text": "T"}},
        modal(section("x"), surprise=True),
    ],
)
async def test_views_that_slack_does_not_take(view: Json) -> None:
    async with slack_world() as world:
        view = {name: value for name, value in view.items() if value is not None}
        answer = await world.call("views.open", trigger_id=trigger(world), view=view)
        assert answer["error"] == "invalid_arguments"
        assert "json-pointer:/view" in answer["response_metadata"]["messages"][0]


async def test_a_view_of_more_than_250_kb_is_too_large() -> None:
    async with slack_world() as world:
        blocks = [section("x" * 2_990) for _ in range(90)]
        assert (
            await world.error("views.open", trigger_id=trigger(world), view=modal(*blocks))
            == "view_too_large"
        )


async def test_the_home_tab_is_published_for_one_person() -> None:
    async with slack_world() as world:
        first = await world.call("views.publish", user_id="U0LUBIT00", view=HOME)
        again = await world.call("views.publish", user_id="U0LUBIT00", view=HOME, hash=first["view"]["hash"])
        stale = await world.error("views.publish", user_id="U0LUBIT00", view=HOME, hash=first["view"]["hash"])
        assert (again["ok"], stale) == (True, "hash_conflict")
        assert again["view"]["id"] == first["view"]["id"]
        assert world.sandbox.people.home("mina") is None
        assert await world.error("views.publish", user_id="U0NOBODY0", view=HOME) == "invalid_arguments"
    none = manifest(features={"app_home": {"home_tab_enabled": False}})
    async with slack_world(app_manifest=none) as world:
        assert await world.error("views.publish", user_id="U0LUBIT00", view=HOME) == "not_enabled"
        with pytest.raises(Refused, match="no Home tab"):
            await world.sandbox.people.open_home("lubit")


async def test_a_modal_needs_no_answer_to_keep_what_was_typed() -> None:
    async with slack_world(ack_timeout=0.02) as world:
        view = await opened(world, asked("a"), asked("b", optional=True))
        people = world.sandbox.people
        lost = await people.submit("lubit", view["id"], {"a": {"v": "typed"}})
        assert (lost.ok, lost.message) == (False, "We had some trouble connecting. Try again?")
        seen = people.views("lubit")[0]
        assert seen["state"] == {"a": {"v": {"type": "plain_text_input", "value": "typed"}}}
        await world.call(
            "views.update", view_id=view["id"], view=modal(asked("a"), asked("c", optional=True))
        )
        assert people.views("lubit")[0]["state"] == seen["state"]
        await world.call("views.update", view_id=view["id"], view=modal(asked("c", optional=True)))
        assert people.views("lubit")[0]["state"] == {}


@pytest.mark.parametrize(
    ("element", "given", "error"),
    [
        ({"type": "plain_text_input", "min_length": 5}, "four", "Please enter at least 5 characters."),
        ({"type": "plain_text_input", "max_length": 3}, "four", "Please enter at most 3 characters."),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "Please enter a number."),
        ({"type": "number_input", "is_decimal_allowed": True}, "abc", "Please enter a number."),
        (
            {"type": "number_input", "is_decimal_allowed": True, "min_value": "2"},
            "1.5",
            "Please enter a number of at least 2.",
        ),
        (
            {"type": "number_input", "is_decimal_allowed": False, "max_value": "2"},
            "3",
            "Please enter a number of at most 2.",
        ),
        ({"type": "static_select", "options": [option("a")]}, None, "Please complete this required field."),
        ({"type": "checkboxes", "options": [option("a")]}, [], "Please complete this required field."),
    ],
)
async def test_the_client_itself_refuses_what_does_not_fit(element: Json, given: Any, error: str) -> None:
    async with slack_world() as world:
        view = await opened(world, asked("a", **element))
        answer = await world.sandbox.people.submit("lubit", view["id"], {"a": {"v": given}})
        assert answer.view_errors == {"a": error}
        assert world.sandbox.log.deliveries == []


@pytest.mark.parametrize(
    ("element", "given", "value"),
    [
        ({"type": "static_select", "options": [option("a")]}, "a", {"selected_option": option("a")}),
        (
            {
                "type": "static_select",
                "option_groups": [{"label": {"type": "plain_text", "text": "g"}, "options": [option("a")]}],
            },
            "a",
            {"selected_option": option("a")},
        ),
        ({"type": "radio_buttons", "options": [option("a")]}, "a", {"selected_option": option("a")}),
        (
            {"type": "multi_static_select", "options": [option("a"), option("b")]},
            ["b"],
            {"selected_options": [option("b")]},
        ),
        ({"type": "checkboxes", "options": [option("a")]}, ["a"], {"selected_options": [option("a")]}),
        ({"type": "users_select"}, "U0LUBIT00", {"selected_user": "U0LUBIT00"}),
        ({"type": "multi_users_select"}, ["U0LUBIT00"], {"selected_users": ["U0LUBIT00"]}),
        ({"type": "conversations_select"}, "C0DEPLOY0", {"selected_conversation": "C0DEPLOY0"}),
        ({"type": "datepicker"}, "2026-03-02", {"selected_date": "2026-03-02"}),
        ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
        ({"type": "datetimepicker"}, 1_772_442_000, {"selected_date_time": 1_772_442_000}),
        ({"type": "number_input", "is_decimal_allowed": True}, "1.5", {"value": "1.5"}),
        ({"type": "plain_text_input", "initial_value": "before"}, None, {"value": "before"}),
        ({"type": "datepicker", "initial_date": "2026-01-01"}, None, {"selected_date": "2026-01-01"}),
    ],
)
async def test_every_element_puts_its_value_into_the_state(element: Json, given: Any, value: Json) -> None:
    async with slack_world(ack_timeout=0.02) as world:
        world.sandbox.deliver_to = f"{world.sandbox.url}/nobody/listens"
        view = await opened(world, asked("a", **element))
        typed = {} if given is None else {"a": {"v": given}}
        await world.sandbox.people.submit("lubit", view["id"], typed)
        payload = world.sandbox.log.deliveries[0].payload
        assert payload["view"]["state"]["values"]["a"]["v"] == {"type": element["type"], **value}


async def test_a_click_in_a_modal_carries_the_view_and_a_confirm_dialog_can_stop_it() -> None:
    async with slack_world(ack_timeout=0.02) as world:
        world.sandbox.deliver_to = f"{world.sandbox.url}/nobody/listens"
        confirm = {
            name: {"type": "plain_text", "text": "Sure?"} for name in ("title", "text", "confirm", "deny")
        }
        view = await opened(world, actions(button("stop", confirm=confirm)), asked("a"))
        people = world.sandbox.people
        assert (
            await people.view_click("lubit", view["id"], "stop", confirmed=False)
        ).status == "not_confirmed"
        assert world.sandbox.log.deliveries == []
        assert (await people.view_click("lubit", view["id"], "v", value="typed")).ok
        assert world.sandbox.log.deliveries == []
        await people.view_click("lubit", view["id"], "stop")
        payload = world.sandbox.log.deliveries[0].payload
        assert payload["container"] == {"type": "view", "view_id": view["id"]}
        assert payload["view"]["state"]["values"]["a"]["v"]["value"] == "typed"
        assert "response_url" not in payload
