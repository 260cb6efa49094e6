"""Tables, which are what their headings say: boxes, criteria, sign-offs, contacts, rollback triggers, days. Any other is left row by row.

It must not know lists or blocks of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from core.importing import contacts, criteria, marks, times
from core.importing.contacts import given
from core.importing.markdown import Row
from core.importing.page import Page
from core.importing.times import When
from core.importing.understood import Contact, Field, Signature, Trigger

_SIGNED = re.compile(r"서명|signature|sign-?off|signed", re.IGNORECASE)
_SIGN_SECTION = re.compile(r"서명|승인|sign-?off|approval|signature", re.IGNORECASE)
_CHECKED_BY = re.compile(r"확인자|승인자|approver|approved by|checked by|confirmed by", re.IGNORECASE)
_ROLE = re.compile(r"역할|직책|담당|role|responsib|team|팀", re.IGNORECASE)
_NAME = re.compile(r"이름|성명|name|who", re.IGNORECASE)
_CONTACT = re.compile(r"연락처|전화|폰|contact|phone|e-?mail|이메일|slack", re.IGNORECASE)
_BACKUP = re.compile(r"백업|대리|backup|deputy", re.IGNORECASE)
_TIER = re.compile(r"에스컬레이션|단계|escalation|tier|level", re.IGNORECASE)
_THRESHOLD = re.compile(r"임계|threshold|trigger|트리거", re.IGNORECASE)
_MODE = re.compile(r"자동|수동|automatic|manual|action|조치", re.IGNORECASE)
_LIMIT = re.compile(r"기준|목표|허용|criteri|limit|target|expected|예상|goal|acceptance", re.IGNORECASE)
_ACTUAL = re.compile(r"실제|결과|actual|result|measured|pass|fail|합격|판정", re.IGNORECASE)
_PASS = re.compile(r"pass|fail|합격|판정", re.IGNORECASE)
_OWNER = re.compile(r"담당|책임|owner|assignee|responsible", re.IGNORECASE)
_TIMED = re.compile(r"시간|시각|일시|시점|time|when|due|기한", re.IGNORECASE)
_TASK = re.compile(r"항목|작업|내용|task|check|item|action|step|확인", re.IGNORECASE)
_NUMBERED = re.compile(r"#|no\.?|번호|순번", re.IGNORECASE)
_DAY = re.compile(
    r"D\s*\+\s*[0-9]{1,3}|day\s+[0-9]{1,3}|[0-9]{1,3}일차|20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.IGNORECASE
)

MOST_NOTES = 20
"""Cells of a row that are kept with each of its items."""
Take = Callable[[Page, Sequence[str], Row], None]


def read(page: Page, rows: Sequence[Row]) -> None:
    """Reads a table; its first row is the headings."""
    if not rows:
        return
    head = [marks.words(cell) for cell in rows[0].cells]
    page.seen.update((rows[0].line, rows[0].line + 1))  # the line of dashes below it
    body = rows[1:]
    for row in body:
        if row.beyond:
            page.leave(row.line, " | ".join(row.beyond), "unread")
    if any(marks.box_of_cell(cell) is not None for row in body for cell in row.cells):
        for row in body:
            _boxes(page, head, row)
        return
    take = _kind(page, head, body)
    otherwise = (
        "timetable"
        if _TIMED.search(head[0][:120]) and any(_TASK.search(cell[:120]) for cell in head[1:])
        else "table"
    )
    for row in body:
        if take is None or not any(given(cell) for cell in row.cells):
            page.leave(
                row.line,
                " | ".join(cell for cell in row.cells if cell),
                otherwise if take is None else "empty-row",
            )
        else:
            take(page, head, row)


def _kind(page: Page, head: Sequence[str], body: Sequence[Row]) -> Take | None:
    """What the headings say the rows are; None when they say nothing we know."""

    def has(pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(cell[:120]) for cell in head)

    if has(_SIGNED):
        return _signature
    if has(_CONTACT) and (has(_ROLE) or has(_NAME)):
        return _contact
    if has(_THRESHOLD) and not has(_LIMIT):
        return _trigger
    if body and all(row.cells and _DAY.match(row.cells[0]) for row in body):
        return _day
    if has(_CHECKED_BY) and page.under(_SIGN_SECTION):
        return _confirmation
    if has(_PASS) or (has(_LIMIT) and (has(_ACTUAL) or len(head) <= 3)):
        return _criterion
    return None


def _column(head: Sequence[str], pattern: re.Pattern[str]) -> int | None:
    return next((index for index, cell in enumerate(head) if pattern.search(cell[:120])), None)


def _cell(row: Row, index: int | None) -> str:
    return given(row.cells[index]) if index is not None and index < len(row.cells) else ""


# --------------------------------------------------------------------------------------------------------------- boxes


def _boxes(page: Page, head: Sequence[str], row: Row) -> None:
    ticks = [
        (index, done) for index, cell in enumerate(row.cells) if (done := marks.box_of_cell(cell)) is not None
    ]
    if not ticks:
        page.leave(row.line, " | ".join(cell for cell in row.cells if cell), "row-without-box")
        return
    named = _name(head, row)
    boxes = {index for index, _ in ticks}
    notes = [
        (head[index], said)
        for index, cell in enumerate(row.cells)
        if index not in boxes and (said := given(cell)) and said not in named
    ][:MOST_NOTES]
    timed, owner = _column(head, _TIMED), _cell(row, _column(head, _OWNER))
    own = times.when(_cell(row, timed)) if not all(done for _, done in ticks) else When()
    for index, done in ticks:
        title = named if len(ticks) == 1 else f"{named}: {head[index]}" if named else head[index]
        draft = page.item(marks.Box(done, title or head[index]), row.line, "", own.inside(page.when))
        if draft is not None:
            draft.evidence += [f"{label}: {said}" if label else said for label, said in notes]
            draft.owner = owner or draft.owner
    for label, said in notes:
        if not _TIMED.search(label):
            page.criteria += criteria.of_note(said, row.line, named)


def _name(head: Sequence[str], row: Row) -> str:
    """What a row with boxes is called: its first words, and the column that says what is done when that is another."""
    texts = [
        (index, given(cell))
        for index, cell in enumerate(row.cells)
        if marks.box_of_cell(cell) is None and given(cell)
    ]
    if len(texts) > 1 and (_NUMBERED.fullmatch(head[0]) or texts[0][1].rstrip(".").isdigit()):
        texts = texts[1:]
    if not texts:
        return ""
    first, name = texts[0]
    task = _column(head, _TASK)
    if (
        task is None
        or task == first
        or _TASK.search(head[first])
        or not _cell(row, task)
        or _CHECKED_BY.search(head[task])
    ):
        return name
    return f"{name}: {_cell(row, task)}"


# ------------------------------------------------------------------------------------------------------- other tables


def _signature(page: Page, head: Sequence[str], row: Row) -> None:
    column = _column(head, _ROLE)
    role = _cell(row, 0 if column is None else column)
    if not role:
        page.leave(row.line, " | ".join(row.cells), "empty-row")
        return
    page.seen.add(row.line)
    page.signoffs.append(
        (Signature(role, "", _cell(row, _column(head, _NAME)), page.section, row.line, ""), page.when)
    )


def _confirmation(page: Page, head: Sequence[str], row: Row) -> None:
    title = _cell(row, 0)
    page.seen.add(row.line)
    name = _cell(row, _column(head, _CHECKED_BY))
    when = times.when(title)
    page.signoffs.append((Signature("", title, name, page.section, row.line, ""), when.inside(page.when)))


def _contact(page: Page, head: Sequence[str], row: Row) -> None:
    page.seen.add(row.line)
    role, name = _column(head, _ROLE), _column(head, _NAME)
    tier = _cell(row, _column(head, _TIER))
    page.contacts.append(
        Contact(
            _cell(row, role if role is not None else 0), _cell(row, name), _cell(row, _column(head, _CONTACT)),
            _cell(row, _column(head, _BACKUP)), contacts.tier_in(tier), contacts.within(tier), row.line,
        )
    )  # fmt: skip


def _trigger(page: Page, head: Sequence[str], row: Row) -> None:
    page.seen.add(row.line)
    at = _column(head, _THRESHOLD)
    title = _cell(row, 0 if at != 0 else 1)
    limit = _cell(row, at)
    found = criteria.find(limit, row.line, title, bad=True) if limit else []
    kept = [
        type(one)(
            f"{title}: {limit}",
            title,
            one.op,
            one.value,
            one.unit,
            row.line,
            True,
        )
        for one in found
    ]
    page.criteria += kept
    page.triggers.append(
        Trigger(title, limit, _cell(row, _column(head, _MODE)), row.line, kept[0] if kept else None)
    )


def _criterion(page: Page, head: Sequence[str], row: Row) -> None:
    """A row to be filled in, or, where the document has already done that, evidence of the item above."""
    page.seen.add(row.line)
    at = _column(head, _LIMIT)
    name = _cell(row, 0 if at != 0 else 1)
    wanted = (
        _cell(row, at)
        if at is not None
        else "; ".join(_cell(row, i) for i in range(1, len(head)) if _cell(row, i))
    )
    found = criteria.of_cell(wanted, row.line, name) if at is not None else []
    results = [_cell(row, index) for index, cell in enumerate(head) if _ACTUAL.search(cell)]
    page.criteria += found
    if any(marks.is_ticked(result) for result in results):
        draft = page.above()
        if draft is not None:
            draft.evidence.append(f"{name}: {wanted} → {'; '.join(result for result in results if result)}")
        elif not found:
            page.leave(row.line, " | ".join(row.cells), "table")
        return
    page.fields.append((Field(name, wanted, page.section, row.line, found[0] if found else None), page.when))


def _day(page: Page, head: Sequence[str], row: Row) -> None:
    page.seen.add(row.line)
    wanted = ", ".join(cell for cell in head[1:] if cell)
    found = times.when(row.cells[0])
    page.days.append(
        (Field(marks.words(row.cells[0]), wanted, page.section, row.line), found.inside(page.when))
    )
