"""The ten scripts as anybody plays them with `captain demo --quick`: every runbook from its first hour to its last, well and sick, in
English and Korean. In their quick form the bot runs in the same process, and time jumps over looks.

Every plan is played by make test, well or sick; its other script runs with the real programs (make test-services), so that make
test stays short. make runbooks plays every look of every plan; test_scripts plays the day of ion-api with the bot as a process
of its own. Not here: what a plan must say (tests/plans).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from bot.__main__ import main

Played = Callable[..., str]


@pytest.fixture
def played(capsys: pytest.CaptureFixture[str]) -> Played:
    """The transcript of a run that ended as its world says it must."""

    def play(plan: str, script: str, *more: str) -> str:
        status = main(["demo", "--plan", plan, "--script", script, "--quick", *more])
        said = capsys.readouterr()
        assert status == 0, said.out[-3000:] + said.err
        unread = [line for line in said.out.splitlines() if "<!" in line or "<@" in line]
        assert unread == [], "people and moments stand there as they are read, in private answers too"
        return said.out

    return play


def thread(text: str) -> str:
    """What was said in the thread of the card: the log, in its order. What the channel shows has an order of its own, for what is
    urgent there does not wait for lines of the log."""
    return "\n".join(line for line in text.splitlines() if "    · Deploy Captain: " in line)


def channel(text: str) -> str:
    """What the bot said in #deployment itself."""
    return "\n".join(
        line for line in text.splitlines() if re.match(r"\d\d-\d\d \d\d:\d\d  Deploy Captain: ", line)
    )


def in_order(text: str, *parts: str) -> None:
    """Each part stands in the text, behind the one before."""
    place = 0
    for before, part in pairwise(("the beginning", *parts)):
        found = text.find(part, place)
        assert found >= 0, f"{part!r} does not come after {before!r}"
        place = found + len(part)


@pytest.mark.services
def test_the_matching_engine_goes_from_the_preparation_to_the_final_approval(played: Played) -> None:
    text = played("matching-engine", "happy")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(
        thread(text),
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


def test_a_sick_matching_engine_is_rolled_back_when_a_person_accepts(played: Played) -> None:
    text = played("matching-engine", "sick")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    in_order(text, "orders that go to the shards begin to fail", "Ops Lead types /rollback", "ROLLING BACK")
    in_order(
        thread(text),
        "SHARDING_ENABLED].value: true -> false",
        "“Restart the backend” done",
        "“Wait until the backend is rolled out” done",
        "“The consumers of the legacy topic” done",
        "a fresh read says 0 %",
        "a fresh read says 0 %",
        "“After the rollback” is complete (items: 5)",
    )
    # How many are done depends on when the list is drawn: people may have answered by then.
    in_order(channel(text), "is ROLLING BACK", "the final verdict is ROLLBACK")
    assert re.search(r"After the rollback: [0-5] of 5 done", channel(text))
    assert "The bot verified “Sharding is off”" in text
    assert re.search(r"A ticket is open for .*https://", text)


def test_the_knowledge_database_goes_from_its_lists_to_the_month_after(played: Played) -> None:
    text = played("knowledge-database", "happy", "--language", "ko")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(thread(text), "체크리스트 승인", "Terraform 적용", "보안 헤더 존재", "1일차", "1주차", "1개월차")


@pytest.mark.services
def test_a_knowledge_database_that_fails_its_verification_is_rolled_back(played: Played) -> None:
    text = played("knowledge-database", "sick")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    in_order(
        text, "the new version will be slow", "GitCode types /rollback verification failed", "ROLLING BACK"
    )
    in_order(
        thread(text),
        "“Roll the application back” done",
        "“Smoke test” done",
        "“After the rollback” is complete (items: 6)",
    )
    in_order(
        channel(text), "is ROLLING BACK", "the final verdict is ROLLBACK", "After the rollback: 0 of 6 done"
    )
    assert "The bot verified “The version before is running”" in text


@pytest.mark.services
def test_phase_four_goes_from_three_days_before_to_the_verdict_of_the_seventh_day(played: Played) -> None:
    text = played("phase4-canary", "happy")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(
        thread(text),
        "“Test messages go out”",
        "“Nothing is open” is complete (items: 4)",
        "a fresh read confirms 5 %",
        "“Declared a success?”",
        *(f"D+{day}" for day in range(1, 3)),
        "“Check of 48 hours” is complete",
        *(f"D+{day}" for day in range(3, 7)),
        "“Check of seven days” is complete",
        "The final verdict is GO (criteria: 8)",
    )
    in_order(
        channel(text),
        "Check of seven days: ",
        "the final verdict is GO, the deployment is complete",
        "is RUNNING, 0 % of the traffic",  # the plan that follows
    )
    in_order(text, "GitCode clicks follow.start", "is RUNNING, 0 % of the traffic")
    assert "could not confirm" not in text


def test_the_test_that_follows_goes_to_its_result(played: Played) -> None:
    text = played("phase4-ab-test", "happy", "--language", "ko")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(
        thread(text),
        "비교 대상과 방법",
        "B 그룹 5 %",
        *(f"D+{day}" for day in range(1, 8)),
        "최종 판정은 GO입니다",
    )


def test_a_sick_phase_four_is_rolled_back_by_the_bot(played: Played) -> None:
    text = played("phase4-canary", "sick", "--language", "ko")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    assert text.count("0 %로 읽힌 횟수") == 2


@pytest.mark.services
def test_readiness_goes_from_the_board_to_month_two(played: Played) -> None:
    text = played("ion-readiness", "happy")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(
        thread(text),
        "“What GO needs”",
        "“Targets under load” is complete (items: 6)",
        "“All traffic to green”",
        "D+1",
        "month 2",
        "The final verdict is GO",
    )
    assert "the final verdict is GO, the deployment is complete" in channel(text)


def test_a_sick_green_is_taken_back(played: Played) -> None:
    text = played("ion-readiness", "sick")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"


@pytest.mark.services
def test_the_deployment_day_goes_from_the_rehearsal_to_the_day_after(played: Played) -> None:
    text = played("ion-deployment-day", "happy", "--language", "ko")
    assert text.splitlines()[-1] == "verdict: GO"
    in_order(thread(text), *(f"{share} %" for share in (5, 10, 50)), "100 %", "최종 판정은 GO입니다")


def test_a_sick_deployment_day_is_rolled_back_by_the_bot(played: Played) -> None:
    text = played("ion-deployment-day", "sick")
    assert text.splitlines()[-1] == "verdict: ROLLBACK"
    in_order(thread(text), "a fresh read confirms 5 %", "ROLLING BACK. The evidence is enough", "a fresh read says 0 %", "a fresh read says 0 %")  # fmt: skip
    assert "the final verdict is ROLLBACK" in channel(text)
