"""Checks and actions over HTTP, against real servers with and without TLS: what the bot says of them, and what it never says."""

from __future__ import annotations

import json
import math
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from room_world import KEY, NOW, Authority, Rooms, Server, action_over, rooms, runbook, server

from bot.errors import GaveUp, TryLater
from bot.performing.comparing import compare
from core.plan import patterns
from core.plan.models import Comparison
from core.plan.problems import PlanInvalid


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path, TOKEN="t-0123456789", USER="captain", PASSWORD="p-0123456789") as one:
        yield one


@pytest.fixture
async def api() -> AsyncIterator[Server]:
    async with server() as one:
        yield one


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


# ------------------------------------------------------------------------------------------------------ the answer


@pytest.mark.parametrize(
    ("wanted", "status", "agrees"),
    [
        (200, 200, True),
        (200, 204, False),
        ("2xx", 204, True),
        ("2XX", 301, False),
        ([200, 404], 404, True),
        (["2xx", 304], 304, True),
        (["2xx", 304], 404, False),
        ("4xx", 404, True),
        (200, 503, None),
        (200, 429, None),
        ("5xx", 503, True),
    ],
)
async def test_a_status_is_a_number_a_class_or_one_of_several(
    room: Rooms, api: Server, wanted: Any, status: int, agrees: bool | None
) -> None:
    api.will(status=status)
    found = await room.check({"url": api.url}, get="/health", status=wanted)
    assert found.agrees is agrees
    assert f"GET /health answered {status}" in found.evidence


@pytest.mark.parametrize(
    ("expected", "agrees", "words"),
    [
        ({"ready": {"at-least": 3}}, True, "ready is 3, at least 3"),
        ({"ready": {"above": 3}}, False, "ready is 3, not above 3"),
        ({"ready": {"below": 3.5, "above": 2}}, True, "ready is 3, below 3.5, above 2"),
        ({"ready": {"at-most": 2}}, False, "not at most 2"),
        ({"share": {"below": 0.5}}, True, "share is 0.25, below 0.5"),
        ({"state": {"below": 5}}, None, "which cannot be compared: below 5"),
        ({"on": {"at-least": 1}}, None, "which cannot be compared"),
        ({"nothing": {"below": 5}}, None, "nothing is missing"),
        ({"state": {"contains": "heal"}}, True, "containing 'heal'"),
        ({"state": {"contains": "sick"}}, False, "state is 'healthy', not containing 'sick'"),
        ({"names": {"contains": "ion"}}, True, "containing 'ion'"),
        ({"names": {"contains": "io"}}, False, "not containing 'io'"),
        ({"ready": {"contains": "3"}}, None, "cannot be compared"),
        ({"version": {"contains": "$version"}}, True, "containing 'v7'"),
        ({"version": {"matches": r"^v\d+\+build$"}}, True, "matching"),
        ({"version": {"matches": r"^\d"}}, False, "not matching"),
        ({"ready": {"matches": "3"}}, None, "cannot be compared"),
        ({"ready": {"at-least": 3}, "state": "healthy"}, True, "state is 'healthy'"),
        ({"ready": {"at-least": 4}, "nothing": 1}, False, "nothing is missing"),
    ],
)
async def test_values_are_compared(
    room: Rooms, api: Server, expected: dict[str, Any], agrees: bool | None, words: str
) -> None:
    api.will(
        {
            "ready": 3,
            "share": 0.25,
            "state": "healthy",
            "on": True,
            "names": ["ion", "shop"],
            "version": "v7+build",
        }
    )
    found = await room.check({"url": api.url}, get="/health", json=expected)
    assert found.agrees is agrees, found.evidence
    assert words in found.evidence


