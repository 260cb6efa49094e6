"""The table of daily rows: merged over watches, within Slack's limits, with figures, results, what people wrote and what is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest
from commands_world import DEPLOYER, STRANGER, Captain, World, open_world, shown
from factories import PLAN
from gallery import check, said
from pure_world import OPS, T0, PureWorld, clock
from test_doings import ROWS
from test_other_plans import END, FIVE, play

from commands.blocks import daily, draw
from commands.blocks.results import width
from commands.papers import daily as paper
from commands.telling import Voice, voice
from core.daily import tables
from core.inputs import ItemMarked
from core.plan.runbook import read_runbook
from core.start import new_deployment
from core.state import ItemState, StepState

PLANS = Path(__file__).parents[2] / "plans"
WORDS = {"en": ("FAIL", "ahead", "Pass", "open"), "ko": ("미달", "예정", "통과", "대기")}


@cache
def lived() -> PureWorld:
    """A good day that is filled in, and a bad one that nobody has touched; the third has not come."""
    world = play(FIVE, ROWS, END)
    world.service.error_share = world.service.stable_errors = 0.002
    world.run(clock("08:30", 1))
    world.do(ItemMarked(OPS, "on.d1.row", "issues", "done", "none <!channel> & `so`\n*it* goes"))
    world.service.error_share = world.service.stable_errors = 0.06
    world.run(clock("08:30", 2))
    return world


def plainly(world: PureWorld, language: str) -> Voice:
    return Voice(language, plain=True, runbook=world.deployment.runbook)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_line_a_day_with_what_was_measured_and_how_it_is(language: str) -> None:
    world = lived()
    fail, ahead, good, open_ = WORDS[language]
    (table,) = tables(world.deployment)
    _, limits, *days = daily.figures(table, plainly(world, language))
    assert "< 1 %" in limits
    ends = [[day.split()[0], *day.split()[-2:]] for day in days]
    assert ends == [["D+1", good, "0"], ["D+2", fail, "2"], ["D+3", ahead, "–"]]
    assert "0.2 %" in days[0]
    assert f"5.88 % {fail}" in days[1]
    columns = [width(line[: line.rindex(mark)]) for line, mark in ((limits, ">"), (days[0], "0.2"))]
    assert columns[0] == columns[1], "figures stand one below the other, also under Korean headings"
    first, second, following = daily.sayings(world.deployment, table, plainly(world, language))
    assert "it* goes" in first
    assert open_ in second
    assert "(U0OPS0000" in second or "U0OPS0000" in second
    assert following.count("D+3") == 1


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_message_is_within_the_limits_and_calls_nobody(language: str) -> None:
    world = lived()
    picture = daily.draw(world.deployment, voice(world.deployment, world.now, language))
    check(picture)
    text = said(picture)
    assert "<!channel>" not in text
    assert "5.88 % ✗" in text
    assert f"*{WORDS[language][0]}*" in text
    card = said(draw("card", world.deployment, now=world.now, language=language))
    assert "D+2" in card
    assert "/deploy watch" in card


def test_the_card_is_silent_before_the_first_row_and_when_all_are_complete() -> None:
    world = play(FIVE, ROWS.replace("D+3 16:00", "D+1 16:00"), END)
    speaking = voice(world.deployment, world.now)
    assert daily.card_line(world.deployment, speaking) == ""
    world.run(clock("08:30", 1))
    assert "D+1" in daily.card_line(world.deployment, speaking)
    world.do(ItemMarked(OPS, "on.d1.row", "issues", "done", "none"))
    assert daily.card_line(world.deployment, speaking) == ""


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("matching-engine", ["D+1", "D+2", "D+3", "D+4", "D+5", "D+6", "D+7"]),
        ("ion-readiness", ["D+1", "D+2", "D+3", "D+4", "D+5", "D+6", "D+7"]),
        ("phase4-canary", [f"D+{day} {at}" for day in range(1, 7) for at in ("08:00", "16:00")]),
        ("knowledge-database", None),
    ],
)
def test_watches_with_the_same_columns_are_one_table_as_in_the_runbook(
    name: str, labels: list[str] | None
) -> None:
    runbook = read_runbook((PLANS / f"{name}.yml").read_text(encoding="utf-8"))
    known = {one: asked.example or "v1.0.0" for one, asked in runbook.plan.inputs.items()}
    deployment = new_deployment(id="D5", runbook=runbook, inputs=known, t0=T0, language="ko")
    found = [[day.label for day in table.days] for table in tables(deployment)]
    assert found == ([labels] if labels is not None else [])
    for language in ("en", "ko") if labels else ():
        check(daily.draw(deployment, voice(deployment, T0, language)))


def test_a_hundred_rows_and_long_words_stay_within_the_limits() -> None:
    world = play(FIVE, ROWS.replace("D+3 16:00", "D+99 16:00"), END)
    deployment = world.deployment
    for day in range(1, 31):
        written = ItemState("issues", mark="done", by=OPS, at=T0, note="가나다 <&> " * 90)
        measured = tuple(ItemState(name, mark="open", failed="errors: missing") for name in ("errors", "rps"))
        row = StepState(f"on.d{day}.row", status="done", items=(*measured, written))
        deployment = deployment.with_step(row)
    for language in ("en", "ko"):
        picture = daily.draw(deployment, voice(deployment, world.now, language))
        check(picture)
        assert "D+30" in said(picture)
        assert "D+31" in said(picture)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_record_has_the_table_of_the_runbook(language: str) -> None:
    world = lived()
    text = "\n".join(
        line for lines in paper.section(world.deployment, plainly(world, language)) for line in lines
    )
    rows = [line for line in text.splitlines() if line.startswith("| D+")]
    assert len(rows) == 3
    assert "\\*it\\* goes" in rows[0]
    assert WORDS[language][0] in rows[1]
    assert WORDS[language][3] in rows[1]
    fresh = play(FIVE, ROWS, END)
    assert list(paper.section(fresh.deployment, plainly(fresh, language))) == [], "nothing has begun yet"


# ------------------------------------------------------------------------------------------------------------- typed

WATCH = """          id: finish
          title: {en: Watch it, ko: 관찰}
          until: D+3 16:00
          rows: {at: ["08:00"], metrics: [errors], items: [{id: issues, title: {en: Issues, ko: 이슈}}], role: deployer}
