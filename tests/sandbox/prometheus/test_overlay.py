"""The shipped plan over Prometheus: only its metrics come from elsewhere; and a Prometheus that is not there is said so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.plan.parse import parse_plan
from sandbox.prometheus.overlay import over_prometheus
from sandbox.prometheus.server import NOT_INSTALLED, LocalPrometheus

PLAN = Path(__file__).parents[3] / "plans" / "ion-deployment-day.yml"


def test_the_shipped_plan_keeps_everything_but_its_metrics() -> None:
    text = PLAN.read_text(encoding="utf-8")
    shipped, derived = parse_plan(text), parse_plan(over_prometheus(text))
    assert list(derived.metrics) == list(shipped.metrics)
    for name, metric in derived.metrics.items():
        assert metric.source == "prom"
        assert (metric.kind, metric.unit, metric.title) == (shipped.metrics[name].kind, shipped.metrics[name].unit, shipped.metrics[name].title)  # fmt: skip
    same: dict[str, object] = {"metrics": {}, "sources": {}}
    assert all(gate.look == gate.every for gate in derived.gates.values()), "evidence looks when the rules do"
    looking = {
        name: gate.model_copy(update={"look": shipped.gates[name].look})
        for name, gate in derived.gates.items()
    }
    assert derived.model_copy(update={**same, "gates": looking}) == shipped.model_copy(update=same)
    assert derived.sources["api"] == shipped.sources["api"]
    assert "# The monitor of the runbook" in over_prometheus(text)


@pytest.mark.parametrize("text", ["", "metrics:\n  a: 1\n", "sources:\n  a: 1\n"])
def test_a_plan_without_the_sections(text: str) -> None:
    with pytest.raises(ValueError, match="no sections"):
        over_prometheus(text)


async def test_a_prometheus_that_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as refused:
        await LocalPrometheus(tmp_path, {"ion-api": "127.0.0.1:9"}, program="no-such-prometheus").start()
    assert str(refused.value) == NOT_INSTALLED


async def test_a_program_that_ends_by_itself(tmp_path: Path) -> None:
    program = tmp_path / "prometheus"
    program.write_text("#!/bin/sh\necho 'no room on this disk' >&2\nexit 3\n")
    program.chmod(0o755)
    server = LocalPrometheus(tmp_path / "data", {"ion-api": "127.0.0.1:9"}, program=str(program))
    with pytest.raises(RuntimeError, match="ended by itself: no room on this disk"):
        await server.start()
    await server.stop()


def test_the_demo_says_in_one_sentence_that_there_is_none() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--script", "happy", "--metrics", "prometheus"],
        env={"PATH": "/nonexistent"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.strip() == f"captain demo: {NOT_INSTALLED}"
