"""Where these tests find what they share with others: the factories, and the world of values the rules are played in; and the
command line beside the app."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
# The root stands before tests/, because tests/core must not be taken for core.
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]
sys.path.append(str(_ROOT / "tests" / "core"))

from commands_world import Captain  # noqa: E402  # behind the paths

from bot.__main__ import main  # noqa: E402


@pytest.fixture
def captain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Captain:
    """The command line on the same database, with a Slack that nobody answers for: (status, everything it printed)."""
    for name in [name for name in os.environ if name.startswith(("CAPTAIN_", "SLACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CAPTAIN_DATABASE", str(tmp_path / "captain.db"))
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-nobody")

    def typed(arguments: tuple[str, ...]) -> int:
        try:
            return main(list(arguments))
        except SystemExit as left:  # the usage is wrong
            return int(str(left.code))

    async def run(*arguments: str) -> tuple[int, str]:
        capfd.readouterr()
        status = await asyncio.to_thread(
            typed, arguments
        )  # it brings a loop of its own, as the process would
        return status, "".join(capfd.readouterr())

    return run
