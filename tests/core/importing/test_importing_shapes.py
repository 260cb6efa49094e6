"""Documents of every shape: what is an item, what is a detail, what is neither, and where it stands."""

from __future__ import annotations

import pytest
from documents import CLOCKED, DRAWN, READY, SCRIPTED, SHARDED

from core.importing.reading import read
from core.importing.understood import Entry, Understood, as_json
from core.importing.whole import plan_of


def understood(text: str) -> Understood:
    return read(text, "document.md")


def titles(found: Understood) -> list[str]:
    return [item.title for item in found.items]


def item(found: Understood, title: str) -> Entry:
    return next(one for one in found.items if one.title == title)


@pytest.mark.parametrize(
    ("text", "items", "done"),
    [(SHARDED, 11, 3), (CLOCKED, 9, 0), (DRAWN, 2, 0), (SCRIPTED, 10, 0), (READY, 9, 5)],
    ids=["sharded", "clocked", "drawn", "scripted", "ready"],
)
def test_every_box_is_an_item_and_nothing_else_is(text: str, items: int, done: int) -> None:
    found = understood(text)
    assert (len(found.items), sum(one.done for one in found.items)) == (items, done)
    lines = text.split("\n")
    for one in found.items:
        assert any(box in lines[one.line - 1] for box in ("[ ]", "[x]", "□", "⬜", "✅"))


@pytest.mark.parametrize("text", [SHARDED, CLOCKED, DRAWN, SCRIPTED, READY])
def test_the_plan_of_every_shape_is_good_and_holds_every_item(text: str) -> None:
    found = understood(text)
    plan = plan_of(found, "document.md").runbook.plan
    written = [
        one
        for phase in plan.phases
        for step in phase.steps
        for one in getattr(next(iter(step.__dict__.values())), "items", ())
    ]
    written += plan.rollback.checklist if plan.rollback else ()
    rows = len(found.fields) + len(found.days)
    assert len(written) == len(found.items) + rows
    assert sum(one.already is not None for one in written) == sum(one.done for one in found.items)


def test_a_row_with_two_boxes_is_two_items_named_by_row_and_column() -> None:
    found = understood(SHARDED)
    two = [one for one in found.items if one.line == item(found, "둘: 주").line]
    assert [(one.title, one.done, one.at) for one in two] == [("둘: 주", False, "T0"), ("둘: 부", True, "T0")]


def test_results_with_a_tick_are_evidence_of_the_item_that_they_are_about() -> None:
    found = understood(SHARDED)
    assert item(found, "단계 1: 기능 시험 (12/12)").evidence == (
        "확인자: 김품질",
        "날짜: 2026-02-03",
        "기본 경로: ✅ 7/7",
    )
    assert "P99: <900ms → 410ms ✅" in item(found, "단계 2: 부하 시험").evidence
    assert item(found, "결과 서명").evidence == ()
    assert item(understood(SCRIPTED), "단위 시험 (커버리지: 81.5% ✓)").evidence == ("커버리지: 81.5% ✓",)


def test_lines_that_hang_below_a_box_are_its_details() -> None:
    found = understood(CLOCKED)
    assert item(found, "리뷰 확인").evidence == ("결제 코드: ✅ 끝",)
    assert item(found, "연락처: [확인]").group == "계획 검토"
    assert item(found, "결정: GO").evidence == ("✅",)
    assert not item(found, "결정: GO").done, (
        "a tick behind a line is what was seen; only a box says that it is done"
    )


def test_tables_become_what_their_headings_say() -> None:
    found = understood(SHARDED)
    assert [(one.title, one.wanted) for one in found.fields] == [("에러율", "<0.2%"), ("샤드", "모두 동작")]
    assert [one.at for one in found.days] == ["D+1", "D+2"]
    assert [one.role for one in found.signoffs] == ["QA Lead", "Product Owner"]
    assert [(one.title, one.mode) for one in found.triggers] == [("에러 급증", "수동"), ("값이 다름", "수동")]
    assert [(one.role, one.name, one.tier) for one in found.contacts] == [
        ("배포 담당", "이배포", 1),
        ("DBA", "", 2),
    ]
    assert item(found, "브로커 수").owner == "DBA"


def test_contacts_as_text_are_read_too() -> None:
    assert [(one.name, one.role, one.contact) for one in understood(DRAWN).contacts] == [
        ("Ada", "architect", "Slack: @ada")
    ]
    assert [(one.role, one.tier, one.within) for one in understood(CLOCKED).contacts] == [
        ("배포팀 + DevOps", 1, "5m"), ("기술 리더", 2, "30m"),
    ]  # fmt: skip


