"""Block Kit's composition objects (text, option, confirm ...) and elements (buttons, selects, pickers, inputs).

The limits are those of Slack's reference. Must not know blocks or surfaces.
"""

from typing import Any

from sandbox.slack.blockkit_schema import (
    Check,
    Problems,
    anything,
    array,
    boolean,
    both,
    integer,
    one_of,
    only_one,
    problem,
    shape,
    string,
    typed,
)

ID = string(255, least=1)
URL = string(3_000, least=1)
ALT = string(2_000)
DATE = string(10, pattern=r"\d{4}-\d{2}-\d{2}")
TIME = string(5, pattern=r"\d{2}:\d{2}")


def plain(most: int) -> Check:
    """A plain_text object of 1 to `most` characters."""
    return typed({"plain_text": shape({"text": string(most, least=1)}, {"emoji": boolean})}, "plain_text")


def text(most: int) -> Check:
    """A plain_text or mrkdwn object of 1 to `most` characters."""
    body = string(most, least=1)
    return typed(
        {
            "plain_text": shape({"text": body}, {"emoji": boolean}),
            "mrkdwn": shape({"text": body}, {"verbatim": boolean}),
        },
        "text object",
    )


CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": URL})
RICH_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
OPTION_GROUP = shape({"label": plain(75), "options": array(OPTION, 1, 100)})
SLACK_FILE = both(shape({}, {"id": ID, "url": URL}), only_one("id", "url"))
DISPATCH = shape({}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 1, 2)})
FILTER = shape(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)

_COMMON = {"action_id": ID}
_ASKING = {**_COMMON, "placeholder": plain(150), "focus_on_load": boolean}
_CHOOSING = {**_ASKING, "confirm": CONFIRM}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _initial_is_an_option(value: Any, at: str, problems: Problems) -> None:
    """What is chosen at first must be one of the options, or Slack refuses the whole message."""
    if not isinstance(value, dict):
        return
    options = _dicts(value.get("options"))
    for group in _dicts(value.get("option_groups")):
        options += _dicts(group.get("options"))
    there = [option.get("value") for option in options]
    chosen = [*_dicts(value.get("initial_options")), *_dicts([value.get("initial_option")])]
    if any(option.get("value") not in there for option in chosen):
        problem(problems, at, "the initial option is not one of the options")


def _select(**more: Check) -> Check:
    return shape({}, {**_CHOOSING, **more})


_STATIC = {"options": array(OPTION, 1, 100), "option_groups": array(OPTION_GROUP, 1, 100)}
_SEVERAL = {"max_selected_items": integer(1, 100)}


def _static(**more: Check) -> Check:
    return both(_select(**_STATIC, **more), only_one("options", "option_groups"), _initial_is_an_option)


def _ticks(**more: Check) -> Check:
    fields = {**_COMMON, "confirm": CONFIRM, "focus_on_load": boolean, **more}
    return both(shape({"options": array(RICH_OPTION, 1, 10)}, fields), _initial_is_an_option)


