"""Any state is drawn within Slack's limits: hundreds of items, enormous names, other scripts, emoji, attempts to call everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import factories
import pytest
from draws import draws
from gallery import BYTES, said
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from commands.blocks import VIEWS, draw, home, kit, windows
from commands.buttons import More, Value
from commands.telling import voice
from core.effects import Words
from core.inputs import Reading
from core.machine import decide
from core.plan.models import Checklist, Criterion, Item, Playbook, PlaybookStep, Role, Signoff, Text, Trigger
from core.plan.runbook import Placed, Runbook, read_runbook
from core.start import new_deployment
from core.state import (
    Deployment,
    GateRun,
    Hold,
    ItemState,
    Page,
    RollbackRun,
    RuleRun,
    Sample,
    SignState,
    Status,
    StepState,
)
from sandbox.slack.blockkit import check_blocks, check_view

NOW = factories.T0 + timedelta(minutes=10)
SEEDS = st.sampled_from(
    [
        "x", "Restore the backup", "가나다라 마바사", "עברית \u202eevil", "👩\u200d💻🚀", "<!channel> <@U1|a> <!subteam^S1>", "&&&&<<>>",
        "*_~`|", "<https://evil.example|safe>", "\n\n\n", "a\tb", "‎", "ﷺ", "|", "{n} {0} %s",
    ]
)  # fmt: skip


@st.composite
def nasty(draw_: st.DrawFn, most: int = 3_000) -> str:
    """A name as nobody would write it, up to `most` characters."""
    seed, times = draw_(SEEDS), draw_(st.sampled_from([1, 2, 40, 10_000]))
    return ((seed + " ") * times)[:most].strip() or "x"


def titled(text: str) -> Text:
    """A title that has passed the plan's checks."""
    return Text.model_construct(en=text, ko=text)


@st.composite
def crowded(draw_: st.DrawFn) -> Deployment:
    """A deployment in which everything there can be many of is many, and every text is nasty."""
    base = factories.runbook()
    name = draw_(nasty())
    note = draw_(nasty(10_000))
    items, signs, steps = (
        draw_(st.sampled_from([0, 1, 15, 16, 120, 500])),
        draw_(st.sampled_from([1, 19, 60])),
        draw_(st.sampled_from([1, 40, 400])),
    )
    plan = base.plan.model_copy(
        update={
            "title": titled(name), "roles": {f"role-{n}": Role.model_construct(title=titled(name)) for n in range(signs)} | dict(base.plan.roles),
            "playbooks": {"book": Playbook.model_construct(title=titled(name), steps=tuple(PlaybookStep.model_construct(text=titled(name), within=timedelta(minutes=5), role="deployer") for _ in range(signs)))},
            "rollback": base.plan.rollback.model_copy(update={"steps": ("roll-back",) * signs, "triggers": tuple(Trigger.model_construct(id=f"t-{n}", title=titled(name)) for n in range(signs))}) if base.plan.rollback else None,
        }
    )  # fmt: skip
    listed = tuple(
        Item.model_construct(
            id=f"item-{n}",
            title=titled(name),
            role=f"role-{n % signs}",
            due=None,
            check=None,
            evidence=n % 3 == 0,
            optional=n % 5 == 0,
        )
        for n in range(items)
    )
    bodies: list[Any] = [
        Checklist.model_construct(id="ready", title=titled(name), at=None, due=None, wait=True, items=listed),
        Signoff.model_construct(id="signed", title=titled(name), at=None, due=None, wait=True, roles=tuple(f"role-{n}" for n in range(signs))),
        *(placed.body.model_copy(update={"title": titled(name)}) for placed in base.route if placed.body.id not in ("ready", "signed", "end")),
        *(Checklist.model_construct(id=f"step-{n}", title=titled(name), at=None, due=None, wait=True, items=()) for n in range(steps)),
        base.step("end").body.model_copy(update={"title": titled(name), "required": tuple(Criterion.model_construct(title=titled(name), holds="signed", metric=None) for _ in range(signs))}),
    ]  # fmt: skip
    route = tuple(Placed(plan.phases[0], body, n, 0, False) for n, body in enumerate(bodies))
    runbook = Runbook(base.text, f"crowded {len(route)} {signs} {items}", plan, route, 1)
    marks = draw_(st.sampled_from(["open", "done", "not-applicable"]))
    people = tuple(f"U{n:08d}" for n in range(draw_(st.sampled_from([0, 1, 60]))))
    step_states = tuple(
        StepState(
            body.id, draw_(st.sampled_from(["open", "done", "missed", "failed", "waiting"])) if number < 8 else "missed", opened_at=NOW, round=3, by="U1", note=note,
            items=tuple(ItemState(item.id, marks, "U1", NOW, note, failed=note if n % 2 else "") for n, item in enumerate(listed)) if body.id == "ready" else (),  # type: ignore[arg-type]
            signs=tuple(SignState(f"role-{n}", draw_(st.sampled_from(["open", "approve", "reject"])) if n < 3 else "approve", "U1", NOW, note, "abcd1234") for n in range(signs)) if body.id == "signed" else (),
            answer=draw_(st.sampled_from([None, "go", "hold"])) if body.id == "begin" else None, deadline=NOW,
        )
        for number, body in enumerate(bodies)
    )  # fmt: skip
    sample = Sample("errors", "canary", NOW, NOW, "breach", 99.123456, 1.0, 12.0)
    rules = base.gate("canary").rules
    gate = GateRun(
        "canary", NOW, NOW, looks=3, last_at=NOW, samples=(sample,), first_at=NOW, last=(Reading("errors", "canary", "failed", detail=note),),
        rules=tuple(RuleRun(rule.label, 7, NOW, replace(sample, metric=rule.metric, state=draw_(st.sampled_from(["breach", "ok", "no-data", "source-failed", "too-few"])), detail=note)) for rule in rules),
    )  # fmt: skip
    words = (("by", "U1"), ("reason", note), ("step", "begin"))
    return Deployment(
        "D1", runbook, {"version": draw_(nasty(10_000))}, factories.T0, "en", "U1", NOW, draw_(st.sampled_from(Status)), step_states,
        (("deployer", people), ("approver", people), *((f"role-{n}", people) for n in range(signs))), 5, NOW, 5, gate,
        hold=Hold(draw_(st.sampled_from(["paused", "unknown"])), "U1", draw_(st.sampled_from(["paused", "no-go"])), words, NOW, ref="step:begin:1"),
        pages=tuple(Page(n, "t", "decision", words, NOW, 1, people, playbook="book") for n in range(1, draw_(st.sampled_from([2, 30])))),
        rollback=RollbackRun("U1", note, "person", words, asked_at=NOW, breach_at=NOW, acted_at=NOW, verified_at=NOW, zero_reads=9, last_read_at=NOW),
        verdict=draw_(st.sampled_from(["", "GO", "HOLD", "ROLLBACK", "ABORTED"])),
        criteria=tuple((str(n), draw_(st.sampled_from([True, False, None])), note) for n in range(signs)), ended_at=NOW,
        locked=draw_(st.booleans()), rehearsal=draw_(st.booleans()),
    )  # fmt: skip


