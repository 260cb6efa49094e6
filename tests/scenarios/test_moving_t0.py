"""T0 is moved in a workspace: who reads what, and the calendar file in the thread."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar, Event
from stage import Stage, staged

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_the_channel_reads_old_and_new_times_and_the_file_moves(tmp_path: Path, language: str) -> None:
    async with staged(tmp_path, language=language) as stage:
        deployment = await stage.started("/deploy start ion-deployment-day version=v2.14.0 at=+26h")
        await stage.command("/deploy timeline D1 --ics")
        await stage.app.answers.finish()
        first = files(stage)
        to = deployment.t0 + timedelta(days=2)
        await stage.command(f"/deploy reschedule D1 at={to:%Y-%m-%dT%H:%M}Z reason=the database is late")
        moved = next(text for text in stage.texts() if "the database is late" in text)
        assert f"<!date^{int(to.replace(second=0, microsecond=0).timestamp())}^" in moved
        assert any("T0 <!date^" in text for text in stage.thread()), "the new timeline stands in the thread"
        await stage.command("/deploy timeline D1 --ics")
        await stage.app.answers.finish()
        second = files(stage)
        assert len(first) == 1
        assert len(second) == 2
        old, new = (entries(content) for content in second)
        assert set(old) == set(new)
        assert {event["sequence"] for event in new.values()} == {1}


def files(stage: Stage) -> list[bytes]:
    """The calendar files of the workspace, oldest first."""
    found = stage.world.slack.workspace.files.values()
    return [file.content for file in found if file.name == "D1.ics" and file.content is not None]


def entries(content: bytes) -> dict[str, Event]:
    calendar = Calendar.from_ical(content)
    return {str(event["uid"]): event for event in calendar.walk("VEVENT") if isinstance(event, Event)}