@pytest.mark.parametrize(
    ("expected", "agrees", "words"),
    [
        ({"Strict-Transport-Security": "present"}, True, "Strict-Transport-Security is there"),
        ({"strict-transport-security": {"contains": "max-age=63072000"}}, True, "containing"),
        ({"X-Frame-Options": "DENY"}, True, "X-Frame-Options is 'DENY'"),
        ({"X-Frame-Options": "SAMEORIGIN"}, False, "X-Frame-Options is 'DENY', not 'SAMEORIGIN'"),
        ({"Content-Security-Policy": "present"}, False, "Content-Security-Policy is not there"),
        ({"X-Powered-By": "absent"}, True, "X-Powered-By is not there"),
        ({"X-Frame-Options": "absent"}, False, "X-Frame-Options is there, and must not be"),
        ({"X-Left": {"at-least": 10}}, True, "at least 10"),
        ({"X-Left": {"below": 10}}, False, "not below 10"),
        ({"X-Frame-Options": {"below": 10}}, None, "cannot be compared"),
    ],
)
async def test_headers_are_there_or_not_or_have_a_value(
    room: Rooms, api: Server, expected: dict[str, Any], agrees: bool | None, words: str
) -> None:
    headers = {
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "X-Frame-Options": "DENY",
        "X-Left": "12",
    }
    api.will(headers=headers)
    found = await room.check({"url": api.url}, head="/", header=expected)
    assert found.agrees is agrees, found.evidence
    assert words in found.evidence
    assert [one.method for one in api.heard] == ["HEAD"]


@pytest.mark.parametrize(
    ("body", "agrees"),
    [
        ({"contains": "all is well"}, True),
        ({"contains": "on fire"}, False),
        ({"matches": r"v\d+ .*well"}, True),
        ({"matches": r"(?i)ALL IS WELL\s*$"}, True),
        ({"matches": "x"}, False),
        ({"contains": "v7", "matches": "fire"}, False),
    ],
)
async def test_a_body_is_searched(room: Rooms, api: Server, body: dict[str, str], agrees: bool) -> None:
    api.will(text="v7 says: all is well\n")
    found = await room.check({"url": api.url}, get="/", body=body)
    assert found.agrees is agrees


async def test_the_time_of_an_answer_is_one_sample_and_says_so(room: Rooms, api: Server) -> None:
    quick = await room.check({"url": api.url}, get="/", within="4s")
    assert quick.agrees is True
    assert "ms, within 4s (one sample)" in quick.evidence
    slow = await room.check({"url": api.url}, get="/", within="0.001ms")
    assert slow.agrees is False
    assert "not within" in slow.evidence


async def test_no_answer_is_neither_yes_nor_no(room: Rooms) -> None:
    for http in ({"get": "/"}, {"redirects-to-https": True}):
        with pytest.raises(TryLater, match="could not be reached"):
            await room.check({"url": "http://127.0.0.1:1"}, **http)
    with pytest.raises(TryLater, match="could not be reached by TLS"):
        await room.check({"url": "https://127.0.0.1:1"}, **{"tls-expiry": {"more-than": "14d"}})


# --------------------------------------------------------------------------------------------------- what cannot hang


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 30_000 + "b"),
        ("(a|a)*b$", "a" * 30_000),
        ("(.*)*x", "y" * 30_000),
        ("(.*,){20}z", "," * 30_000),
    ],
)
async def test_a_pattern_that_other_engines_never_come_back_from(
    room: Rooms, api: Server, pattern: str, text: str
) -> None:
    api.will(text=text)
    found = await room.check({"url": api.url}, get="/", body={"matches": pattern})
    assert found.agrees is False


