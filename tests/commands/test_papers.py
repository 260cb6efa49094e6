"""Markdown of papers: what people and programs wrote stays what it is, and tables and fences stay whole.

Not here: what stands in a paper (tests/scenarios/test_records.py).
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.papers import markdown

NASTY = st.text(alphabet="ab \\`*_[]<>|~&#-+=.)(1!\n\t$", max_size=60)


def unescaped(text: str) -> str:
    """As a reader of CommonMark takes a backslash before a sign."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@given(NASTY)
def test_text_is_itself_again_and_on_one_line(text: str) -> None:
    written = markdown.inline(text)
    assert "\n" not in written
    assert unescaped(written) == " ".join(text.split())


@given(NASTY)
def test_no_sign_of_markdown_is_left_bare(text: str) -> None:
    written = markdown.inline(text)
    bare = re.sub(r"\\.", " ", written)
    assert not re.search(r"[`*\[\]<>|&]|~~", bare)


@pytest.mark.parametrize(
    "line", ["# no heading", "- no item", "1. no number", "--- no rule", "+ no item", "=== x"]
)
def test_a_line_begins_nothing(line: str) -> None:
    assert re.match(r"(?:\\|\d+\\)", markdown.inline(line))


@given(st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=5))
def test_a_table_has_as_many_cells_in_every_row(rows: list[tuple[str, str]]) -> None:
    lines = markdown.table(
        ["a", "b"], [(markdown.inline(one), markdown.inline(other)) for one, other in rows]
    )
    assert len(lines) == len(rows) + 2
    for line in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 3


@given(NASTY)
def test_output_cannot_close_its_fence(text: str) -> None:
    lines = markdown.fenced(text)
    fence = lines[-1]
    assert set(fence) == {"`"}
    assert all(fence not in line for line in lines[1:-1])


def test_an_empty_table_is_nothing() -> None:
    assert markdown.table(["a"], []) == []
    assert markdown.document([["# a"], [], ["b"]]) == "# a\n\nb\n"
