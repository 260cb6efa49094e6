"""The Block Kit validator: what Slack takes, each limit at its edge, and no block that makes it stumble."""

from typing import Any

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_world import Json, actions, asked, button, modal, option, plain, section

from sandbox.slack.blockkit import BLOCKS, check_blocks, check_view

RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [{"type": "text", "text": "Hi"}, {"type": "user", "user_id": "U1"}],
        },
        {"type": "rich_text_list", "style": "bullet", "elements": []},
    ],
}
IMAGE = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A chart"}
CELL = {"type": "raw_text", "text": "x"}
CONFIRM = {"title": plain("t"), "text": plain("x"), "confirm": plain("Yes"), "deny": plain("No")}
TASK = {"type": "task_card", "task_id": "1", "title": "Canary", "status": "in_progress", "details": RICH}
SERIES = [{"name": "p95", "data": [{"label": "09:00", "value": 1.5}]}]
AXES = {"categories": ["09:00"], "x_label": "time", "y_label": "ms"}

GOOD: list[Json] = [
    section(
        "*bold*", accessory=button("b", style="danger", value="v", confirm=CONFIRM, accessibility_label="l")
    ),
    {"type": "section", "fields": [plain("a"), {"type": "mrkdwn", "text": "b", "verbatim": True}]},
    section("x", accessory={"type": "multi_users_select", "action_id": "a", "initial_users": ["U1"]}),
    section("x", accessory={**IMAGE}),
    {"type": "header", "text": plain("Head")},
    {"type": "context", "elements": [IMAGE, plain("a"), {"type": "mrkdwn", "text": "b"}]},
    {"type": "divider", "block_id": "d"},
    {**IMAGE, "title": plain("T")},
    {"type": "image", "slack_file": {"id": "F1"}, "alt_text": ""},
    actions(
        button("a", url="https://example.com"),
        {"type": "overflow", "action_id": "o", "options": [option("1")]},
        {"type": "static_select", "action_id": "s", "options": [option("1")], "initial_option": option("1")},
        {"type": "datepicker", "action_id": "d", "initial_date": "2026-03-02"},
        {"type": "timepicker", "action_id": "t", "initial_time": "09:00"},
        {"type": "datetimepicker", "action_id": "dt", "initial_date_time": 1_772_442_000},
        {"type": "checkboxes", "action_id": "c", "options": [option("1")]},
        {"type": "radio_buttons", "action_id": "r", "options": [option("1")]},
        {"type": "conversations_select", "action_id": "cs", "default_to_current_conversation": True},
    ),
    asked("i", multiline=True, max_length=100, placeholder=plain("p")),
    asked("n", type="number_input", is_decimal_allowed=False, min_value="1"),
    RICH,
    {"type": "markdown", "text": "**bold**"},
    {
        "type": "table",
        "rows": [[CELL, RICH], [CELL, CELL]],
        "column_settings": [{"align": "right", "is_wrapped": True}],
    },
    {
        "type": "data_table",
        "caption": "Counts",
        "rows": [[CELL], [{"type": "raw_number", "value": 1, "text": "1"}]],
        "page_size": 10,
    },
    {
        "type": "data_visualization",
        "title": "p95",
        "chart": {"type": "line", "series": SERIES, "axis_config": AXES},
    },
    {
        "type": "data_visualization",
        "title": "p95",
        "chart": {"type": "pie", "segments": [{"label": "a", "value": 1}]},
    },
    {"type": "plan", "title": "Steps", "tasks": [TASK]},
    TASK,
    {"type": "alert", "level": "warning", "text": plain("Look")},
    {"type": "card", "title": plain("T"), "body": plain("b"), "actions": [button("a")]},
    {
        "type": "context_actions",
        "elements": [{"type": "icon_button", "action_id": "i", "icon": "trash", "text": plain("Delete")}],
    },
    {"type": "file", "external_id": "x", "source": "remote"},
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: block["type"])
def test_good_blocks_are_taken(block: Json) -> None:
    assert check_blocks([block]) == []


def test_every_block_of_the_table_has_a_good_example() -> None:
    assert {block["type"] for block in GOOD} == set(BLOCKS)


