"""한국어: 한 사람에게만 보이는 답, 창, 홈 탭, 도움말."""

ANSWERS = {
    "answer.late": "아직 기록되지 않았습니다. 봇의 기록이 늦어지고 있습니다. 결과는 여기에 저절로 올라오니 다시 누르지 말아 주세요.",
    "answer.recorded": "기록했습니다.",
    "answer.repeated": "이미 기록된 일이라 두 번 처리하지 않았습니다.",
    "start.which": "`/deploy start 계획 version=v2.14.0 at=14:00`처럼 어느 계획인지 적어 주세요. 쓸 수 있는 계획:\n{plans}",
    "start.begun": "*{name}* 배포를 {id}(으)로 시작했습니다. T0: {t0}.",
    "start.next": "카드는 이 채널에 있습니다. `/deploy status`로 여기서 보고, `/deploy help`로 모든 명령을 볼 수 있습니다.",
    "list.title": "*최근 배포*",
    "list.row": "• *{id}* {service} → {environment}: {status}(시작 {at})",
    "list.none": "아직 배포가 없었습니다. `/deploy start`로 시작할 수 있습니다.",
    "list.next": "`/deploy status ID`로 하나씩 볼 수 있습니다.",
    "gate.no-traffic": "카나리에 트래픽이 없어 판단할 것이 없습니다.",
    "gate.over": "이 배포는 끝났습니다. `/gate explain`으로 마지막 측정의 계산 내역을, `/gate replay`로 다시 판정한 결과를 볼 수 있습니다.",
    "gate.no-question": "지금 열린 결정이 없습니다. 결정할 때가 되면 버튼이 있는 메시지가 올라옵니다.",
    "rollback-view.dry-run": "롤백하면 다음과 같이 진행합니다. 아직 아무것도 하지 않았습니다.",
    "rollback-view.window": "무엇을 할지 창에 보여 드리고 사유를 여쭙니다. 더 빠른 방법: `/rollback 사유`.",
    "refused.unknown-flag": "{flag} 옵션은 없습니다. 있는 옵션: {known}.",
    "refused.id-taken": "{deployment} 번호가 이미 쓰이고 있습니다. 다시 시작해 주세요.",
    "phrase.growth-limit": "증가 한도 {limit}",
    "step.waiting": "대기",
    "step.open": "열림",
    "step.done": "완료",
    "step.skipped": "건너뜀",
    "step.missed": "시간이 지남, 처리 필요",
}

