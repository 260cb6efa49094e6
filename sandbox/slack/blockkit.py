"""Is this Block Kit? Checks blocks of a message and whole views against Slack's rules and limits.

`check_blocks` and `check_view` answer with a list of sentences, each with the JSON pointer of the place; an empty list
means that Slack would take it. Must not know the workspace.
"""

import json
from collections.abc import Collection
from typing import Any

from sandbox.slack.blockkit_elements import (
    ALT,
    IMAGE,
    IN_ACTIONS,
    IN_CARD,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    RICH_TEXT,
    SLACK_FILE,
    URL,
    plain,
    text,
)
from sandbox.slack.blockkit_schema import (
    Check,
    Problems,
    anything,
    array,
    boolean,
    both,
    integer,
    needs_one,
    one_of,
    only_one,
    problem,
    shape,
    string,
    typed,
)
from sandbox.slack.records import Json

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
# Not published; measured by several projects as the size at which a message is refused with msg_blocks_too_long.
MESSAGE_BYTES = 13_200
VIEW_BYTES = 250_000
CHARTS = 2
MARKDOWN_CHARACTERS = 12_000

_ID = {"block_id": string(255)}
_CELL = typed(
    {
        "raw_text": shape({"text": string(3_000, least=1)}),
        "raw_number": shape({"value": anything, "text": string(3_000, least=1)}),
        "rich_text": RICH_TEXT,
        "action": shape({}, open_=True),
    },
    "cell of a table",
)
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
_TASK = shape(
    {"task_id": string(255, least=1), "title": string(3_000, least=1)},
    {
        **_ID,
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": array(shape({}, open_=True), 0, 100),
        "icon": anything,
        "hide_title": boolean,
    },
)


def _same_width(value: Any, at: str, problems: Problems) -> None:
    rows = value.get("rows") if isinstance(value, dict) else None
    if isinstance(rows, list) and len({len(row) for row in rows if isinstance(row, list)}) > 1:
        problem(problems, f"{at}/rows", "every row must have the same number of cells")


