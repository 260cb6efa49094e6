"""The bot dies by SIGKILL at every stage of every kind of effect, starts again, and the world looks as if it had not died:
the same changes, the same script runs, the same messages, the same answers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pytest
from crash_driver import ASKED, PERSON

from core.effects import Effect
from core.inputs import Answered, EffectFailed, Input, Measured, Ran, Reviewed
from sandbox.clock import utcnow
from sandbox.outside import Receiver
from sandbox.service.app import CONFIG_PATH, CanaryService
from sandbox.slack.server import SlackSandbox
from storage.database import Database
from storage.queries import Queries

# Dozens of processes live and die here: that takes longer than `make test` may.
pytestmark = pytest.mark.services

STAGES = ("claimed", "performed", "committed")
KINDS = tuple(kind.kind for kind in get_args(Effect))
SCOPES = ("chat:write", "channels:history", "channels:read", "files:write", "groups:read", "pins:write")
MANIFEST = {
    "display_information": {"name": "Deploy Captain"},
    "oauth_config": {"scopes": {"bot": list(SCOPES)}},
}
SCRIPT = """#!/bin/sh
echo "$@" >> {folder}/runs
# Slow enough for its progress to be shown: it ends when that has been seen.
if [ "$1" = talk ]; then
  seq -f "line %.0f of many" 1 1000
  while [ ! -e {folder}/seen ]; do kill -0 $PPID 2> /dev/null || exit 9; sleep 0.01; done
  set -- rollback