SUBJECTS = {
    "checklist": "ready", "signoff": "signed", "decision": "begin:3", "outcome": "step:begin:1", "page": "1:1", "announce": "ready",
}  # fmt: skip
MENTIONS = ("<!channel", "<!subteam", "<!everyone", "|safe>", "\u202e")
# Without shrinking: these values are as large as they can be on purpose, and a smaller one says less.
relaxed = settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate), max_examples=draws(15), deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@relaxed
@given(crowded(), st.sampled_from(["en", "ko"]), nasty(10_000))
def test_every_message_of_any_state(deployment: Deployment, language: str, text: str) -> None:
    told: dict[str, Words] = {
        "report": (("kind", "full"), ("next", "2025-10-22T15:00:00+00:00")),
        "log": (("fact", "item-verified"), ("step", "ready"), ("item", "item-0"), ("evidence", text)),
        "started": (("tour", True),),
        "progress": (("action", text), ("state", "running"), ("took_s", 61.5), ("output", text)),
    }
    for view in VIEWS:
        words = told.get(view, ())
        drawn = draw(
            view, deployment, subject=SUBJECTS.get(view, ""), words=words, now=NOW, language=language
        )
        assert check_blocks(drawn.blocks) == [], view
        assert kit.size(drawn.blocks) < BYTES, view
        assert 0 < len(drawn.text) <= 300, view
        shown = said(drawn)
        assert not any(token in shown for token in MENTIONS), view


@relaxed
@given(crowded(), st.sampled_from(["en", "ko"]))
def test_every_window_and_home_of_any_state(deployment: Deployment, language: str) -> None:
    speaking = voice(deployment, NOW, language)
    value = Value("D1", "ready")
    views = [
        windows.details(deployment, speaking),
        windows.everything(deployment, "ready", speaking, callback="x"),
        windows.rollback(deployment, value, speaking, callback="x"),
        windows.rejection(deployment, value, speaking, [f"role-{n}" for n in range(150)], callback="x"),
        *(windows.item(deployment, value, speaking, callback="x", more=more) for more in More),
        windows.reason(deployment, value, speaking, callback="x", title="t" * 99, said=["x" * 9_000] * 3),
        home.draw([(replace(deployment, id=f"D{n}"), NOW) for n in range(12)], "U00000000", speaking),
    ]
    for view in views:
        assert check_view(view) == [], view.get("title")
        assert kit.size([view]) < 250_000


@pytest.mark.parametrize("count", [14, 15, 16, 200])
def test_what_is_not_shown_is_counted_and_can_be_seen(count: int) -> None:
    mark = "            - {id: notes, title: {en: The notes are written, ko: 노트 작성}}\n"
    rows = "".join(f"            - {{id: extra-{n}, title: Extra {n}}}\n" for n in range(count))
    book = read_runbook(factories.PLAN.replace(mark, rows))
    fresh = new_deployment(id="D1", runbook=book, inputs={"version": "v7"}, t0=factories.T0, language="en")
    deployment = decide(fresh, factories.started(), factories.START).deployment
    drawn = draw("checklist", deployment, subject="ready", now=factories.START)
    shown = sum(str(block.get("block_id", "")).startswith("item:") for block in drawn.blocks)
    hidden = count + 1 - shown
    assert (hidden > 0) == (count + 1 > 15)
    assert (f"Items not shown here: {hidden}." in said(drawn)) == (hidden > 0)
    assert ("Show all" in said(drawn)) == (hidden > 0)