WINDOWS = {
    "window.title": "Deploy Captain",
    "window.loading": "지금 상태를 읽고 있습니다. 잠시만 기다려 주세요…",
    "window.failed": "봇 쪽 문제로 지금 상태를 읽지 못했습니다. 아무것도 하지 않았으니 다시 시도해 주세요.",
    "window.close": "닫기",
    "window.cancel": "취소",
    "window.submit": "기록하기",
    "window.reason": "사유",
    "window.note": "메모(선택)",
    "window.recorded": "이름과 시각이 함께 기록에 남습니다.",
    "window.which-item": "어느 항목인가요",
    "window.which-role": "어느 역할인가요",
    "window.item-ev": "어떻게 확인했나요? 메모나 링크를 남기면 “{step}”의 항목이 완료됩니다.",
    "window.item-na": "왜 해당하지 않나요? 기록하면 “{step}”의 항목을 처리한 것으로 봅니다.",
    "window.item-op": "“{step}”의 항목을 다시 엽니다.",
    "window.item-ev-title": "증빙과 함께 완료",
    "window.item-na-title": "해당 없음",
    "window.item-op-title": "다시 열기",
    "window.more-items": "여기서는 앞의 항목만 고를 수 있습니다. 나머지 {n}개는 점검표의 완료 버튼을 이용해 주세요.",
    "window.no-items": "그 상태인 항목이 더는 없습니다.",
    "window.reject-title": "승인 거절",
    "window.reject": "“{step}”을(를) 거절하면 배포가 보류됩니다. 무엇이 부족한지 적어 주세요.",
    "window.decide-title": "답: {answer}",
    "window.decide-go": "“{step}”에 사유와 함께 “{answer}”(으)로 답합니다.",
    "window.decide-no-go": "“{step}”에 “{answer}”(으)로 답합니다. 카나리에 트래픽이 있으면 *바로* 롤백합니다.",
    "window.decide-leaves-out": "“{step}”에 “{answer}”(으)로 답합니다. 아무것도 실행하지 않고 다음으로 넘어갑니다. 누가 직접 실행했는지, 또는 왜 필요 없는지 적어 주세요.",
    "window.decide-hold": "“{step}”에 “{answer}”(으)로 답합니다. 누군가 다시 답하거나 재개할 때까지 모두 멈춥니다.",
    "window.rollback-title": "롤백",
    "window.rollback-submit": "지금 롤백",
    "window.trigger": "알려진 상황(선택)",
    "window.rollback-now": "카나리가 트래픽 {weight} %를 받고 있습니다. 제출하면 *바로* 다음과 같이 롤백합니다.",
    "window.rollback-nothing": "카나리에 트래픽이 없어({weight} %) 지금은 롤백할 것이 없습니다. 트래픽이 있으면 다음과 같이 진행합니다.",
    "window.rollback-cancel": "아직 시작하지 않은 작업을 모두 거둡니다.",
    "window.rollback-run": "“{action}”을(를) 실행합니다. 세 번까지 시도하고, 그래도 안 되면 담당자를 부릅니다.",
    "window.rollback-verify": "카나리 비율을 다시 읽어 연속 {n}회 0 %인지 확인합니다({span} 안에 확인되지 않으면 담당자를 부릅니다).",
    "window.rollback-metric": "기존 버전에서 {metric} 값이 {limit}이어야 합니다.",
    "window.rollback-checklist": "롤백 후 점검표({n}개 항목)를 엽니다.",
    "window.rollback-lock": "{service}을(를) 잠급니다. 사유를 적고 풀어야 다시 배포할 수 있습니다.",
    "window.rollback-unlock": "{service}은(는) 잠그지 않아 바로 다시 배포할 수 있습니다.",
    "window.rollback-told": "롤백할 수 있고 소식을 받는 사람: {who}",
    "window.details-title": "자세히",
    "window.people": "역할",
    "window.checklist-title": "점검표",
    "window.pause-title": "일시정지",
    "window.pause": "재개할 때까지 *{name}* 배포가 멈춥니다. 관문는 계속 지켜보며, 한도를 벗어나면 그대로 조치합니다.",
    "window.unlock-title": "잠금 해제",
    "window.unlock": "“{name}”의 잠금을 풀면 다음 배포를 시작할 수 있습니다. 롤백의 원인이 어떻게 해결되었는지 적어 주세요.",
    "window.missed-title": "지나간 일정",
    "window.missed-done": "다른 곳에서 완료: 어디서 했는지, 어떻게 아는지 적어 주세요.",
    "window.missed-not-applicable": "해당 없음: 까닭을 적어 주세요.",
    "window.outcome-title": "실행되었나요?",
    "window.outcome-happened": "“{action}”이(가) *실행되었습니다*. 그 다음부터 배포를 이어 갑니다.",
    "window.outcome-not-happened": "“{action}”이(가) *실행되지 않았습니다*. 봇이 지금 실행합니다.",
    "home.needs": "지금 처리할 일",
    "home.nothing": "기다리는 일이 없습니다.",
    "home.active": "진행 중인 배포",
    "home.none-active": "진행 중인 배포가 없습니다.",
    "home.roles": "내 역할: {roles}",
    "home.no-role": "없음",
    "home.item": "점검표 “{step}”: {item}{due}",
    "home.sign": "{role} 역할로 “{step}” 승인{due}",
    "home.decide": "“{step}” 결정{due}: 채널의 메시지에서 근거를 보고 답해 주세요.",
    "home.page": "호출되었습니다({number}번 호출){due}. 응답해 주세요.",
    "home.hold": "배포가 멈춰 있습니다. 원인이 해결되면 재개해 주세요.",
    "home.outcome": "“{action}”이(가) 실행되었는지 알려 주세요.",
    "home.missed": "“{step}” 일정은 지났습니다. 어떻게 되었는지 알려 주세요.",
}