fi
exec {python} -m sandbox.scripts.phase4_deployment_automation "$@"
"""


class Driver:
    """The program from which every life of the bot is started."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def live(self, **told: Any) -> int:
        """One life; its exit code (-9: killed)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        async with asyncio.timeout(20):
            return int(await self._process.stdout.readline())


@asynccontextmanager
async def driver() -> AsyncIterator[Driver]:
    """A driver that has started."""
    program = Path(__file__).with_name("crash_driver.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield Driver(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # also a life that does not end
        await process.wait()


@dataclass(frozen=True)
class Seen:
    """What is left of a course: changes of the service, script runs, messages with their threads, answers, what others were told."""

    changes: tuple[int, ...]
    runs: tuple[str, ...]
    messages: tuple[tuple[Any, ...], ...]
    answers: tuple[Input, ...]
    told: tuple[str, ...]
    thread: tuple[str, ...] = field(compare=False)
    files: int = field(compare=False)


async def course(one: Driver, folder: Path, name: str, *stages: str) -> Seen:
    """A whole course: a life for every stage at which it ends, and one more that ends by itself."""
    empty = folder.parent / "empty.sqlite3"
    if not await asyncio.to_thread(empty.exists):
        await (await Database.open(f"sqlite+aiosqlite:///{empty}", migrate=True)).close()
    await asyncio.to_thread(_prepare, folder, empty)
    service, board = CanaryService(plan_time=utcnow), Receiver()
    await service.start()
    await board.start()
    async with SlackSandbox(MANIFEST) as slack:
        try:
            await _at_five_percent(service)
            told = {
                "name": name,
                "folder": str(folder),
                "service": service.url,
                "board": board.url,
                "slack": slack.api_url,
                "token": slack.bot_token,
            }
            for stage in stages:
                assert await one.live(**told, stage=stage) == -signal.SIGKILL
            assert await one.live(**told, stage="") == 0
            return await _seen(folder, service, slack, board)
        finally:
            await board.stop()
            await service.stop()


def _prepare(folder: Path, empty: Path) -> None:
    folder.mkdir()
    shutil.copy(empty, folder / "captain.sqlite3")
    script = folder / "script"
    script.write_text(SCRIPT.format(folder=folder, python=sys.executable))
    script.chmod(0o755)


async def _at_five_percent(service: CanaryService) -> None:
    body = {"enabled": True, "canary_percentage": 5}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service.url}{CONFIG_PATH}", json=body) as answer,
    ):
        assert answer.status == 200


async def _seen(folder: Path, service: CanaryService, slack: SlackSandbox, board: Receiver) -> Seen:
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'captain.sqlite3'}", migrate=False)
    rows = await Queries(database, utcnow).journal("D1")
    await database.close()
    screen = slack.people.screen(PERSON, "deployment")
    thread = slack.people.thread(PERSON, "deployment", screen[0]["ts"])[1:]
    runs = folder / "runs"
    return Seen(
        tuple(change.config.weight for change in service.changes),
        tuple(runs.read_text().splitlines()) if runs.exists() else (),
        tuple((m["text"], _without_ids(m["blocks"]), m["pinned"], m["reply_count"]) for m in screen),
        tuple(_timeless(row.input) for row in rows if isinstance(row.input, get_args(Answered))),
        tuple(str(one.body["text"]) for one in board.received),
        tuple(json.dumps([message["text"], *message["blocks"]]) for message in thread),
        sum(len(message["files"]) for message in thread),
    )


def _without_ids(blocks: list[dict[str, Any]]) -> str:
    return json.dumps([{key: value for key, value in block.items() if key != "block_id"} for block in blocks])


def _timeless(answer: Input) -> Input:
    """An answer without what differs from one course to the next: when, how long, and whether a probe had to tell."""
    if isinstance(answer, Ran):
        return replace(answer, took_s=0.0, probed=False, evidence="")
    if isinstance(answer, Reviewed):
        return replace(answer, review=replace(answer.review, steps=(), replayed=()))
    if isinstance(answer, Measured):
        readings = tuple(replace(reading, values=()) for reading in answer.readings)
        return replace(
            answer,
            at=utcnow().replace(year=2025, month=1, day=1, hour=0, minute=0, second=0, microsecond=0),
            readings=readings,
        )
    return answer


def test_every_kind_of_effect_is_here() -> None:
    assert {effect.kind for effect in ASKED.values()} == set(KINDS)


@pytest.mark.parametrize("name", sorted(set(ASKED) - {"run-asking", "run-talking", "run-look"}))
async def test_a_killed_bot_leaves_the_world_as_if_it_had_lived(name: str, tmp_path: Path) -> None:
    async with driver() as one:
        undisturbed = await course(one, tmp_path / "undisturbed", name)
        assert len(undisturbed.answers) == (0 if name == "update" else 1)
        assert len(undisturbed.messages) == (2 if name == "post" else 1)
        assert undisturbed.changes == {"run": (5, 0), "run-incident": (5, 0), "set-weight": (5, 10)}.get(
            name, (5,)
        )
        for stage in STAGES:
            assert await course(one, tmp_path / stage, name, stage) == undisturbed, stage
        if name in ("run", "run-incident", "set-weight", "post"):
            assert (
                await course(one, tmp_path / "again", name, "claimed", "claimed", "performed") == undisturbed
            )
        assert len(undisturbed.told) == (1 if name == "notify" else 0)
        ran = {"run": ("rollback",), "run-incident": ("rollback",)}
        assert undisturbed.runs == ran.get(name, ()), "a dry run runs nothing"


async def test_a_look_that_a_kill_interrupts_is_made_again_and_answers_once(tmp_path: Path) -> None:
    async with driver() as one:
        for stage in STAGES:
            seen = await course(one, tmp_path / stage, "run-look", stage)
            assert seen.changes == (5,)
            assert set(seen.runs) == {"status"}
            assert [isinstance(answer, Ran) and answer.ok for answer in seen.answers] == [True]


async def test_an_action_that_must_not_be_repeated_is_asked_about_after_a_kill(tmp_path: Path) -> None:
    async with driver() as one:
        for stage, runs in (("claimed", ()), ("performed", ("rollback",))):
            seen = await course(one, tmp_path / stage, "run-asking", stage)
            assert seen.runs == runs
            (answer,) = seen.answers
            assert isinstance(answer, EffectFailed)
            assert answer.unknown


@pytest.mark.parametrize(
    ("stage", "runs", "said", "files"),
    [
        ("", 1, "ended after", 1),
        ("claimed", 1, "ended after", 1),
        ("showing", 2, "ended after", 1),
        ("performed", 1, "broke off", 0),
        ("committed", 1, "broke off", 0),
        ("uploading", 1, "ended after", 0),
    ],
)
async def test_a_bot_killed_while_it_shows_or_uploads_neither_doubles_the_action_nor_loses_its_outcome(
    tmp_path: Path, stage: str, runs: int, said: str, files: int
) -> None:
    """Progress and the file may be lost. The change is made once and told once, and nothing looks as if it still ran."""
    async with driver() as one:
        seen = await course(one, tmp_path / "course", "run-talking", *([stage] if stage else []))
    assert seen.changes == (5, 0)
    assert seen.runs == ("talk",) * runs  # cut off before its change, it is looked for and done
    assert [isinstance(answer, Ran) and answer.ok for answer in seen.answers] == [True]
    assert seen.files == files
    assert [text for text in seen.thread if "is running" in text] == []
    assert len([text for text in seen.thread if said in text]) == 1
