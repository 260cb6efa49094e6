"""What a reading is counted on from: the one its window will begin with."""

from __future__ import annotations

from dataclasses import replace

import factories
import pytest

from core import gates
from core.inputs import Reading
from core.previous import previous
from core.state import Deployment, RollbackRun, StepState

NOW = factories.T0


def reading(value: float, state: str = "ok") -> Reading:
    return Reading("errors", "canary", state, (value, value) if state == "ok" else ())  # type: ignore[arg-type]


def deployment() -> Deployment:
    new = factories.new()
    run = gates.begin("canary", new.runbook, NOW, after=None)
    return replace(
        new,
        gate=replace(run, last=(reading(2),), last_at=NOW, earlier=()),
        steps=(StepState("normal", readings=(reading(1),)),),
        rollback=RollbackRun("bot", "", first=(reading(3),)),
    )


@pytest.mark.parametrize(
    ("ref", "value"),
    [("look:2", 2), ("confirm:five:0:1", 2), ("check:ready:errors:1", 2), ("baseline:normal:1", 1), ("verify-metrics:4", 3), ("backfill:3", 2)],
)  # fmt: skip
def test_each_kind_of_look_has_its_own(ref: str, value: float) -> None:
    assert previous(deployment(), ref, "errors", "canary") == reading(value)
    assert previous(deployment(), ref, "errors", "control") is None
    assert previous(factories.new(), ref, "errors", "canary") is None


def test_what_did_not_answer_is_passed_over_for_what_was_last_good() -> None:
    one = deployment()
    assert one.gate is not None
    silent = replace(one.gate, last=(reading(0, "failed"),), earlier=((NOW, reading(5)),))
    assert previous(replace(one, gate=silent), "look:9", "errors", "canary") == reading(5)
    bad = replace(one, steps=(StepState("normal", readings=(reading(0, "no-data"),)),))
    assert previous(bad, "baseline:normal:1", "errors", "canary") is None