BLOCKS: dict[str, Check] = {
    "actions": shape({"elements": array(IN_ACTIONS, 1, 25)}, _ID),
    "alert": shape(
        {"text": text(3_000)}, {**_ID, "level": one_of("default", "info", "warning", "error", "success")}
    ),
    "card": both(
        shape(
            {},
            {
                **_ID,
                "hero_image": IMAGE,
                "icon": IMAGE,
                "title": text(150),
                "subtitle": text(150),
                "body": text(200),
                "actions": array(IN_CARD, 1, 5),
            },
        ),
        needs_one("hero_image", "title", "actions", "body"),
    ),
    "context": shape({"elements": array(IN_CONTEXT, 1, 10)}, _ID),
    "context_actions": shape({"elements": array(IN_CONTEXT_ACTIONS, 1, 5)}, _ID),
    "data_table": both(
        shape(
            {"caption": string(3_000, least=1), "rows": array(array(_CELL, 1, 20), 2, 201)},
            {**_ID, "page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
        ),
        _same_width,
    ),
    "data_visualization": shape(
        {
            "title": string(50, least=1),
            "chart": typed(
                {
                    "pie": shape({"segments": array(shape({}, open_=True), 1, 6)}, open_=True),
                    **{
                        kind: shape({"series": array(shape({}, open_=True), 1, 6)}, open_=True)
                        for kind in ("line", "bar", "area")
                    },
                },
                "chart",
            ),
        },
        _ID,
    ),
    "divider": shape({}, _ID),
    "file": shape({"external_id": string(255), "source": one_of("remote")}, _ID),
    "header": shape({"text": plain(150)}, _ID),
    "image": both(
        shape({"alt_text": ALT}, {**_ID, "image_url": URL, "slack_file": SLACK_FILE, "title": plain(2_000)}),
        only_one("image_url", "slack_file"),
    ),
    "input": shape(
        {"label": plain(2_000), "element": IN_INPUT},
        {**_ID, "hint": plain(2_000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": shape({"text": string(MARKDOWN_CHARACTERS, least=1)}, _ID),
    "plan": shape(
        {"title": string(3_000, least=1)}, {**_ID, "tasks": array(typed({"task_card": _TASK}, "task"), 0, 50)}
    ),
    "rich_text": RICH_TEXT,
    "section": both(
        shape(
            {},
            {
                **_ID,
                "text": text(3_000),
                "fields": array(text(2_000), 1, 10),
                "accessory": IN_SECTION,
                "expand": boolean,
            },
        ),
        needs_one("text", "fields"),
    ),
    "table": shape(
        {"rows": array(array(_CELL, 1, 20), 1, 100)}, {**_ID, "column_settings": array(_COLUMN, 0, 20)}
    ),
    "task_card": _TASK,
}
ONLY_IN_MESSAGES = {
    "markdown",
    "table",
    "data_table",
    "data_visualization",
    "plan",
    "task_card",
    "file",
    "context_actions",
}


def check_blocks(
    blocks: list[Json], *, surface: str = "message", refused: Collection[str] = (), at: str = "/blocks"
) -> Problems:
    """What is wrong with these blocks on a surface ("message", "modal" or "home").

    `refused` are block types that this workspace does not take (older clients, features not rolled out).
    """
    problems: Problems = []
    allowed = {
        kind: check
        for kind, check in BLOCKS.items()
        if kind not in refused and (surface == "message" or kind not in ONLY_IN_MESSAGES)
    }
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    array(typed(allowed, f"block of a {surface}"), 0, most)(blocks, at, problems)
    _check_ids(blocks, at, problems)
    _check_totals(blocks, at, problems)
    return problems


def check_view(view: Json, *, refused: Collection[str] = ()) -> Problems:
    """What is wrong with a modal or home view."""
    problems: Problems = []
    kind = view.get("type")
    common = {
        "callback_id": string(255),
        "private_metadata": string(3_000),
        "external_id": string(255),
    }
    if kind == "modal":
        more = {
            **common,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        }
        shape({"title": plain(24), "blocks": anything}, more)(view, "/view", problems)
    elif kind == "home":
        shape({"blocks": anything}, common)(view, "/view", problems)
    else:
        problem(problems, "/view/type", f"unsupported type: {kind}")
        return problems
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        problem(problems, "/view/blocks", "must be an array")
        return problems
    problems += check_blocks(blocks, surface=str(kind), refused=refused, at="/view/blocks")
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if kind == "modal" and has_input and not view.get("submit"):
        problem(problems, "/view", "missing required field: submit (a view with input blocks needs it)")
    return problems


def size_of(value: Any) -> int:
    """The size in bytes of a value as compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def elements_of(block: Json) -> list[Json]:
    """The interactive elements of a block, wherever the block keeps them; nonsense in its place is passed over."""
    lists = [block.get(name) for name in ("elements", "actions")]
    found = [block.get("accessory"), block.get("element")]
    found += [entry for listed in lists if isinstance(listed, list) for entry in listed]
    return [
        element for element in found if isinstance(element, dict) and isinstance(element.get("type"), str)
    ]


def _check_ids(blocks: list[Any], at: str, problems: Problems) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in seen:
                problem(problems, f"{at}/{index}/block_id", f"block_id {block_id!r} is used twice")
            seen.add(block_id)
        actions = [str(element["action_id"]) for element in elements_of(block) if element.get("action_id")]
        for action_id in sorted({action for action in actions if actions.count(action) > 1}):
            problem(problems, f"{at}/{index}", f"action_id {action_id!r} is used twice in this block")


def _check_totals(blocks: list[Json], at: str, problems: Problems) -> None:
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if kinds.count("data_visualization") > CHARTS:
        problem(problems, at, f"no more than {CHARTS} data_visualization blocks allowed")
    if kinds.count("table") > 1:
        problem(problems, at, "only_one_table_allowed")
    written = sum(
        len(block["text"])
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "markdown" and isinstance(block.get("text"), str)
    )
    if written > MARKDOWN_CHARACTERS:
        problem(
            problems, at, f"markdown blocks together must be less than {MARKDOWN_CHARACTERS + 1} characters"
        )