async def test_a_body_that_is_too_long_to_be_searched_is_neither_yes_nor_no(room: Rooms, api: Server) -> None:
    api.will(text="a" * 32_001)
    found = await room.check({"url": api.url}, get="/", body={"matches": "a$"})
    assert found.agrees is None
    assert "longer than the 32000 characters" in found.evidence
    assert (await room.check({"url": api.url}, get="/", body={"contains": "a" * 32_001})).agrees is True


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", "look-around"),
        (r"(a)\1", "backreferences"),
        ("(", "unclosed group"),
        ("a{9999}", "more than 300 parts"),
        ("((a{9}){9}){9}", "more than 300 parts"),
        ("(?x)(a b c) { 300 }", "flag 'x'"),
        ("a" * 201, "at most 200"),
    ],
)
def test_a_pattern_that_would_be_too_much_is_refused_with_the_plan(pattern: str, why: str) -> None:
    with pytest.raises(PlanInvalid, match=why):
        runbook(
            sources={"api": {"http": {"url": "http://x"}}},
            check={"source": "api", "get": "/", "body": {"matches": pattern}},
        )


@given(st.text(alphabet="ab.*+?(){}[]|^$\\d123,", max_size=40), st.text(max_size=50))
def test_any_pattern_is_refused_or_can_be_searched_for(pattern: str, text: str) -> None:
    try:
        patterns.check(pattern)
    except ValueError:
        return
    assert patterns.found(pattern, text) in (True, False)


numbers = st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(numbers, numbers)
def test_a_number_is_below_or_at_least_and_above_or_at_most(found: float, limit: float) -> None:
    def holds(key: str) -> bool | None:
        return compare("x", found, Comparison.model_validate({key: limit}), {})[0]

    assert holds("below") is (not holds("at-least")) is (found < limit)
    assert holds("above") is (not holds("at-most")) is (found > limit)


@given(st.none() | st.booleans() | st.text() | st.lists(st.integers()) | st.just(math.nan), st.integers())
def test_what_is_no_number_is_on_neither_side(found: Any, limit: int) -> None:
    for key in ("below", "above", "at-least", "at-most"):
        assert compare("x", found, Comparison.model_validate({key: limit}), {})[0] is None


# ------------------------------------------------------------------------------------------------------------- TLS


async def test_a_source_is_trusted_by_its_own_authority_only(room: Rooms, authority: Authority) -> None:
    async with server(authority.server()) as api:
        trusted = await room.check({"url": api.url, "tls": {"ca": "ca.pem"}}, get="/")
        assert trusted.agrees is True
        with pytest.raises(TryLater, match="could not be reached"):
            await room.check({"url": api.url}, get="/")
        with pytest.raises(TryLater, match="certificate of the source 'api' is not trusted"):
            await room.check({"url": api.url}, **{"tls-expiry": {"more-than": "1d"}})


async def test_a_source_that_asks_for_the_bots_own_certificate_gets_it(
    room: Rooms, authority: Authority, tmp_path: Path
) -> None:
    authority.client("captain.pem")
    async with server(authority.server(asks=True)) as api:
        tls = {"ca": str(authority.file), "certificate": "captain.pem"}
        assert (await room.check({"url": api.url, "tls": tls}, get="/")).agrees is True
        with pytest.raises(TryLater):
            await room.check({"url": api.url, "tls": {"ca": "ca.pem"}}, get="/")
    assert len(api.heard) == 1


@pytest.mark.parametrize(
    ("tls", "why"),
    [
        ({"ca": "gone.pem"}, "'tls: ca' of the source 'api' is not there"),
        ({"ca": "words.txt"}, "holds no certificates"),
        ({"ca": "ca.pem", "certificate": "ca.pem"}, "no certificate with its key"),
        ({"ca": "${NO_SUCH}"}, "NO_SUCH"),
    ],
)
async def test_files_that_are_no_certificates(
    room: Rooms, authority: Authority, tmp_path: Path, tls: dict[str, str], why: str
) -> None:
    (tmp_path / "words.txt").write_text("no certificate")
    with pytest.raises(GaveUp, match=why):
        await room.check({"url": "https://localhost:1", "tls": tls}, get="/")


