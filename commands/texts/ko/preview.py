"""Korean: the page on which all messages of a plan can be read."""

PREVIEW = {
    "preview.title": "{name}의 메시지",
    "preview.remark": "메시지 {n}개. 사람, 버전, 출력, 수치는 예시입니다. 같은 종류의 보고는 한 번만 보여 주고, 스레드의 기록은 생략합니다.",
    "preview.card": "이 시점의 고정된 카드와 새 메시지입니다.",
    "preview.back": "문제가 생겼을 때",
    "preview.back-remark": "무언가 바뀐 뒤에 사람이 롤백하고, 호출에 아무도 답하지 않는 경우입니다.",
    "preview.direct": "{name}에게 보내는 메시지",
    "preview.unclickable": "미리보기이므로 아무것도 기록되지 않습니다.",
    "preview.view-card": "카드",
    "preview.view-checklist": "점검표",
    "preview.view-signoff": "승인",
    "preview.view-decision": "결정",
    "preview.view-outcome": "알 수 없는 결과",
    "preview.view-missed": "지나간 일정",
    "preview.view-report": "보고",
    "preview.view-page": "호출",
    "preview.view-announce": "공지",
    "preview.view-rollback": "롤백",
    "preview.view-verdict": "판정",
    "preview.view-rescheduled": "T0 변경",
    "preview.view-rehearsal": "리허설 보고",
}