BAD: list[tuple[Json, str]] = [
    ({"type": "video"}, "/blocks/0/type"),
    ({}, "/blocks/0/type"),
    ({"type": ["section"]}, "/blocks/0/type"),
    (section(""), "/blocks/0/text/text"),
    (section("x" * 3_001), "/blocks/0/text/text"),
    ({"type": "section"}, "/blocks/0"),
    ({"type": "section", "fields": [plain("x")] * 11}, "/blocks/0/fields"),
    ({"type": "section", "fields": [plain("x" * 2_001)]}, "/blocks/0/fields/0/text"),
    (section("x", accessory={"type": "plain_text_input", "action_id": "a"}), "/blocks/0/accessory/type"),
    (section("x", surprise=1), "/blocks/0"),
    (section("x", block_id="x" * 256), "/blocks/0/block_id"),
    ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text"),
    ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "/blocks/0/text/type"),
    ({"type": "header", "text": "x"}, "/blocks/0/text"),
    ({"type": "context", "elements": []}, "/blocks/0/elements"),
    ({"type": "context", "elements": [plain("x")] * 11}, "/blocks/0/elements"),
    ({"type": "context", "elements": [button("a")]}, "/blocks/0/elements/0/type"),
    (actions(*[button(str(n)) for n in range(26)]), "/blocks/0/elements"),
    (actions(button("a"), button("a")), "/blocks/0"),
    (actions(button("a", "x" * 76)), "/blocks/0/elements/0/text/text"),
    (actions(button("a", value="x" * 2_001)), "/blocks/0/elements/0/value"),
    (actions(button("a", style="green")), "/blocks/0/elements/0/style"),
    (actions(button("a", accessibility_label="x" * 76)), "/blocks/0/elements/0/accessibility_label"),
    (actions(button("x" * 256)), "/blocks/0/elements/0/action_id"),
    (
        actions(button("a", confirm={**CONFIRM, "title": plain("x" * 101)})),
        "/blocks/0/elements/0/confirm/title/text",
    ),
    (
        actions(button("a", confirm={**CONFIRM, "text": plain("x" * 301)})),
        "/blocks/0/elements/0/confirm/text/text",
    ),
    (
        actions(button("a", confirm={**CONFIRM, "deny": plain("x" * 31)})),
        "/blocks/0/elements/0/confirm/deny/text",
    ),
    (
        actions({"type": "overflow", "action_id": "o", "options": [option(str(n)) for n in range(6)]}),
        "/blocks/0/elements/0/options",
    ),
    (
        actions({"type": "static_select", "action_id": "s", "options": [option(str(n)) for n in range(101)]}),
        "/blocks/0/elements/0/options",
    ),
    (actions({"type": "static_select", "action_id": "s"}), "/blocks/0/elements/0"),
    (
        actions({"type": "static_select", "action_id": "s", "options": [option("x" * 151)]}),
        "/blocks/0/elements/0/options/0/text/text",
    ),
    (
        actions(
            {
                "type": "static_select",
                "action_id": "s",
                "options": [option("1")],
                "initial_option": option("2"),
            }
        ),
        "/blocks/0/elements/0",
    ),
    (
        actions({"type": "checkboxes", "action_id": "c", "options": [option(str(n)) for n in range(11)]}),
        "/blocks/0/elements/0/options",
    ),
    (
        actions({"type": "datepicker", "action_id": "d", "initial_date": "2 March"}),
        "/blocks/0/elements/0/initial_date",
    ),
    ({**IMAGE, "alt_text": "x" * 2_001}, "/blocks/0/alt_text"),
    ({"type": "image", "alt_text": "x"}, "/blocks/0"),
    ({"type": "image", "image_url": "u"}, "/blocks/0"),
    (asked("a", type="button"), "/blocks/0/element/type"),
    (asked("a", max_length=3_001), "/blocks/0/element/max_length"),
    (asked("a", multiline="yes"), "/blocks/0/element/multiline"),
    ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0/text"),
    ({"type": "table", "rows": [[CELL]] * 101}, "/blocks/0/rows"),
    ({"type": "table", "rows": [[CELL] * 21]}, "/blocks/0/rows/0"),
    ({"type": "data_table", "caption": "c", "rows": [[CELL]]}, "/blocks/0/rows"),
    ({"type": "data_table", "caption": "c", "rows": [[CELL], [CELL, CELL]]}, "/blocks/0/rows"),
    (
        {"type": "data_visualization", "title": "x" * 51, "chart": {"type": "bar", "series": SERIES}},
        "/blocks/0/title",
    ),
    (
        {"type": "data_visualization", "title": "x", "chart": {"type": "radar", "series": SERIES}},
        "/blocks/0/chart/type",
    ),
    (
        {"type": "data_visualization", "title": "x", "chart": {"type": "bar", "series": SERIES * 7}},
        "/blocks/0/chart/series",
    ),
    ({**TASK, "status": "half done"}, "/blocks/0/status"),
    ({"type": "plan", "title": "t", "tasks": [section("x")]}, "/blocks/0/tasks/0/type"),
    ({"type": "alert", "level": "loud", "text": plain("x")}, "/blocks/0/level"),
    ({"type": "card", "subtitle": plain("x")}, "/blocks/0"),
    ({"type": "card", "body": plain("x" * 201)}, "/blocks/0/body/text"),
]


