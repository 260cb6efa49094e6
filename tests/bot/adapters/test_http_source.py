"""One request, one answer; and of every failure it is known whether the request may have had its effect."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from adapter_world import Wayward, wayward_server

from bot.adapters.faults import MEANING, RAISED, Meaning, as_failure
from bot.adapters.http_source import HttpSources
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets


@pytest.fixture
async def wayward() -> AsyncIterator[Wayward]:
    async with wayward_server() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as one:
        yield one


def sources(session: aiohttp.ClientSession, url: str, **more: str) -> HttpSources:
    return HttpSources(session, Secrets({"API_URL": url, **more}))


async def test_an_answer_has_status_json_and_text(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    answer = await sources(session, wayward.url + "/").get(wayward.plan(), "api", "/json")
    assert (answer.status, answer.json["share"]) == (200, 5)
    assert json.loads(answer.text) == answer.json


async def test_headers_are_resolved_and_a_body_is_json(
    session: aiohttp.ClientSession, wayward: Wayward
) -> None:
    plan = wayward.plan(headers={"Authorization": "Bearer ${KEY}"})
    door = sources(session, wayward.url, KEY="k-1234")
    await door.ask(
        plan, "POST", "api", "/echo?x=1", body={"percent": 5}, headers={"Idempotency-Key": "D1/2/3"}
    )
    method, path, headers, body = wayward.seen[0]
    assert (method, path, json.loads(body)) == ("POST", "/echo?x=1", {"percent": 5})
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer k-1234", "D1/2/3")


async def test_any_status_is_an_answer(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    answer = await sources(session, wayward.url).get(wayward.plan(), "api", "/status/503")
    assert (answer.status, answer.retry_after_s) == (503, 7.0)


async def test_words_that_are_no_json_are_no_json(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    answer = await sources(session, wayward.url).get(wayward.plan(), "api", "/words")
    assert (answer.json, answer.text) == (None, "plain words, no JSON")


async def test_redirects_are_not_followed(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    answer = await sources(session, wayward.url).get(wayward.plan(), "api", "/moved")
    assert (answer.status, len(wayward.seen)) == (302, 1)


async def test_nobody_listens(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(TryLater) as problem:
            await sources(session, f"http://127.0.0.1:{free.getsockname()[1]}").get(
                wayward.plan(), "api", "/json"
            )
    assert not problem.value.unknown
    assert "'api'" in problem.value.reason


async def test_a_silent_server_leaves_the_outcome_unknown(
    session: aiohttp.ClientSession, wayward: Wayward
) -> None:
    with pytest.raises(TryLater) as problem:
        await sources(session, wayward.url).ask(wayward.plan(), "POST", "api", "/slow", timeout_s=0.05)
    assert problem.value.unknown
    assert "in time" in problem.value.reason


async def test_a_broken_connection_leaves_the_outcome_unknown(
    session: aiohttp.ClientSession, wayward: Wayward
) -> None:
    with pytest.raises(TryLater) as problem:
        await sources(session, wayward.url).ask(wayward.plan(), "POST", "api", "/cut")
    assert problem.value.unknown


async def test_an_endless_answer_is_cut_off(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    with pytest.raises(TryLater, match="more than"):
        await sources(session, wayward.url).get(wayward.plan(), "api", "/huge")


@pytest.mark.parametrize("url", ["not an address", "ftp://ion/", "http://"])
async def test_an_address_that_cannot_be(session: aiohttp.ClientSession, wayward: Wayward, url: str) -> None:
    with pytest.raises(GaveUp):
        await sources(session, url).get(wayward.plan(), "api", "/json")


async def test_a_source_the_plan_does_not_have(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    with pytest.raises(GaveUp, match="no HTTP source 'prom'"):
        await sources(session, wayward.url).get(wayward.plan(), "prom", "/json")


async def test_a_missing_variable_is_named(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    with pytest.raises(GaveUp, match="API_URL"):
        await HttpSources(session, Secrets({})).get(wayward.plan(), "api", "/json")


async def test_a_closed_session_is_a_failure_like_others(wayward: Wayward) -> None:
    session = aiohttp.ClientSession()
    await session.close()
    with pytest.raises(TryLater):
        await sources(session, wayward.url).get(wayward.plan(), "api", "/json")


async def test_no_address_is_in_a_reason(session: aiohttp.ClientSession, wayward: Wayward) -> None:
    with pytest.raises(TryLater) as problem:
        await sources(session, "http://user:hunter22@127.0.0.1:1").get(wayward.plan(), "api", "/json")
    assert "hunter22" not in problem.value.reason


def test_every_exception_of_the_library_has_a_row() -> None:
    """A new class in aiohttp fails here until a person has said what it means for an effect."""
    theirs = {
        kind
        for kind in vars(aiohttp).values()
        if isinstance(kind, type) and issubclass(kind, aiohttp.ClientError)
    }
    assert theirs == set(MEANING)


@pytest.mark.parametrize("kind", sorted(MEANING, key=str))
def test_every_row_becomes_one_of_our_errors(kind: type[BaseException]) -> None:
    problem = as_failure(kind.__new__(kind), "Slack")
    assert issubclass(kind, RAISED)
    assert isinstance(problem, GaveUp) == (MEANING[kind] is Meaning.WRONG)
    assert problem.unknown == (MEANING[kind] is Meaning.UNKNOWN)
