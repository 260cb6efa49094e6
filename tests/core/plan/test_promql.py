"""PromQL templates: what a value says can never change what a query does, and a variable that stands wrong is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plan.promql import Unreadable, check, escaped, fill, quoted, shape, tokens, unquoted
from core.plan.selectors import Matcher, Selector, functions, is_range, no_counter, plain, selectors

TEMPLATES = (
    'http_requests_total{track="$track",version="$version"}',
    "x{a='$version'}",
    'sum by (le) (rate(x_bucket{pod=~"ion-$track-.*$version"}[$window])) # a note about $5',
    'a{x!~"$version",y="say \\"$track\\" $$5"} / on (job) group_left (y) b{z!="$version"} offset 5m',
    'label_replace(x{v="$version"}, "to", "${1}x", "from", "(.*)")'.replace("${1}", "$$1"),
    '{__name__=~"job:.*",v="$version"}[5m:30s]',
)
NASTY = st.one_of(
    st.text(max_size=30),
    st.sampled_from(['"', "'", "\\", '"} or vector(1) #', "a\nb", "\\\"", "$track", "$$", "`", "}", ".*", "\x00", "\ud800", "5m]", "é"]),
    st.text(alphabet='"\'\\{}[]()$`#\n .*+|^x0', max_size=20),
)  # fmt: skip


@given(template=st.sampled_from(TEMPLATES), version=NASTY, track=NASTY, window=st.integers(0, 10_000))
def test_no_value_changes_the_shape_of_a_query(template: str, version: str, track: str, window: int) -> None:
    harmless = fill(template, {"version": "v1", "track": "canary"}, window)
    filled = fill(template, {"version": version, "track": track}, window)
    assert shape(filled) == shape(harmless)
    assert [one.match for one in tokens(filled)] == [one.match for one in tokens(harmless)]


@given(value=NASTY, quote=st.sampled_from(['"', "'"]))
def test_a_string_says_what_the_value_says(value: str, quote: str) -> None:
    query = fill(f"x{{a={quote}$v{quote}}}", {"v": value})
    (only,) = selectors(query)
    assert only.matchers[0].value == "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in value)


@given(value=st.text(max_size=20))
def test_in_a_pattern_the_value_means_itself(value: str) -> None:
    (only,) = selectors(fill('x{a=~"before-$v-after"}', {"v": value}))
    said = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in value)
    assert re.fullmatch(only.matchers[0].value, f"before-{said}-after", re.DOTALL)


@given(NASTY)
def test_quoting_and_reading_are_inverse(value: str) -> None:
    said = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in value)
    assert unquoted(quoted(value)) == said
    assert '"' not in escaped(value).replace("\\\\", "").replace('\\"', "")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("$track", "'$track' may only stand inside the quoted value of a label."),
        ("rate(x[$track])", "'$track' may only stand inside the quoted value of a label."),
        ("x{$track=\"1\"}", "'$track' may only stand inside the quoted value of a label."),
        ('x{a="1",b=$track}', "'$track' may only stand inside the quoted value of a label."),
        ("x > $track", "'$track' may only stand inside the quoted value of a label."),
        ('label_replace(x, "a", "$track", "", "")', "'$track' may only stand inside the quoted value of a label."),
        ('sum(x) by ("$track")', "'$track' may only stand inside the quoted value of a label."),
        ("x{a=`$track`}", "'$track' cannot stand in backquotes, where nothing can be escaped."),
        ("x + $window", "'$window' is the length of a range."),
        ("x[5m:$window]", "'$window' is the length of a range."),
        ("x offset $window", "'$window' is the length of a range."),
        ('x{a="${TOKEN}"}', "'${...}' is not filled in here."),
        ("x ${TOKEN}", "'${...}' is not filled in here."),
    ],
)  # fmt: skip
def test_a_variable_that_stands_wrong_is_refused(written: str, message: str) -> None:
    ((said, advice),) = check(written, ("track",))
    assert said == message
    assert advice
    with pytest.raises(Unreadable):
        fill(written, {"track": "canary"})


def test_a_name_without_a_value_is_told() -> None:
    assert list(check('x{a="$trak"}', ("track",))) == [("trak", None)]
    with pytest.raises(Unreadable) as wrong:
        fill('x{a="$trak"}', {"track": "canary"})
    assert "'$trak' has no value here." in str(wrong.value)


@pytest.mark.parametrize(
    "written", ["x{", "x}", "(x]", 'x{a="1}', "x;y", "", "  # only a note", "x{a='1\n'}", "x ~ y"]
)
def test_what_cannot_be_a_query_is_said_to_be_none(written: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        tokens(written)
    assert wrong.value.advice


@given(st.text(alphabet="x{}[]()\"'`\\$=~,:5m#\n abc+-*/<>@^%|", max_size=30))
def test_any_text_is_tokens_or_refused(text: str) -> None:
    try:
        found = tokens(text)
    except Unreadable:
        return
    assert "".join(one.text for one in found) == "".join(text[o.at : o.at + len(o.text)] for o in found)
    plain(text)
    selectors(text)
    functions(text)


@pytest.mark.parametrize(
    ("query", "selector"),
    [
        ("up", Selector("up")),
        ('up{job="a"}', Selector("up", (Matcher("job", "=", "a"),))),
        ('{__name__="up",job=~"a|b",}', Selector("up", (Matcher("job", "=~", "a|b"),))),
        ('{job="a"}', Selector("", (Matcher("job", "=", "a"),))),
        ("job:http:rate5m # recorded", Selector("job:http:rate5m")),
        ("sum(up)", None),
        ("up[5m]", None),
        ("up offset 5m", None),
        ("up + 1", None),
        ("(up)", None),
        ('up{a="1"} or down{a="1"}', None),
        ("5", None),
        ("inf", None),
        ('{"http.requests",track="a"}', None),
        ('up{"my.label"="a"}', None),
    ],
)
def test_a_plain_selector_is_known(query: str, selector: Selector | None) -> None:
    assert plain(query) == selector
    if selector is not None:
        assert plain(str(selector)) == selector


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ('sum by (le, track) (rate(a_bucket{t="1"}[5m])) / ignoring (x) b', ["a_bucket", "b"]),
        ("a and on (job, instance) group by (job, instance) (last_over_time(b[1d]))", ["a", "b"]),
        ("quantile(0.9, a) > bool 3", ["a"]),
        ("a @ 5 unless a", ["a"]),
        ('count(a{x="sum(b)"})', ["a"]),
        ("histogram_quantile(0.9, sum(rate(a[5m])) by (le))", ["a"]),
    ],
)
def test_the_series_a_query_names(query: str, named: list[str]) -> None:
    assert [one.metric for one in selectors(query)] == named


@pytest.mark.parametrize(
    ("query", "function"),
    [("sum(rate(x[5m]))", "rate"), ("increase(x[1h])", "increase"), ("sum_over_time(x[1h])", "sum_over_time"), ("sum(x)", ""), ("rate", "")],
)  # fmt: skip
def test_what_makes_no_counter(query: str, function: str) -> None:
    assert no_counter(query) == function


def test_a_range_is_no_value() -> None:
    assert is_range("x[5m]")
    assert not is_range("rate(x[5m])")
