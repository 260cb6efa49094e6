"""Looks at a Prometheus: counters that never fall, both tracks at one moment, and everything that is missing or odd is named."""

from __future__ import annotations

import ast
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_looker import ION, MINUTE, Looker

from bot.adapters import prometheus_faults
from bot.performing import over_prometheus
from bot.performing.measuring import measure
from bot.performing.ports import Vendors
from commands import texts
from commands.blocks import parts
from commands.telling import voice
from core import gates
from core.effects import Measure
from core.inputs import Measured
from core.report import Reason
from sandbox.prometheus.stand_in import PrometheusStandIn, prometheus_stand_in
from storage.clock import ManualClock

START = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
REQUESTS = "http_requests_total"


@pytest.fixture
async def fake() -> AsyncIterator[PrometheusStandIn]:
    async with prometheus_stand_in() as one:
        yield one


class Story:
    """A service scraped every 15 seconds, with looks in between."""

    def __init__(self, fake: PrometheusStandIn, metrics: dict[str, Any] | None = None, **more: Any) -> None:
        self.fake = fake
        self.clock = ManualClock(START)
        self.looker = Looker(fake.url, self.clock, metrics or {"errors": ION["errors"]}, **more)
        self.counts: dict[tuple[tuple[str, str], ...], float] = {}

    @property
    def now(self) -> float:
        return self.clock().timestamp()

    def serve(self, count: float, track: str = "canary", code: str = "200", pod: str = "a") -> None:
        """So many requests were answered."""
        key = (("code", code), ("instance", pod), ("job", "ion"), ("track", track))
        self.counts[key] = self.counts.get(key, 0.0) + count

    def restart(self, pod: str) -> None:
        """The process begins to count anew; what it has not served yet it does not show."""
        self.counts = {key: value for key, value in self.counts.items() if ("instance", pod) not in key}

    def scrape(self, *away: str) -> None:
        """Fifteen seconds later every pod is scraped, but those that are away."""
        self.clock.advance(timedelta(seconds=15))
        for key, value in self.counts.items():
            labels = dict(key)
            if labels["instance"] not in away:
                self.fake.put(REQUESTS, self.now, value, **labels)
        for pod in {dict(key)["instance"] for key in self.counts} | set(away):
            self.fake.put("up", self.now, 0 if pod in away else 1, job="ion", instance=pod)

    async def look(self, metric: str = "errors", track: str = "canary") -> Any:
        """The next look's sample."""
        self.clock.advance(timedelta(seconds=1))
        return (await self.looker.look())[metric, track]


async def begun(fake: PrometheusStandIn, **more: Any) -> Story:
    """Both tracks have served, and there was a first look."""
    story = Story(fake, **more)
    story.serve(1000, "canary")
    story.serve(9000, "control")
    story.scrape()
    first = await story.look()
    assert first.detail == "first-look"
    return story


# ------------------------------------------------------------------------------------------------------------- counting


