"""Programs: an argument list, a small environment, an output that is cut and redacted, and an end that is certain."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from adapter_world import plan_with
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.command import Commands
from bot.adapters.output import LARGEST_OUTPUT, plain
from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.models import Command, Plan

SHELL = """#!/bin/sh
"""


class Bench:
    """A folder with one program, and the means to run it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.elsewhere = folder / "elsewhere"
        self.folder.mkdir()
        self.elsewhere.mkdir()
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

    def plan(self, program: str, **more: Any) -> Plan:
        return plan_with(
            programs={
                "deploy": {"run": program, **more},
                "other": {"run": "true", "environment": ("FOREIGN",)},
            },
            sources={"api": {"http": {"url": "${ION_URL}"}}},
        )

    def commands(self, **more: str) -> Commands:
        return Commands(Secrets({**self.environ, **more}), self.folder, grace_s=0.3)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path.resolve())


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


def names_of_environment(output: str) -> set[str]:
    return {line.partition("=")[0] for line in output.splitlines()} - {"PWD", "OLDPWD", "SHLVL", "_"}


async def test_a_program_gets_what_its_own_definition_names_and_nothing_else(bench: Bench) -> None:
    bench.program(SHELL + "env | sort")
    plan = bench.plan("${SCRIPTS}/deploy.sh", environment=("ION_STAGE",))
    commands = bench.commands(
        ION_URL="http://ion.example:1", ION_STAGE="t-123456", FOREIGN="x", SCRIPTS=str(bench.folder)
    )
    ended = await commands.run(plan, command(), {})
    # ION_URL is a source's, FOREIGN another program's.
    assert names_of_environment(ended.output) == {"PATH", "HOME", "LANG", "ION_STAGE", "SCRIPTS"}
    assert "ION_STAGE=${ION_STAGE}" in ended.output  # passed on, and not shown


async def test_without_a_variable_it_names_nothing_is_run(bench: Bench) -> None:
    plan = bench.plan(bench.program(SHELL + "touch ran"), environment=("ION_STAGE", "ION_URL"))
    with pytest.raises(GaveUp, match="ION_STAGE, which is not set") as problem:
        await bench.commands(ION_URL="http://ion.example").run(plan, command(), {})
    assert not problem.value.unknown
    assert not (bench.folder / "ran").exists()


# ---------------------------------------------------------------------------------------------------------- folders


async def where(bench: Bench, folder: str, *, own: str = "") -> str:
    """The folder in which a command ran, as the program sees it."""
    plan = bench.plan(bench.program(SHELL + "pwd -P"), folder=own)
    inside = Command(program="deploy", folder=folder)
    return (await bench.commands(ELSEWHERE=str(bench.elsewhere)).run(plan, inside, {})).output.strip()


async def test_it_runs_in_the_bots_work_folder(bench: Bench) -> None:
    assert await where(bench, "") == str(bench.folder)


async def test_a_folder_of_the_action_or_of_the_program_is_inside_the_work_folder(bench: Bench) -> None:
    (bench.folder / "releases" / "new").mkdir(parents=True)
    assert await where(bench, "releases/new") == str(bench.folder / "releases" / "new")
    assert await where(bench, "", own="releases") == str(bench.folder / "releases")
    assert await where(bench, "releases/new", own="releases") == str(bench.folder / "releases" / "new")


async def test_an_absolute_folder_is_one_that_the_program_has(bench: Bench) -> None:
    (bench.elsewhere / "deep").mkdir()
    # What the output shows is the name of the value.
    assert await where(bench, "", own="${ELSEWHERE}") == "${ELSEWHERE}"
    assert await where(bench, f"{bench.elsewhere}/deep", own="${ELSEWHERE}") == "${ELSEWHERE}/deep"
    for own in ("", f"{bench.elsewhere}/deep"):
        with pytest.raises(GaveUp, match="leads out of where 'deploy' may run"):
            await where(bench, str(bench.elsewhere), own=own)


@pytest.mark.parametrize("own", [False, True])
async def test_a_link_does_not_lead_out_of_the_work_folder(bench: Bench, own: bool) -> None:
    (bench.folder / "out").symlink_to(bench.elsewhere)
    with pytest.raises(GaveUp, match="leads out"):
        await (where(bench, "", own="out") if own else where(bench, "out"))


