"""One construct at a time: marks, lists, blocks, limits, times, names."""

from __future__ import annotations

import pytest

from core.errors import Refused
from core.importing import criteria, times
from core.importing.bounds import MOST_CELLS, MOST_LINES, decode
from core.importing.naming import LONGEST_ID, Names, role_of, slug
from core.importing.reading import read
from core.importing.whole import plan_of, understand


def boxes(text: str) -> list[tuple[str, bool]]:
    return [(item.title, item.done) for item in read(text, "d.md").items]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- [ ] a", [("a", False)]),
        ("* [x] a\n+ [X] b", [("a", True), ("b", True)]),
        ("1. [ ] a\n2) [x] b", [("a", False), ("b", True)]),
        ("before\n2. [ ] a", [("a", False)]),
        ("- a\n    - [ ] b\n\t\t- [ ] c", [("b", False), ("c", False)]),
        ("- [ ] **Ready** `now` [there](x)", [("Ready now there", False)]),
        ("- [ ] one\n  goes on", [("one goes on", False)]),
        ("- [ ] one\n\n  a note", [("one", False)]),
        ("□ a\n□ b", [("a", False), ("b", False)]),
        ("- □ a\n- ☑ b\n- ☐ c", [("a", False), ("b", True), ("c", False)]),
        ("- ⬜ a", [("a", False)]),
        ("- ✅ a\n- ⬜ b\n- ✅ c", [("a", True), ("b", False), ("c", True)]),
        ("> - [ ] quoted", [("quoted", False)]),
        ("- [ ] a\n---", [("a", False)]),
        ("Title\n=====\n- [ ] a\n\nPart\n----\n- [ ] b", [("a", False), ("b", False)]),
        ("---\ntitle: T\n---\n- [ ] a", [("a", False)]),
        ("\ufeff- [ ] a\r\n- [x] b\r\n", [("a", False), ("b", True)]),
        ("- [ ] a\r- [x] b", [("a", False), ("b", True)]),
        ("```\n- [ ] a\n□ b\n```", [("a", False), ("b", False)]),
        ("| | x |\n|-|-|\n| ☑ | a |\n| [ ] | b |", [("a", True), ("b", False)]),
        ("| # | what | ok |\n|-|-|-|\n| 1 | a | ⬜ |", [("a", False)]),
        ("<details>\n<summary>s</summary>\n\n- [ ] a\n\n</details>", [("a", False)]),
    ],
)  # fmt: skip
def test_what_is_an_item(text: str, items: list[tuple[str, bool]]) -> None:
    assert boxes(text) == items


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("<!-- - [ ] hidden -->", "comment"),
        ("```yaml\n- [ ] a\n```", "box-in-code"),
        ("```markdown\n- [ ] example\n```", "box-in-code"),
        ("[ ] a and [ ] b", "choice"),
        ("- [ ]", "empty-box"),
        ("- [-] a", "mark"),
        ("- ✅ all is well", "bullet"),
        ("plain", "text"),
        ("- [a link](x)", "bullet"),
        ("<div>\n- [ ] a\n</div>", "html"),
        ("| a | b |\n|-|-|\n| 1 | 2 |", "table"),
        ("```\n+---+\n| □ |\n+---+\n```", "box-in-drawing"),
        ("name: _______", "to-fill"),
    ],
)
def test_what_is_left_says_why(line: str, why: str) -> None:
    found = read(f"{line}\n\n- [ ] real\n", "d.md")
    assert [item.title for item in found.items] == ["real"]
    assert why in [one.why for one in found.left]


def test_a_crossed_box_is_taken_as_open_and_said() -> None:
    found = read("- ☒ a", "d.md")
    assert [(item.title, item.done) for item in found.items] == [("a", False)]
    assert [one.why for one in found.left] == ["unclear"]


def test_shell_blocks_hold_commands_and_no_items() -> None:
    found = read("- [ ] a\n\n```sh\nif [ ] ; then\n□ x\n$ y\n```\n", "d.md")
    assert len(found.items) == 1
    assert [one.text for one in found.commands] == ["y"], "where there are prompts the rest is output"


