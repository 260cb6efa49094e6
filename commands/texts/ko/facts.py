"""한국어: 무엇이 사실이 되었는지, 배포가 왜 멈추거나 되돌아가는지, 왜 사람을 부르는지."""

from commands.texts.ko.way_back import SIDES

HOLDS = {
    "paused": "{by}이(가) 일시정지했습니다.{reasoned}",
    "rule": "한도를 벗어났습니다: {figures}, 연속 {streak}회(기준 {needed}회).",
    "no-data": "{minutes} 동안 근거가 없습니다: {metric}, {state}({detail}). 데이터가 없으면 통과도 롤백도 하지 않습니다.",
    "no-evidence": "“{step}” 시간은 지났지만 근거가 {recommendation}을(를) 권고하므로 저절로 넘어가지 않습니다.",
    "rejected": "{by}({role})이(가) 승인을 거절했습니다.{reasoned}",
    "decision": "{by}이(가) “{step}”에 HOLD(보류)로 답했습니다.{reasoned}",
    "no-go": "{by}이(가) “{step}”에 NO-GO로 답했습니다.{reasoned}",
    "run-failed": "“{step}”이(가) 실패했습니다: {reason}",
    "gave-up": "“{step}”을(를) 실행하지 못했습니다: {reason}",
    "confirm-failed": "“{step}”이(가) 제시간에 확인되지 않았습니다: {reason}",
    "baseline-missing": "“{step}”에서 기준값을 잴 수 없었습니다: {reason}",
    "weight-differs": "“{step}”에서 트래픽 {wanted} %를 요청했지만 다시 읽은 값은 {weight} %입니다.",
    "unknown": "“{step}”이(가) 실제로 실행되었는지 알 수 없습니다: {reason}",
    "target-missing": "롤백 작업 “{action}”이(가) 무엇으로 되돌릴지 기록할 수 없습니다: {reason}. 알기 전에는 아무것도 바꾸지 않습니다. `/deploy resume`은 다시 확인하고, `/deploy resume force=사유`는 그래도 진행합니다.",
    "target-sick": "롤백 작업 “{action}”이(가) 되돌릴 곳이 정상이 아닙니다: {what}. 돌아갈 길이 생기기 전에는 아무것도 바꾸지 않습니다. `/deploy resume`은 다시 확인하고, `/deploy resume force=사유`는 그래도 진행합니다.",
    "target-unknown": "롤백 작업 “{action}”이(가) 되돌릴 곳이 정상인지 알 수 없습니다: {what}. `/deploy resume`은 다시 확인하고, `/deploy resume force=사유`는 그래도 진행합니다.",
    "verdict": "최종 판정은 HOLD(보류)입니다. 필수 기준 {unmet}개를 충족하지 못했습니다.",
}

ROLLBACKS = {
    "rule": "계획의 규칙이 작동했습니다: {figures}, 연속 {streak}회(기준 {needed}회).",
    "trigger": "{by}이(가) “{trigger}” 상황을 선언했습니다.{reasoned}",
    "person": "{by}이(가) 요청했습니다.{reasoned}",
    "no-go": "{by}이(가) “{step}”에 NO-GO로 답했습니다.{reasoned}",
}

PAGES = {
    **HOLDS,
    **SIDES,
    "unanswered": "“{step}”에 제때 답한 사람이 없어 기본값이 적용되었습니다: {answer}.",
    "rollback": "롤백하고 있습니다. 확인이 끝날 때까지 지켜봐 주세요.",
    "rollback-failed": "롤백 작업이 실패해 직접 처리해야 합니다: {reason}",
    "rollback-late": "{minutes}이(가) 지나도 롤백이 확인되지 않았습니다. 마지막으로 읽은 카나리 트래픽은 {weight} %이고, 평소 수준으로 돌아오지 않은 지표: {metrics}. 직접 확인해 주세요.",
    "rollback-unverified": "카나리 트래픽 비율을 읽을 수 없어 롤백을 확인할 수 없습니다: {reason}",
}

