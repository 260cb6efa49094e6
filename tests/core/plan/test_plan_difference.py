"""What one version of a plan changes against another: everything is said, and what is riskier is called so."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import factories
import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import texts
from commands.plan_difference import grouped, sentence, summary
from commands.telling import Voice
from core.plan.difference import Change, changes, difference
from core.plan.runbook import read_runbook
from core.plan.weighing import weighed

ION = (Path(__file__).parents[3] / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8")
WHOLE = Path(__file__).parents[3] / "docs" / "plan.md"


def between(*edits: tuple[str, str], text: str = factories.PLAN) -> tuple[Change, ...]:
    """The differences that edits of the small plan make."""
    new = text
    for old, put in edits:
        assert old in new, old
        new = new.replace(old, put, 1)
    return difference(read_runbook(text), read_runbook(new))


def said(found: tuple[Change, ...], language: str = "en") -> list[str]:
    return [sentence(one, Voice(language, plain=True)) for one in found]


def first_difference(old: str, new: str) -> int:
    """The line, from 1, in which two texts begin to differ."""
    both = zip(old.split("\n"), new.split("\n"), strict=False)
    return next(number for number, (one, other_) in enumerate(both, 1) if one != other_)


@pytest.mark.parametrize(
    ("edit", "sentence_", "weight"),
    [
        (("errors, below: 1%", "errors, below: 0.5%"), "The limit of 'errors' in gate 'canary' went from 1 % to 0.5 %: stricter.", "safer"),
        (("p95, below: 500ms", "p95, below: 0.6s"), "The limit of 'p95' in gate 'canary' went from 500 ms to 0.6 s: looser.", "riskier"),
        (("streak: 3", "streak: 5"), "The rule on 'errors below' in gate 'canary' acts after 5 bad windows in a row instead of 3.", "riskier"),
        (("streak: 3, then: rollback", "streak: 3, then: call"), "A broken rule on 'errors below' in gate 'canary' now means call instead of rollback.", "riskier"),
        (("every: 1m\n    rules", "every: 5m\n    rules"), "Gate 'canary' looks every 5m instead of every 1m.", "riskier"),
        (("      - {metric: memory, below: 85%, streak: 2, then: observe}\n", ""), "Gate 'canary' has no rule on 'memory below' any more.", "riskier"),
        (("for: 30m", "for: 10m"), "The time under traffic in 'bake' went from 30m to 10m.", "riskier"),
        (("to: 5,", "to: 25,"), "Step 'first' gives the canary 25 % of the traffic instead of 5 %.", "riskier"),
        (("roles: [approver]}", "roles: [approver, deployer]}"), "'signed' is signed by approver, deployer; it was approver.", "safer"),
        (("ko: 시작}, by: [approver]", "ko: 시작}, by: [deployer]"), "'begin' is answered by deployer; it was approver.", "other"),
        (("title: {en: Bake, ko: 유지}", "title: {en: Baking, ko: 유지}"), "`steps.bake.title` is called “Baking” now; it was “Bake”.", "other"),
        (("      - bake: {id: bake, title: {en: Bake, ko: 유지}, for: 30m}\n", ""), "Step 'bake' (bake) is gone.", "riskier"),
        (("      - bake:", "      - report: {id: half, title: Half}\n      - bake:"), "Step 'half' (report) is new, after 'first'.", "safer"),
        (("            - {id: people, title: {en: Everybody is here, ko: 모두 참석}, role: deployer}\n", ""), "Item 'people' in 'ready' is gone.", "riskier"),
        (("    at: T0\n", "    at: T+5m\n"), "Phase 'rollout' begins at T+5m instead of T0.", "other"),
        (("starters: [deployer]\n", "starters: [deployer]\nfour-eyes: false\n"), "Whether GO needs a second pair of eyes went from true to false.", "riskier"),
        (("within: 5m}\n  - {tier: 2", "within: 15m}\n  - {tier: 2"), "Tier 1 is given 15m to answer instead of 5m.", "riskier"),
        (("reads: 2", "reads: 3"), "A rollback is proved by 3 reads instead of 2.", "safer"),
        (("example: v7", "example: v8"), "`inputs.version.example` went from v7 to v8.", "other"),
        (('url: "${API_URL}"', 'url: "${API_URL}", timeout: 9s'), "`sources.api.http.timeout` went from 5s to 9s.", "other"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_peoples_words(edit: tuple[str, str], sentence_: str, weight: str) -> None:
    found = between(edit)
    line = first_difference(factories.PLAN, factories.PLAN.replace(*edit, 1))
    assert said(found) == [f"{sentence_} (line {line})"]
    assert found[0].weight == weight
    assert texts.CATALOGUES["ko"].get(f"diff.{found[0].key}"), "in both languages"


def test_growth_in_another_unit_is_still_compared() -> None:
    text = factories.PLAN.replace(
        "p95, below: 500ms", "wait, growth-below: 20 ms/h, then: observe}\n      - {metric: p95, below: 500ms"
    ).replace("metrics:\n", "metrics:\n  wait: {title: Wait, source: api, get: /w, gauge: w, unit: ms}\n", 1)
    looser = text.replace("20 ms/h", "0.03 s/h")
    assert [one.weight for one in difference(read_runbook(text), read_runbook(looser))] == ["riskier"]
    assert [one.weight for one in difference(read_runbook(looser), read_runbook(text))] == ["safer"]


def test_a_step_that_moves_is_one_change() -> None:
    bake = "      - bake: {id: bake, title: {en: Bake, ko: 유지}, for: 30m}\n"
    half = "      - report: {id: half, title: Half}\n"
    text = factories.PLAN.replace(bake, bake + half)
    found = difference(read_runbook(text), read_runbook(factories.PLAN.replace(bake, half + bake)))
    assert len(found) == 1
    assert said(found)[0].startswith(
        ("Step 'half' now comes after 'first'.", "Step 'bake' now comes after 'half'.")
    )


def test_what_is_riskier_comes_first() -> None:
    found = between(
        ("example: v7", "example: v8"), ("errors, below: 1%", "errors, below: 0.5%"), ("for: 30m", "for: 10m")
    )
    assert list(grouped(found)) == ["riskier", "safer", "other"]
    assert summary(found, Voice("en")) == "Changes: 3 (1 riskier, 1 safer, 1 other)"
    assert summary(found, Voice("ko")) == "변경 3건(더 위험 1, 더 안전 1, 기타 1)"
    assert summary((), Voice("ko")) == "두 계획의 내용이 같습니다."


def test_other_spelling_is_no_change() -> None:
    text = (
        factories.PLAN.replace("below: 1%", "below: '1 %'")
        .replace("for: 30m", "for: 0.5h")
        .replace("format: 1", "# hello\nformat: 1")
    )
    assert difference(read_runbook(factories.PLAN), read_runbook(text)) == ()
    assert difference(read_runbook(ION), read_runbook(ION)) == ()


def test_every_sentence_a_change_may_get_exists() -> None:
    known = {key.removeprefix("diff.") for key in texts.CATALOGUES["en"] if key.startswith("diff.")}
    for path in (
        ("gates", "g", "rules", "errors below"),
        ("steps", "s", "confirm", 0),
        ("rollback", "healthy", 1),
        ("playbooks", "p"),
    ):
        for kind in ("added", "removed"):
            assert weighed(kind, path, None, {}).key in known


# ------------------------------------------------------------------------------------------- nothing is left unsaid

DATA: dict[str, Any] = read_runbook(ION).plan.model_dump(mode="json", by_alias=True)


def leaves(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything that is no mapping and no list of mappings."""
    if isinstance(part, dict):
        return [leaf for key, inner in part.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(part, list) and any(isinstance(one, dict) for one in part):
        return [leaf for index, inner in enumerate(part) for leaf in leaves(inner, (*path, index))]
    return [path]


LEAVES = [leaf for leaf in leaves(DATA) if leaf[-1] != "id"]


@settings(max_examples=draws(300), deadline=None)
@given(leaf=st.sampled_from(LEAVES), how=st.sampled_from(["other", "gone", "list"]))
def test_every_change_of_a_field_is_said_somewhere(leaf: tuple[Any, ...], how: str) -> None:
    new = copy.deepcopy(DATA)
    place = new
    for part in leaf[:-1]:
        place = place[part]
    old = place[leaf[-1]]
    place[leaf[-1]] = {"other": other(old), "gone": "x" if old is None else None, "list": ["x", "y"]}[how]
    found = changes(DATA, new)
    naming = leaf[-1] in ("tier", "weight", "metric", "below", "above", "growth-below")
    if naming or "required" in leaf:
        assert found, "what names an entry makes another entry of it"
    else:
        assert len(found) == 1, [one.path for one in found]
    for one in found:
        judged = weighed(one.kind, one.path, one.old, one.new)
        told = Change(
            one.kind, one.path, one.old, one.new, 1, judged.key, tuple(judged.words.items()), judged.better
        )
        for language in ("en", "ko"):
            text = sentence(told, Voice(language, plain=True))
            assert "{" not in text.replace("${", "").replace('{"', "") or isinstance(one.new or one.old, dict)
            assert len(text) > 8
    assert changes(DATA, copy.deepcopy(DATA)) == []
    assert changes(new, DATA) != [], "and the way back is said too"


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return [*value, "z"] if isinstance(value, list) else f"{value or ''}z"
