"""The pace of a demo: time stands still for the person who plays, walks while teammates work, and hurries where nothing waits."""

from __future__ import annotations

from factories import ANA, BEN, MINA, START, T0, new, started

from bot.tempo import CANARY, WAITING_S, Pace, choose, title_of
from core.inputs import ItemMarked, SignedOff
from core.machine import decide
from core.state import Deployment


def begun() -> Deployment:
    """The checklist is open; it waits for Ana."""
    return decide(new(), started(), START).deployment


def pace(
    deployment: Deployment, *, human: str, tempo: str = "demo", wait: bool = True, busy: bool = False
) -> Pace:
    return choose(deployment, START, tempo=tempo, wait_for_me=wait, teammates=True, human=human, busy=busy)


def test_time_stands_still_for_what_only_the_player_can_do() -> None:
    assert pace(begun(), human=ANA) == Pace("stand", waiting_for="item:ready:people")


def test_time_walks_while_teammates_work() -> None:
    one = decide(begun(), ItemMarked(ANA, "ready", "notes", "done", ""), START).deployment
    chosen = pace(one, human=BEN)
    assert chosen.kind == "run"
    assert chosen.speed <= CANARY


def test_a_script_waits_for_answers_and_for_what_is_on_its_way() -> None:
    assert pace(begun(), human="", tempo="script").kind == "stand"
    assert pace(begun(), human="", tempo="script", busy=True) == Pace("stand", waiting_for="item")


def test_time_hurries_to_the_next_moment_where_nobody_is_waited_for() -> None:
    one = begun()
    for act in (
        ItemMarked(ANA, "ready", "people", "done", ""),
        ItemMarked(ANA, "ready", "notes", "done", ""),
        SignedOff(MINA, "signed", "approver", "approve", ""),
    ):
        one = decide(one, act, START).deployment
    assert pace(one, human=ANA) == Pace("run", 3600 / WAITING_S, T0, stretch="wait")


def test_the_bar_names_steps_by_their_titles() -> None:
    assert title_of(begun(), "ready") == "Ready"
    assert title_of(begun(), "no-such-step") == ""
