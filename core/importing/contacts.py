"""People to call, where they stand as text: 'Lubit (architect):', '- **Tech lead**: name', 'Tier 1 (to fix) └─ A + B (5 minutes)'.

Tables of contacts are read in `core.importing.tables`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.importing import marks
from core.importing.page import Page
from core.importing.understood import Contact

SECTION = re.compile(r"연락처|연락망|에스컬레이션|온콜|contacts?\b|escalation|on-?call", re.IGNORECASE)
_ENTRY = re.compile(r"(?P<who>[^:：]{1,60})[:：]\s*(?P<rest>.*)$")
_PERSON = re.compile(r"(?P<name>[^()]{1,40}?)\s*\((?P<role>[^()]{1,40})\)$")
_TIER = re.compile(r"(?:tier|level|단계)\s*([1-9])\b|([1-9])\s*차(?![가-힣])", re.IGNORECASE)
_WITHIN = re.compile(r"([0-9]{1,3})\s*(분|시간|minutes?|mins?|m|hours?|h)(?![A-Za-z])", re.IGNORECASE)
_CHANNEL = re.compile(
    r"slack|채널|channel|pagerduty|링크|link|status page|상태 페이지|url|전화|phone|폰|e-?mail|이메일",
    re.IGNORECASE,
)
_BLANK = re.compile(
    r"[\s_\-.\[\]()–—]*|\[[^\]]*\]|\([^)]*\)|@?\[[^\]]*\]|<[^>]*>|TBD|N/A|미정", re.IGNORECASE
)

_TO_FILL = re.compile(r"_{2,}\s*(?:%|[a-zA-Z]{1,3}|/[a-z]{1,3}|초|분|개|건)?$")


def belongs(page: Page) -> bool:
    """Whether we are where contacts stand."""
    return (bool(page.section) and SECTION.search(page.section[-1][:300]) is not None) or (
        len(page.section) > 1 and SECTION.search(page.section[-2][:300]) is not None
    )  # fmt: skip


def given(text: str) -> str:
    """A cell or value as it is, or '' where the document only leaves room for one ('____', '[name]')."""
    said = marks.words(text)
    return "" if _BLANK.fullmatch(said) or _TO_FILL.match(said) else said


def tier_in(text: str) -> int:
    """The tier a text names, 0 for none. '1차', 'Tier 2'."""
    found = _TIER.search(text[:120])
    return int(found[1] or found[2]) if found else 0


def within(text: str) -> str:
    """How soon, as a plan writes it: '(5분 대응)' is '5m'."""
    found = _WITHIN.search(text[:200])
    return f"{found[1]}{'h' if found[2].lower() in ('시간', 'h', 'hour', 'hours') else 'm'}" if found else ""


def read_entry(page: Page, text: str, line: int) -> bool:
    """One line 'role: name' of a list; whether it was one."""
    found = _ENTRY.match(marks.words(text)[:300])
    if found is None:
        return False
    who, rest = found["who"].strip(), found["rest"].strip()
    if _CHANNEL.search(who):
        return False
    page.seen.add(line)
    person = _PERSON.match(who)
    role, name = (person["role"], person["name"]) if person else (who, given(rest))
    page.contacts.append(Contact(role.strip(), name.strip(), given(rest) if person else "", "", 0, "", line))
    return True


def read_lines(page: Page, lines: Sequence[str], first: int) -> bool:
    """A block of contacts. False when it is none, and then nothing was taken."""
    if any(marks.box_of_line(line.strip()) for line in lines):
        return False
    tier = 0
    found = False
    for number, raw in enumerate(lines, first):
        text = raw.strip()
        if not text:
            continue
        hanging = marks.detail(text)
        if raw[:1] not in " \t" and hanging is None:
            tier = tier_in(text)
            found = bool(tier) or read_entry(page, text, number) or found
            if tier:
                page.seen.add(number)
        elif tier and hanging is not None:
            role = re.sub(r"\s*\([^()]*\)\s*$", "", hanging)
            page.contacts.append(Contact(role, "", "", "", tier, within(hanging), number))
            page.seen.add(number)
        elif found:
            _detail(page, marks.without_bullet(text), number)
    return found


def _detail(page: Page, text: str, number: int) -> None:
    """'Slack: @name' below a contact."""
    page.seen.add(number)
    label, _, value = text.partition(":")
    if page.contacts and given(value):
        last = page.contacts[-1]
        said = f"{label.strip()}: {given(value)}"
        page.contacts[-1] = replace(last, contact=f"{last.contact}, {said}" if last.contact else said)
