"""`captain replay`, as people and harnesses start it: a process, a file or a stream, one line in and one line out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "core" / "plan" / "small.yml"


def look(minute: float, bad: int = 0, **more: Any) -> str:
    errors = {"canary": {"bad": bad, "total": 60}, "control": {"bad": 1, "total": 1140}}
    p95 = {"canary": {"buckets": [["250", 58], ["500", 59], ["+Inf", 60]]}}
    p95["control"] = {"buckets": [["250", 1100], ["500", 1120], ["+Inf", 1140]]}
    metrics = {"errors": errors, "p95": p95, "memory": {"canary": {"value": 61.5}, "control": None}}
    return json.dumps({"t": minute * 60, "stage": 1, "metrics": metrics, **more})


def captain(*arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "replay", *arguments], input=lines, capture_output=True, text=True, cwd=ROOT, timeout=90,
        check=False,
    )  # fmt: skip


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    path = tmp_path / "samples.jsonl"
    looks = [look(minute) for minute in range(1, 16)] + [look(minute, 9) for minute in range(16, 31)]
    path.write_text("\n".join(looks) + "\n", encoding="utf-8")
    return path


def test_one_line_a_look(samples: Path) -> None:
    done = captain(str(SMALL), "--samples", str(samples), "--json")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(said)) == (0, 30)
    assert [one["t"] for one in said] == [60.0 * minute for minute in range(1, 31)]
    assert (said[14]["verdict"], said[-1]["verdict"]) == ("GO", "NO-GO")
    assert said[14]["score"] >= 80 > 29 >= said[-1]["score"]
    assert "sure that it is worse" in said[-1]["reasons"][0]
    assert said[-1]["metrics"]["errors"]["verdict"] == "NO-GO"
    assert "30 looks" in done.stderr


def test_in_words_what_changes_and_what_it_adds_up_to(samples: Path) -> None:
    done = captain(str(SMALL), "--samples", str(samples))
    heads = [line for line in done.stdout.splitlines() if ", stage 1: " in line]
    assert done.returncode == 0
    assert 2 <= len(heads) <= 5
    assert "NO-GO from 0:1" in done.stdout
    assert "Errors under 1 % (canary): streak complete 1×" in done.stdout
    assert len(captain(str(SMALL), "--samples", str(samples), "--every").stdout) > 3 * len(done.stdout)


def test_in_korean_too(samples: Path) -> None:
    said = captain(str(SMALL), "--samples", str(samples), "--language", "ko").stdout
    assert "측정 30회" in said
    assert "NO-GO(중지)" in said


def test_a_stage_end_is_said(samples: Path) -> None:
    lines = [
        *samples.read_text(encoding="utf-8").splitlines()[:12],
        '{"t": 730, "stage": 1, "stage_end": true}',
    ]
    done = captain(str(SMALL), "--samples", "-", lines="\n".join(lines))
    assert "(the stage ends)" in done.stdout
    body = captain(str(SMALL), "--samples", "-", "--json", lines="\n".join(lines)).stdout.splitlines()[-1]
    assert (json.loads(body)["verdict"], json.loads(body)["stage_end"]) == ("GO", True)


def test_bad_lines_are_told_with_their_number_and_the_rest_goes_on() -> None:
    lines = [
        look(1),
        "{no",
        look(1),
        "",
        look(2, erors=1),
        '{"t": 180, "metrics": {"erors": {"canary": null}}}',
        look(4),
    ]
    done = captain(str(SMALL), "--samples", "-", "--json", lines="\n".join(lines) + "\n")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [one.get("line") for one in said] == [None, 2, 3, None, None, None]
    assert said[1]["error"].startswith("line 2: this is not JSON")
    assert said[2]["error"] == "line 3: a look at 60 s is not later than the one before at 60 s"
    assert done.stderr.count("'erors' that the plan does not have: the gate judges errors, p95, memory.") == 1
    in_words = captain(str(SMALL), "--samples", "-", lines="\n".join(lines))
    assert in_words.stderr.splitlines()[0] == "line 2: this is not JSON: key must be a string at character 2"
    assert "2 lines could not be used." in in_words.stdout


def test_a_line_that_never_ends_is_told_and_the_next_one_is_judged() -> None:
    """What cannot be a line is not kept: only its end is waited for."""
    done = captain(
        str(SMALL), "--samples", "-", "--json", lines=f'{look(1)}\n{{"t": {"9" * 9_000_000}\n{look(2)}\n'
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one.get("t") for one in said] == [60.0, None, 120.0]
    assert said[1]["error"] == "line 2: the line has more than 4,000,000 bytes"
    assert done.returncode == 2


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    samples = tmp_path / "samples.jsonl"
    samples.write_text(f"\ufeff{look(1)}\n{look(2)}\n", encoding="utf-8")
    assert main(["replay", str(SMALL), "--samples", str(samples), "--json"]) == 0
    assert [json.loads(line)["t"] for line in capfd.readouterr().out.splitlines()] == [60.0, 120.0]


def test_figures_under_another_name_are_not_taken_for_silence() -> None:
    lines = [
        '{"t": 60, "readings": {"errors": {"canary": {"bad": 1, "total": 9}}}}',
        '{"t": 120}',
        '{"t": 180, "metrics": null, "by": "me"}',
    ]
    done = captain(str(SMALL), "--samples", "-", "--json", lines="\n".join(lines))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert (
        said[0]["error"]
        == 'line 1: there is no "metrics", but "readings": the figures of a look stand under "metrics"'
    )
    assert [one.get("t") for one in said[1:]] == [120.0, 180.0]


def test_a_stream_is_answered_line_by_line() -> None:
    """The next line is written only when the last one has been answered."""
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "replay", str(SMALL), "--samples", "-", "--json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True,
    )  # fmt: skip
    assert running.stdin is not None
    assert running.stdout is not None
    with running:
        for minute in range(1, 6):
            running.stdin.write(look(minute) + "\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["t"] == minute * 60.0
        running.stdin.close()
        assert running.stdout.read() == ""
    assert running.returncode == 0


def test_a_stream_that_is_behind_is_answered_before_it_ends() -> None:
    """Two hundred lines at once, the last of them begun only: all others are answered, then that one when it is whole."""
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "replay", str(SMALL), "--samples", "-", "--json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert running.stdin is not None
    assert running.stdout is not None
    lines = [look(minute).encode() for minute in range(1, 201)]
    with running:
        running.stdin.write(b"\n".join(lines)[:-40])
        running.stdin.flush()
        said = [json.loads(running.stdout.readline())["t"] for _ in lines[:-1]]
        assert said == [60.0 * minute for minute in range(1, 200)]
        running.stdin.write(lines[-1][-40:] + b"\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["t"] == 12_000.0
        running.stdin.close()
        assert running.stdout.read() == b""
    assert running.returncode == 0


def test_a_replay_loads_neither_slack_nor_a_database(samples: Path) -> None:
    """They are most of what a start costs, and a recording needs none of them."""
    program = (
        "import sys; from bot.__main__ import main; "
        f"status = main(['replay', {str(SMALL)!r}, '--samples', {str(samples)!r}]); "
        "print([name for name in ('slack_bolt', 'slack_sdk', 'aiohttp', 'sqlalchemy', 'sqlmodel', 'kubernetes', 'apscheduler', "
        "'pydantic_settings') if name in sys.modules], file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=90, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


WRONG = [
    (
        ("nothing-such", "--samples", "-"),
        "There is no plan 'nothing-such': give a file, or one of ion-deployment-day",
    ),
    (("nothing.yml", "--samples", "-"), "nothing.yml: cannot be read"),
    ((str(SMALL), "--samples", "nothing.jsonl"), "nothing.jsonl: cannot be read"),
    ((str(SMALL), "--samples", "-", "--gate", "night"), "The plan has no gate 'night': there are canary."),
    ((str(ROOT / "README.md"), "--samples", "-"), "README.md"),
    ((str(SMALL),), "Say a plan and --samples FILE, or --deployment D12."),
    (("--deployment", "D1", "--gate", "canary"), "A deployment has its own gates and samples"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_be_replayed_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["replay", *arguments])
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_of_several_gates_one_must_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SMALL.read_text(encoding="utf-8").replace(
        "gates:\n", "gates:\n  first:\n    title: First\n    rules: [{metric: errors, below: 1%}]\n", 1
    )
    plan = tmp_path / "two.yml"
    plan.write_text(
        text.replace("          to: 5\n          gate: canary", "          to: 5\n          gate: first"),
        encoding="utf-8",
    )
    assert main(["replay", str(plan), "--samples", "-"]) == 2
    said = "captain: Say which gate with --gate: the canary of this plan is judged by first, canary.\n"
    assert capsys.readouterr().err == said
    samples = tmp_path / "one.jsonl"
    samples.write_text(look(1), encoding="utf-8")
    assert main(["replay", str(plan), "--samples", str(samples), "--gate", "first"]) == 0


def test_the_recording_in_the_documents_is_a_canary_that_falls_sick(
    capsys: pytest.CaptureFixture[str],
) -> None:
    recording = ROOT / "docs" / "examples" / "replay.jsonl"
    assert main(["replay", "ion-deployment-day", "--samples", str(recording)]) == 0
    said = capsys.readouterr().out
    assert "0:45:00, stage 1: GO" in said
    assert "NO-GO from 1:15:00 on" in said
