"""Programs as actions: which ends are as wished, what a dry run shows, and what is told while one runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from room_world import Rooms, rooms, runbook

from bot.errors import GaveUp, TryLater
from bot.performing.work import Told
from core.plan.runbook import Runbook

SCRIPT = """#!/bin/sh
echo "$@" >> ran
[ "$1" = end ] && exit "$2"
[ "$1" = wait ] && sleep 60
echo "$@ with $SECRET"
"""


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Rooms]:
    script = tmp_path / "deploy"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    async with rooms(tmp_path, SECRET="s-0123456789") as one:
        yield one


def action(*args: str, **command: Any) -> Runbook:
    """A plan whose action runs the script."""
    programs = {"deploy": {"run": "./deploy", "environment": ["SECRET"]}}
    return runbook(programs=programs, action={"command": {"program": "deploy", "args": [*args], **command}})


def ran(room: Rooms) -> list[str]:
    """The script's runs."""
    path = room.folder / "ran"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(
    ("ends", "status", "ok"), [(0, 0, True), (0, 3, False), ([0, 3], 3, True), (3, 0, False)]
)
async def test_the_plan_says_which_exit_statuses_are_as_wished(
    room: Rooms, ends: int | list[int], status: int, ok: bool
) -> None:
    attempt = await room.attempt(action("end", str(status), ok=ends), {})
    assert attempt.ok is ok
    assert ("exit status 3" in attempt.evidence) is (status == 3)


async def test_dry_without_a_way_is_the_line_that_would_be_run(room: Rooms) -> None:
    dry = await room.dry(action("go", "$version", "a b"), {"version": "v7"})
    assert (dry.ok, dry.evidence) == (True, "Would run: deploy go v7 'a b'")
    assert ran(room) == []


async def test_dry_runs_the_program_with_its_own_arguments_for_it_and_shows_what_it_says(room: Rooms) -> None:
    book = action("go", "$weight", **{"dry-run": ["go", "$weight", "--dry-run"]})
    dry = await room.dry(book, {"weight": 5})
    assert dry.ok
    assert dry.evidence.splitlines() == [
        "Would run: deploy go 5",
        "deploy go 5 --dry-run says:",
        "go 5 --dry-run with ${SECRET}",
    ]
    assert ran(room) == ["go 5 --dry-run"]


async def test_a_dry_run_that_fails_is_no_success(room: Rooms) -> None:
    dry = await room.dry(action("go", **{"dry-run": ["end", "4"]}), {})
    assert not dry.ok
    assert dry.evidence.endswith("(exit status 4)")


async def test_a_dry_run_that_hangs_is_stopped(room: Rooms) -> None:
    with pytest.raises(TryLater, match="ran longer"):
        await room.dry(action("go", timeout="300ms", **{"dry-run": ["wait"]}), {})


async def test_what_it_prints_is_told_while_it_runs(room: Rooms) -> None:
    told: list[Told] = []
    await room.attempt(action("go"), {}, told)
    (last,) = told
    assert callable(last)
    assert last() == "go with ${SECRET}"


async def test_without_its_secret_it_is_not_run(tmp_path: Path, room: Rooms) -> None:
    async with rooms(tmp_path) as poor:
        with pytest.raises(GaveUp, match="SECRET, which is not set"):
            await poor.attempt(action("go"), {})
    assert ran(room) == []
