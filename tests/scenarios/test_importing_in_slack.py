"""`/deploy import`: a checklist given to a window becomes a report and a plan in the channel, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from stage import Stage, staged, words_of

from bot.adapters.slack_download import is_slacks
from core.plan.runbook import read_runbook
from sandbox.slack import roster

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

DOCUMENT = """# Shop <!channel> release

## Before (T-2h)
- [x] Tests are green
- [ ] Backup is there
- see the wiki
- [ ] Deploy with `token=abcdefgh12345678`

## Rollback
```sh
./back.sh production
```
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as it:
        yield it


async def given(
    stage: Stage, content: bytes, name: str = "shop.md", user: str = roster.GITCODE, channel: str = roster.DEPLOYMENT
) -> str:  # fmt: skip
    """Somebody types the command and hands the file to the window; what the window says in the end."""
    await stage.command("/deploy import", user, channel)
    assert await stage.app.answers.finish()
    (view,) = stage.people.views(user)
    if not view["submit"]:
        return words_of_view(view)
    file = stage.people.hand(user, name, content)
    result = await stage.people.submit(user, view["id"], {"file": {"file": [file]}})
    assert result.ok or result.view_errors, result
    if result.view_errors:
        return " ".join(result.view_errors.values())
    assert await stage.app.answers.finish()
    (view,) = stage.people.views(user)
    return words_of_view(view)


def words_of_view(view: dict[str, object]) -> str:
    return words_of(type("Shown", (), {"text": "", "blocks": view["blocks"]})())


def files(stage: Stage) -> dict[str, str]:
    """The files that the bot has shared, by name."""
    return {
        file.name: (file.content or b"").decode()
        for file in stage.world.slack.workspace.files.values()
        if file.channels
    }


async def test_the_channel_gets_the_report_and_the_plan(stage: Stage) -> None:
    said = await given(stage, DOCUMENT.encode())
    assert "shop.md is imported" in said
    message = stage.texts()[-1]
    assert "understood 3 items, 1 of them done already, in 1 sections" in message
    assert "1 lines were left out" in message
    shared = files(stage)
    assert set(shared) == {"shop.yml", "shop-report.txt"}
    plan = read_runbook(shared["shop.yml"]).plan
    assert plan.title.en == "Shop <!channel> release"
    assert "6: see the wiki" in shared["shop-report.txt"]
    assert not await stage.app.queries.active(), "nothing was started"


async def test_what_looks_like_a_secret_is_not_shown(stage: Stage) -> None:
    await given(stage, DOCUMENT.encode())
    shown = "\n".join([*files(stage).values(), *stage.texts()])
    assert "abcdefgh12345678" not in shown
    assert "[redacted]" in shown


async def test_taking_out_secrets_neither_eats_an_item_nor_moves_a_line(stage: Stage) -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----"
    await given(stage, f"# Shop\n\nToken:\n- [ ] rotate it\n\n{key}\n\n- [ ] b\n- look here\n".encode())
    assert "understood 2 items" in stage.texts()[-1]
    shared = files(stage)
    assert "11: look here" in shared["shop-report.txt"]
    assert "rotate it" in shared["shop.yml"]
    assert "MIIabc" not in "\n".join(shared.values())


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"# nothing to do\n", "notes.md", "There is nothing to import in notes.md"),
        ("글".encode("euc-kr"), "old.md", "is not UTF-8"),
        (b"\x00\x01", "picture.md", "is not a text"),
        (b"- [ ] a\n" * 200_000, "large.md", "larger than 1000000 bytes"),
        (b"- [ ] a\n", "plan.docx", "Please choose a file of this type: md, markdown, txt."),
    ],
)
async def test_a_file_that_is_none_of_ours_is_one_sentence(
    stage: Stage, content: bytes, name: str, sentence: str
) -> None:
    assert sentence in await given(stage, content, name)
    assert files(stage) == {}


async def test_only_somebody_with_a_role_may(stage: Stage) -> None:
    said = await stage.command("/deploy import", roster.SENA)
    assert "Only somebody with a role may import" in said
    assert stage.people.views(roster.SENA) == []


async def test_it_speaks_korean(tmp_path: Path) -> None:
    async with staged(tmp_path, language="ko") as stage:
        assert "가져왔습니다" in await given(stage, DOCUMENT.encode())
        assert "항목 3개를 읽었습니다" in stage.texts()[-1]


async def test_in_a_channel_without_the_bot_the_window_says_so(stage: Stage) -> None:
    stage.people.channels.remove(roster.GITCODE, roster.DEPLOYMENT, stage.world.slack.workspace.bot_user)
    said = await given(stage, DOCUMENT.encode())
    assert "not_in_channel" in said
    assert files(stage) == {}


async def test_without_the_scope_the_command_line_is_named(tmp_path: Path) -> None:
    async with staged(tmp_path, without="files:read") as stage:
        said = await stage.command("/deploy import")
        assert "`captain plan import FILE.md`" in said
        assert stage.people.views(roster.GITCODE) == []


async def test_slack_gives_a_file_to_nobody_without_the_token(stage: Stage) -> None:
    file = stage.people.hand(roster.GITCODE, "shop.md", b"- [ ] a\n")
    url = f"{stage.world.slack.url}/files-pri/{file}/download/shop.md"
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as answer:
        assert answer.status == 302
    good = {"Authorization": f"Bearer {stage.world.slack.bot_token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=good) as answer:
        assert await answer.read() == b"- [ ] a\n"


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://files.slack.com/files-pri/T1-F1/download/a.md", True), ("https://slack.com/a", True),
        ("http://files.slack.com/a", False), ("https://slack.com.example.org/a", False), ("https://evil-slack.com/a", False),
        ("https://example.org/slack.com", False), ("", False), ("file:///etc/passwd", False), ("https://user@evil.org/slack.com", False),
    ],
)  # fmt: skip
def test_the_token_goes_to_slacks_own_hosts_only(url: str, may: bool) -> None:
    assert is_slacks(url, "https://slack.com/api/") is may


def test_a_local_workspace_is_its_own_host() -> None:
    assert is_slacks("http://127.0.0.1:8765/files-pri/F1/download/a.md", "http://127.0.0.1:8765/api/")
    assert not is_slacks("http://127.0.0.1:9999/files-pri/F1/download/a.md", "http://127.0.0.1:8765/api/")
