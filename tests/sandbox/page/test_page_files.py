"""The file input of a window: a file from the person's machine goes to the app with the submission, and to nobody else."""

from pathlib import Path

import pytest
from browser import Page
from page_world import LUBIT, World, say, words

pytestmark = pytest.mark.services

ASKED = {
    "type": "input",
    "block_id": "file",
    "label": words("Checklist"),
    "element": {"type": "file_input", "action_id": "file", "filetypes": ["md"], "max_files": 1},
}


async def choose(page: Page, path: Path) -> None:
    """Chooses a file as the browser's own window would."""
    found = await page.call(
        "Runtime.evaluate", expression="document.querySelector('dialog input[type=file]')"
    )
    await page.call("DOM.setFileInputFiles", files=[str(path)], objectId=found["result"]["objectId"])


async def opened(page: Page, world: World) -> str:
    """A window with a file input; its id."""
    await say(page, "/deploy form")
    await page.wait_text("Say why", "dialog[open]")
    [view] = world.sandbox.people.views(LUBIT)
    body = {
        "type": "modal",
        "callback_id": "why",
        "title": words("Import"),
        "submit": words("Import"),
        "blocks": [ASKED],
    }
    await world.client.views_update(view_id=view["id"], view=body)
    await page.wait_for("document.querySelector('dialog[open] input[type=file]')")
    return str(view["id"])


async def test_a_file_is_chosen_and_handed_over(page: Page, world: World, tmp_path: Path) -> None:
    await opened(page, world)
    path = tmp_path / "릴리스.md"
    path.write_text("- [ ] 하나\n", encoding="utf-8")
    await choose(page, path)
    await page.wait_text("1 file chosen", "dialog[open]")
    [file] = [one for one in world.sandbox.workspace.files.values() if one.user == LUBIT]
    assert (file.name, (file.content or b"").decode()) == ("릴리스.md", "- [ ] 하나\n")
    assert file.channels == (), "nobody else sees it"


async def test_without_a_file_or_with_another_kind_it_is_not_sent(
    page: Page, world: World, tmp_path: Path
) -> None:
    await opened(page, world)
    await page.click("dialog [type=submit]")
    await page.wait_text("Please fill in this field.", "dialog .block-input.invalid")
    path = tmp_path / "picture.png"
    path.write_bytes(b"png")
    await choose(page, path)
    await page.wait_text("1 file chosen", "dialog[open]")
    await page.click("dialog [type=submit]")
    await page.wait_text("Please choose a file of this type: md.", "dialog .block-input.invalid")
