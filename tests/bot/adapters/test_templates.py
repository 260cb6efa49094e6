"""Values fill in, and never become anything else: not a second argument, not an option, not a part of an address."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.templates import fill_args, fill_json, fill_path
from bot.errors import GaveUp

PRINTABLE = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), max_size=30)


@given(value=PRINTABLE)
def test_one_template_is_one_argument_whatever_the_value(value: str) -> None:
    templates = ("deploy", "--version=$version", "x $version y")
    assert fill_args(templates, {"version": value}) == ["deploy", f"--version={value}", f"x {value} y"]


def test_a_value_cannot_become_an_option() -> None:
    with pytest.raises(GaveUp, match="option"):
        fill_args(("rollback", "$version"), {"version": "--force"})


@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "\x1b[2J"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(GaveUp, match="control"):
        fill_args(("$version",), {"version": value})


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(GaveUp, match=r"\$wieght"):
        fill_args(("--traffic", "$wieght"), {"weight": 5})


@given(value=PRINTABLE)
def test_a_value_in_a_path_stays_one_segment(value: str) -> None:
    parts = urlsplit(fill_path("/releases/$version/state", {"version": value}))
    assert (parts.query, parts.fragment, parts.path.count("/")) == ("", "", 3)
    assert unquote(parts.path.split("/")[2]) == value


def test_a_whole_text_takes_the_value_with_its_type() -> None:
    body = {"percent": "$weight", "note": "to $weight %", "deep": [{"v": "$version"}], "n": 3, "on": True}
    assert fill_json(body, {"weight": 5, "version": "v1"}) == {
        "percent": 5,
        "note": "to 5 %",
        "deep": [{"v": "v1"}],
        "n": 3,
        "on": True,
    }