HELP = {
    "help.deploy": (
        "*Deploy Captain: `/deploy`*\n"
        "• `/deploy start 계획 version=v2.14.0 at=14:00` 배포를 시작합니다(`at=`에는 `내일 14:00`, `+2h`, `now`도 쓸 수 있습니다)\n"
        "• `/deploy start 계획 ... --rehearsal` 다른 채널에서 60배속으로 리허설, 작업은 모의 실행\n"
        "• `/deploy status [ID]` 지금 상태와 기다리는 사람을 보여 줍니다\n"
        "• `/deploy list` 최근 배포 목록\n"
        "• `/deploy checklist` 열린 점검표와 버튼\n"
        "• `/deploy pause [사유]`, `/deploy resume` 일시정지와 재개(돌아갈 길이 안전하지 않아도 `resume force=사유`)\n"
        "• `/deploy abort 사유` 트래픽이 없는 배포를 끝냅니다\n"
        "• `/deploy assign 역할 @이름 [from=2025-10-24 to=2025-10-25]` 지금부터, 또는 그 날짜에 역할을 맡깁니다\n"
        "• `/deploy oncall` 날짜별 당번, `/deploy contacts` 단계별 연락처\n"
        "• `/deploy incident [이름 메모]` 대응 절차 목록을 보거나 시작합니다. `/deploy incident close 이름 사유`, `/deploy incident next 이름 at=...`\n"
        "• `/deploy unlock 서비스 [환경] 사유` 롤백이 남긴 잠금을 풉니다\n"
        "• `/deploy readiness` 준비 현황과 GO를 막는 것, `/deploy risk ID [withdraw] 사유` 위험을 선언하거나 철회\n"
        "• `/deploy watch` 일일 기록 전체를 한 표로: 수치, 기준, 남은 항목과 담당자\n"
        "• `/deploy outcome success|partial|failed 이유` 배포 결과, `/deploy loss 30s [메모]` 롤백으로 잃은 데이터\n"
        "• `/deploy record [사후분석|인수인계|지표] [ID]` 수행, 서명, 결정 내역을 모은 문서를 스레드에 파일로 올립니다\n"
        "• `/deploy timeline [ID 또는 계획]` 언제 무엇을 하고 누가 필요한지, `--ics` 는 캘린더 파일을 스레드에 올립니다\n"
        "• `/deploy reschedule [ID] at=2025-10-23T14:00 reason=사유` 트래픽을 옮기기 전이면 T0를 바꿉니다\n"
        "• `/deploy reload` 계획을 다시 읽고 바뀐 것을 알려 줍니다\n"
        "• `/deploy import` 팀의 체크리스트 파일을 받아 계획으로 만듭니다\n"
        "• `/deploy doctor 계획` 계획에 필요한데 없는 것을 미리 살펴봄, 아무것도 바꾸지 않음\n"
        "`시작`, `상태`, `점검표` 같은 한국어로도 쓸 수 있습니다. 다른 명령: `/gate help`, `/signoff help`, `/rollback help`. 배포가 여럿이면 줄 끝에 ID를 적어 주세요."
    ),
    "help.gate": (
        "*`/gate`*\n"
        "• `/gate status` 근거와 권고를 보여 줍니다\n"
        "• `/gate explain [지표]` 그 계산 내역을 보여 줍니다\n"
        "• `/gate replay [D12]` 저장된 측정을 다시 판정합니다: 언제 무엇이 바뀌었고 규칙마다 무엇을 했을지\n"
        "• `/gate go [사유]`, `/gate observe`, `/gate nogo 사유`, `/gate hold 사유` 열린 결정에 답합니다\n"
        "카나리에 트래픽이 있을 때 NO-GO로 답하면 바로 롤백합니다. 결정 메시지의 버튼도 똑같이 작동합니다."
    ),
    "help.signoff": (
        "*`/signoff`*\n"
        "• `/signoff` 열린 승인 현황을 보여 줍니다\n"
        "• `/signoff [역할] approve [의견]`, `/signoff [역할] reject 의견`, `/signoff [역할] withdraw`\n"
        "승인하는 역할이 하나뿐이면 역할을 적지 않아도 됩니다. 거절하면 배포가 보류됩니다."
    ),
    "help.rollback": (
        "*`/rollback`*\n"
        "• `/rollback 사유` 바로 트래픽을 거둡니다\n"
        "• `/rollback` 무엇을 할지 단계별로 보여 주는 창을 열고 사유를 묻습니다\n"
        "• `/rollback --dry-run` 단계마다 정확히 무엇이 바뀌는지 보여 주기만 합니다\n"
        "• `/rollback force=사유` 돌아갈 쪽이 정상이 아니어도 롤백합니다\n"
        "다시 읽은 값과 지표로 확인되어야 롤백이 끝난 것입니다."
    ),
}

ALL = {**ANSWERS, **WINDOWS, **HELP}