async def test_a_window_is_what_happened_between_two_looks(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.serve(95)
    story.serve(5, code="503")
    story.serve(900, "control")
    story.scrape()
    sample = await story.look()
    assert (sample.state, sample.bad, sample.count, sample.value) == ("ok", 5, 100, 5.0)
    (control,) = [one for one in story.looker.deployment.gate.samples if one.track == "control"]  # type: ignore[union-attr]
    assert (control.bad, control.count) == (0, 900)


async def test_the_first_error_of_a_new_series_is_counted(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.serve(99)
    story.serve(1, code="500")
    story.scrape()
    assert (await story.look()).bad == 1


async def test_a_restart_between_two_looks_loses_nothing_that_was_scraped(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.serve(40)
    story.scrape()
    story.restart("a")
    story.serve(60)
    story.serve(3, code="500")
    story.scrape()
    sample = await story.look()
    assert (sample.state, sample.bad, sample.count) == ("ok", 3, 103)
    assert story.looker.since_start("errors") == (3, 103)


async def test_a_pod_that_is_replaced_does_not_break_a_window(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.restart("a")
    story.fake.end(REQUESTS, story.now + 1, code="200", instance="a", job="ion", track="canary")
    story.serve(50, pod="b")
    story.scrape()
    assert (await story.look()).count == 50
    story.serve(10, pod="b")
    story.scrape()
    assert (await story.look()).count == 10


async def test_a_pod_that_was_away_and_comes_back_is_not_counted_from_zero(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.serve(500, pod="b")
    story.scrape()
    assert (await story.look()).count == 500
    for _ in range(28):  # seven minutes: longer than any look back
        story.scrape("b")
    assert (await story.look()).count == 0
    story.serve(20, pod="b")
    story.scrape()
    assert (await story.look()).count == 20


async def test_without_a_scrape_in_between_there_is_no_evidence(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.serve(10)
    sample = await story.look()
    assert (sample.state, sample.detail) == ("no-data", "no-requests")
    story.scrape()
    assert (await story.look()).count == 10


async def test_a_look_that_failed_loses_nothing(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.serve(10)
    story.scrape()
    fake.trouble = lambda _: web.Response(status=503, text="busy")
    assert (await story.look()).state == "source-failed"
    fake.trouble = None
    story.serve(5)
    story.scrape()
    assert (await story.look()).count == 15


async def test_data_that_were_lost_begin_a_new_count_and_no_guess(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    fake.samples.clear()
    story.serve(10)
    story.scrape()
    sample = await story.look()
    assert (sample.state, sample.detail) == ("no-data", "counter-reset")
    story.serve(7)
    story.scrape()
    assert (await story.look()).count == 7


async def test_after_a_very_long_absence_a_new_count_begins(fake: PrometheusStandIn) -> None:
    story = await begun(fake, patience="10h")
    story.clock.advance(timedelta(hours=7))
    story.serve(100)
    story.scrape()
    assert (await story.look()).detail == "counter-reset"
    story.serve(4)
    story.scrape()
    assert (await story.look()).count == 4


async def test_over_some_hours_samples_are_asked_for_in_stretches(fake: PrometheusStandIn) -> None:
    story = await begun(fake, patience="10h")
    for _ in range(3):
        story.clock.advance(timedelta(hours=1))
        story.serve(10)
        story.scrape()
    assert (await story.look()).count == 30
    assert len([query for query in fake.queries() if query.endswith("[3600001ms]")]) == 4 * 3


async def test_late_samples_are_waited_for(fake: PrometheusStandIn) -> None:
    """What was scraped a moment ago may not have arrived: a look stays that far behind the present."""
    story = Story(fake, source={"settle": "30s"})
    story.serve(1000)
    story.scrape()
    story.clock.advance(timedelta(seconds=30))
    await story.look()
    story.serve(10)
    story.scrape()
    assert (await story.look()).detail == "no-requests"
    story.clock.advance(timedelta(seconds=30))
    assert (await story.look()).count == 10


async def test_all_of_a_look_is_of_one_moment(fake: PrometheusStandIn) -> None:
    story = Story(fake, ION)
    story.serve(10)
    await story.looker.look()
    assert len({params["time"] for path, params, _ in fake.asked if path == "/api/v1/query"}) == 1
    texts = fake.queries()
    assert len(texts) == len(set(texts))  # nothing is asked twice


# -------------------------------------------------------------------------------------------------- other expressions


SUMS = {
    "errors": {
        **ION["errors"],
        "ratio": {"bad": 'sum(http_requests_total{track="$track",code="500"})', "total": f'sum({REQUESTS}{{track="$track"}})'},
    }
}  # fmt: skip


async def test_an_expression_is_a_counter_as_it_is(fake: PrometheusStandIn) -> None:
    story = await begun(fake, metrics=SUMS)
    story.serve(90)
    story.serve(10, code="500")
    story.scrape()
    sample = await story.look()
    assert (sample.bad, sample.count) == (10, 100)
    story.restart("a")
    story.serve(20)
    story.scrape()
    assert (await story.look()).detail == "counter-reset"


async def test_a_plain_selector_beside_an_expression_is_summed(fake: PrometheusStandIn) -> None:
    mixed = {"errors": {**ION["errors"], "ratio": {"bad": 'sum(http_requests_total{track="$track",code="500"})', "total": f'{REQUESTS}{{track="$track"}}'}}}  # fmt: skip
    story = await begun(fake, metrics=mixed)
    story.serve(30)
    story.serve(30, pod="b")
    story.serve(6, code="500")
    story.scrape()
    sample = await story.look()
    assert (sample.bad, sample.count) == (6, 66)


async def test_availability_is_the_good_of_all(fake: PrometheusStandIn) -> None:
    story = Story(fake, {"errors": ION["available"]})
    story.serve(1000)
    story.scrape()
    await story.look()
    story.serve(1999)
    story.serve(1, code="500")
    story.scrape()
    sample = await story.look()
    assert (sample.value, sample.bad, sample.count) == (99.95, 1, 2000)


async def test_the_window_of_a_gauge_is_the_time_since_the_last_look(fake: PrometheusStandIn) -> None:
    gauge = {"errors": {**ION["memory"], "gauge": 'avg_over_time(memory{track="$track"}[$window])'}}
    for seconds in (300, 60, 240):
        for track in ("canary", "control"):
            fake.canned[f'avg_over_time(memory{{track="{track}"}}[{seconds}s])'] = {(): float(seconds)}
    story = Story(fake, gauge)
    assert (await story.look()).value == 300  # no reading before
    story.clock.advance(timedelta(seconds=239))
    assert (await story.look()).value == 240
    assert (await story.look()).value == 60  # a second later: never less than a minute


@pytest.mark.parametrize(("gauge", "value"), [("-3", -3.0), ("5", 5.0)])
async def test_a_number_alone_is_a_value(fake: PrometheusStandIn, gauge: str, value: float | None) -> None:
    story = Story(fake, {"errors": {**ION["memory"], "gauge": gauge}})
    assert (await story.look()).value == value


# ------------------------------------------------------------------------------------------------------------- buckets

P95 = {"p95": ION["p95"]}
BUCKET = "http_request_duration_seconds_bucket"


def histogram(fake: PrometheusStandIn, at: float, counts: dict[str, float], **labels: str) -> None:
    for edge, count in counts.items():
        fake.put(BUCKET, at, count, le=edge, job="ion", **{"instance": "a", "track": "canary", **labels})


async def test_buckets_are_counted_each_and_edges_come_in_the_metrics_unit(fake: PrometheusStandIn) -> None:
    story = Story(fake, P95)
    histogram(fake, story.now, {"0.035": 10, "0.1": 20, "+Inf": 20})
    reading = (await story.looker.readings())["p95", "canary"]
    assert [*reading.values] == [35.0, 10, 100.0, 20, math.inf, 20]
    await story.look("p95")
    story.clock.advance(MINUTE)
    histogram(fake, story.now, {"0.035": 2, "0.1": 90, "+Inf": 100})  # restarted
    histogram(fake, story.now, {"0.035": 3, "0.1": 10, "+Inf": 10}, instance="b")  # new
    sample = await story.look("p95")
    assert (sample.state, sample.count) == ("ok", 110)
    assert sample.detail == "beyond-buckets"  # ten of 110 are slower than 100 ms


async def test_bucket_edges_may_be_in_milliseconds(fake: PrometheusStandIn) -> None:
    story = Story(
        fake,
        {
            "p95": {
                **ION["p95"],
                "quantile": {"buckets": f'{BUCKET}{{track="$track"}}', "q": 0.5, "edges": "ms"},
            }
        },
    )
    histogram(fake, story.now, {"35": 10, "+Inf": 10})
    assert (await story.looker.readings())["p95", "canary"].values == (35.0, 10, math.inf, 10)


async def test_a_sum_by_le_is_taken_as_it_is(fake: PrometheusStandIn) -> None:
    story = Story(
        fake,
        {
            "p95": {
                **ION["p95"],
                "quantile": {"buckets": f'sum by (le) ({BUCKET}{{track="$track"}})', "q": 0.5},
            }
        },
    )
    histogram(fake, story.now, {"0.1": 10, "+Inf": 12})
    histogram(fake, story.now, {"0.1": 1, "+Inf": 1}, instance="b")
    assert (await story.looker.readings())["p95", "canary"].values == (100.0, 11, math.inf, 13)


@pytest.mark.parametrize(
    ("counts", "about"),
    [({"0.1": 1}, "+Inf"), ({"0.1": 5, "+Inf": 4}, "le"), ({"fast": 1, "+Inf": 4}, "le"), ({"-1": 1, "+Inf": 4}, "-1")],
)  # fmt: skip
async def test_buckets_that_cannot_be(fake: PrometheusStandIn, counts: dict[str, float], about: str) -> None:
    story = Story(fake, P95)
    histogram(fake, story.now, counts)
    reading = (await story.looker.readings())["p95", "canary"]
    assert (reading.state, reading.detail) == ("failed", f"buckets-wrong: {about}")


async def test_other_buckets_than_before_are_not_compared(fake: PrometheusStandIn) -> None:
    story = Story(fake, P95)
    histogram(fake, story.now, {"0.1": 10, "+Inf": 20})
    await story.look("p95")
    story.clock.advance(MINUTE)
    histogram(fake, story.now, {"0.1": 11, "0.5": 15, "+Inf": 30})
    assert (await story.look("p95")).detail == "buckets-changed"


# ----------------------------------------------------------------------------------------------------- what is missing


async def test_a_target_that_is_down_is_named(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    for _ in range(24):
        story.scrape("a")
    sample = await story.look()
    assert (sample.state, sample.detail) == ("no-data", "target-down: a")


async def test_a_metric_that_was_renamed_is_offered(fake: PrometheusStandIn) -> None:
    story = Story(
        fake,
        {
            "errors": {
                **ION["errors"],
                "ratio": {
                    "bad": 'http_request_total{track="$track",code="500"}',
                    "total": 'http_request_total{track="$track"}',
                },
            }
        },
    )
    story.serve(10)
    story.scrape()
    sample = await story.look()
    assert sample.detail == "never-seen: http_request_total (http_requests_total?)"


async def test_a_series_without_such_labels(fake: PrometheusStandIn) -> None:
    story = Story(fake)
    story.serve(10, track="blue")
    story.scrape()
    assert (await story.look()).detail == f'no-match: {REQUESTS}{{track="canary"}}'


async def test_a_label_that_no_series_has(fake: PrometheusStandIn) -> None:
    story = Story(
        fake,
        {
            "errors": {
                **ION["errors"],
                "ratio": {
                    "bad": f'{REQUESTS}{{role="$track",code="500"}}',
                    "total": f'{REQUESTS}{{role="$track"}}',
                },
            }
        },
    )
    story.serve(10)
    story.scrape()
    assert (await story.look()).detail == f"label-unknown: {REQUESTS}{{role}} (code, instance, job, track)"


async def test_a_series_that_is_gone(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.counts.clear()
    story.clock.advance(timedelta(minutes=10))
    fake.put("up", story.now, 1, job="ion", instance="a")
    assert (await story.look()).detail == f'gone: {REQUESTS}{{track="canary"}}'


async def test_samples_that_are_too_old(fake: PrometheusStandIn) -> None:
    story = await begun(fake, source={"lookback": "1m"})
    story.clock.advance(timedelta(seconds=50))
    assert (await story.look()).detail == "no-requests"
    story.clock.advance(timedelta(seconds=90))
    fake.put(REQUESTS, story.now - 70, 1001, code="200", instance="a", job="ion", track="canary")
    assert (await story.look()).detail == "stale: 1 min"


async def test_a_gauge_that_is_too_old(fake: PrometheusStandIn) -> None:
    story = Story(fake, {"errors": ION["memory"]}, source={"lookback": "1m"})
    fake.put("process_memory_percent", story.now - 30, 50, track="canary")
    fake.put("process_memory_percent", story.now - 200, 50, track="control")
    samples = await story.looker.look()
    assert samples["errors", "canary"].value == 50
    assert samples["errors", "control"].detail == "stale: 3 min"


async def test_no_errors_ever_seen_is_no_error(fake: PrometheusStandIn) -> None:
    """The bad part has no series at all; its metric is that of the total, so nothing needs to be asked."""
    story = await begun(fake)
    story.serve(10)
    story.scrape()
    sample = await story.look()
    assert (sample.state, sample.value) == ("ok", 0.0)
    assert {path for path, _, _ in fake.asked} == {"/api/v1/query"}


OTHER = {
    "errors": {
        **ION["errors"],
        "ratio": {"bad": 'http_errors_total{track="$track"}', "total": f'{REQUESTS}{{track="$track"}}'},
    }
}


async def test_an_error_counter_that_nobody_knows_is_no_zero(fake: PrometheusStandIn) -> None:
    story = Story(fake, OTHER)
    story.serve(10)
    story.scrape()
    assert (await story.look()).detail == "never-seen: http_errors_total (http_requests_total?)"
    fake.described.add("http_errors_total")  # its target says it has one: it has only never counted
    await story.look()
    story.serve(10)
    story.scrape()
    assert (await story.look()).value == 0.0


async def test_an_error_counter_with_another_label_is_no_zero(fake: PrometheusStandIn) -> None:
    story = Story(
        fake,
        {
            "errors": {
                **ION["errors"],
                "ratio": {
                    "bad": f'{REQUESTS}{{track="$track",status="500"}}',
                    "total": f'{REQUESTS}{{track="$track"}}',
                },
            }
        },
    )
    story.serve(10)
    story.scrape()
    assert (await story.look()).detail == f"label-unknown: {REQUESTS}{{status}} (code, instance, job, track)"


# ------------------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
async def test_what_is_no_count_is_said_to_be_none(fake: PrometheusStandIn, value: float) -> None:
    story = Story(fake)
    fake.put(REQUESTS, story.now, value, code="200", track="canary")
    sample = await story.look()
    assert (sample.state, sample.detail) == ("source-failed", 'not-a-number: {code="200",track="canary"}')


async def test_a_gauge_that_is_no_number(fake: PrometheusStandIn) -> None:
    story = Story(fake, {"errors": ION["memory"]})
    fake.put("process_memory_percent", story.now, math.nan, track="canary")
    assert (await story.look()).detail == "not-a-number: nan"


async def test_several_series_where_one_was_meant_are_named(fake: PrometheusStandIn) -> None:
    story = Story(fake, {"errors": ION["memory"]})
    for pod in "abcde":
        fake.put("process_memory_percent", story.now, 50, track="canary", pod=pod)
    sample = await story.look()
    assert sample.state == "source-failed"
    assert (
        sample.detail
        == 'several-series: {pod="a",track="canary"} {pod="b",track="canary"} {pod="c",track="canary"} +2'
    )


async def test_more_errors_than_requests_cannot_be(fake: PrometheusStandIn) -> None:
    story = Story(fake, OTHER)
    story.serve(10)
    story.scrape()
    fake.put("http_errors_total", story.now, 11, track="canary")
    assert (await story.look()).detail == "part-exceeds-total: 11 > 10"


async def test_a_warning_makes_an_answer_partial(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    story.serve(10)
    story.scrape()
    fake.warnings = ["PromQL info: metric might not be a counter"]
    assert (await story.look()).state == "ok"
    fake.warnings.append("a store did not answer")
    sample = await story.look()
    assert (sample.state, sample.detail) == ("source-failed", "answer-partial: a store did not answer")


async def test_a_query_that_is_refused_says_why(fake: PrometheusStandIn) -> None:
    story = Story(fake, {"errors": {**ION["memory"], "gauge": "frobnicate(x)"}})
    sample = await story.look()
    assert sample.state == "source-failed"
    assert sample.detail.startswith("query-refused: the source 'prom' refuses the query: ")
    assert "frobnicate" in sample.detail


async def test_a_server_that_is_away_is_asked_once(fake: PrometheusStandIn) -> None:
    story = Story(fake, ION)
    looker = Looker("http://127.0.0.1:9", story.clock, ION)
    readings = await looker.readings()
    assert {(one.state, one.detail) for one in readings.values()} == {("failed", "source-down: prom")}


async def test_a_server_that_hangs_is_not_waited_for_by_every_metric(fake: PrometheusStandIn) -> None:
    async def hang(_: web.Request) -> None:
        await fake.hanging.wait()

    fake.trouble = hang
    looker = Looker(fake.url, ManualClock(START), ION, source={"timeout": "200ms"})
    readings = await looker.readings()
    assert {(one.state, one.detail) for one in readings.values()} == {("failed", "source-slow: prom")}
    assert len(fake.asked) <= 8


async def test_a_missing_secret_is_named(fake: PrometheusStandIn) -> None:
    looker = Looker(fake.url, ManualClock(START), source={"auth": {"bearer": "${PROM_TOKEN}"}})
    reading = (await looker.readings())["errors", "canary"]
    assert reading.state == "failed"
    assert "PROM_TOKEN" in reading.detail


async def test_side_questions_are_bounded(fake: PrometheusStandIn) -> None:
    many = {
        f"m{number}": {**ION["memory"], "gauge": f'unknown_{number}{{track="$track"}}'}
        for number in range(20)
    }
    looker = Looker(fake.url, ManualClock(START), many)
    readings = await looker.readings()
    assert all(one.state == "no-data" for one in readings.values())
    assert len(fake.asked) <= 40 + 12


async def test_an_input_can_only_be_a_value(fake: PrometheusStandIn) -> None:
    story = Story(fake, {"errors": {**ION["memory"], "gauge": 'm{v="$version",track="$track"}'}})
    fake.put("m", story.now, 7, v="v7", track="canary")
    assert (await story.look()).value == 7


# ------------------------------------------------------------------------------------------------------------ the past


async def test_the_past_is_what_looks_would_have_read(fake: PrometheusStandIn) -> None:
    story = await begun(fake)
    twin = Looker(fake.url, story.clock, {"errors": ION["errors"]})
    twin.deployment = story.looker.deployment
    moments = []
    for number in range(5):
        story.serve(10 + number)
        story.serve(number, code="500")
        if number == 2:
            story.restart("a")
            story.serve(1)
        story.scrape()
        await story.look()
        moments.append(story.clock())
        if number == 1:
            story.clock.advance(MINUTE)  # the distances are not even
    gate = story.looker.deployment.gate
    assert gate is not None
    past = await twin.past(moments)
    assert [look["errors", "canary"].state for look in past] == ["ok"] * 5
    assert [one for one in gate.last if one.track == "canary"] == [past[-1]["errors", "canary"]]


async def test_the_past_of_an_expression_comes_from_one_range(fake: PrometheusStandIn) -> None:
    story = Story(fake, {**SUMS, "memory": ION["memory"]})
    moments = []
    for number in range(4):
        story.serve(10)
        story.scrape()
        fake.put("process_memory_percent", story.now, 50 + number, track="canary")
        moments.append(story.clock())
    past = await story.looker.past(moments)
    assert [look["memory", "canary"].values for look in past] == [(50.0,), (51.0,), (52.0,), (53.0,)]
    assert [look["errors", "canary"].values for look in past] == [
        (0.0, 10.0),
        (0.0, 20.0),
        (0.0, 30.0),
        (0.0, 40.0),
    ]
    assert {path for path, params, _ in fake.asked if "memory" in params.get("query", "")} == {
        "/api/v1/query_range"
    }


async def test_a_hole_in_the_past_is_a_hole(fake: PrometheusStandIn) -> None:
    story = Story(fake)
    story.serve(10)
    story.scrape()
    first = story.clock()
    story.clock.advance(10 * MINUTE)
    hole = story.clock()
    story.serve(10)
    story.scrape()
    past = await story.looker.past([first, hole, story.clock()])
    assert [look["errors", "canary"].state for look in past] == ["ok", "no-data", "ok"]
    assert past[2]["errors", "canary"].values == (0.0, 20.0)


# --------------------------------------------------------------------------------------------------------------- words

FOLDER = Path(over_prometheus.__file__).parent


def codes() -> set[str]:
    """Every code a Gap is made with, and those of the faults."""
    found = {
        value for name, value in vars(prometheus_faults).items() if name.isupper() and isinstance(value, str)
    }
    for path in FOLDER.glob("prometheus_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Gap" and len(node.args) > 1:
                code = node.args[1]
                found |= (
                    {code.value} if isinstance(code, ast.Constant) and isinstance(code.value, str) else set()
                )
    return found


def test_every_reason_has_words() -> None:
    assert len(codes()) > 15, "the scan has gone blind"
    assert [code for code in sorted(codes()) if not texts.known(f"detail.{code}")] == []
    without_advice = {code for code in codes() if not texts.known(f"advice.{code}")}
    assert without_advice == {"missing", "source-failing", "answer-odd"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Errors: no data (the target ion-api:8080 is down), so it cannot be judged. Look at that process, and at whether Prometheus can reach its metrics."),
        ("ko", "Errors: 데이터가 없어(수집 대상 ion-api:8080 중단됨) 판단할 수 없습니다. 해당 프로세스가 살아 있는지, Prometheus가 메트릭에 접근할 수 있는지 확인하세요."),
    ],
)  # fmt: skip
def test_a_reason_is_said_with_what_to_do(language: str, said: str) -> None:
    reason = Reason(
        "errors",
        "errors.below.rollback",
        "no-data",
        None,
        "%",
        "1 %",
        None,
        None,
        0,
        3,
        "rollback",
        "target-down: ion-api:8080",
    )
    looker = Looker("http://127.0.0.1:9", ManualClock(START))
    assert parts.reason_line(reason, voice(looker.deployment, START, language, plain=True)) == said


# ------------------------------------------------------------------------------------------------------------ rehearsals


async def test_a_rate_of_a_rehearsal_stays_what_it_is_look_after_look(fake: PrometheusStandIn) -> None:
    """Plan time runs ten times as fast: what is counted in a real second fills ten of the plan."""
    story = Story(fake, {"rps": ION["rps"]})
    looker = story.looker
    looker.deployment = replace(
        looker.deployment, rehearsal=True, rehearsing=replace(looker.deployment.rehearsing, speed=10.0)
    )
    vendors = Vendors(measures={"prometheus": looker.room})
    seen, plan = [], START
    for number in range(4):
        story.serve(150)
        story.scrape()
        effect = Measure(f"look:{number}", ("rps",))
        done = await measure(looker.work(effect.ref), effect, vendors)
        assert isinstance(done.answer, Measured)
        plan += timedelta(seconds=150)
        gate = looker.deployment.gate
        assert gate is not None
        judged = gates.judge(looker.deployment.runbook, gate, done.answer.readings, plan)
        looker.deployment = replace(looker.deployment, gate=judged.run)
        seen += [one.value for one in judged.run.samples if one.track == "canary"]
    assert seen == [None, 10.0, 10.0, 10.0]
