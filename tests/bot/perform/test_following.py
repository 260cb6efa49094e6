"""What people see of a long action beside the outbox: its last lines while it runs, and its whole output as a file. Whatever
becomes of that, the action is done once and its outcome is told."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from messages_world import CARD, calls
from perform_world import START, World, perform_world, quick

from bot.perform import Performer
from bot.performing.followed import Manners
from bot.performing.outputs import IN_A_FILE, IN_THE_JOURNAL, kept
from bot.performing.pacing import UPDATE, Pacer, SlackPacing
from core.effects import CheckItem, Run
from core.inputs import Checked, Ran

ACT = "step:act:1"
MINUTE = timedelta(minutes=1)
AT_ONCE = Manners(after_s=0.0, every_s=0.01, tries=3, longest_wait_s=1.0)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with carded(tmp_path) as one:
        yield one


@asynccontextmanager
async def carded(folder: Path, **more: Any) -> AsyncIterator[World]:
    """A world in which the card is there."""
    async with perform_world(folder, **more) as one:
        await one.ask(CARD)
        await one.drain(one.performer(**quick()))
        yield one


def performer(world: World, **more: Any) -> Performer:
    """One that shows at once what there is."""
    return world.performer(**quick(manners=AT_ONCE, **more))


async def running(world: World, one: Performer, action: str) -> asyncio.Task[None]:
    """The action is under way."""
    await world.ask(Run(ACT, action))
    task = asyncio.create_task(world.drain(one))
    await world.sandbox.until(lambda: (world.folder / "runs").exists())
    return task


def shown(message: dict[str, Any]) -> str:
    """All a reader sees of a message."""
    return "\n".join(block["text"]["text"] for block in message["blocks"])


async def go_on(world: World, task: asyncio.Task[None]) -> None:
    """The program may end, and everything is done."""
    (world.folder / "go-on").touch()
    async with asyncio.timeout(10):
        await task


# ----------------------------------------------------------------------------------------------------- while it runs


async def test_a_long_command_shows_its_last_lines_in_one_message_that_says_how_it_ended(
    world: World,
) -> None:
    task = await running(world, performer(world), "talks")
    await world.sandbox.until(lambda: world.thread())
    (message,) = world.thread()
    assert "“Talks for long” is running" in shown(message)
    assert "one of two with ${ION_API_URL}" in shown(message)  # redacted ...
    assert "&lt;!channel&gt;" not in message["text"]
    assert "<!channel>" not in shown(message)  # ... and nobody is called by what a program prints
    await go_on(world, task)
    (message,) = world.thread()
    assert "“Talks for long” ended after" in shown(message)
    assert "as wished" in shown(message)
    assert "two of two" in shown(message)
    assert len(world.runs()) == 1
    (answer,) = await world.answers()
    assert isinstance(answer, Ran)
    assert answer.ok


async def test_its_lines_are_edited_into_the_same_message(world: World) -> None:
    task = await running(world, performer(world), "talks")
    await world.sandbox.until(lambda: world.thread())
    before = world.thread()[0]["ts"]
    await go_on(world, task)
    assert [message["ts"] for message in world.thread()] == [before]
    assert calls(world, "chat.update") >= 1


@pytest.mark.parametrize(
    ("action", "words"), [("talks-and-fails", "did not succeed"), ("talks-and-dies", "is tried again")]
)
async def test_the_message_says_how_it_ended(world: World, action: str, words: str) -> None:
    one = performer(world)
    task = await running(world, one, action)
    await world.sandbox.until(lambda: world.thread())
    await go_on(world, task)
    assert words in shown(world.thread()[0])


async def test_a_short_command_leaves_no_message(world: World) -> None:
    await world.ask(Run(ACT, "run-ask"))
    await world.drain(world.performer(**quick()))
    assert world.thread() == []
    assert len(await world.answers()) == 1


async def test_what_is_not_wanted_by_anybody_else_may_be_used_and_no_more() -> None:
    """A burst of 8 edits: progress takes at most half of it, and the last word of a card never waits."""
    pacer = Pacer(SlackPacing(updates_per_min=40))
    now = START
    taken = [pacer.spare(UPDATE, "C1", now) for _ in range(10)]
    assert taken == [True] * 3 + [False] * 7
    assert pacer.wait_s("D1/1/0", UPDATE, "C1", 2, now) == 0.0
    pacer.pause(UPDATE, "C1", now + MINUTE)
    assert not pacer.spare(UPDATE, "C1", now + MINUTE / 2)
    assert pacer.spare(UPDATE, "C2", now + MINUTE / 2)


# ------------------------------------------------------------------------------------------------- when Slack is not there


@pytest.mark.parametrize(
    "fault",
    [
        "429",
        "500_before",
        "500_after",
        "timeout_before",
        "disconnect_after",
        "channel_not_found",
        "fatal_error_after",
    ],
)
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_nothing_that_becomes_of_progress_touches_the_action(
    world: World, fault: str, method: str
) -> None:
    world.sandbox.faults.add(method=method, kind=fault, times=2)
    task = await running(world, performer(world), "talks")
    await world.sandbox.until(lambda: world.sandbox.log.calls_of("chat.postMessage")[1:])
    await go_on(world, task)
    assert len(world.runs()) == 1
    (answer,) = await world.answers()
    assert isinstance(answer, Ran)
    assert answer.ok
    assert len([message for message in world.thread() if "Talks" in shown(message)]) <= 1
    assert world.performer().health.ready


async def test_a_post_whose_answer_was_lost_is_found_and_edited(world: World) -> None:
    world.sandbox.faults.add(method="chat.postMessage", kind="500_after")
    task = await running(world, performer(world), "talks")
    await world.sandbox.until(lambda: calls(world, "conversations.replies"))
    await go_on(world, task)
    (message,) = world.thread()
    assert "ended after" in shown(message)


async def test_while_slack_asks_for_a_pause_nothing_is_said(world: World) -> None:
    world.sandbox.faults.add(method="chat.postMessage", kind="429", retry_after=600)
    task = await running(world, performer(world), "talks")
    await world.sandbox.until(lambda: world.sandbox.log.calls_of("chat.postMessage")[1:])
    await go_on(world, task)
    assert (world.thread(), calls(world, "chat.postMessage")) == ([], 2)


async def test_without_a_card_there_is_nothing_to_stand_under(tmp_path: Path) -> None:
    async with perform_world(tmp_path) as world:
        await go_on(world, await running(world, performer(world), "talks"))
        assert world.screen() == []
        assert len(await world.answers()) == 1


# ------------------------------------------------------------------------------------------------------ a long output


async def flooded(world: World, effect: Run | CheckItem) -> Ran | Checked:
    """The one answer to an effect that prints very much."""
    await world.ask(effect)
    await world.drain(performer(world))
    (answer,) = await world.answers()
    assert isinstance(answer, Ran | Checked)
    return answer


@pytest.mark.parametrize("effect", [Run(ACT, "floods"), CheckItem("ready", "flood", 1)])
async def test_a_long_output_is_a_file_in_the_thread(world: World, effect: Run | CheckItem) -> None:
    answer = await flooded(world, effect)
    (message,) = [one for one in world.thread() if one["files"]]
    (file,) = message["files"]
    content = world.sandbox.workspace.files[file["id"]].content
    assert content is not None
    lines = content.decode().splitlines()
    assert (lines[0], len(lines)) == (
        "line 1 with ${ION_API_URL}",
        3001,
    )  # redacted, and the script's last word
    assert file["name"] == ("floods.txt" if isinstance(effect, Run) else "flood.txt")
    assert "The whole output of" in message["text"]
    # The journal has its beginning, its end, its size and its digest.
    assert answer.evidence.startswith(f"(output of {len(content)} bytes; SHA-256")
    assert f"SHA-256 of the file {hashlib.sha256(content).hexdigest()}" in answer.evidence
    assert "line 1 with" in answer.evidence
    assert answer.evidence.endswith("did flood with ${ION_API_URL}")
    assert len(answer.evidence) < IN_THE_JOURNAL + 300


async def test_without_leave_to_write_files_a_line_says_so(tmp_path: Path) -> None:
    async with carded(tmp_path, without=("files:write",)) as world:
        answer = await flooded(world, Run(ACT, "floods"))
        assert isinstance(answer, Ran)
        assert answer.ok
        (said,) = [one["text"] for one in world.thread() if "could not be put here as a file" in one["text"]]
        assert "Slack refused: missing_scope (files:write)" in said


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize(
    ("fault", "files"),
    [("500_before", 1), ("429", 1), ("file_uploads_disabled", 0), ("access_denied", 0)],
)
async def test_an_upload_that_fails_is_tried_again_or_told(
    world: World, step: str, fault: str, files: int
) -> None:
    known = fault == "429" or "complete" not in step or files == 0
    world.sandbox.faults.add(method=step, kind=fault, retry_after=1)
    answer = await flooded(world, Run(ACT, "floods"))
    assert isinstance(answer, Ran)
    assert answer.ok
    with_files = [one for one in world.thread() if one["files"]]
    told = [one for one in world.thread() if "could not be put here" in one["text"]]
    # An upload whose end is not known is not done again: the file would stand there twice.
    assert len(with_files) == (files if known and fault != "500_before" else 0)
    assert len(told) == 1 - len(with_files)


async def test_a_shared_file_whose_answer_was_lost_is_not_shared_again(world: World) -> None:
    world.sandbox.faults.add(method="files.completeUploadExternal", kind="500_after")
    await flooded(world, Run(ACT, "floods"))
    assert len([one for one in world.thread() if one["files"]]) == 1


async def test_the_outcome_is_committed_before_anything_is_sent(world: World) -> None:
    """A bot that dies in the middle of an upload has lost a file, not an outcome: everything was settled before."""
    seen: list[str] = []

    def observe(stage: str, _: object) -> None:
        seen.append(stage)

    await world.ask(Run(ACT, "floods"))
    await world.drain(performer(world, observe=observe))
    assert seen.index("committed") < seen.index("uploading")


# -------------------------------------------------------------------------------------------------- what is kept of it


def test_what_fits_a_message_is_kept_as_it_is() -> None:
    assert kept("short").evidence == "short"
    assert kept("short").whole == ""


def test_more_than_a_file_holds_keeps_its_beginning_and_its_end() -> None:
    text = "\n".join(f"{number}: {'나' * 50}" for number in range(20_000))
    output = kept(text, 99_999_999)
    assert len(output.whole.encode()) <= IN_A_FILE
    assert output.whole.startswith("0: 나")
    assert output.whole.endswith(f"19999: {'나' * 50}")
    assert "bytes left out" in output.whole
    assert (
        f"(output of 99999999 bytes, of which the file has {len(output.whole.encode())};" in output.evidence
    )
    assert output.digest == hashlib.sha256(output.whole.encode()).hexdigest()


def test_one_endless_line_is_cut_too() -> None:
    output = kept("x" * 3_000_000)
    assert 900_000 < len(output.whole.encode()) <= IN_A_FILE