def test_lines_that_no_block_shows_are_said() -> None:
    deep = "".join(f"{'  ' * depth}- [ ] level {depth}\n" for depth in range(80))
    found = read(deep, "d.md")
    assert 30 < len(found.items) < 80
    assert len(found.items) + sum(one.why == "unread" for one in found.left) == 80


def test_an_issue_template() -> None:
    text = (
        "---\nname: Release\nabout: x\n---\n<!-- do not edit -->\n### Before\n- [ ] Freeze (T-24h)\n- [ ] Tell support (owner: Support)\n\n"
        "### After\n* [x] ~~Old step~~\n- [ ] 14:30 Look at errors, below 1%\n"
    )
    found = read(text, "d.md")
    assert [(item.title, item.at, item.owner) for item in found.items] == [
        ("Freeze (T-24h)", "T-24h", ""), ("Tell support (owner: Support)", "", "Support"), ("Old step", "", ""),
        ("14:30 Look at errors, below 1%", "D0 14:30", ""),
    ]  # fmt: skip
    assert [(one.metric, one.op, one.value, one.unit) for one in found.criteria] == [
        ("Look at errors", "<", 1, "%")
    ]


# ------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("text", "metric", "op", "value", "unit"),
    [
        ("에러율 < 0.1%", "에러율", "<", 0.1, "%"),
        ("P95 Latency < 500ms", "P95 Latency", "<", 500, "ms"),
        ("error rate > 1% for 5 minutes", "error rate", ">", 1, "%"),
        ("Error rate must be below 1 %", "Error rate", "<", 1, "%"),
        ("Coverage: at least 85 percent", "Coverage", ">=", 85, "%"),
        ("가용성 ≥ 99.95%", "가용성", ">=", 99.95, "%"),
        ("샤드 장애 2개 이상", "샤드 장애", ">=", 2, ""),
        ("응답 시간이 300ms를 초과", "응답 시간", ">", 300, "ms"),
        ("Latency (P99 &lt; 0.8s)", "P99", "<", 0.8, "s"),
        ("복구 시간 RTO: < 5분", "복구 시간 RTO", "<", 5, "min"),
        ("메모리 증가 > 5%/시간", "메모리 증가", ">", 5, "%/h"),
        ("Requests per second: >= 1,200 req/s", "Requests per second", ">=", 1200, "/s"),
        ("Memory < 2GB", "Memory", "<", 2, "GB"),
        ("P95: 95ms < 100ms", "P95", "<", 100, "ms"),
        ("Rate limiting: 10 req/min", "Rate limiting", "<=", 10, "/min"),
        ("replicas = 3", "replicas", "=", 3, ""),
        ("< 100ms", "around", "<", 100, "ms"),
        ("<100ms p50", "p50", "<", 100, "ms"),
        ("at most 3 retries", "retries", "<=", 3, ""),
        ("error rate is less than 500 ms for 5 minutes", "error rate", "<", 500, "ms"),
        ("p99 latency under 1s", "p99 latency", "<", 1, "s"),
        ("disk usage no higher than 80 %", "disk usage", "<=", 80, "%"),
        ("latency must not exceed 300ms", "latency", "<=", 300, "ms"),
        ("drop in conversions does not exceed 2%", "drop in conversions", "<=", 2, "%"),
        ("coverage never below 85%", "coverage", ">=", 85, "%"),
        ("P95 latency within 200ms", "P95 latency", "<=", 200, "ms"),
        ("errors less than or equal to 1%", "errors", "<=", 1, "%"),
        ("RTO 15 minutes or less", "RTO", "<=", 15, "min"),
        ("CPU over 90%", "CPU", ">", 90, "%"),
        ("throughput of at least 1.5k rps", "throughput", ">=", 1500, "/s"),
        ("SLA 정의 (예: 99.9%)", "SLA", ">=", 99.9, "%"),
        ("에러율 ０．１％ 미만", "에러율", "<", 0.1, "%"),
        ("Ｐ９５ ＜ ５００ｍｓ", "P95", "<", 500, "ms"),
        ("메모리 80% 를 넘지 않을 것", "메모리", "<=", 80, "%"),
        ("에러율이 1%를 초과하지 않는다", "에러율", "<=", 1, "%"),
        ("에러율이 1%를 넘으면", "에러율", ">", 1, "%"),
        ("CPU 사용률 70％ 이하 (5분간 지속)", "CPU 사용률", "<=", 70, "%"),
        ("평균 응답 ３００밀리초 이하", "평균 응답", "<=", 300, "ms"),
        ("큐 적체 100건 이내", "큐 적체", "<=", 100, ""),
        ("P95 2초 초과", "P95", ">", 2, "s"),
    ],
)
def test_a_limit(text: str, metric: str, op: str, value: float, unit: str) -> None:
    from core.importing.marks import words

    found = criteria.find(words(text), 1, "around")
    assert [(one.metric, one.op, one.value, one.unit) for one in found] == [(metric, op, value, unit)]


