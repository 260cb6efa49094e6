"""The demo's scripts as anybody runs them: a process, a transcript, the verdict on the last line, the exit status.

The long ones run with the real programs (make test-services), so that make test stays short.
Not here: what the messages look like (tests/commands), or the page (tests/sandbox/page).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 150


def captain(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.mark.services
def test_happy_ends_in_go() -> None:
    played = captain("demo", "--script", "happy")
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr
    lines = played.stdout.splitlines()
    assert lines[-1] == "verdict: GO"
    confirmed = [line for line in lines if "fresh read confirms" in line]
    stages = (" 5 %", " 10 %", " 50 %", ("100 %", "all of the traffic"))
    for stage, line in zip(stages, confirmed, strict=True):
        assert any(words in line for words in ([stage] if isinstance(stage, str) else stage)), line


@pytest.mark.services
def test_sick_is_rolled_back_by_itself() -> None:
    played = captain("demo", "--script", "sick")
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr
    text = played.stdout
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    assert "The evidence is enough" in text
    assert text.count("a fresh read says 0 %") == 2
    order = ["ROLLING BACK", "a fresh read says 0 %", "the final verdict is ROLLBACK"]
    assert sorted(order, key=text.index) == order
    assert "you are called" in text


@pytest.mark.services
def test_sick_ends_the_same_when_the_bot_is_killed_in_mid_canary() -> None:
    played = captain("demo", "--script", "sick", "--kill")
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr
    assert "the bot is killed (SIGKILL)" in played.stdout
    assert "was away for 7 min" in played.stdout
    assert played.stdout.splitlines()[-1] == "verdict: ROLLBACK"


@pytest.mark.services
def test_sick_fails_when_the_threshold_is_taken_out_of_the_plan(tmp_path: Path) -> None:
    """The script proves something: without the plan's limits the sick canary goes all the way."""
    text = (ROOT / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8")
    for limit in (
        "errors, below: 1%",
        "p95, below: 500ms",
        "p50, below: 300ms",
        "p99, below: 800ms",
        "recommendation, below: 100ms",
    ):
        metric, _, value = limit.partition(", below: ")
        text = text.replace(
            f"metric: {metric}, below: {value}",
            f"metric: {metric}, below: {'100%' if value.endswith('%') else '60s'}",
        )
    text = text.replace("decide-by: either", "decide-by: streak")  # the stable side alone would give it away
    (tmp_path / "ion-deployment-day.yml").write_text(text, encoding="utf-8")
    played = captain("demo", "--script", "sick", "--plans", str(tmp_path))
    assert played.returncode == 1, played.stdout[-2000:]
    assert played.stdout.splitlines()[-1] != "verdict: ROLLBACK"
    assert "should have ended in ROLLBACK" in played.stderr


@pytest.mark.parametrize("arguments", [["demo", "--script", "merry"], ["plan"], ["fly"]])
def test_a_wrong_command_line_is_told_the_right_one(arguments: list[str]) -> None:
    told = captain(*arguments)
    assert told.returncode == 2
    assert "usage: captain" in told.stderr
