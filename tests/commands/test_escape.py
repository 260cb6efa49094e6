"""Text from outside cannot mention, call, link under a false name, or turn the line around; and is never cut in half."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import escape
from commands.buttons import MOST, Value, read

NASTY = st.text(st.sampled_from("<>&;|!@#abU1`*_~ \n\u202e\u200f가") | st.characters(), max_size=300)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("<!channel> wake up", "@channel wake up"),
        ("<!here|here>", "@here"),
        ("<!subteam^S123|@oncall>", "@oncall"),
        ("<!subteam^S123>", "@subteam^S123"),
        ("ask <@U1|ana>", "ask @ana"),
        ("<@U1>", "@U1"),
        ("<https://evil.example|your bank>", "your bank (https://evil.example)"),
        ("<https://a.example/x|https://a.example/x>", "https://a.example/x"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        ("abc\u202edef", "abcdef"),
        ("a\x00b\x1b[31m", "ab[31m"),
    ],
)
def test_plain(given_text: str, shown: str) -> None:
    assert escape.plain(given_text) == shown


@given(NASTY)
def test_nothing_that_slack_would_act_on_is_left(text: str) -> None:
    safe = escape.plain(text)
    assert "<" not in safe
    assert ">" not in safe
    assert re.sub(r"&(amp|lt|gt);", "", safe).count("&") == 0
    assert not any(sign in safe for sign in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200f")


@given(NASTY, st.integers(40, 120))
def test_a_cut_keeps_entities_and_tokens_whole(text: str, most: int) -> None:
    marked = f"<@U0ANA> {escape.plain(text)} <!date^1^{{time}}|14:00 UTC>"
    short = escape.cut(marked, most)
    assert len(short) <= most
    if len(marked) > most:
        assert re.search(r"… \(\+\d+ more\)$", short)
    assert short.count("<") == short.count(">")
    assert re.sub(r"&(amp|lt|gt);", "", short).count("&") == 0


@given(NASTY, st.integers(20, 200))
def test_the_output_of_a_program_keeps_its_end(text: str, most: int) -> None:
    block = escape.code(text, most)
    if block:
        assert block.startswith("```\n")
        assert block.endswith("\n```")
        assert block.count("```") == 2
        assert len(block) <= most + 40


IDS = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,39}", fullmatch=True)


@given(
    st.from_regex(r"D[0-9]{1,6}", fullmatch=True),
    IDS,
    IDS,
    st.integers(0, 9999),
    st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
)
def test_a_button_carries_ids_and_is_small(d: str, s: str, i: str, r: int, e: str) -> None:
    value = Value(d, f"{s}.100.bake", i, r, e)
    assert len(value.text()) <= MOST
    assert read(value.text()) == value


def test_a_menu_entry_fits_slacks_150_characters() -> None:
    assert len(Value("D999999", "s" * 40 + ".100.bake", v="ev").text()) <= 150


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"d":""}', '{"d":1}', '{"d":"D1","x":"1"}', '{"d":"D1","r":"1"}', '{"d":"D1","r":true}', '{"d":"D1","s":1}', "null", "{" * 100, '{"d":"' + "D" * 300 + '"}'],
)  # fmt: skip
def test_a_value_that_is_none_of_ours_is_nothing(text: str) -> None:
    assert read(text) is None


@given(st.text(max_size=250))
def test_no_value_raises(text: str) -> None:
    read(text)
