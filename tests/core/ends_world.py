"""The shipped plan with everything that stands at its ends: audiences, tickets, objectives, a readiness board, and a verdict with
optional and serious criteria, an outcome and a plan that follows."""

from __future__ import annotations

from pure_world import COARSE, ion_but

from core.plan.runbook import Runbook

READINESS = """readiness:
  claimed: 85%
  categories:
    - {id: rehearsal, title: {en: Rehearsed, ko: 예행 연습}, weight: 2, of: [rehearse, agenda], claimed: 95%}
    - {id: preparation, title: {en: Prepared, ko: 준비}, of: [prepare]}
  go:
    - {title: {en: Rehearsed well, ko: 예행 연습 완료}, category: {id: rehearsal, at-least: 90%}}
    - {title: {en: The dashboard is there, ko: 대시보드 준비}, item: rehearse/dashboard}
  risks:
    - {id: open-blocker, title: {en: A blocker is open, ko: 미해결 차단 이슈}}
"""
AUDIENCES = """audiences:
  executives: {title: {en: Executives, ko: 경영진}, channel: executives}
  support: {title: {en: Support, ko: 고객지원}, email: {source: mail, to: [support@shop.example]}}
  customers:
    title: {en: Status page, ko: 상태 페이지}
    webhook: {source: status, path: /incidents, body: {name: $subject, message: $text, version: $version}}
"""
TOLD = """      - announce:
          id: told
          title: {en: Everybody knows, ko: 모두에게 알림}
          text: {en: "ion-api has a new version.", ko: "ion-api 새 버전이 나왔습니다."}
          to: [main, executives, support, customers]
"""
EXTRAS = """          optional:
            at-least: 1
            of:
              - {title: {en: "Faster than 300 ms", ko: "300 ms 이내"}, metric: {metric: p95, below: 300ms}}
              - {title: {en: "What users say is in", ko: "사용자 의견 확인"}, item: overnight/feedback}
          serious:
            - {title: {en: "Errors below 5 % over the last six hours", ko: "최근 6시간 에러율 5 % 미만"}, metric: {metric: errors, below: 5%, over: 6h}}
            - {title: {en: "No automatic rollback", ko: "자동 롤백 없음"}, holds: no-automatic-rollback}
          outcome: true
          on-go: {plan: ion-experiment}
"""
LAST = '            - {title: {en: "Errors below 1 % since the traffic began", ko: "트래픽 시작 이후 에러율 1 % 미만"}, metric: {metric: errors, below: 1%}}\n'
SOURCES = """sources:
  mail: {smtp: {host: 127.0.0.1, port: 1025, from: captain@shop.example, tls: none}}
  status: {http: {url: "http://127.0.0.1:1"}}
"""
TICKET = """actions:
  open-ticket:
    title: {en: Open a ticket, ko: 티켓 만들기}
    http: {source: status, path: /tickets, body: {title: "ion-api $version"}, status: 201, link: url}
    repeat: safe
"""
POST_MORTEM = """  objectives: {rto: 5m, rpo: 1m}
  checklist:
    - id: post-mortem
      title: {en: "A ticket for the post-mortem", ko: "사후 분석 티켓"}
      role: operations
      ticket: open-ticket
"""
CHANGES: tuple[tuple[str, str], ...] = (
    COARSE,
    ("incident: incident}", "incident: incident, executives: executives}"),
    ("\nescalation:\n", f"\n{AUDIENCES}{READINESS}escalation:\n"),
    ("    who: [final-approver]\n    within: 30m\n", "    who: [final-approver]\n    within: 30m\n    also: [executives, support]\n"),
    ("\nsources:\n", f"\n{SOURCES}"),
    ("\nactions:\n", f"\n{TICKET}"),
    ("    within: 5m\n  checklist:\n", f"    within: 5m\n{POST_MORTEM}"),
    ("      - checklist:\n          id: daily-summary\n", f"{TOLD}      - checklist:\n          id: daily-summary\n"),
    (LAST, LAST + EXTRAS),
)  # fmt: skip


def with_ends(*changes: tuple[str, str]) -> Runbook:
    """The plan, with further changes of its text."""
    return ion_but(*CHANGES, *changes)
