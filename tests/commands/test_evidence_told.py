"""What people read of the evidence: every reason in both languages, figures that agree with the finding, `/gate explain`, score and n/a."""

from __future__ import annotations

import re

import pytest
from pure_world import PureWorld, at, clock

from commands import texts
from commands.blocks import draw, explain
from commands.blocks.kit import Drawn
from commands.gate import explained, gate_status
from commands.sentences import because, certainty
from commands.telling import voice
from core.errors import Refused
from core.report import summarise
from core.verdict import english
from sandbox.slack.blockkit import check_blocks

RAW = re.compile(r"\{\w+\}|None\b|nan|0\.30000")


def said(drawn: Drawn) -> str:
    parts = [drawn.text]
    for block in drawn.blocks:
        parts += [text["text"] for text in (block.get("text"), *block.get("fields", ()), *block.get("elements", ())) if isinstance(text, dict) and isinstance(text.get("text"), str)]  # fmt: skip
    return "\n".join(parts)


@pytest.fixture(scope="module")
def well() -> PureWorld:
    return at("14:40")


@pytest.fixture(scope="module")
def ill() -> PureWorld:
    world = at("14:40")
    world.service.error_share = 0.018
    world.run(clock("14:52"))
    return world


@pytest.mark.parametrize("key", sorted(english.TEXTS))
def test_every_reason_of_the_engine_has_a_sentence(key: str) -> None:
    assert texts.known(f"because.{key}")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_explain_shows_the_arithmetic_of_every_metric(ill: PureWorld, language: str) -> None:
    speaking = voice(ill.deployment, ill.now, language)
    drawn = explain.draw(ill.deployment, "", speaking)
    check_blocks(drawn.blocks)
    shown = said(drawn)
    assert not RAW.search(shown), shown
    verdict = summarise(ill.deployment, ill.now).weighed
    assert verdict is not None
    for metric in explain.metrics(ill.deployment):
        assert speaking.metric(metric) in shown
    for finding in verdict.findings:
        if finding.needed is not None and finding.total:
            assert f"{finding.needed:,.0f}" in shown
    assert f"{verdict.score.value}" in shown
    assert f"{verdict.score.used:.2f}" in shown
    assert f"{verdict.score.knowledge:.2f}" in shown


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Against the stable side",
                "Streak 2 of 3",
                "GO tolerates",
                "Read from api",
                "tracks.$track.errors",
            ],
        ),
        (
            "ko",
            [
                "기존 버전 대비",
                "연속 2회, 기준 3회",
                "GO가 허용하는 비율",
                "api에서 읽음",
                "tracks.$track.errors",
            ],
        ),
    ],
)
def test_explain_of_one_metric_has_its_query_and_all_its_reasons(
    ill: PureWorld, language: str, expected: list[str]
) -> None:
    speaking = voice(ill.deployment, ill.now, language)
    _, blocks = explained(ill.deployment, "errors", speaking)
    shown = said(Drawn("", blocks))
    assert [words for words in expected if words not in shown] == []
    assert speaking.metric("memory") not in shown
    verdict = summarise(ill.deployment, ill.now).weighed
    assert verdict is not None
    for reason in verdict.findings[0].reasons:
        assert because(reason.key, reason.words, speaking) in shown


def test_a_metric_the_gate_does_not_weigh_is_refused_with_those_it_does(well: PureWorld) -> None:
    with pytest.raises(Refused) as refused:
        explained(well.deployment, "erors", voice(well.deployment, well.now))
    told = voice(well.deployment, well.now).tell(f"refused.{refused.value.key}", refused.value.args_)
    assert "“erors”" in told
    assert "errors, p95, memory" in told
    assert "Did you mean “errors”?" in told


@pytest.mark.parametrize("language", ["en", "ko"])
def test_status_and_reports_have_verdict_score_and_one_sentence(well: PureWorld, language: str) -> None:
    speaking = voice(well.deployment, well.now, language)
    summary = summarise(well.deployment, well.now, "now")
    assert summary.weighed is not None
    reason = summary.weighed.reasons[0]
    sentence, score = because(reason.key, reason.words, speaking), f"{summary.weighed.score.value}/100"
    _, blocks = gate_status(well.deployment, speaking)
    shown = [said(Drawn("", blocks))]
    for kind in ("brief", "full"):
        words = (("kind", kind),)
        shown.append(said(draw("report", well.deployment, words=words, now=well.now, language=language)))
    for one in shown:
        assert score in one
        assert sentence in one
    assert score in said(draw("card", well.deployment, now=well.now, language=language))


def test_the_sentence_and_the_figures_agree(ill: PureWorld) -> None:
    speaking = voice(ill.deployment, ill.now, "en")
    verdict = summarise(ill.deployment, ill.now).weighed
    assert verdict is not None
    finding = verdict.findings[0]
    worse = next(reason for reason in finding.reasons if reason.key == "perhaps-worse")
    told = because(worse.key, worse.words, speaking)
    assert f"{worse.words['bad']:.1f} bad in {worse.words['total']:.0f} canary requests" in told
    assert certainty(1.0 - 1.0 / finding.evidence, speaking) in told
    assert f"against {worse.words['control_bad']:.0f} in {worse.words['control_total']:,.0f}" in told


@pytest.mark.parametrize(("evidence", "shown"), [(1e12, "99.99 %"), (286.0, "99.65 %"), (10.0, "90 %")])
def test_nothing_is_ever_entirely_sure(evidence: float, shown: str) -> None:
    world = at("14:40")
    assert certainty(1.0 - 1.0 / evidence, voice(world.deployment, world.now)) == shown


@pytest.mark.parametrize(("language", "expected"), [("en", "score n/a"), ("ko", "점수 n/a")])
def test_where_nothing_is_known_the_score_is_not_available(language: str, expected: str) -> None:
    world = at("14:31")
    world.service.down = True
    world.run(clock("14:41"))
    shown = said(
        draw("report", world.deployment, words=(("kind", "full"),), now=world.now, language=language)
    )
    assert expected in shown
    assert "100/100" not in shown


def test_a_held_streak_is_told_with_what_held_it() -> None:
    world = at("14:30")
    world.service.error_share = world.service.stable_errors = 0.2
    world.run(clock("14:46"))
    fact = next(fact for _, fact in world.facts if fact.key == "held-streak-shared")
    english_told = voice(world.deployment, world.now, "en").tell("fact.held-streak-shared", fact.words)
    assert "3 in a row, but the stable side fails as often: held, people are called." in english_told
    assert "기존 버전도 똑같이 실패" in voice(world.deployment, world.now, "ko").tell(
        "fact.held-streak-shared", fact.words
    )