@pytest.mark.parametrize(("block", "pointer"), BAD)
def test_bad_blocks_are_refused_at_the_right_place(block: Json, pointer: str) -> None:
    problems = check_blocks([block])
    assert any(sentence.endswith(f"[json-pointer:{pointer}]") for sentence in problems), problems
    assert all(sentence.startswith("[ERROR] ") for sentence in problems)


def test_totals_of_a_message() -> None:
    chart = {"type": "data_visualization", "title": "t", "chart": {"type": "line", "series": SERIES}}
    table = {"type": "table", "rows": [[CELL]]}
    assert check_blocks([section("x")] * 50) == []
    assert "50" in check_blocks([section("x")] * 51)[0]
    assert check_blocks([chart] * 2) == []
    assert "no more than 2 data_visualization" in check_blocks([chart] * 3)[0]
    assert "only_one_table_allowed" in check_blocks([table] * 2)[0]
    assert "markdown" in check_blocks([{"type": "markdown", "text": "x" * 6_001}] * 2)[0]
    assert "used twice" in check_blocks([section("a", block_id="1"), section("b", block_id="1")])[0]


def test_surfaces_have_blocks_of_their_own() -> None:
    assert check_view(modal(*[section("x")] * 100)) == []
    assert check_view(modal(*[section("x")] * 101)) != []
    for kind in ("markdown", "table", "data_visualization", "plan"):
        block = next(good for good in GOOD if good["type"] == kind)
        assert "unsupported type" in check_view(modal(block))[0]
        assert "unsupported type" in check_view({"type": "home", "blocks": [block]})[0]
    assert check_view({"type": "drawer", "blocks": []}) == [
        "[ERROR] unsupported type: drawer [json-pointer:/view/type]"
    ]
    assert check_view({"type": "home"}) != []
    assert check_view({"type": "home", "blocks": "x"}) != []


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "text",
        "elements",
        "accessory",
        "element",
        "options",
        "fields",
        "rows",
        "chart",
        "tasks",
        "actions",
        "label",
        "block_id",
    ]
)


@settings(max_examples=draws(60))
@given(
    st.lists(
        st.builds(
            lambda kind, fields: {"type": kind, **fields},
            st.sampled_from(sorted(BLOCKS)),
            st.dictionaries(FIELDS, JSON, max_size=4),
        ),
        max_size=4,
    )
)
def test_no_nonsense_makes_the_validator_stumble(blocks: list[Json]) -> None:
    problems = check_blocks(blocks)
    assert all("[json-pointer:/blocks" in sentence for sentence in problems)


@given(st.integers(min_value=1, max_value=3_100))
def test_a_section_holds_exactly_three_thousand_characters(length: int) -> None:
    assert (check_blocks([section("x" * length)]) == []) is (length <= 3_000)