@pytest.mark.parametrize(
    "text",
    [
        "모든 경고 < 허용 임계값", "a -> 5", "a => 5", "a ──> 5", "배포 시간 = 14:00 UTC", "Python 3.11", "v1.2.3", "5% 트래픽", "2026-03-04",
        "99/100", "port 8080", "respond within 5 minutes", "average over 24 h", "canary 5% and 25%", "about ~10-15 requests", "rollback takes 1-3 minutes",
        "14:15-14:20", "from 5% to 10%", "uptime 99.9%", "needs more than words", "see #12", "<https://example.org>", "every 5 minutes", "Python >= 3.11.2",
    ],
)  # fmt: skip
def test_no_limit(text: str) -> None:
    assert criteria.find(text, 1) == []


def test_two_limits_in_one_line() -> None:
    found = criteria.find("errors < 1% and P95 < 500 ms", 1)
    assert [(one.metric, one.value) for one in found] == [("errors", 1), ("P95", 500)]


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("Availability between 99.9% and 99.99%", 99.9, 99.99, "%"), ("CPU 40-60%", 40, 60, "%"), ("응답 시간 100~200ms", 100, 200, "ms"),
        ("에러율 0.1% ~ 0.5%", 0.1, 0.5, "%"), ("중간 영향 (1-5%/시간)", 1, 5, "%/h"),
    ],
)  # fmt: skip
def test_a_range_is_two_limits(text: str, low: float, high: float, unit: str) -> None:
    found = criteria.find(text, 1)
    assert [(one.op, one.value, one.unit) for one in found] == [(">=", low, unit), ("<=", high, unit)]
    assert len({one.metric for one in found}) == 1


def test_a_struck_item_is_optional_and_said() -> None:
    found = read("- [ ] ~~Fax the board~~\n- [ ] ~~Old~~ new\n", "d.md")
    assert [(one.title, one.optional) for one in found.items] == [("Fax the board", True), ("Old new", False)]
    assert [(one.line, one.why) for one in found.left] == [(1, "struck")]


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("- [x] Tests green (done by Ann, 2025-10-30)", ("done by Ann, 2025-10-30",)), ("- [x] 코드 리뷰 (홍길동, 2025-10-30)", ("홍길동, 2025-10-30",)),
        ("- [x] 테스트 통과 — 담당: 김철수", ("담당: 김철수",)), ("- [x] Report - https://ci.shop/7", ("https://ci.shop/7",)),
        ("- [x] Review (all of it)", ()), ("- [ ] Tests green (checked by Ann)", ()),
    ],
)  # fmt: skip
def test_who_has_done_it_is_evidence_and_stays_in_the_title(text: str, evidence: tuple[str, ...]) -> None:
    (one,) = read(text, "d.md").items
    assert one.evidence == evidence
    assert one.title == text[6:]


