"""A command line is read as its writer meant it, whatever the phone, the Mac and Slack made of it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.words import MOST, Line, nearest, read
from core.errors import Refused


def kinds(line: Line) -> list[tuple[str, str, str]]:
    return [(token.kind, token.name, token.text) for token in line.tokens]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("start ion version=v1", [("word", "", "start"), ("word", "", "ion"), ("pair", "version", "v1")]),
        ("start at=“2025-10-22 14:00”", [("word", "", "start"), ("pair", "at", "2025-10-22 14:00")]),
        ("start at='2025-10-22 14:00'", [("word", "", "start"), ("pair", "at", "2025-10-22 14:00")]),
        ("start at=‘tomorrow 14:00’ x", [("word", "", "start"), ("pair", "at", "tomorrow 14:00"), ("word", "", "x")]),
        ("—dry-run", [("flag", "dry-run", "—dry-run")]),
        ("––dry-run", [("flag", "dry-run", "––dry-run")]),
        ("--dry-run", [("flag", "dry-run", "--dry-run")]),
        ("it broke — badly", [("word", "", "it"), ("word", "", "broke"), ("word", "", "—"), ("word", "", "badly")]),
        ("assign\u00a0qa-lead\u2003<@U0ANA|ana>", [("word", "", "assign"), ("word", "", "qa-lead"), ("person", "", "U0ANA")]),
        ("assign qa <@U0ANA> <@W0BO|bo.b>", [("word", "", "assign"), ("word", "", "qa"), ("person", "", "U0ANA"), ("person", "", "W0BO")]),
        ("\u200bstart\ufeff io\u200bn", [("word", "", "start"), ("word", "", "ion")]),
        ("see <#C0DEP|deployment>", [("word", "", "see"), ("word", "", "#deployment")]),
        ("host=<http://example.com|example.com>", [("pair", "host", "example.com")]),
        ("ticket=<https://t.example/1|the ticket>", [("pair", "ticket", "the ticket (https://t.example/1)")]),
        ("a&lt;b &amp; c", [("word", "", "a<b"), ("word", "", "&"), ("word", "", "c")]),
        ('"half open', [("word", "", '"half'), ("word", "", "open")]),
        ("<half", [("word", "", "<half")]),
        ("시작 ion 버전", [("word", "", "시작"), ("word", "", "ion"), ("word", "", "버전")]),
        ("", []),
        ("   ", []),
    ],
)  # fmt: skip
def test_lines(typed: str, meant: list[tuple[str, str, str]]) -> None:
    assert kinds(read(typed)) == meant


@pytest.mark.parametrize(
    ("typed", "skipped", "reason"),
    [
        ("pause p95=600ms on node 3", 1, "p95=600ms on node 3"),
        ("pause “database is slow”", 1, "database is slow"),
        ('pause "a" and "b"', 1, '"a" and "b"'),
        ("pause don’t know — ask <@U1|ana>", 1, "don't know — ask @ana"),
        ("pause", 1, ""),
        ("pause   spaced    out", 1, "spaced out"),
        ("pause line one\nline two", 1, "line one line two"),
        ("abort &lt;!channel&gt; wake up", 1, "<!channel> wake up"),
    ],
)
def test_reasons_are_kept_as_they_were_typed(typed: str, skipped: int, reason: str) -> None:
    assert read(typed).after(skipped) == reason


def test_an_id_can_be_taken_off_the_end() -> None:
    line = read("pause the database is slow D42")
    shorter = line.without(line.tokens[-1])
    assert shorter.after(1) == "the database is slow"
    assert line.without(*line.tokens).text == ""


@pytest.mark.parametrize("typed", ["a\x00b", "a\x07", "\x1b[31mred", "x\x85y"[:1] + "\x9b"])
def test_control_characters_are_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        read(typed)
    assert refused.value.key == "control-characters"


def test_three_thousand_characters_are_read_and_more_are_refused() -> None:
    assert len(read("x " * (MOST // 2)).tokens) == MOST // 2
    with pytest.raises(Refused) as refused:
        read("x" * (MOST + 1))
    assert refused.value.key == "too-long"
    assert refused.value.args_["most"] == MOST


@pytest.mark.parametrize(
    ("word", "near"), [("statsu", "status"), ("chekclist", "checklist"), ("xyzzy", ""), ("RESUM", "resume")]
)
def test_the_nearest_word(word: str, near: str) -> None:
    assert nearest(word, ("start", "status", "checklist", "resume", "pause")) == near


@given(st.text(max_size=400))
@example("=“")
@example("<@|>")
@example('a="')
@example("'='")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        line = read(text)
    except Refused as refused:
        if refused.key in ("control-characters", "too-long"):
            return
        raise
    assert all(token.text == token.text.strip() for token in line.tokens)
    for token in line.tokens:
        assert all(unicodedata.category(sign) not in ("Cc", "Cs") for sign in token.text)
    assert line.after(0) is not None


NAME = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
VALUE = st.text(st.characters(categories=("L", "N"), exclude_characters="‘’“”"), min_size=1, max_size=12)


@given(words=st.lists(NAME, max_size=4), pairs=st.dictionaries(NAME, VALUE, max_size=4), spaced=st.booleans())
def test_what_is_written_plainly_is_read_back(words: list[str], pairs: dict[str, str], spaced: bool) -> None:
    quote = "“%s x”" if spaced else "%s"
    line = read(" ".join([*words, *(f"{name}={quote % value}" for name, value in pairs.items())]))
    assert line.words == tuple(words)
    assert dict(line.pairs) == {name: f"{value} x" if spaced else value for name, value in pairs.items()}