BUTTON = shape(
    {"text": plain(75)},
    {
        **_COMMON,
        "url": URL,
        "value": string(2_000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
OVERFLOW = shape({"options": array(OPTION, 1, 5)}, {**_COMMON, "confirm": CONFIRM})
IMAGE = both(
    shape({"alt_text": ALT}, {"image_url": URL, "slack_file": SLACK_FILE}),
    only_one("image_url", "slack_file"),
)
NUMBER = string(40, pattern=r"-?\d+(\.\d+)?")

SELECTS: dict[str, Check] = {
    "static_select": _static(initial_option=OPTION),
    "external_select": _select(initial_option=OPTION, min_query_length=integer(0, 100)),
    "users_select": _select(initial_user=ID),
    "conversations_select": _select(
        initial_conversation=ID,
        default_to_current_conversation=boolean,
        response_url_enabled=boolean,
        filter=FILTER,
    ),
    "channels_select": _select(initial_channel=ID, response_url_enabled=boolean),
}
MULTI_SELECTS: dict[str, Check] = {
    "multi_static_select": _static(initial_options=array(OPTION, 1, 100), **_SEVERAL),
    "multi_external_select": _select(
        initial_options=array(OPTION, 1, 100), min_query_length=integer(0, 100), **_SEVERAL
    ),
    "multi_users_select": _select(initial_users=array(ID, 0, 100), **_SEVERAL),
    "multi_conversations_select": _select(
        initial_conversations=array(ID, 0, 100),
        default_to_current_conversation=boolean,
        filter=FILTER,
        **_SEVERAL,
    ),
    "multi_channels_select": _select(initial_channels=array(ID, 0, 100), **_SEVERAL),
}
PICKERS: dict[str, Check] = {
    "datepicker": _select(initial_date=DATE),
    "timepicker": _select(initial_time=TIME, timezone=string(80)),
    "datetimepicker": shape(
        {},
        {
            **_COMMON,
            "confirm": CONFIRM,
            "focus_on_load": boolean,
            "initial_date_time": integer(0, 9_999_999_999),
        },
    ),
    "checkboxes": _ticks(initial_options=array(RICH_OPTION, 1, 10)),
    "radio_buttons": _ticks(initial_option=RICH_OPTION),
}
_WRITING = {**_ASKING, "initial_value": string(3_000), "dispatch_action_config": DISPATCH}
INPUTS: dict[str, Check] = {
    "plain_text_input": shape(
        {},
        {
            **_WRITING,
            "multiline": boolean,
            "min_length": integer(0, 3_000),
            "max_length": integer(1, 3_000),
        },
    ),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        {**_WRITING, "initial_value": NUMBER, "min_value": NUMBER, "max_value": NUMBER},
    ),
    "email_text_input": shape({}, _WRITING),
    "url_text_input": shape({}, _WRITING),
    "rich_text_input": shape({}, {**_WRITING, "initial_value": anything}),
    "file_input": shape({}, {**_COMMON, "filetypes": array(string(20), 1, 100), "max_files": integer(1, 10)}),
}
FEEDBACK = shape(
    {"text": plain(75), "value": string(2_000)},
    {"accessibility_label": string(75)},
)
CONTEXT_ACTIONS: dict[str, Check] = {
    "feedback_buttons": shape({"positive_button": FEEDBACK, "negative_button": FEEDBACK}, _COMMON),
    "icon_button": shape(
        {"icon": string(40), "text": plain(75)},
        {
            **_COMMON,
            "value": string(2_000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": array(ID, 0, 100),
        },
    ),
}

IN_ACTIONS = typed(
    {"button": BUTTON, "overflow": OVERFLOW, **SELECTS, **PICKERS}, "element of an actions block"
)
IN_SECTION = typed(
    {"button": BUTTON, "overflow": OVERFLOW, "image": IMAGE, **SELECTS, **MULTI_SELECTS, **PICKERS},
    "accessory of a section",
)
IN_INPUT = typed({**SELECTS, **MULTI_SELECTS, **PICKERS, **INPUTS}, "element of an input block")
IN_CONTEXT = typed(
    {
        "image": IMAGE,
        "plain_text": shape({"text": string(2_000, least=1)}, {"emoji": boolean}),
        "mrkdwn": shape({"text": string(2_000, least=1)}, {"verbatim": boolean}),
    },
    "element of a context block",
)
IN_CONTEXT_ACTIONS = typed(CONTEXT_ACTIONS, "element of a context_actions block")
IN_CARD = typed({"button": BUTTON, "overflow": OVERFLOW}, "action of a card")

RICH_TEXT = typed(
    {
        "rich_text": shape(
            {
                "elements": array(
                    typed(
                        {
                            "rich_text_section": shape({"elements": array(shape({}, open_=True), 0, 1_000)}),
                            "rich_text_list": shape(
                                {"elements": array(shape({}, open_=True), 0, 1_000)},
                                {
                                    "style": one_of("bullet", "ordered"),
                                    "indent": integer(0, 8),
                                    "offset": integer(0, 10_000),
                                    "border": integer(0, 1),
                                },
                            ),
                            "rich_text_preformatted": shape(
                                {"elements": array(shape({}, open_=True), 0, 1_000)},
                                {"border": integer(0, 1), "language": string(40)},
                            ),
                            "rich_text_quote": shape(
                                {"elements": array(shape({}, open_=True), 0, 1_000)},
                                {"border": integer(0, 1)},
                            ),
                        },
                        "element of rich text",
                    ),
                    0,
                    1_000,
                )
            },
            {"block_id": string(255)},
        )
    },
    "rich_text",
)
__all__ = [
    "ALT",
    "BUTTON",
    "IMAGE",
    "IN_ACTIONS",
    "IN_CARD",
    "IN_CONTEXT",
    "IN_CONTEXT_ACTIONS",
    "IN_INPUT",
    "IN_SECTION",
    "OPTION",
    "RICH_TEXT",
    "SLACK_FILE",
    "URL",
    "plain",
    "text",
]
