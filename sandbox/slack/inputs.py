"""What people put into Block Kit elements: finding an element, the value object of a choice, what the client refuses.

Must not know how it is delivered.
"""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.slack.blockkit import elements_of
from sandbox.slack.errors import Refused
from sandbox.slack.records import Json

# element type -> (field of the value, field of the element that says what is there at first, is it a list)
_FIELDS: dict[str, tuple[str, str, bool]] = {
    "static_select": ("selected_option", "initial_option", False),
    "external_select": ("selected_option", "initial_option", False),
    "radio_buttons": ("selected_option", "initial_option", False),
    "overflow": ("selected_option", "initial_option", False),
    "multi_static_select": ("selected_options", "initial_options", True),
    "multi_external_select": ("selected_options", "initial_options", True),
    "checkboxes": ("selected_options", "initial_options", True),
    "users_select": ("selected_user", "initial_user", False),
    "multi_users_select": ("selected_users", "initial_users", True),
    "conversations_select": ("selected_conversation", "initial_conversation", False),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", True),
    "channels_select": ("selected_channel", "initial_channel", False),
    "multi_channels_select": ("selected_channels", "initial_channels", True),
    "datepicker": ("selected_date", "initial_date", False),
    "timepicker": ("selected_time", "initial_time", False),
    "datetimepicker": ("selected_date_time", "initial_date_time", False),
    "plain_text_input": ("value", "initial_value", False),
    "number_input": ("value", "initial_value", False),
    "email_text_input": ("value", "initial_value", False),
    "url_text_input": ("value", "initial_value", False),
    "rich_text_input": ("rich_text_value", "initial_value", False),
    "file_input": ("files", "initial_files", True),
}
_OPTIONS = {"static_select", "radio_buttons", "overflow", "multi_static_select", "checkboxes"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
REQUIRED = "Please complete this required field."


@dataclass(frozen=True)
class Found:
    """An interactive element and the block it stands in."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        """The id of the block."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """The id of the element's action."""
        return str(self.element.get("action_id", ""))


def find_element(blocks: list[Json], action_id: str, block_id: str | None, value: object = None) -> Found:
    """The element with this action_id (and block_id, and for buttons value, if given); Refused if there is none."""
    found = [
        Found(block, element)
        for block in blocks
        for element in elements_of(block)
        if element.get("action_id") == action_id and block_id in (None, block.get("block_id"))
    ]
    buttons = [f for f in found if f.element["type"] in ("button", "icon_button")]
    if buttons and value is not None:
        found = [f for f in buttons if f.element.get("value") == value]
    if not found:
        there = sorted(
            {str(e.get("action_id")) for block in blocks for e in elements_of(block) if e.get("action_id")}
        )
        raise Refused(f"There is no {action_id!r} to click here; there is: {', '.join(there) or 'nothing'}.")
    return found[0]


def options_of(element: Json) -> list[Json]:
    """All options of a select, of its groups too."""
    groups = element.get("option_groups") or ()
    return [*(element.get("options") or ()), *(option for group in groups for option in group["options"])]


def _option(element: Json, given: Any) -> Json:
    wanted = given.get("value") if isinstance(given, dict) else given
    if element["type"] not in _OPTIONS:
        return (
            given
            if isinstance(given, dict)
            else {"text": {"type": "plain_text", "text": str(given)}, "value": given}
        )
    for option in options_of(element):
        if option["value"] == wanted:
            return option
    offered = ", ".join(option["value"] for option in options_of(element))
    raise Refused(f"{element.get('action_id')!r} has no option {wanted!r}; it has: {offered}.")


def value_object(element: Json, given: Any) -> Json:
    """The entry of state.values for what a person chose or typed; `given` None means nothing.

    Options are given by their value, people and channels by id, lists as lists. Refused if an option is not there.
    """
    kind = element["type"]
    if kind not in _FIELDS:
        raise Refused(f"A {kind} holds no value.")
    if isinstance(given, dict) and given.get("type") == kind:
        return given
    field, _initial, many = _FIELDS[kind]
    if given is None or given == "":
        return {"type": kind, field: [] if many else None}
    if field.startswith("selected_option"):
        chosen: Any = [_option(element, one) for one in given] if many else _option(element, given)
    elif many:
        chosen = [str(one) for one in given]
    else:
        chosen = given if kind in ("datetimepicker", "rich_text_input") else str(given)
    return {"type": kind, field: chosen}


def first_value(element: Json) -> Json | None:
    """The value object of an element before anybody touched it, or None for elements that hold no value."""
    kind = element["type"]
    if kind not in _FIELDS or kind == "overflow":
        return None
    field, initial, many = _FIELDS[kind]
    return {"type": kind, field: element.get(initial, [] if many else None)}


def state_of(blocks: list[Json], chosen: Json) -> Json:
    """state.values of a surface: what was chosen, else what was there at first."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            first = first_value(element)
            if first is not None and element.get("action_id"):
                given = chosen.get(block["block_id"], {}).get(element["action_id"], first)
                values.setdefault(block["block_id"], {})[element["action_id"]] = given
    return values


def with_choice(chosen: Json, block_id: str, action_id: str, value: Json) -> Json:
    """The choices with one more."""
    return {**chosen, block_id: {**chosen.get(block_id, {}), action_id: value}}


def client_errors(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's client itself refuses on submission, by block_id: empty required fields, lengths, numbers."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block.get("type") == "input":
            element = block["element"]
            value = values.get(block["block_id"], {}).get(element.get("action_id"), {})
            trouble = _trouble(element, value, optional=bool(block.get("optional")))
            if trouble:
                errors[block["block_id"]] = trouble
    return errors


def _trouble(element: Json, value: Json, *, optional: bool) -> str:
    content = value.get(_FIELDS[element["type"]][0])
    if content in (None, "", []):
        return "" if optional else REQUIRED
    if element["type"] == "plain_text_input":
        if len(content) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        if len(content) > element.get("max_length", 3_000):
            return f"Please enter at most {element.get('max_length', 3_000)} characters."
    if element["type"] == "number_input":
        return _number_trouble(element, str(content))
    return ""


def _number_trouble(element: Json, content: str) -> str:
    if not _NUMBER.fullmatch(content) or ("." in content and not element.get("is_decimal_allowed")):
        return "Please enter a number."
    if "min_value" in element and float(content) < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and float(content) > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
