"""The words behind a command, in English and Korean, and what to say when a word is none of them.

It must not know what a verb does.
"""

from __future__ import annotations

from collections.abc import Mapping

from commands.words import nearest
from core.errors import Refused

DEPLOY: Mapping[str, tuple[str, ...]] = {
    "start": ("start", "begin", "시작"),
    "status": ("status", "상태", "현황"),
    "list": ("list", "목록"),
    "pause": ("pause", "일시정지", "멈춤", "정지"),
    "resume": ("resume", "continue", "재개", "계속"),
    "abort": ("abort", "end", "중단", "종료"),
    "checklist": ("checklist", "점검표", "체크리스트"),
    "assign": ("assign", "지정", "배정"),
    "oncall": ("oncall", "on-call", "rota", "당번"),
    "contacts": ("contacts", "contact", "연락처"),
    "timeline": ("timeline", "schedule", "일정", "일정표"),
    "reschedule": ("reschedule", "move", "일정변경", "변경"),
    "reload": ("reload", "다시읽기", "새로고침"),
    "incident": ("incident", "상황", "대응"),
    "unlock": ("unlock", "잠금해제", "해제"),
    "readiness": ("readiness", "board", "준비", "현황판"),
    "risk": ("risk", "위험"),
    "watch": ("watch", "daily", "관찰", "일일"),
    "outcome": ("outcome", "결과"),
    "loss": ("loss", "lost", "손실"),
    "doctor": ("doctor", "진단"),
    "record": ("record", "기록"),
    "import": ("import", "가져오기"),
    "help": ("help", "도움말", "도움", "?"),
}
GATE: Mapping[str, tuple[str, ...]] = {
    "status": ("status", "상태", "현황"),
    "explain": ("explain", "why", "설명", "근거"),
    "replay": ("replay", "재생", "재판정"),
    "go": ("go", "진행"),
    "observe": ("observe", "관찰"),
    "no-go": ("nogo", "no-go", "중지"),
    "hold": ("hold", "보류"),
    "help": ("help", "도움말", "도움", "?"),
}
SIGNOFF: Mapping[str, tuple[str, ...]] = {
    "approve": ("approve", "ok", "승인"),
    "reject": ("reject", "거절", "반려"),
    "withdraw": ("withdraw", "철회"),
    "status": ("status", "상태", "현황"),
    "help": ("help", "도움말", "도움", "?"),
}
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "success": ("success", "successful", "성공"),
    "partial": ("partial", "부분", "부분성공"),
    "failed": ("failed", "failure", "fail", "실패"),
}
PAPERS: Mapping[str, tuple[str, ...]] = {
    "record": ("record", "기록"),
    "post-mortem": ("post-mortem", "postmortem", "사후분석", "회고"),
    "hand-over": ("hand-over", "handover", "인수인계"),
    "snapshot": ("snapshot", "metrics", "지표"),
}


def find(word: str, verbs: Mapping[str, tuple[str, ...]]) -> str | None:
    """The verb a word stands for, or None."""
    low = word.lower()
    return next((verb for verb, spellings in verbs.items() if low in spellings), None)


def require(word: str, verbs: Mapping[str, tuple[str, ...]], command: str) -> str:
    """As `find`; raises Refused 'unknown-command' with the nearest word."""
    verb = find(word, verbs)
    if verb is None:
        near = nearest(word, (spelling for spellings in verbs.values() for spelling in spellings))
        shown = f"{command} {near}" if near else ""
        raise Refused("unknown-command", word=word[:60], near=shown, command=command)
    return verb
