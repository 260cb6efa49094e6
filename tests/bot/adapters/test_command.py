"""Programs: an argument list, a small environment, an output that is cut and redacted, and an end that is certain."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from adapter_world import plan_with

from bot.adapters.command import LARGEST_OUTPUT, Commands
from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.models import Command, Plan

SHELL = """#!/bin/sh
"""


class Bench:
    """A folder with one program, and the means to run it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": "/nowhere",
            "LANG": "C",
            "OTHER": "not for programs",
        }

    def program(self, text: str, name: str = "deploy.sh", *, executable: bool = True) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755 if executable else 0o644)
        return str(path)

    def plan(self, program: str) -> Plan:
        return plan_with(programs={"deploy": program}, sources={"api": {"http": {"url": "${ION_URL}"}}})

    def commands(self, **more: str) -> Commands:
        return Commands(Secrets({**self.environ, **more}), self.folder, grace_s=0.3)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def command(*args: str, seconds: float = 10.0) -> Command:
    return Command(program="deploy", args=args, timeout=timedelta(seconds=seconds))


async def run(
    bench: Bench, text: str, *args: str, values: Values | None = None, seconds: float = 10.0
) -> str:
    plan = bench.plan(bench.program(SHELL + text))
    return (await bench.commands().run(plan, command(*args, seconds=seconds), values or {})).output


async def test_both_streams_and_the_status_are_kept(bench: Bench) -> None:
    plan = bench.plan(bench.program(SHELL + "echo to out; echo to err >&2; exit 3"))
    ended = await bench.commands().run(plan, command(), {})
    assert (ended.status, ended.output) == (3, "to out\nto err\n")
    assert ended.took_s >= 0


async def test_no_shell_sees_the_arguments(bench: Bench) -> None:
    nasty = "v1; touch pwned $(touch pwned) `touch pwned` * '\""
    shown = await run(
        bench, 'for a in "$@"; do echo "[$a]"; done', "--to", "$version", values={"version": nasty}
    )
    assert shown == f"[--to]\n[{nasty}]\n"
    assert [path.name for path in bench.folder.iterdir()] == ["deploy.sh"]


async def test_the_environment_is_small(bench: Bench) -> None:
    plan = bench.plan(bench.program(SHELL + "env | sort"))
    ended = await bench.commands(ION_URL="http://ion.example:1").run(plan, command(), {})
    names = {line.partition("=")[0] for line in ended.output.splitlines()}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "LANG", "ION_URL"}
    assert "ION_URL=${ION_URL}" in ended.output  # what the plan names is passed on, and not shown


async def test_it_runs_in_the_plans_folder(bench: Bench) -> None:
    assert (await run(bench, "pwd")).strip() == str(bench.folder)


async def test_a_long_output_keeps_its_beginning_and_its_end(bench: Bench) -> None:
    shown = await run(bench, "i=0; while [ $i -lt 5000 ]; do echo line $i of many; i=$((i+1)); done")
    assert len(shown) < LARGEST_OUTPUT + 200
    assert shown.startswith("line 0 of many\n")
    assert shown.endswith("line 4999 of many\n")
    assert "bytes left out" in shown
    assert all(line.startswith(("line ", "…")) for line in shown.splitlines())


async def test_a_program_that_runs_too_long_is_ended_with_its_children(bench: Bench) -> None:
    text = "sleep 300 & echo $! > child; echo begun; wait"
    with pytest.raises(TryLater, match=r"ran longer than 0\.5 s") as problem:
        await run(bench, text, seconds=0.5)
    assert problem.value.unknown
    await _gone(int((bench.folder / "child").read_text()))


async def test_a_program_that_will_not_end_is_killed(bench: Bench) -> None:
    with pytest.raises(TryLater) as problem:
        await run(bench, "trap '' TERM; echo $$ > me; while :; do sleep 0.1; done", seconds=0.3)
    assert problem.value.unknown
    await _gone(int((bench.folder / "me").read_text()))


async def test_a_killed_program_leaves_its_outcome_unknown(bench: Bench) -> None:
    with pytest.raises(TryLater, match="SIGKILL") as problem:
        await run(bench, "echo half done; kill -9 $$")
    assert problem.value.unknown


async def test_a_child_that_stays_behind_is_ended(bench: Bench) -> None:
    assert await run(bench, "sleep 300 & echo $! > child; echo done") == "done\n"
    await _gone(int((bench.folder / "child").read_text()))


async def test_a_cancelled_run_ends_its_program(bench: Bench) -> None:
    plan = bench.plan(bench.program(SHELL + "echo $$ > me.part; mv me.part me; sleep 300"))
    running = asyncio.create_task(bench.commands().run(plan, command(), {}))
    async with asyncio.timeout(5):
        while not (bench.folder / "me").exists():
            await asyncio.to_thread(os.sched_yield)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _gone(int((bench.folder / "me").read_text()))


async def test_a_python_file_without_x_bit_runs_with_this_python(bench: Bench) -> None:
    path = bench.program("import sys; print(sys.argv[1:])", "deploy.py", executable=False)
    ended = await bench.commands().run(bench.plan(path), command("check"), {})
    assert (ended.status, ended.output) == (0, "['check']\n")


async def test_a_relative_program_is_relative_to_the_folder(bench: Bench) -> None:
    bench.program(SHELL + "echo here")
    ended = await bench.commands().run(bench.plan("./deploy.sh"), command(), {})
    assert ended.output == "here\n"


async def test_a_bare_name_is_looked_up_on_the_path(bench: Bench) -> None:
    assert (await bench.commands().run(bench.plan("true"), command(), {})).status == 0


@pytest.mark.parametrize("program", ["no-such-program", "./missing.sh", "/nowhere/at/all", "${UNSET}", "."])
async def test_a_program_that_is_not_there_was_not_run(bench: Bench, program: str) -> None:
    with pytest.raises(GaveUp) as problem:
        await bench.commands().run(bench.plan(program), command(), {})
    assert not problem.value.unknown


async def test_a_program_that_may_not_be_executed_was_not_run(bench: Bench) -> None:
    path = bench.program(SHELL + "echo never", executable=False)
    with pytest.raises(GaveUp, match="may not be executed"):
        await bench.commands().run(bench.plan(path), command(), {})


async def test_a_broken_interpreter_line_was_not_run(bench: Bench) -> None:
    path = bench.program("#!/no/such/interpreter\n")
    with pytest.raises(GaveUp, match="could not be started"):
        await bench.commands().run(bench.plan(path), command(), {})


async def test_a_program_the_plan_does_not_have(bench: Bench) -> None:
    with pytest.raises(GaveUp, match="no program"):
        await bench.commands().run(bench.plan("true"), Command(program="other"), {})


async def _gone(pid: int) -> None:
    """Waits, not for long, until a process has ended: the kernel takes a moment."""
    async with asyncio.timeout(5):
        while _alive(pid):
            await asyncio.to_thread(os.sched_yield)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
