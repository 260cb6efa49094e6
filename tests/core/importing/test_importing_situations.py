"""Emergencies become playbooks and meetings become meetings where a document says enough; else their lines are left with the reason."""

from __future__ import annotations

import pytest

from core.importing.reading import read
from core.importing.understood import Understood
from core.importing.whole import plan_of
from core.plan.models import Checklist, Signoff

EMERGENCIES = """# Shop release
## Go
- [ ] a

## Troubleshooting
Read this first.

### High error rate
1. Check the logs
2. Check the database (5 minutes)
3. If unclear: roll back at once

```sh
./collect.sh now
```

### Slow responses (P95 > 1s)
- Look at the cache
- Look at CPU
- Lasts more than 30 minutes → hotfix
- Otherwise → keep monitoring

### Anything else
Call somebody.

## Rollback
```sh
./back.sh now
```
"""
KOREAN = """# 배포
## 실행
- [ ] 하나

## 긴급 상황 대응
### 상황 1: 높은 에러율

```
증상: 에러율 > 1%

진단 (5분 이내):
1. 에러 로그 확인
   ./logs.sh api
2. 원인 분석
   - DB 연결 문제?
   - 메모리 부족?

결정:
- 원인 명확: 핫픽스 준비
- 원인 불명: 즉시 롤백
```
"""


def understood(text: str) -> Understood:
    return read(text, "d.md")


def test_an_emergency_with_things_to_do_is_a_playbook() -> None:
    found = understood(EMERGENCIES)
    high, slow = found.emergencies
    assert (high.title, high.ways) == ("High error rate", ("roll-back",))
    assert high.steps == (
        ("Check the logs", ""), ("Check the database (5 minutes)", "5m"), ("$ ./collect.sh now", ""), ("If unclear: roll back at once", ""),
    )  # fmt: skip
    assert (slow.title, slow.ways, slow.lasts) == (
        "Slow responses (P95 > 1s)",
        ("watch", "hot-fix"),
        (("30m", "hot-fix"),),
    )
    plan = plan_of(found, "d.md").runbook.plan
    one, two = plan.playbooks.values()
    assert one.decide is not None
    assert one.decide.options == ("watch", "roll-back")
    assert one.decide.default is None, "without an answer nothing follows but calls"
    assert two.bands[0].suggest == "hot-fix"
    assert one.at_once is None


def test_its_lines_are_left_no_more_and_what_is_not_enough_is() -> None:
    left = {one.text: one.why for one in understood(EMERGENCIES).left}
    assert left == {"Read this first.": "text", "Call somebody.": "text"}


def test_in_korean_with_a_symptom_a_time_and_parts() -> None:
    found = understood(KOREAN)
    (one,) = found.emergencies
    assert one.title == "상황 1: 높은 에러율 (에러율 > 1%)"
    assert one.steps == (
        ("에러 로그 확인: $ ./logs.sh api", "5m"),
        ("원인 분석: DB 연결 문제?, 메모리 부족?", "5m"),
        ("원인 명확: 핫픽스 준비 / 원인 불명: 즉시 롤백", ""),
    )
    assert one.ways == ("hot-fix", "roll-back")
    assert found.left == ()
    (playbook,) = plan_of(found, "d.md").runbook.plan.playbooks.values()
    assert playbook.decide is not None
    assert playbook.decide.options == ("watch", "hot-fix"), "there is no way back in this plan"


def test_an_emergency_that_is_not_clear_says_so() -> None:
    found = understood(
        "# R\n## Go\n- [ ] a\n## Emergency: fire\n**Symptom**:\n\nEverything burns, see the wiki\n\n**Who knows**:\n"
    )
    assert found.emergencies == ()
    assert [(one.text, one.why) for one in found.left] == [("Everything burns, see the wiki", "emergency")]


def test_boxes_in_an_emergency_are_items() -> None:
    found = understood("# R\n## Incident response\n- [ ] plan is written\n- [x] people are known\n")
    assert len(found.items) == 2
    assert found.emergencies == ()


# ------------------------------------------------------------------------------------------------------------ meetings

MEETINGS = [
    "## Go/no-go meeting (D-1 15:00)\n**Attendees**: Ann (release manager), Bob (QA lead), SRE team\n\n**Agenda**:\n1. Results\n2. Open bugs\n",
    "## Talk (D-1 15:00)\nParticipants:\n- Ann (release manager)\n- Bob (QA lead)\n- SRE team\n\nAgenda:\n- Results\n- Open bugs\n",
    "## D-1 15:00 회의\n```\n참석자:\n  - 김 (배포 담당)\n  - QA 팀 리더\n  - 운영팀 (모니터링)\n\n안건:\n  1. Results\n  2. Open bugs\n```\n",
]


@pytest.mark.parametrize("text", MEETINGS)
def test_a_meeting_with_people_a_time_and_an_agenda(text: str) -> None:
    found = understood(f"# R\n{text}## Go (14:00)\n- [ ] a\n")
    (one,) = found.gatherings
    assert (one.at, len(one.people), [words for words, _ in one.agenda]) == (
        "D-1 15:00", 3, ["Results", "Open bugs"],
    )  # fmt: skip
    assert found.left == ()
    route = [placed.body for placed in plan_of(found, "d.md").runbook.route]
    assert isinstance(route[0], Signoff)
    assert route[0].attendance
    assert route[0].roles == ("deployer", "qa-lead", "operations")
    assert isinstance(route[1], Checklist)
    assert [item.title.en for item in route[1].items] == ["Results", "Open bugs"]


def test_boxes_of_a_meeting_are_gone_through_in_it_and_stay_items() -> None:
    found = understood(
        "# R\n## Kick-off (T-1h)\nParticipants:\n- Release manager\n\nAgenda:\n- [ ] Roles\n- [ ] Phones\n"
    )
    assert [item.title for item in found.items] == ["Roles", "Phones"]
    route = [placed.body for placed in plan_of(found, "d.md").runbook.route]
    assert [body.id for body in route] == ["kick-off-t-1h", "kick-off-t-1h.items"]
    assert isinstance(route[1], Checklist)
    assert [item.title.en for item in route[1].items] == ["Roles", "Phones"]


@pytest.mark.parametrize(
    "text", ["## Team sync\nAttendees: Ann, Bob\n", "## Release\n**Agenda**:\n- Results\n- Bugs\n"]
)
def test_a_meeting_that_lacks_a_time_or_people_says_so(text: str) -> None:
    found = understood(f"# R\n{text}\n## Go\n- [ ] a\n")
    assert found.gatherings == ()
    assert {one.why for one in found.left} == {"meeting"}


def test_a_checklist_at_the_end_keeps_its_time_beside_meetings_and_commands() -> None:
    text = "# R\n## Talk (D-1 15:00)\nAttendees: Ann, Bob\nAgenda:\n- x\n## Run (D0 14:10)\n```sh\n./look.sh now\n```\n## Before (D0 13:55)\n- [ ] a\n## After (D0 16:00)\n- [ ] b\n"
    plan = plan_of(understood(text), "d.md")
    assert [(phase.title.en, phase.at.text if phase.at else "") for phase in plan.runbook.plan.phases] == [
        ("Talk (D-1 15:00)", "D-1 15:00"), ("Before (D0 13:55)", "D0 13:55"), ("Run (D0 14:10)", "D0 14:10"), ("After (D0 16:00)", "D0 16:00"),
    ]  # fmt: skip
    assert plan.written.fallen == ()
