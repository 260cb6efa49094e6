"""Turns: no faster than Slack allows, pages never behind log lines, and a pause stops what it names and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.performing.pacing import POST, UPDATE, Pacer, SlackPacing

START = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def sent(pacer: Pacer, method: str, channel: str, priority: int, count: int) -> list[float]:
    """When `count` calls that all come at once go out, in seconds."""
    times = []
    for number in range(count):
        turn, now = f"{method}{channel}{priority}{number}", START
        while (wait_s := pacer.wait_s(turn, method, channel, priority, now)) > 0:
            now += timedelta(seconds=wait_s)
        times.append((now - START).total_seconds())
    return times


def test_posts_of_a_channel_come_one_a_second_after_a_small_burst() -> None:
    assert sent(Pacer(SlackPacing()), POST, "C1", 3, 6) == [0, 0, 0, 1, 2, 3]


def test_channels_do_not_wait_for_each_other() -> None:
    pacer = Pacer(SlackPacing(burst=1))
    assert sent(pacer, POST, "C1", 3, 2) == [0, 1]
    assert sent(pacer, POST, "C2", 3, 2) == [0, 1]


def test_a_page_goes_out_at_once_behind_two_hundred_log_lines() -> None:
    pacer = Pacer(SlackPacing())
    assert sent(pacer, POST, "C1", 3, 200)[-1] > 190
    assert pacer.wait_s("page", POST, "C1", 0, after(1)) == 0


@given(asked=st.lists(st.tuples(st.floats(0, 10), st.integers(0, 3)), min_size=1, max_size=200))
def test_edits_never_pass_forty_a_minute(asked: list[tuple[float, int]]) -> None:
    pacer, now, times = Pacer(SlackPacing()), 0.0, []
    for number, (gap, priority) in enumerate(asked):
        now += gap
        at = now
        while (wait_s := pacer.wait_s(str(number), UPDATE, "C1", priority, after(at))) > 0:
            at += max(wait_s, 0.000_001)
        times.append(at)
    times.sort()
    assert all(sum(1 for other in times if at <= other < at + 59.999) <= 40 for at in times)


def test_a_pause_stops_one_method_in_one_channel() -> None:
    pacer = Pacer(SlackPacing())
    pacer.pause(POST, "C1", after(30))
    assert pacer.wait_s("a", POST, "C1", 0, after(10)) == 20
    assert pacer.wait_s("b", POST, "C2", 3, after(10)) == 0
    assert pacer.wait_s("c", UPDATE, "C1", 2, after(10)) == 0
    assert pacer.wait_s("a", POST, "C1", 0, after(30)) == 0


def test_a_pause_of_everything_and_the_longer_of_two() -> None:
    pacer = Pacer(SlackPacing())
    pacer.pause("*", "*", after(60))
    pacer.pause("*", "*", after(5))
    assert pacer.wait_s("a", UPDATE, "C1", 0, START) == 60


def test_turns_of_rows_that_never_came_back_do_not_pile_up() -> None:
    pacer = Pacer(SlackPacing(posts_per_s=1000, burst=1))
    for number in range(30_000):
        pacer.wait_s(str(number), POST, "C1", 3, after(number / 1000))
    assert pacer.waiting <= 10_000
