"""What the delivery itself has to add to a message, in Korean and English: that it is late, that its layout was refused,
that the card has moved, that something older was left out. It must not know what the message says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "late": ("due {due} UTC, delivered {now} UTC", "예정 {due} UTC, 전달 {now} UTC"),
    "plain": (
        "Slack did not accept the layout of this message, so it is in plain words and without buttons. Use the commands instead: /deploy help.",
        "Slack이 이 메시지의 레이아웃을 받아들이지 않아 버튼 없이 글로만 보여 드립니다. 대신 명령을 사용해 주세요: /deploy help.",
    ),
    "moved": (
        "The card of this deployment goes on here: {link}",
        "이 배포의 카드는 여기에서 계속됩니다: {link}",
    ),
    "dropped": (
        "Not delivered, because Slack could not be reached until it was too late: {what}. The journal has them all.",
        "Slack에 제때 연결하지 못해 전달하지 않은 메시지: {what}. 기록(journal)에는 모두 남아 있습니다.",
    ),
    "reports": ("reports: {count}", "보고 {count}건"),
    "lines": ("log lines: {count}", "로그 {count}줄"),
}


def note(key: str, language: str, **words: object) -> str:
    """The note `key` in `language` ('ko', else English)."""
    return _TEXTS[key][1 if language == "ko" else 0].format(**words)


def late(language: str, due: datetime, now: datetime) -> str:
    """'(due 14:05 UTC, delivered 14:31 UTC)'; with the day when it is not the same."""
    form = "%H:%M" if due.date() == now.date() else "%Y-%m-%d %H:%M"
    return f"({note('late', language, due=due.strftime(form), now=now.strftime(form))})"


def dropped(language: str, reports: int, lines: int) -> str:
    """What was left out, in one sentence."""
    parts = [("reports", reports), ("lines", lines)]
    what = ", ".join(note(key, language, count=count) for key, count in parts if count)
    return note("dropped", language, what=what)
