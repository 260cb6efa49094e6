"""Every sentence exists in both languages with the same words, and every key the rules and the drawings use has a sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import texts
from commands.texts import en, ko
from commands.texts.particles import settle

ROOT = Path(__file__).parents[2]
CORE, COMMANDS, STORAGE = ROOT / "core", ROOT / "commands", ROOT / "storage"
SAYING = {"say", "tell"}


@cache
def calls(folder: Path) -> tuple[tuple[Path, ast.Call, str], ...]:
    """Every call under a folder with the last part of what is called."""
    return tuple(_calls(folder))


def _calls(folder: Path) -> Iterator[tuple[Path, ast.Call, str]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                yield path, node, name


def argument(call: ast.Call, position: int, name: str = "") -> list[str]:
    """The literal texts an argument may be: a constant, or both arms of a conditional."""
    found = next((k.value for k in call.keywords if k.arg == name), None)
    node = found or (call.args[position] if len(call.args) > position else None)
    arms = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return [arm.value for arm in arms if isinstance(arm, ast.Constant) and isinstance(arm.value, str)]


# What a call of the rules names: (function, where the key stands, the keyword it may stand under, the sentences it needs).
NAMING: tuple[tuple[str, int, str, tuple[str, ...]], ...] = (
    ("Refused", 0, "key", ("refused.",)),
    ("fact", 0, "", ("fact.",)),
    ("note", 0, "", ("fact.",)),
    ("Fact", 0, "key", ("fact.",)),
    ("_said", 1, "", ("fact.",)),
    ("hold", 3, "key", ("hold.", "fact.held-")),
    ("call", 2, "key", ("page.",)),
    ("failed", 2, "key", ("hold.", "page.", "fact.held-")),
    ("begin", 9, "key", ("rollback.", "fact.rollback-")),
)


def keys_of_the_rules() -> set[str]:
    """refused.*, fact.*, hold.*, page.* and rollback.* as the rules name them."""
    found: set[str] = set()
    for folder in (CORE, STORAGE, COMMANDS):
        for _, call, name in calls(folder):
            for function, position, keyword, prefixes in NAMING:
                if name == function and (folder is CORE or function == "Refused"):
                    found |= {
                        prefix + key for key in argument(call, position, keyword) for prefix in prefixes
                    }
    return found


# Keys that a rule puts together at run time: an f-string or a variable, which the scan above cannot read.
COMPOSED = {
    *(f"fact.signed-{mark}" for mark in ("approve", "reject", "withdraw")),
    *(f"{kind}{key}" for key in ("trigger", "person", "rule", "no-go") for kind in ("rollback.", "fact.rollback-")),
    *(f"{kind}{key}" for key in ("no-go", "decision") for kind in ("hold.", "fact.held-")),
    "fact.item-done",
    "fact.item-not-applicable",
}  # fmt: skip


def test_both_catalogues_have_the_same_keys() -> None:
    assert set(en.CATALOGUE) == set(ko.CATALOGUE)


def test_both_languages_use_the_same_words() -> None:
    differing = {
        key: (english, korean)
        for key in en.CATALOGUE
        if (english := texts.placeholders(en.CATALOGUE[key]))
        != (korean := texts.placeholders(ko.CATALOGUE[key]))
    }
    assert differing == {}


def test_every_key_of_the_rules_has_a_sentence() -> None:
    needed = keys_of_the_rules() | COMPOSED
    assert len(needed) > 120, "the scan has gone blind"
    assert sorted(key for key in needed if not texts.known(key)) == []


def test_every_refusal_and_fact_in_the_catalogue_is_used() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8") for folder in (CORE, COMMANDS, STORAGE) for path in folder.rglob("*.py")
        if "texts" not in path.parts
    )  # fmt: skip
    derived = re.compile(r"fact\.(held|rollback|signed)-")
    kept = (
        key
        for key in en.CATALOGUE
        if key.startswith(("refused.", "fact.", "hold.", "page.")) and not derived.match(key)
    )
    assert [
        key for key in kept if f'"{key.partition(".")[2]}"' not in source and f'"{key}"' not in source
    ] == []


def test_every_key_of_the_drawings_has_a_sentence() -> None:
    used = {
        key
        for _, call, name in calls(COMMANDS)
        if name in SAYING
        for key in argument(call, 0)
        if re.fullmatch(r"[a-z-]+\.[a-z.-]*", key)
    }
    assert len(used) > 150, "the scan has gone blind"
    assert sorted(key for key in used if not texts.known(key)) == []


def test_a_drawing_gives_every_word_its_sentence_needs() -> None:
    lacking = []
    for path, call, name in calls(COMMANDS):
        if name != "say" or any(keyword.arg is None for keyword in call.keywords):
            continue
        given_words = {keyword.arg for keyword in call.keywords}
        for key in argument(call, 0):
            needed = texts.placeholders(en.CATALOGUE.get(key, ""))
            lacking += [(path.name, key, word) for word in needed - given_words]
    assert lacking == []


COMPOSED_WORDS = {"figures", "noted", "did_you_mean", "when", "reasoned", "share", "advised"}
"""Words that the telling puts together from others; each is tested where it is told."""


def test_the_rules_give_every_word_their_sentences_need() -> None:
    lacking = []
    for folder in (CORE, STORAGE, COMMANDS):
        for path, call, name in calls(folder):
            prefix = {"Refused": "refused.", "fact": "fact.", "note": "fact."}.get(name)
            if prefix is None or any(keyword.arg is None for keyword in call.keywords):
                continue
            given_words = {keyword.arg for keyword in call.keywords} | COMPOSED_WORDS
            for key in argument(call, 0):
                needed = texts.placeholders(en.CATALOGUE.get(prefix + key, ""))
                lacking += [(path.name, key, word) for word in needed - given_words]
    assert lacking == []


def test_sentences_have_no_emoji_for_a_state_and_no_exclamation() -> None:
    shouting = [
        key
        for language in (en, ko)
        for key, text in language.CATALOGUE.items()
        if re.search(r"[✅❌🔴🟢⚠🚀!]", text)
    ]
    assert shouting == []


def test_what_is_bold_ends_before_a_space_or_a_sign() -> None:
    """Slack shows the asterisks of *bold* when a letter follows, as Korean particles do."""
    bare = [
        key
        for language in (en, ko)
        for key, text in language.CATALOGUE.items()
        if re.search(r"(?<![\w*])\*[^*\s][^*\n]*\*(?=\w|\([가-힣]\))", text)
    ]
    assert bare == []


def test_korean_sentences_are_korean() -> None:
    same = [
        key
        for key, text in ko.CATALOGUE.items()
        if text == en.CATALOGUE[key]
        and re.search("[a-z]{4,}", re.sub(r"\{\w+\}|`[^`]*`", "", text))
        and "Deploy Captain" not in text
    ]
    assert same == []


def test_a_missing_key_or_word_never_raises() -> None:
    assert texts.say("refused.nobody-wrote-this", "ko", by="U1") == "nobody wrote this (by: U1)"
    assert texts.say("refused.not-held", "fr") == en.CATALOGUE["refused.not-held"]
    assert "–" in texts.say("refused.already-held", "en", by="U1")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("점검표을(를) 열었습니다", "점검표를 열었습니다"),
        ("승인을(를)", "승인을"),
        ("“롤백”이(가)", "“롤백”이"),
        ("*배포*은(는)", "*배포*는"),
        ("GO(으)로", "GO로"),
        ("HOLD(보류)(으)로", "HOLD(보류)로"),
        ("GO(진행)(으)로", "GO(진행)으로"),
        ("D42(으)로", "D42로"),
        ("D43(으)로", "D43으로"),
        ("D47(으)로", "D47로"),
        ("<@U1> 님이(가)", "<@U1> 님이"),
        ("10분이(가)", "10분이"),
        ("ion-api은(는) 승인과(와) 표과(와)", "ion-api는 승인과 표와"),
        ("", ""),
    ],
)  # fmt: skip
def test_particles(written: str, read: str) -> None:
    assert settle(written) == read


@given(st.text())
def test_particles_never_change_other_text(text: str) -> None:
    if "(" not in text:
        assert settle(text) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.1 + 0.2, "0.3"), (8.333333, "8.33"), (12.0, "12"), (1240.4, "1,240"), (0.004, "0.004"), (-3.5, "-3.5"), (39.4737, "39.5"), (99.94, "99.94"), (98.94, "98.9"), (99.995, "99.995"), (0.95, "0.95")],
)  # fmt: skip
def test_numbers(value: float, shown: str) -> None:
    assert texts.number(value) == shown