def test_commands_are_listed_with_the_item_they_belong_to() -> None:
    found = understood(SCRIPTED)
    by = {one.text: one.item for one in found.commands}
    assert by["terraform apply plan.bin"] == item(found, "적용").line
    joined = next((one.text, one.title) for one in understood(SHARDED).commands)
    assert joined == ("./make-topics.sh --partitions 4", "토픽 만들기")
    assert "mypy app/" in [one.text for one in understood(CLOCKED).commands]


def test_boxes_to_choose_from_drawings_and_expectations_are_no_items() -> None:
    why = {one.line: one.why for one in understood(SCRIPTED).left}
    assert why[SCRIPTED.split("\n").index("**상태**: [ ] 성공 [ ] 일부 [ ] 실패") + 1] == "choice"
    drawn = {one.why for one in understood(DRAWN).left}
    assert {"box-in-drawing", "drawing", "timetable"} <= drawn


@pytest.mark.parametrize(
    ("text", "times"),
    [
        (SHARDED, {"결과 서명": "D-7", "기준값 기록": "T-2h", "하나: 주": "T0", "예전 경로 확인": ""}),
        (CLOCKED, {"리뷰 확인": "D-2 08:00", "계획 검토": "D-2 20:00", "서버 정상": "D0 13:10", "모두 대기": "D0 13:50", "가용성 > 99.9%": "D+2"}),
        (DRAWN, {"Everybody online": "D0 09:25"}),
        (SCRIPTED, {"오류율": "D+1", "비용": "D+7", "사후 분석": "D+30", "적용": ""}),
        (READY, {"모두 통과": "T-48h", "팀 준비": "D0"}),
    ],
)  # fmt: skip
def test_times_of_headings_and_labels_are_understood(text: str, times: dict[str, str]) -> None:
    found = understood(text)
    assert {title: item(found, title).at for title in times} == times


def test_the_day_the_hour_and_the_zone_of_the_deployment() -> None:
    found = understood(CLOCKED)
    assert (found.day, found.clock, found.zone) == ("2026-03-12", "14:00", "UTC")
    found = understood(DRAWN)
    assert (found.day, found.clock) == ("2026-05-04", "09:30")
    assert understood(SCRIPTED).day == ""


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        (SHARDED, {("처리량", ">=", 20_000, "/s"), ("P99", "<", 900, "ms"), ("브로커 수", ">=", 3, ""), ("파티션", ">=", 4, ""), ("파티션", "<=", 8, ""), ("에러율", "<", 0.2, "%"), ("에러 급증", ">", 2, "%")}),
        (CLOCKED, {("응답 P95", "<", 120, "ms"), ("에러율 확인", "<", 0.4, "%"), ("가용성", ">", 99.9, "%"), ("높은 에러율", ">", 3, "%")}),
        (DRAWN, {("Errors", "=", 0, "%"), ("P95 response", "<", 450, "ms"), ("recommendation engine", "<", 90, "ms")}),
        (SCRIPTED, {("응답", "<", 400, "ms")}),
        (READY, {("커버리지", ">=", 80, "%"), ("처리량", ">=", 50, "/s"), ("P95", "<", 2, "s"), ("instances", "<=", 20, "")}),
    ],
)  # fmt: skip
def test_every_limit_with_a_number_is_a_criterion(
    text: str, limits: set[tuple[str, str, float, str]]
) -> None:
    assert {(one.metric, one.op, one.value, one.unit) for one in understood(text).criteria} == limits


def test_what_programs_read() -> None:
    shown = as_json(understood(READY), {})
    assert shown["title"] == "준비 상태"
    assert shown["items"][1] == {
        "title": "커버리지 ≥ 80% (현재: 84.2%)", "section": "항목 > 1️⃣ 품질 (95% ✅) > 시험", "done": True, "line": 9, "evidence": "", "at": None,
    }  # fmt: skip
    assert shown["criteria"][0] == {
        "text": "커버리지 ≥ 80% (현재: 84.2%)", "metric": "커버리지", "op": ">=", "value": 80, "unit": "%", "line": 9,
    }  # fmt: skip
    assert set(shown) == {
        "title",
        "items",
        "criteria",
        "signoffs",
        "contacts",
        "triggers",
        "commands",
        "left",
    }