async def test_a_renewed_authority_needs_no_restart(
    room: Rooms, authority: Authority, tmp_path: Path
) -> None:
    tls = {"ca": "ca.pem"}
    async with server(authority.server()) as api:
        assert (await room.check({"url": api.url, "tls": tls}, get="/")).agrees is True
    before = authority.file.stat().st_mtime_ns
    renewed = Authority(tmp_path)
    os.utime(renewed.file, ns=(before + 1, before + 1))
    async with server(renewed.server()) as api:
        assert (await room.check({"url": api.url, "tls": tls}, get="/")).agrees is True


@pytest.mark.parametrize(
    ("left", "agrees", "words"),
    [
        (timedelta(days=20), True, "2100-01-21 12:00 UTC (20 days left), more than 14d"),
        (timedelta(days=14), False, "14 days left), not more than 14d"),
        (timedelta(hours=3), False, "0 days left), not more than 14d"),
        (-timedelta(days=2), False, "not more than 14d"),
    ],
)
async def test_a_certificate_must_be_good_for_long_enough(
    room: Rooms, authority: Authority, left: timedelta, agrees: bool, words: str
) -> None:
    async with server(authority.server(until=NOW + left)) as api:
        found = await room.check(
            {"url": api.url, "tls": {"ca": "ca.pem"}}, **{"tls-expiry": {"more-than": "14d"}}
        )
        assert found.agrees is agrees
        assert words in found.evidence
        assert "localhost" in found.evidence
        assert api.heard == []  # a look at the certificate is no request


async def test_a_certificate_that_has_expired_is_a_no_and_not_a_riddle(
    room: Rooms, authority: Authority
) -> None:
    long_ago = NOW.replace(year=2001)
    async with server(authority.server(until=long_ago)) as api:
        found = await room.check(
            {"url": api.url, "tls": {"ca": "ca.pem"}}, **{"tls-expiry": {"more-than": "14d"}}
        )
    assert found.agrees is False
    assert "has expired" in found.evidence


async def test_another_hosts_certificate_says_nothing(room: Rooms, authority: Authority) -> None:
    async with server(authority.server(name="other.example")) as api:
        with pytest.raises(TryLater, match=r"not trusted: .*localhost"):
            await room.check(
                {"url": api.url, "tls": {"ca": "ca.pem"}}, **{"tls-expiry": {"more-than": "14d"}}
            )


async def test_everything_at_once_is_one_check(room: Rooms, authority: Authority) -> None:
    async with server(authority.server(until=NOW + timedelta(days=30))) as api:
        api.will({"status": "healthy"}, headers={"Strict-Transport-Security": "max-age=1"})
        found = await room.check(
            {"url": api.url, "tls": {"ca": "ca.pem"}, "auth": {"bearer": "${TOKEN}"}},
            get="/health",
            json={"status": "healthy"},
            header={"Strict-Transport-Security": "present"},
            within="4s",
            **{"tls-expiry": {"more-than": "14d"}},
        )
        assert found.agrees is True
        assert found.evidence.count(".") >= 2
        api.will({"status": "sick"}, headers={"Strict-Transport-Security": "max-age=1"})
        found = await room.check(
            {"url": api.url, "tls": {"ca": "ca.pem"}},
            get="/health",
            json={"status": "healthy"},
            **{"tls-expiry": {"more-than": "14d"}},
        )
        assert found.agrees is False


