"""No secret leaves: known values are shown by their names, and whatever looks like a token is hidden."""

from __future__ import annotations

import pytest
from adapter_world import plan_with
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import GaveUp
from bot.redact import HIDDEN, SHORTEST_VALUE, redact
from bot.secrets import Secrets, names_in, names_of

VALUES = st.text(
    alphabet=st.characters(codec="ascii", exclude_characters="${}"), min_size=SHORTEST_VALUE, max_size=30
)


@given(value=VALUES, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_known_value_never_stays_in_a_text(value: str, before: str, after: str) -> None:
    shown = redact(f"{before}{value}{after}", {"THE_NAME": value})
    assert value not in shown.replace("${THE_NAME}", "")


@pytest.mark.parametrize(
    "text",
    [
        "token is xoxb-1234567890-abcdefghij",
        "xapp-1-A0000-123456-deadbeef",
        "Authorization: Bearer abcdefgh.ijklmnop",
        "postgres://captain:hunter22@db/captain",
        "password=hunter22secret",
        '{"api_key": "abc123def456"}',
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM",
        "ghp_abcdefghijklmnopqrstuvwxyz012345",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_token_is_hidden(text: str) -> None:
    shown = redact(text, {})
    assert HIDDEN in shown
    for secret in (
        "hunter22",
        "abcdefgh.",
        "abc123def456",
        "1234567890",
        "MIIEow",
        "AKIA",
        "eyJ",
        "ghp_a",
        "deadbeef",
    ):
        assert secret not in shown


def test_ordinary_output_stays_as_it_is() -> None:
    text = (
        "canary at 5 %, 240 requests, 0 errors (2025-10-22T14:05:00Z); token bucket: full; http://ion/health"
    )
    assert redact(text, {"PORT": "8080"}) == text


def test_short_values_are_left_alone_because_they_stand_in_text_by_chance() -> None:
    assert redact("it is on 8080 and on", {"PORT": "8080", "FLAG": "on"}) == "it is on 8080 and on"


def test_the_longest_value_wins() -> None:
    assert redact("secret-value-long", {"A": "secret-value", "B": "secret-value-long"}) == "${B}"


def test_names_are_resolved_from_the_environment_given() -> None:
    secrets = Secrets({"HOST": "ion.example", "KEY": "k-123456"})
    assert secrets.resolve("https://${HOST}/x?key=${KEY}") == "https://ion.example/x?key=k-123456"
    assert secrets.resolve("no names, $weight stays") == "no names, $weight stays"


def test_a_missing_or_empty_variable_is_named() -> None:
    with pytest.raises(GaveUp) as problem:
        Secrets({"EMPTY": ""}).resolve("${EMPTY} ${GONE}")
    assert "EMPTY, GONE" in problem.value.reason


def test_a_value_is_never_resolved_a_second_time() -> None:
    assert Secrets({"A": "${B}", "B": "deep"}).resolve("${A}") == "${B}"


def test_secrets_do_not_show_themselves() -> None:
    assert "s3cr3t" not in repr(Secrets({"KEY": "s3cr3t"}))


def test_the_rest_of_a_key_whose_beginning_was_cut_off_is_not_shown() -> None:
    cut = "\n".join(["QUJDRA" * 10, "QUJD/+=", "-----END RSA PRIVATE KEY-----", "and on"])
    assert redact(f"before it\n{cut}", {}) == "before it\n[redacted]\nand on"


@pytest.mark.parametrize(
    "part", ["a-", "eyJ-", "password", "bearer ", "a+.", "A" * 64 + "\n", 'secret="', "\n"]
)
def test_a_megabyte_of_anything_is_looked_through(part: str) -> None:
    """Were the time to grow with the square of the length, this would not end today."""
    whole = part * (1_000_000 // len(part))
    assert redact(f"{whole} hunter2222", {"PW": "hunter2222"}).endswith(("${PW}", "[redacted]"))


def test_the_names_of_a_plan_are_those_of_its_programs_and_sources() -> None:
    api = {"http": {"url": "${URL}", "headers": {"Authorization": "Bearer ${KEY}"}}}
    deploy = {"run": "${SCRIPT}", "folder": "${FOLDER}", "environment": ("GIVEN",)}
    other = {
        "http": {
            "url": "http://x",
            "auth": {"basic": {"user": "${USER}", "password": "${PW}"}},
            "tls": {"ca": "${CA}"},
        }
    }
    plan = plan_with(programs={"deploy": deploy}, sources={"api": api, "other": other})
    assert names_of(plan) == ("CA", "FOLDER", "GIVEN", "KEY", "PW", "SCRIPT", "URL", "USER")
    secrets = Secrets({"URL": "http://ion.example", "KEY": "abcdef123"})
    assert secrets.missing(plan) == ("CA", "FOLDER", "GIVEN", "PW", "SCRIPT", "USER")
    assert secrets.redact("GET http://ion.example with abcdef123", plan) == "GET ${URL} with ${KEY}"


@given(st.text(max_size=40))
def test_any_text_has_names_or_none(text: str) -> None:
    assert all(name in text for name in names_in(text))
