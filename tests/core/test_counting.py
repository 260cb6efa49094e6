"""Counting from raw samples: nothing that happened between two moments is lost or counted twice."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from core.counting import Series, grown, increase, joined, newest, reached, restarted_together

A, B = (("pod", "a"),), (("pod", "b"),)


def series(
    *values: float, labels: tuple[tuple[str, str], ...] = A, start: float = 10, every: float = 10
) -> Series:
    return Series(labels, tuple((start + place * every, value) for place, value in enumerate(values)))


def test_growth_is_from_the_last_sample_before_to_the_last_within() -> None:
    assert increase(series(5, 7, 10, 30), 25, 45) == 23  # 7 at 20, 30 at 40
    assert increase(series(5, 7, 10, 30), 20, 30) == 3
    assert increase(series(5, 7), 20, 60) == 0


def test_a_fall_is_a_new_beginning_at_zero() -> None:
    assert increase(series(100, 110, 3, 5), 10, 40) == 10 + 3 + 2


def test_a_series_that_was_not_there_began_at_zero() -> None:
    assert increase(series(1, 4), 5, 20) == 4
    assert increase(series(1004, 1009), 5, 20, start=1000) == 9


def test_series_are_counted_apart() -> None:
    both = series(100, 2), series(7, 8, labels=B)
    assert grown(both, 10, 20, {}) == 2 + 1
    assert grown((series(7, 8, labels=B),), 5, 20, {B: 6.0}) == 2
    assert reached(both, 20) == 10
    assert reached(both, 15) == 107
    assert newest(both, 15) == 10
    assert newest(both, 5) is None


EVENTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["event", "event", "event", "restart"])), max_size=60
)


@given(events=EVENTS, scrape_every=st.integers(1, 5), looks=st.lists(st.integers(0, 60), max_size=6))
def test_looks_add_up_to_what_happened(
    events: Sequence[tuple[str, str]], scrape_every: int, looks: list[int]
) -> None:
    """Two processes count and are restarted, and a scrape sees both; looks may come at any moment. (What happens between the
    last scrape and a restart, nobody can know.)"""
    counts: dict[str, float] = {}
    samples: dict[str, list[tuple[float, float]]] = {"a": [], "b": []}
    happened = 0
    for now, (pod, what) in enumerate(events, start=1):
        if what == "event":
            counts[pod] = counts.get(pod, 0.0) + 1
            happened += 1
        elif counts.get(pod, 0.0) == (samples[pod][-1][1] if samples[pod] else 0.0):
            counts[pod] = 0.0
            samples[pod].append((float(now), 0.0))
        if now % scrape_every == 0 or now == len(events):
            for name, count in counts.items():
                if not samples[name] or samples[name][-1][0] < now:
                    samples[name].append((float(now), count))
    several = tuple(Series((("pod", name),), tuple(points)) for name, points in samples.items() if points)
    moments = [0.0, *sorted(set(map(float, looks))), float(len(events))]
    moments = sorted({moment for moment in moments if moment <= len(events)})
    total = sum(grown(several, since, until, {}) for since, until in itertools.pairwise(moments))
    assert total == happened


@given(
    values=st.lists(st.floats(0, 1e9), min_size=1, max_size=30),
    cuts=st.lists(st.floats(0, 400), min_size=2, max_size=6),
)
def test_growth_is_never_negative_and_adds_up(values: list[float], cuts: list[float]) -> None:
    one = series(*values)
    cuts = sorted(cuts)
    parts = [increase(one, since, until) for since, until in itertools.pairwise(cuts)]
    assert all(part >= 0 for part in parts)
    whole = increase(one, cuts[0], cuts[-1])
    assert abs(sum(parts) - whole) <= 1e-6 * max(1.0, whole)


def test_stretches_are_put_together_without_counting_a_sample_twice() -> None:
    first, second = series(1, 2, 3), series(3, 4, start=30)
    assert joined([[first], [second, series(9, labels=B)]]) == (series(1, 2, 3, 4), series(9, labels=B))


def test_a_histogram_restarts_as_a_whole() -> None:
    """The bucket that grew past its old count before anybody looked has begun anew too, as another bucket shows."""
    few, all_of_them = (("le", "0.1"), ("pod", "a")), (("le", "+Inf"), ("pod", "a"))
    other = (("le", "0.1"), ("pod", "b"))
    buckets = restarted_together(
        (series(10, 2, labels=few), series(20, 90, labels=all_of_them), series(5, 6, labels=other)), "le"
    )
    assert {one.labels: increase(one, 10, 20) for one in buckets} == {few: 2, all_of_them: 90, other: 1}
    assert [one.last(20) for one in buckets] == [(20, 2), (20, 90), (20, 6)]