# -------------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("준비 (D-7 ~ D-1)", "D-7"), ("T-2h", "T-2h"), ("T-60 minutes", "T-1h"), ("T+1h30m", "T+1h30m"), ("Step (T-0)", "T0"),
        ("D-Day", "D0"), ("배포 당일", "D0"), ("Release day 14:00", "D0 14:00"), ("14:00", "D0 14:00"), ("2 PM", "D0 14:00"),
        ("오후 2시 30분", "D0 14:30"), ("2025-10-19 08:00 UTC", "2025-10-19 08:00"), ("배포 48시간 전", "T-48h"), ("24 hours before", "T-24h"),
        ("3 days before release", "D-3"), ("일주일 전", "D-7"), ("1주차", "D+7"), ("Day 1", "D+1"), ("Week 2-4", "D+14"), ("1개월차", "D+30"),
        ("즉시 확인 (배포 후 30분)", "T+30m"), ("Verification (D-Day ~ D+1)", "D0"), ("배포 당일 (１４：００)", "D0 14:00"), ("T－30m", "T-30m"),
        ("익일", "D+1"), ("The next day 10:00", "D+1 10:00"), ("nothing", ""), ("D-9999", ""), ("25:00", ""),
    ],
)  # fmt: skip
def test_a_time(text: str, at: str) -> None:
    assert times.written(times.when(text), None) == at


def test_dates_are_held_against_the_day_that_the_document_names() -> None:
    text = "# R\nRelease date: 2026-01-10\n## 2026-01-08\n- [ ] a\n## 2026-01-10 16:00\n- [ ] b\n"
    assert [item.at for item in read(text, "d.md").items] == ["D-2", "D0 16:00"]
    undated = "# R\n## 2026-01-08\n- [ ] a\n"
    found = read(undated, "d.md")
    assert [item.at for item in found.items] == ["2026-01-08"]
    assert plan_of(found, "d.md").runbook.plan.phases[0].at is None


def test_a_time_that_falls_is_dropped_and_said() -> None:
    made = plan_of(read("# R\n## A (T+1h)\n- [ ] a\n## B (T-1h)\n- [ ] b\n", "d.md"), "d.md")
    assert [phase.at.text if phase.at else None for phase in made.runbook.plan.phases] == ["T+1h", None]
    assert [(one.why, one.line) for one in made.written.fallen] == [("time-falls", 5)]
    assert "# The document says T-1h here" in made.written.text


# -------------------------------------------------------------------------------------------------------------- names


def test_ids_are_written_in_latin_letters_and_are_unique() -> None:
    assert slug("1.2 인프라 준비", "x") == "1-2-inpeura-junbi"
    assert slug("Über größe", "x") == "uber-groe"
    assert slug("🚀", "x") == "x"
    assert slug("1", "step") == "step-1"
    assert slug("true", "step") == "step-true"
    assert len(slug("배포" * 60, "x")) <= LONGEST_ID
    names = Names()
    assert [names.name("a", "x"), names.name("A!", "x"), names.name("a", "x")] == ["a", "a-2", "a-3"]


@pytest.mark.parametrize(
    ("title", "role"),
    [("배포 담당자", "deployer"), ("Release manager", "deployer"), ("QA Lead", "qa-lead"), ("최종 승인자", "final-approver"),
     ("운영팀", "operations"), ("DevOps 리드", "devops-lead"), ("온콜 엔지니어", "on-call"), ("Legal", "legal")],
)  # fmt: skip
def test_usual_roles_have_usual_names(title: str, role: str) -> None:
    assert role_of(title) == role


# ----------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "import-empty"), (b" \n\n", "import-empty"), (b"\x89PNG\x00\x01", "import-binary"), ("글".encode("utf-16"), "import-binary"),
        ("글\n글".encode("euc-kr"), "import-not-utf8"), (b"x" * 6_000_001, "import-too-large"), (b"# just text\n", "import-nothing"),
        (b"a\n" * (MOST_LINES + 1), "import-too-long"), (b"|" * (MOST_CELLS + 1), "import-too-wide"), (b"- " * (MOST_CELLS + 1), "import-too-wide"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_refused(content: bytes, key: str) -> None:
    with pytest.raises(Refused) as refused:
        understand(content, "d.md")
    assert refused.value.key == key


def test_a_plan_that_would_be_too_large_is_refused_and_the_document_is_still_understood() -> None:
    found = understand(b"- [ ] check the one thing that is to be checked here\n" * 9_000, "d.md")
    assert len(found.items) == 9_000
    with pytest.raises(Refused) as refused:
        plan_of(found, "d.md")
    assert refused.value.key == "import-plan-too-large"


def test_a_byte_order_mark_is_no_letter() -> None:
    assert decode("\ufeffa".encode(), "d.md") == "a"
