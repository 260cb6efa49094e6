"""Four runbooks as anybody plays them: a process, from the first hour to the last, well and sick, in English and Korean.

They run with the real programs (make test-services), in their quick form: time jumps over the looks of a watch. make runbooks
plays every look of every plan. Not here: what a plan must say (tests/plans), or the day of ion-api (test_scripts).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 300

pytestmark = pytest.mark.services


def played(plan: str, script: str, *more: str) -> str:
    """The transcript of a run that ended as its world says it must."""
    run = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--plan", plan, "--script", script, "--quick", *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr
    return run.stdout


def in_order(text: str, *parts: str) -> None:
    """Each part stands in the text, behind the one before."""
    place = 0
    for part in parts:
        found = text.find(part, place)
        assert found >= 0, f"{part!r} does not come after place {place}"
        place = found + len(part)


def test_the_matching_engine_goes_from_the_preparation_to_the_final_approval() -> None:
    text = played("matching-engine", "happy")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(
        text,
        "11 alert rules are loaded",
        *(f"“shard-{number} (" for number in (1, 2, 3)),
        *(f"a fresh read confirms {share} %" for share in (5, 25, 50)),
        "The bot verified “Order throughput is at the baseline or above”",
        "The bot verified “BTCUSDT goes to shard-1”",
        "deployment/backend-legacy in backend is deleted",
        *(f"D+{day}”" for day in range(1, 8)),
        "“Final approval on D+7” is signed",
    )
    assert "could not confirm" not in text


def test_a_sick_matching_engine_is_rolled_back_when_a_person_accepts() -> None:
    text = played("matching-engine", "sick")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    in_order(
        text,
        "orders that go to the shards begin to fail",
        "Ops Lead types /rollback",
        "SHARDING_ENABLED].value: true -&gt; false",
        "“Restart the backend” done",
        "“Wait until the backend is rolled out” done",
        "“The consumers of the legacy topic” done",
        "a fresh read says 0 %",
        "the final verdict is ROLLBACK",
        "“After the rollback” is complete (items: 5)",
    )
    assert "The bot verified “Sharding is off”" in text
    assert re.search(r"A ticket is open for .*https://", text)


def test_the_knowledge_database_goes_from_its_lists_to_the_month_after() -> None:
    text = played("knowledge-database", "happy", "--language", "ko")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(text, "체크리스트 승인", "Terraform 적용", "보안 헤더 존재", "1일차", "1주차", "1개월차")


def test_a_knowledge_database_that_fails_its_verification_is_rolled_back() -> None:
    text = played("knowledge-database", "sick")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    in_order(
        text,
        "the new version will be slow",
        "GitCode types /rollback verification failed",
        "“Roll the application back” done",
        "“Smoke test” done",
        "the final verdict is ROLLBACK",
        "“After the rollback” is complete (items: 6)",
    )
    assert "The bot verified “The version before is running”" in text


def test_phase_four_goes_from_three_days_before_to_the_verdict_of_the_seventh_day() -> None:
    text = played("phase4-canary", "happy")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(
        text,
        "“Test messages go out”",
        "“Nothing is open” is complete (items: 4)",
        "a fresh read confirms 5 %",
        "“Declared a success?”",
        *(f"D+{day}" for day in range(1, 3)),
        "“Check of 48 hours” is complete",
        *(f"D+{day}" for day in range(3, 7)),
        "“Check of seven days” is complete",
        "the final verdict is GO",
    )
    assert "could not confirm" not in text


def test_a_sick_phase_four_is_rolled_back_by_the_bot() -> None:
    text = played("phase4-canary", "sick", "--language", "ko")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    assert text.count("0 %로 읽힌 횟수") == 2


def test_readiness_goes_from_the_board_to_month_two() -> None:
    text = played("ion-readiness", "happy")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(text, "“What GO needs”", "“Targets under load” is complete (items: 6)", "“All traffic to green”", "D+1", "month 2", "the final verdict is GO")  # fmt: skip


def test_a_sick_green_is_taken_back() -> None:
    text = played("ion-readiness", "sick")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