"""


@pytest.fixture(params=["en", "ko"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with open_world(tmp_path, language=request.param) as opened:
        at = PLAN.index("      - verdict:")
        opened.plans.found["shop-watch"] = (
            PLAN[:at].replace("plan: shop-canary", "plan: shop-watch")
            + f"      - watch:\n{WATCH}"
            + PLAN[at:]
        )
        yield opened


async def test_anybody_sees_the_table_by_a_word(world: World) -> None:
    await world.command(DEPLOYER, "/deploy start shop-watch version=v7 at=2025-10-22T14:00Z")
    for line in ("/deploy watch", "/deploy 관찰", "/deploy daily D1"):
        result = await world.command(STRANGER, line)
        text = "\n".join(shown(result.blocks))
        assert "D+3" in text
        assert WORDS[world.team.language][1] in text


async def test_a_plan_without_rows_is_said_in_a_sentence(world: World) -> None:
    await world.command(DEPLOYER, "/deploy start shop-canary version=v7 at=2025-10-22T14:00Z")
    text = (await world.command(DEPLOYER, "/deploy watch")).text
    assert ("no daily rows" if world.team.language == "en" else "일일 기록이 없어") in text


async def test_the_terminal_has_the_same_table(world: World, captain: Captain) -> None:
    await world.command(DEPLOYER, "/deploy start shop-watch version=v7 at=2025-10-22T14:00Z")
    status, text = await captain("watch", "D1")
    assert status == 0, text
    assert [[line.split()[0], line.split()[-2]] for line in text.splitlines() if line.startswith("D+")] == [
        [f"D+{day}", WORDS[world.team.language][1]] for day in (1, 2, 3)
    ]
    assert "*" not in text
    assert "D+3" in (await captain("watch", "D1", "--language", "ko"))[1]


async def test_the_terminal_says_that_there_is_no_table(world: World, captain: Captain) -> None:
    await world.command(DEPLOYER, "/deploy start shop-canary version=v7 at=2025-10-22T14:00Z")
    status, text = await captain("watch", "D1")
    assert status == 1
    assert "/gate status" in text