# ------------------------------------------------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("status", "location", "agrees", "words"),
    [
        (301, "https://127.0.0.1/health", True, "sends to 'https://127.0.0.1/health'"),
        (308, "https://127.0.0.1:8443/health", True, "answered 308"),
        (302, "https://127.0.0.1/health", False, "answered 302, not 301 or 308"),
        (301, "https://elsewhere.example/", False, "not https:// on the same host"),
        (301, "http://127.0.0.1/health", False, "not https://"),
        (301, "/health", False, "not https://"),
        (301, "https://[::1", False, "not https://"),
        (200, "", False, "answered 200, not 301 or 308"),
        (503, "", None, "says nothing"),
    ],
)
async def test_the_way_by_http_must_lead_to_https(
    room: Rooms, api: Server, status: int, location: str, agrees: bool | None, words: str
) -> None:
    api.will(status=status, headers={"Location": location} if location else {})
    found = await room.check(
        {"url": api.url, "headers": {"X-Secret": "${TOKEN}"}, "auth": {"bearer": "${TOKEN}"}},
        **{"redirects-to-https": True},
    )
    assert found.agrees is agrees
    assert words in found.evidence
    (asked,) = api.heard
    assert "t-0123456789" not in str(
        asked
    )  # nothing secret goes out unencrypted, and nothing follows the redirect


# ------------------------------------------------------------------------------------------------------ who comes in


async def test_a_source_is_told_who_comes(room: Rooms, api: Server) -> None:
    await room.check({"url": api.url, "auth": {"bearer": "${TOKEN}"}}, get="/")
    basic = {"user": "${USER}", "password": "${PASSWORD}"}
    await room.check({"url": api.url, "auth": {"basic": basic}}, get="/")
    assert [one.headers["Authorization"] for one in api.heard] == [
        "Bearer t-0123456789",
        "Basic Y2FwdGFpbjpwLTAxMjM0NTY3ODk=",
    ]
    with pytest.raises(GaveUp, match="GONE"):
        await room.check({"url": api.url, "auth": {"bearer": "${GONE}"}}, get="/")


# --------------------------------------------------------------------------------------------------------- actions


async def test_a_request_carries_its_headers_and_its_key(room: Rooms, api: Server) -> None:
    api.will({"canary": {"percent": 5, "revision": "r9"}, "noise": "x" * 500}, status=202)
    book = action_over(
        api.url,
        body={"percent": "$weight", "to": "$version"},
        headers={"X-Reason": "rollout of $version"},
        status=[200, 202],
        evidence=["canary.percent", "canary.revision", "canary.owner"],
        **{"idempotency-key": "X-Request-Id"},
    )
    attempt = await room.attempt(book, {"weight": 5, "version": "v7"})
    assert attempt.ok
    assert attempt.evidence == (
        "POST /canary answered 202: canary.percent is 5; canary.revision is 'r9'; canary.owner is missing."
    )
    (asked,) = api.heard
    assert asked.body == {"percent": 5, "to": "v7"}
    assert (asked.headers["X-Reason"], asked.headers["X-Request-Id"]) == ("rollout of v7", KEY)
    assert "Idempotency-Key" not in asked.headers


async def test_a_list_can_be_a_body(room: Rooms, api: Server) -> None:
    await room.attempt(action_over(api.url, body=[{"op": "replace", "value": "$weight"}]), {"weight": 5})
    assert api.heard[0].body == [{"op": "replace", "value": 5}]


async def test_a_value_cannot_add_a_header(room: Rooms, api: Server) -> None:
    book = action_over(api.url, headers={"X-Reason": "$version"})
    with pytest.raises(GaveUp, match="control character"):
        await room.attempt(book, {"version": "v7\r\nX-Admin: yes"})
    assert api.heard == []


@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [
        (429, {"Retry-After": "17"}, 17.0),
        (503, {"Retry-After": "17"}, 17.0),
        (425, {}, 1.0),
        (
            429,
            {"Date": "Fri, 01 Jan 2100 12:00:00 GMT", "Retry-After": "Fri, 01 Jan 2100 12:01:30 GMT"},
            90.0,
        ),
        (429, {"Date": "Fri, 01 Jan 2100 12:00:00 GMT", "Retry-After": "Fri, 01 Jan 2100 11:00:00 GMT"}, 1.0),
        (429, {"Retry-After": "soon"}, 1.0),
    ],
)
async def test_a_server_that_asks_for_a_pause_gets_it(
    room: Rooms, api: Server, status: int, headers: dict[str, str], after: float
) -> None:
    api.will(status=status, headers=headers)
    with pytest.raises(TryLater, match="asks for a pause") as problem:
        await room.attempt(action_over(api.url), {})
    assert (problem.value.after_s, problem.value.unknown) == (after, False)


