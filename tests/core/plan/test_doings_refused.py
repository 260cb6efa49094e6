"""Every slip in what people do gets one clear sentence with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid

HEAD = (Path(__file__).parent / "small.yml").read_text(encoding="utf-8").split("\nphases:\n")[0]
ITEM = "checklist: {id: list, title: L, items: [{id: one, title: One, %s}]}"
WATCH = "watch: {id: on, title: W, until: %s, rows: {%s}}"

SLIPS = {
    ITEM % "evidence: links": "Evidence is true, false or link: write 'evidence: link' where an https address is asked for.",
    ITEM % "value: {unit: GB, below: 5 TB}": "'5 TB' is in TB, and the value is in GB: write the number alone.",
    ITEM % "value: {below: x}": "'x' is not a number: write it like '2', '0.08' or '1,240'.",
    ITEM % "value: {below: 1, at-most: 2}": "A value has at most one of: below, at-most.",
    ITEM % "value: {above: 1, at-least: 2}": "A value has at most one of: above, at-least.",
    ITEM % "value: {below: 5, actual: 7}, already: x": "'actual: 7' is on the wrong side of its limit: what has not passed cannot be settled already.",
    ITEM % "value: {below: 5, actual: 3}": "'actual:' is what is known already: say under 'already:' from where.",
    ITEM % "value: {below: 5}, already: x": "The value is settled already: write the number under 'value:' as 'actual:'.",
    ITEM % "value: {below: 5}, check: {http: {source: api, get: /h}}": "An item has a 'check:' the bot makes or a 'value:' a person enters, not both.",
    ITEM % "already: x, check: {http: {source: api, get: /h}}": "What is settled already is not checked again: keep 'already:' or 'check:'.",
    ITEM % "remind: 1h": "Nobody can be reminded of what is never due. Add 'due:' to the item or to its list.",
    ITEM % "remind: 0s, due: T0": "This time may not be zero. Write how long, like '5m'.",
    ITEM.replace("title: L,", "title: L, as: criteria,") % "role: deployer": "'one' cannot pass or fail: in a list of criteria an item has a 'check:', or a 'value:' with a limit.",
    "signoff: {id: s, title: S, roles: [deployer], within: 5m}": "'within' belongs to 'attendance: true': signatures are waited for, by 'due'.",
    "meeting: {id: m, title: M, roles: [deployr]}": "There is no role 'deployr'. Did you mean 'deployer'?",
    "meeting: {id: m, title: M, roles: [deployer], items: [{id: a, title: A}, {id: a, title: B}]}": "There is another item 'a'. Give it a name of its own.",
    f"meeting: {{id: {'m' * 36}, title: M, roles: [deployer], items: [{{id: a, title: A}}]}}": "This id has at most 34 characters: a step called 'mmmmmmmmmmmmmmmmmmmm....items' follows from it. Shorten it.",
    "run: {id: r, title: R, action: look, approve-within: 5m}": "Nobody approves this run. Add 'approve:' with the roles who do.",
    "run: {id: r, title: R, action: look, settle: 5m}": "'settle' is about the confirmation, and there is none. Add 'confirm:' with checks.",
    "run: {id: r, title: R, action: look, confirm: [{metric: {metric: errors, below: 1%, over: 1h}}]}": "Only the items of a list and the criteria of a verdict look at a stretch of time. Take 'over:' out: this counts since the traffic began.",
    WATCH % ("T+90h", "at: ['08:00'], metrics: [errors]"): "Rows come on days, and 'T+90h' is none. Write the day it ends on, like 'D+7 16:00'.",
    WATCH % ("D+2 07:00", "at: ['08:00'], days: [2], metrics: [errors]"): "No row lies before the watch ends. Let it end later, or name other days.",
    WATCH % ("D+2 09:00", "at: ['08:00'], days: [1, 4], metrics: [errors]"): "D+4 is after the watch ends ('D+2 09:00'). Take it out, or let the watch end later.",
    WATCH % ("D+200 09:00", "at: ['08:00'], metrics: [errors]"): "That makes 200 rows; at most 100 are written. Name fewer 'days:'.",
    WATCH % ("D+2 09:00", "at: ['08:00']"): "A row has 'metrics:', 'items:' or both.",
    WATCH % ("D+2 09:00", "at: ['08:00', '08:00'], metrics: [errors]"): "A clock time stands here twice. Keep one of the two.",
    WATCH % ("D+2 09:00", "at: ['08:00'], metrics: [errors, errors]"): "A metric stands here twice. Keep one of the two.",
    WATCH % ("D+2 09:00", "at: ['08:00'], metrics: [errors], items: [{id: errors, title: E}]"): "There is another field 'errors' in this row. Give it a name of its own.",
    WATCH % ("D+2 09:00", "at: ['08:00'], items: [{id: e, title: E, due: D+1}]"): "A row comes again and again, so its items have no day of their own. Use the rows' 'due:', which counts from each row.",
    WATCH % ("D+2 09:00", "at: ['08:00'], items: [{id: e, title: E, already: x}]"): "What is filled in again and again is never settled already. Take 'already:' out.",
    (WATCH % ("D+2 09:00", "at: ['08:00'], metrics: [errors]")).replace("id: on", f"id: {'w' * 27}"): "The id of a watch with rows has at most 26 characters. Shorten it: its rows are called by it.",
    WATCH % ("D+2 09:00", "at: ['8h'], metrics: [errors]"): "'8h' is not a clock time. Write it from 00:00 to 23:59, like '08:00'.",
}  # fmt: skip


@pytest.mark.parametrize("step", SLIPS)
def test_a_slip_gets_one_clear_sentence(step: str) -> None:
    text = f"{HEAD}\nphases:\n  - id: all\n    title: All\n    steps:\n      - {step}\n"
    with pytest.raises(PlanInvalid) as refused:
        parse_plan(text)
    found = [f"{one.message} {one.suggestion}".strip() for one in refused.value.problems]
    line = len(text.splitlines())
    assert SLIPS[step] in found
    assert all(one.line in (0, line) for one in refused.value.problems if SLIPS[step].startswith(one.message))


@pytest.mark.parametrize(
    "step",
    [
        ITEM % "value: {unit: ms, below: 0.5 s, at-least: 1}",
        ITEM % "value: {unit: 명}, evidence: link, note: {en: known, ko: 알려짐}",
        WATCH
        % (
            "D+30 09:00",
            "at: ['08:00'], days: [1, 7, 30], metrics: [errors], items: [{id: issues, title: I}]",
        ),
        "watch: {id: w, title: W, until: D+30}",
    ],
)
def test_what_makes_sense_is_taken(step: str) -> None:
    parse_plan(f"{HEAD}\nphases:\n  - id: all\n    title: All\n    steps:\n      - {step}\n")
