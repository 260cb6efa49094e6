"""`captain replay` over more than it reads at once: one process gathers and another one judges, and nobody can tell from what is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import INTERRUPTED, UNREAD
from bot.cli.replaying import BLOCK
from core.plan.runbook import read_runbook
from core.replaying import Player, as_line
from core.verdict.replay import BadLine

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "core" / "plan" / "small.yml"
REPLAY = ("-m", "bot", "replay", str(SMALL), "--json", "--samples")
ONE_PROCESSOR = "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from bot.__main__ import main; sys.exit(main(sys.argv[1:]))"


def look(minute: int) -> str:
    """Healthy at first, then errors in clumps, then slow and with silences; memory grows, and a stage begins every four hours."""
    bad = (minute * 7 % 5 if minute > 300 else minute % 50 == 0) if minute % 97 < 60 else 0
    total, slow = 40 + minute * 37 % 23, minute % 7 if minute > 500 else 1
    arms: dict[str, Any] = {
        "errors": {"canary": {"bad": int(bad), "total": total}, "control": {"bad": minute % 3, "total": 20 * total}},
        "p95": {
            "canary": {"buckets": [["250", total - 5 - slow], ["500", total - slow], ["+Inf", total]]},
            "control": {"buckets": [["250", 18 * total], ["500", 19 * total], ["+Inf", 20 * total]]},
        },
        "memory": {"canary": {"value": 60.0 + minute / 40 % 20}, "control": {"value": 61.5}},
    }  # fmt: skip
    if minute % 61 == 0:
        arms["p95"] = None
    if minute % 67 < 3:
        arms["errors"]["control"] = None
    if minute % 89 == 0:
        arms["erors"] = {"canary": {"bad": 1, "total": 2}}
    return json.dumps({"t": minute * 60, "stage": 1 + minute // 240, "metrics": arms})


def recording(looks: int) -> list[str]:
    lines = []
    for minute in range(1, looks + 1):
        lines.append(look(minute))
        if minute % 240 == 239:
            lines.append(json.dumps({"t": minute * 60 + 30, "stage": 1 + minute // 240, "stage_end": True}))
        if minute % 250 == 0:
            lines += ["{no", "", look(minute)]
    return lines


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "samples.jsonl"
    path.write_text("\n".join(recording(1_000)), encoding="utf-8")
    assert path.stat().st_size > 4 * BLOCK
    return path


def in_one_process(lines: list[str]) -> list[dict[str, Any]]:
    player, said = Player(read_runbook(SMALL.read_text(encoding="utf-8")), "canary"), []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            said.append(json.loads(json.dumps(as_line(player.feed(line)))))
        except BadLine as bad:
            said.append({"line": number, "error": f"line {number}: {bad}"})
    return said


def test_two_processes_say_what_one_says(samples: Path) -> None:
    done = subprocess.run(
        [sys.executable, *REPLAY, str(samples)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    lines = samples.read_text(encoding="utf-8").split("\n")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    expected = in_one_process(lines)
    for one, other in zip(said, expected, strict=True):
        # Two readers of JSON may differ in an error's words; its line is the same.
        assert one == other or ("error" in one and one["line"] == other["line"])
    assert {one.get("verdict") for one in said} == {"GO", "OBSERVE", "NO-GO", None}
    assert any("stage_end" in one for one in said)
    assert done.returncode == 2
    assert done.stderr.count("'erors' that the plan does not have") == 1
    assert "1000 looks" in done.stderr
    assert "8 lines could not be used." in done.stderr


def test_one_processor_says_the_same(samples: Path) -> None:
    """In words as well, and in the same order."""
    arguments = ("replay", str(SMALL), "--samples", str(samples))
    one, two = (
        subprocess.run([sys.executable, *how, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
        for how in (("-c", ONE_PROCESSOR), ("-m", "bot"))
    )  # fmt: skip
    assert (one.stdout, one.stderr, one.returncode) == (two.stdout, two.stderr, two.returncode)
    assert "NO-GO from" in two.stdout


def test_whoever_reads_may_stop(samples: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, *REPLAY, str(samples)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert running.stdout is not None
    assert running.stderr is not None
    with running:
        assert json.loads(running.stdout.readline())["t"] == 60.0
        running.stdout.close()
        assert running.wait(60) == UNREAD
        assert b"Traceback" not in running.stderr.read()


def judging(running: subprocess.Popen[bytes]) -> int:
    """The other process of a replay."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text(encoding="ascii").split()
        if found:
            return int(found[0])
        time.sleep(0.01)
    raise AssertionError("it runs in one process")


def waiting(samples: Path) -> subprocess.Popen[bytes]:
    """A replay that has judged all it was given by its second process, and waits for more."""
    running = subprocess.Popen(
        [sys.executable, *REPLAY, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip
    assert running.stdin is not None
    assert running.stdout is not None
    lines = [line for line in samples.read_bytes().split(b"\n")[:500] if line]
    running.stdin.write(b"\n".join([*lines, b""]))
    running.stdin.flush()
    for _ in lines:
        assert running.stdout.readline()
    return running


def interrupted(running: subprocess.Popen[bytes]) -> None:
    os.killpg(running.pid, signal.SIGINT)


def killed(running: subprocess.Popen[bytes]) -> None:
    running.kill()


def judge_killed(running: subprocess.Popen[bytes]) -> None:
    os.kill(judging(running), signal.SIGKILL)
    assert running.stdin is not None
    running.stdin.close()


ENDS: list[tuple[Callable[[subprocess.Popen[bytes]], None], int, bytes]] = [
    (interrupted, INTERRUPTED, b""),
    (killed, -signal.SIGKILL, b""),
    (judge_killed, 1, b"captain: The process that judges has ended (-9)"),
]


@pytest.mark.parametrize(("end", "status", "said"), ENDS, ids=lambda value: getattr(value, "__name__", ""))
def test_both_end_together(
    samples: Path, end: Callable[[subprocess.Popen[bytes]], None], status: int, said: bytes
) -> None:
    """No process is left behind, no sum is told of half a recording, and no traceback shown."""
    with waiting(samples) as running:
        judging(running)
        end(running)
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read() == b""  # its end comes when both processes have gone
        told = running.stderr.read()
        assert running.wait(60) == status
    assert b"Traceback" not in told
    assert b"looks:" not in told
    assert said in told