async def test_a_server_that_says_no_has_not_done_it(room: Rooms, api: Server) -> None:
    api.will({"error": "no such canary"}, status=503)
    attempt = await room.attempt(action_over(api.url, status="2xx"), {})
    assert not attempt.ok
    assert attempt.evidence == 'POST /canary answered 503, not 2xx: {"error": "no such canary"}'


async def test_a_redirect_is_not_followed_with_a_change(room: Rooms, api: Server) -> None:
    api.will(status=307, headers={"Location": f"{api.url}/elsewhere"})
    attempt = await room.attempt(action_over(api.url), {})
    assert (attempt.ok, len(api.heard)) == (False, 1)


# -------------------------------------------------------------------------------------------------------- dry runs


async def test_dry_says_to_the_letter_what_would_be_sent_and_sends_nothing(room: Rooms, api: Server) -> None:
    book = action_over(
        "${URL}/base",
        of_source={"auth": {"bearer": "${TOKEN}"}, "headers": {"X-Team": "shop"}},
        method="PUT",
        body={"percent": "$weight"},
        headers={"X-Reason": "rollout of $version"},
        status="2xx",
    )
    dry = await room.dry(book, {"weight": 5, "version": "v7"})
    assert dry.ok
    assert dry.evidence.splitlines() == [
        "Would send PUT ${URL}/base/canary to 'api'",
        "X-Team: shop",
        "Authorization: Bearer ${TOKEN}",
        "X-Reason: rollout of v7",
        "Idempotency-Key: (of its own, the same in every attempt)",
        '{"percent": 5}',
        "and take 2xx for success.",
    ]
    assert api.heard == []


async def test_a_secret_written_into_a_plan_is_not_shown_either(room: Rooms, api: Server) -> None:
    book = action_over(api.url, of_source={"auth": {"bearer": "abcdef0123456789"}})
    assert "abcdef0123456789" not in (await room.dry(book, {})).evidence


async def test_a_server_that_knows_dry_runs_is_asked_for_one(room: Rooms, api: Server) -> None:
    api.will({"would": {"percent": 5}}, status=202)
    book = action_over(
        api.url,
        path="/canary?fast=1",
        body={"percent": "$weight", "mode": "real"},
        **{
            "dry-run": {
                "query": {"dryRun": "All of $version"},
                "body": {"mode": "dry", "for": "$weight"},
                "status": 202,
            }
        },
    )
    dry = await room.dry(book, {"weight": 5, "version": "v&7"})
    (asked,) = api.heard
    assert asked.path == "/canary?fast=1&dryRun=All+of+v%267"
    assert asked.body == {"percent": 5, "mode": "dry", "for": 5}
    assert (
        "Idempotency-Key" not in asked.headers
    )  # the real request must not be answered by what this one was
    assert dry.ok
    assert "Asked for a dry run: POST /canary?fast=1&dryRun=All+of+v%267 answered 202:" in dry.evidence
    assert json.dumps({"would": {"percent": 5}}) in dry.evidence


async def test_a_dry_run_that_the_server_refuses_is_no_success(room: Rooms, api: Server) -> None:
    api.will({"error": "no such path"}, status=404)
    dry = await room.dry(action_over(api.url, **{"dry-run": {"path": "/canary/preview"}}), {})
    assert not dry.ok
    assert api.heard[0].path == "/canary/preview"
    assert "answered 404, not 200" in dry.evidence


async def test_a_dry_run_without_an_answer_is_none(room: Rooms) -> None:
    with pytest.raises(TryLater):
        await room.dry(action_over("http://127.0.0.1:1", **{"dry-run": {"query": {"dry": "1"}}}), {})