async def test_a_folder_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(GaveUp, match="The folder 'later' is not there: nothing was run"):
        await where(bench, "later")


async def test_a_long_output_keeps_its_beginning_and_its_end(bench: Bench) -> None:
    plan = bench.plan(bench.program(SHELL + "seq -f 'line %.0f of many' 0 99999"))
    ended = await bench.commands().run(plan, command(), {})
    shown = ended.output
    assert len(shown) < LARGEST_OUTPUT + 200
    assert ended.printed == sum(len(f"line {number} of many\n") for number in range(100_000))
    assert shown.startswith("line 0 of many\n")
    assert shown.endswith("line 99999 of many\n")
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
        await bench.commands().run(bench.plan("true"), Command(program="none"), {})


# ------------------------------------------------------------------------------------------- while it runs, and dry


async def test_what_it_prints_can_be_read_while_it_runs(bench: Bench) -> None:
    text = (
        "echo one; echo secret-value; printf half; while [ ! -e go-on ]; do sleep 0.01; done; echo; echo end"
    )
    plan = bench.plan(bench.program(SHELL + text), environment=("PASSWORD_OF_IT",))
    seen: list[str] = []
    printed = asyncio.Event()

    def watch(last: Callable[[], str]) -> None:
        seen.append(last())
        if "secret" in seen[-1] or "PASSWORD" in seen[-1]:
            printed.set()

    commands = bench.commands(PASSWORD_OF_IT="secret-value")
    running = asyncio.create_task(commands.run(plan, command(), {}, watch=watch))
    async with asyncio.timeout(5):
        await printed.wait()
    before = list(seen)
    (bench.folder / "go-on").touch()
    ended = await running
    assert [one for one in before if "half" in one] == []  # half a line may be half a secret
    assert "one\n${PASSWORD_OF_IT}" in seen
    assert seen[-1] == ended.output.strip() == "one\n${PASSWORD_OF_IT}\nhalf\nend"


async def test_of_very_much_only_the_last_lines_are_shown_meanwhile(bench: Bench) -> None:
    plan = bench.plan(bench.program(SHELL + "seq -f 'line %.0f of many' 0 9999"))
    seen: list[str] = []
    await bench.commands().run(plan, command(), {}, watch=lambda last: seen.append(last()))
    assert seen[-1].splitlines() == [f"line {number} of many" for number in range(9_988, 10_000)]


async def test_a_key_that_is_printed_is_not_shown_in_pieces(bench: Bench) -> None:
    key = "\n".join(
        ["-----BEGIN PRIVATE KEY-----", *["QUJDRA" * 10] * 80, "-----END PRIVATE KEY-----", "done"]
    )
    (bench.folder / "key.pem").write_text(key + "\n")
    plan = bench.plan(bench.program(SHELL + "seq 1 5000; cat key.pem"))
    seen: list[str] = []
    ended = await bench.commands().run(plan, command(), {}, watch=lambda last: seen.append(last()))
    assert "QUJDRA" not in seen[-1]
    assert "QUJDRA" not in ended.output
    assert ended.output.endswith("[redacted]\ndone\n")


async def test_other_arguments_are_for_a_dry_run(bench: Bench) -> None:
    plan = bench.plan(bench.program(SHELL + 'echo "$@"'))
    ended = await bench.commands().run(
        plan, command("go", "$weight"), {"weight": 5}, args=("say", "$weight", "--dry-run")
    )
    assert ended.output == "say 5 --dry-run\n"


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[31mred\x1b[0m and \x1b[1;4mbold\x1b[m", "red and bold"),
        ("10 %\r50 %\r100 %\nnext\r\n", "100 %\nnext\n"),
        ("\x1b]0;title\x07text\x08\x00", "text"),
        ("left \u202etfel\u202c", "left tfel"),
        ("\x1b]0;open for ever", ""),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_an_output_is_what_a_terminal_would_show(printed: str, shown: str) -> None:
    assert plain(printed) == shown


@given(st.text())
def test_no_output_can_move_a_cursor(printed: str) -> None:
    assert not set(plain(printed)) & {chr(code) for code in (*range(9), *range(11, 32), 127)}


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
