"""One Chromium for all tests of a worker; a fresh tab and a fresh workspace for each."""

from collections.abc import AsyncIterator, Iterator

import pytest
from browser import Page, chromium, open_page
from page_world import World, enter, page_world


@pytest.fixture(scope="session")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DevTools address of a running Chromium."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A workspace with the small app in it."""
    async with page_world() as one:
        yield one


@pytest.fixture
async def tab(devtools: str) -> AsyncIterator[Page]:
    """An empty tab; afterwards the page must not have reported any error."""
    async with open_page(devtools) as page:
        yield page
        assert page.problems == []
        assert [one for one in page.refusals if "/static/" in one] == []


@pytest.fixture
async def page(world: World, tab: Page) -> Page:
    """The page of the workspace, ready, seen by Lubit in #deployment."""
    await enter(tab, world)
    return tab
