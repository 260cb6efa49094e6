"""The Prometheus client: every answer there can be, every exception the libraries have, and credentials that go nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import prometheus_api_client.exceptions
import pytest
import requests.exceptions
from adapter_world import plan_with
from aiohttp import web

from bot.adapters import prometheus as adapter
from bot.adapters.entrance import Trust
from bot.adapters.prometheus import Prometheus, open_source
from bot.adapters.prometheus_faults import MEANING, RAISED, WRONG, as_failure
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets, names_of
from core.counting import Series
from sandbox.prometheus.stand_in import PrometheusStandIn, prometheus_stand_in


@pytest.fixture
async def fake() -> AsyncIterator[PrometheusStandIn]:
    async with prometheus_stand_in() as one:
        yield one


async def client(fake: PrometheusStandIn, secrets: dict[str, str] | None = None, **source: Any) -> Prometheus:
    plan = plan_with(sources={"prom": {"prometheus": {"url": "${PROM_URL}/", "timeout": "500ms", **source}}})
    known = Secrets({"PROM_URL": fake.url, **(secrets or {})})
    return await open_source(plan, "prom", known, Trust(known, Path("/nowhere")))


async def failure(fake: PrometheusStandIn, **source: Any) -> TryLater | GaveUp:
    one = await client(fake, **source)
    with pytest.raises((TryLater, GaveUp)) as raised:
        await one.query("up", 100.0)
    one.close()
    assert isinstance(raised.value, TryLater | GaveUp)
    return raised.value


async def test_a_query_gives_series_with_samples_and_warnings(fake: PrometheusStandIn) -> None:
    fake.put("up", 90, 1, job="a")
    fake.warnings = ["PromQL info: a remark", "one store is away"]
    one = await client(fake)
    vector = await one.query("up", 100.0)
    assert vector.series == (Series((("__name__", "up"), ("job", "a")), ((100.0, 1.0),)),)
    assert vector.warnings == ("one store is away",)
    assert (await one.query("up[60000ms]", 100.0)).series[0].samples == ((90.0, 1.0),)
    assert (await one.query("42", 100.0)).series == (Series((), ((100.0, 42.0),)),)
    ranged = await one.query_range("up", 89.25, 100.25, 5.5)
    assert ranged.series[0].samples == ((94.75, 1.0), (100.25, 1.0))
    one.close()


async def test_side_questions(fake: PrometheusStandIn) -> None:
    fake.put("up", 90, 1, job="a")
    fake.described.add("odd")
    fake.groups, fake.alerts = [{"name": "g", "rules": []}], [{"state": "firing"}]
    fake.targets = [{"health": "up"}]
    one = await client(fake)
    assert await one.metric_names() == ("up",)
    assert await one.label_names("up") == ("__name__", "job")
    assert (await one.described("odd"), await one.described("up")) == (True, False)
    assert await one.rules() == [{"name": "g", "rules": []}]
    assert await one.alerts() == [{"state": "firing"}]
    assert await one.targets() == [{"health": "up"}]
    one.close()


async def test_credentials_are_sent_and_nothing_else_is_read_from_the_machine(
    fake: PrometheusStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login nobody password nothing\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    for source, sent in (
        ({"auth": {"bearer": "${TOKEN}"}, "headers": {"X-Scope-OrgID": "${TOKEN}"}}, "Bearer geheim"),
        ({"auth": {"basic": {"user": "me", "password": "${TOKEN}"}}}, "Basic bWU6Z2VoZWlt"),
        ({}, None),
    ):
        one = await client(fake, {"TOKEN": "geheim"}, **source)
        await one.metric_names()
        await one.alerts()
        one.close()
        assert {headers.get("Authorization") for _, _, headers in fake.asked} == {sent}
        assert fake.asked[0][2].get("X-Scope-OrgID") == ("geheim" if "headers" in source else None)
        fake.asked.clear()


def test_every_secret_of_a_source_is_known_to_the_plan() -> None:
    source = {
        "url": "${A}",
        "headers": {"X": "${B}"},
        "auth": {"basic": {"user": "${C}", "password": "${D}"}},
        "tls": {"ca": "${E}", "certificate": "${F}", "key": "${G}"},
    }
    assert names_of(plan_with(sources={"prom": {"prometheus": source}})) == tuple("ABCDEFG")


@pytest.mark.parametrize(
    ("status", "body", "code", "kind"),
    [
        (401, "no", "source-refused", GaveUp),
        (403, "no", "source-refused", GaveUp),
        (400, '{"status":"error","errorType":"bad_data","error":"1:3: parse error"}', "query-refused", GaveUp),
        (422, '{"status":"error","errorType":"execution","error":"too many samples"}', "query-refused", GaveUp),
        (503, '{"status":"error","errorType":"timeout","error":"query timed out"}', "source-slow", TryLater),
        (503, "Service Unavailable", "source-failing", TryLater),
        (500, '{"status":"error","errorType":"internal","error":"disk"}', "source-failing", TryLater),
        (404, "404 page not found", "source-failing", TryLater),
        (302, "", "answer-odd", TryLater),
        (200, "<html>", "answer-odd", TryLater),
        (200, "[]", "answer-odd", TryLater),
        (200, '{"status":"success"}', "answer-odd", TryLater),
        (200, '{"status":"success","data":[]}', "answer-odd", TryLater),
        (200, '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}}', "answer-odd", TryLater),
        (200, '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}}', "answer-odd", TryLater),
        (200, '{"status":"error","error":"odd"}', "answer-odd", TryLater),
    ],
)  # fmt: skip
async def test_every_answer_that_is_none(
    fake: PrometheusStandIn, status: int, body: str, code: str, kind: type
) -> None:
    headers = {"Location": "http://127.0.0.1:9/elsewhere"} if status == 302 else {}
    fake.trouble = lambda _: web.Response(status=status, text=body, headers=headers)
    problem = await failure(fake)
    assert (type(problem), problem.code) == (kind, code)
    assert len(fake.asked) == 1  # nothing is tried again


async def test_a_server_that_is_not_there(fake: PrometheusStandIn) -> None:
    problem = await failure(fake, url="http://127.0.0.1:9")
    assert (problem.code, problem.reason) == (
        "source-down",
        "the source 'prom' could not be reached (ConnectionError).",
    )


async def test_one_that_does_not_answer(fake: PrometheusStandIn) -> None:
    async def hang(_: web.Request) -> None:
        await fake.hanging.wait()

    fake.trouble = hang
    assert (await failure(fake, timeout="200ms")).code == "source-slow"


@pytest.mark.parametrize("pause", [0.05, 5.0])
async def test_one_that_answers_in_drops(fake: PrometheusStandIn, pause: float) -> None:
    """No single wait is too long, but all together are; or the last drop does not come."""

    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(b" ")
            try:
                await asyncio.wait_for(fake.hanging.wait(), pause)
            except TimeoutError:
                continue
            break
        return answer

    fake.trouble = drip
    assert (await failure(fake, timeout="300ms")).code == "source-slow"


async def test_one_that_hangs_up(fake: PrometheusStandIn) -> None:
    def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    fake.trouble = cut
    assert (await failure(fake)).code == "source-down"


async def test_one_that_answers_too_much(fake: PrometheusStandIn) -> None:
    fake.trouble = lambda _: web.Response(body=b" " * (adapter.LARGEST_ANSWER + 1))
    assert (await failure(fake, timeout="10s")).code == "answer-too-large"


async def test_an_address_that_is_none(fake: PrometheusStandIn) -> None:
    problem = await failure(fake, url="${X}", secrets={"X": "nowhere"})
    assert (type(problem), problem.code) == (GaveUp, WRONG)


async def test_a_certificate_that_is_not_there(fake: PrometheusStandIn) -> None:
    with pytest.raises(GaveUp) as raised:
        await client(fake, url="https://127.0.0.1:9", tls={"ca": "ca.pem"})
    assert "The file under 'tls: ca' of the source 'prom' is not there" in str(raised.value)


async def test_a_plan_without_such_a_source() -> None:
    none = Secrets({})
    with pytest.raises(GaveUp):
        await open_source(plan_with(), "prom", none, Trust(none, Path("/nowhere")))


def test_every_exception_of_the_libraries_has_a_meaning() -> None:
    """A new one is looked at by a person before it can mean anything."""
    theirs = {
        kind
        for module in (requests.exceptions, prometheus_api_client.exceptions)
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__ == module.__name__
    }
    assert theirs == set(MEANING)


@pytest.mark.parametrize("kind", sorted(MEANING, key=str))
def test_every_exception_becomes_one_of_ours(kind: type[Exception]) -> None:
    assert issubclass(kind, RAISED)
    problem = as_failure(kind.__new__(kind), "the source 'prom'")
    assert isinstance(problem, GaveUp) == (MEANING[kind] == WRONG)
    assert problem.code == MEANING[kind]
    assert kind.__name__ in problem.reason