FACTS = {
    "fact.started": "{by}이(가) {plan} 계획으로 배포를 시작했습니다. T0: {at}.",
    "fact.missed": "시작 전에 이미 지나간 일정이 {steps}개 있습니다(시작한 사람: {by}). 하나씩 처리해 주세요.",
    "fact.missed-settled": "{by}이(가) 지나간 일정 “{step}”을(를) 처리했습니다: {how}.{noted}",
    "fact.returned": "봇이 {away_s} 동안 멈췄다가({since}부터 {until}까지) 돌아왔습니다. 그동안 아무것도 진행하지 않았습니다.",
    "fact.unlocked": "{by}이(가) 잠금을 풀었습니다.{reasoned}",
    "fact.resumed": "{by}이(가) 배포를 재개했습니다.",
    "fact.aborted": "{by}이(가) 배포를 끝냈습니다.{reasoned}",
    "fact.assigned": "{by}이(가) {role} 역할을 {people}에게 맡겼습니다.",
    "fact.outcome-settled": "{by}이(가) “{step}”은(는) {happened}고 알려 주었습니다.{noted}",
    "fact.step-opened": "“{step}” 단계가 열렸습니다.",
    "fact.late-answer": "{ref}에 대한 결과가 늦게 도착했습니다. 더는 기다리지 않던 것이라 바뀐 것은 없습니다.",
    # --- items
    "fact.item-done": "{by}이(가) “{step}”의 “{item}”을(를) 완료했습니다.{noted}",
    "fact.item-not-applicable": "{by}이(가) “{step}”의 “{item}”을(를) 해당 없음으로 표시했습니다.{noted}",
    "fact.item-reopened": "{by}이(가) “{step}”의 “{item}”을(를) 다시 열었습니다.{noted}",
    "fact.item-verified": "봇이 “{step}”의 “{item}”을(를) 확인했습니다: {evidence}",
    "fact.item-check-failed": "봇이 “{step}”의 “{item}”을(를) 확인하지 못했습니다: {evidence}. 사람이 봐야 합니다.",
    "fact.item-overdue": "{people}: “{step}”의 “{item}”이(가) {due}까지였는데 아직 열려 있습니다.",
    "fact.checklist-done": "“{step}” 점검표의 {items}개 항목을 모두 마쳤습니다.",
    # --- signatures and decisions
    "fact.signed-approve": "{by}이(가) {role} 역할로 “{step}”을(를) 승인했습니다.{noted}",
    "fact.signed-reject": "{by}이(가) {role} 역할로 “{step}”을(를) 거절했습니다.{noted}",
    "fact.signed-withdraw": "{by}이(가) “{step}”의 {role} 승인을 철회했습니다.{noted}",
    "fact.signature-stale": "{role} 역할로 {by}이(가) 남긴 “{step}” 승인은 근거가 바뀌어 더는 유효하지 않습니다. 다시 확인하고 승인해 주세요.",
    "fact.signoff-overdue": "{people}: “{step}”의 {roles} 승인이 {due}까지였는데 아직 없습니다.",
    "fact.signoff-done": "“{step}” 단계를 모든 역할이 승인했습니다.",
    "fact.asked": "“{step}” 결정을 물었습니다({round}번째).",
    "fact.decided": "{by}이(가) “{step}”에 {answer}(으)로 답했습니다.{reasoned}",
    "fact.defaulted": "“{step}”에 제때 답한 사람이 없어 기본값을 적용합니다: {answer}.",
    "fact.verdict-go": "최종 판정은 GO입니다(기준 {criteria}개, 확정: {by}).",
    # --- work and traffic
    "fact.run-asked": "“{step}”에서 “{action}”을(를) 실행합니다.",
    "fact.ran": "“{step}” 실행이 {took_s} 만에 끝났습니다: {evidence}",
    "fact.traffic-asked": "“{step}”: 카나리 트래픽을 {was} %에서 {weight} %로 바꿉니다.",
    "fact.traffic-set": "“{step}”: 다시 읽어 확인했습니다. {share}.",
    "fact.confirmed": "“{step}” 확인됨: {evidence}",
    "fact.not-confirmed": "“{step}” 아직 확인되지 않음: {evidence}",
    "fact.traffic-confirmed": "“{step}”: 트래픽 {weight} %에서 확인을 마쳤습니다(확인 {checks}건).",
    "fact.bake-opened": "“{step}”: {minutes} 동안 지켜봅니다({share}).",
    "fact.bake-done": "“{step}”: {minutes} 동안의 관찰이 끝났습니다({share}).",
    "fact.baseline": "“{step}”: 지표 {metrics}개를 기준값으로 남겼습니다. 재지 못한 지표: {missing}.",
    "fact.watch-opened": "“{step}”: {until}까지 관찰합니다({share}).",
    "fact.watch-done": "“{step}” 관찰이 끝났습니다.",
    "fact.review": "“{step}” 점검 시간입니다.",
    # --- the gate
    "fact.breach": "한도를 벗어났습니다: {figures}, 연속 {streak}회(기준 {needed}회).",
    "fact.cleared": "다시 한도 안으로 돌아왔습니다: {figures}.",
    "fact.recommendation": "권고가 {was}에서 {now}(으)로 바뀌었습니다.",
    "fact.data-back": "{gate}: 다시 근거가 들어와 배포를 계속합니다.",
    # --- calls
    "fact.page-called": "{page}번 호출, {tier}단계: {people}.",
    "fact.page-acknowledged": "{by}이(가) {page}번 호출({tier}단계)에 {took_s} 만에 응답했습니다.",
    "fact.page-undelivered": "{page}번 호출({tier}단계)을 전달하지 못했습니다: {reason}. 바로 다음 단계를 부릅니다.",
    "fact.page-reopened": "{page}번 호출에 {by}이(가) 응답했지만 원인이 남아 있어 다시 부릅니다.",
    "fact.page-exhausted": "{page}번 호출에 어느 단계에서도 아무도 응답하지 않았습니다. 채널의 모든 분을 불렀습니다.",
    "fact.tier-empty": "{page}번 호출: {roles} 담당자가 없어 {tier}단계를 건너뜁니다.",
    # --- rollback
    "fact.rollback-ran": "롤백: “{action}”이(가) {took_s} 만에 끝났습니다: {evidence}",
    "fact.rollback-run-failed": "롤백: “{action}”이(가) 실패했습니다({round}번째 시도): {evidence}",
    "fact.rollback-effect-failed": "롤백: {ref}을(를) 실행하지 못했습니다: {reason}",
    "fact.rollback-read": "롤백: 다시 읽은 카나리 트래픽은 {weight} %입니다(0 %로 읽힌 횟수 연속 {zero_reads}회).",
    "fact.rollback-late": "{minutes}이(가) 지나도 롤백이 확인되지 않았습니다. 마지막으로 읽은 값은 {weight} %입니다. 평소 수준으로 돌아오지 않은 지표: {metrics}.",
    "fact.rollback-again": "{by}이(가) 롤백 작업을 다시 시도했습니다.{reasoned}",
    "fact.rolled-back": "롤백을 마치고 확인했습니다: 감지 {detect_s}, 결정 {decide_s}, 조치 {act_s}, 회복 {recover_s}, 모두 {total_s}.",
    # --- derived: a hold and a rollback are told in the words that also stand on the card
    **{f"fact.held-{key}": f"보류: {sentence}" for key, sentence in HOLDS.items()},
    **{f"fact.rollback-{key}": f"롤백을 시작합니다. {sentence}" for key, sentence in ROLLBACKS.items()},
    **{f"hold.{key}": sentence for key, sentence in HOLDS.items()},
    **{f"rollback.{key}": sentence for key, sentence in ROLLBACKS.items()},
    **{f"page.{key}": sentence for key, sentence in PAGES.items()},
}
