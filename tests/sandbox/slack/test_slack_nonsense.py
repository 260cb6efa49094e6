"""Whatever is sent to the Web API or the control API, the server answers; it never stumbles (HTTP 500)."""

from typing import Any

from draws import draws
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_world import Json, slack_world

from sandbox.slack.registry import METHODS

VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        0,
        -1,
        True,
        [],
        {},
        [{}],
        "x",
        "C0DEPLOY0",
        "U0LUBIT00",
        "D0LUBIT00",
        "1.1",
        "[",
        "{}",
        "at:zz",
        "at:-5",
        "NaN",
        1e308,
        "٣",
        "😀",
        [{"type": "section"}],
        {"type": "modal"},
        {"type": "home", "blocks": [None]},
    ]
)
ACTS = [
    "command",
    "click",
    "view_click",
    "submit",
    "close_view",
    "open_home",
    "suggest",
    "say",
    "react",
    "delete",
    "unpin",
]
FIELDS = [
    "user",
    "channel",
    "ts",
    "action_id",
    "view_id",
    "values",
    "text",
    "command",
    "selected",
    "value",
    "add",
]


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, Json]:
    """A method and some of its arguments, sensible ones for the place more often than not."""
    method = METHODS[draw(st.sampled_from(sorted(METHODS)))]
    args = {name: draw(VALUES) for name in sorted(method.args - {"token"}) if draw(st.booleans())}
    for name in method.required:
        usual = {"channel": "C0DEPLOY0", "channel_id": "C0DEPLOY0", "user": "U0LUBIT00", "text": "x"}
        if name in usual and draw(st.booleans()):
            args[name] = usual[name]
    return method.name, args


def acts() -> st.SearchStrategy[Json]:
    """An act with some fields."""
    fields = st.dictionaries(st.sampled_from(FIELDS), VALUES)
    usual = {"user": "U0LUBIT00", "channel": "C0DEPLOY0"}
    return st.builds(lambda kind, more: {**usual, **more, "type": kind}, st.sampled_from(ACTS), fields)


@settings(
    max_examples=draws(15),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(calls(), min_size=10, max_size=25), st.lists(acts(), min_size=5, max_size=10))
async def test_nonsense_gets_an_answer(wanted: list[tuple[str, Json]], tried: list[Json]) -> None:
    async with slack_world() as world:
        session = world.client.session
        assert session is not None
        headers = {"Authorization": f"Bearer {world.sandbox.bot_token}"}
        for method, args in wanted:
            async with session.post(world.sandbox.api_url + method, json=args, headers=headers) as answer:
                assert answer.status == 200, (method, args)
                assert isinstance((await answer.json())["ok"], bool)
        for act in tried:
            async with session.post(f"{world.sandbox.url}/sandbox/act", json=act) as answer:
                assert answer.status in (200, 400, 409), act
