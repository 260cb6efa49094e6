"""The file with all messages of a plan, opened in a browser without any server."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import open_page

from bot.__main__ import main

ION = Path(__file__).parents[3] / "plans" / "ion-deployment-day.yml"


@pytest.mark.parametrize(("language", "word"), [("en", "Waiting for"), ("ko", "답할 수 있는 사람")])
async def test_every_message_is_drawn_and_nothing_is_fetched(
    devtools: str, tmp_path: Path, language: str, word: str
) -> None:
    file = tmp_path / "preview.html"
    assert main(["plan", "preview", str(ION), "-o", str(file), "--language", language]) == 0
    async with open_page(devtools) as page:
        await page.goto(file.as_uri())
        await page.wait_for("document.body.dataset.ready === 'true'")
        assert await page.eval("document.querySelectorAll('.message').length") > 40
        assert await page.eval("document.querySelectorAll('.unknown-block, .unknown-inline').length") == 0
        assert word in await page.text()
        assert page.problems == []
        assert page.refusals == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
