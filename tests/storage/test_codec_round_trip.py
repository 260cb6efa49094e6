"""What is written is read back equal, or refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal, get_args

import factories
import pytest
from any_value import any_value, texts, words
from draws import draws
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.effects import Effect, Fact, Post
from core.inputs import Backfilled, Input, ItemMarked, PastLook, Reading
from core.machine import RULES_VERSION
from core.state import Deployment, GateRun, Recording, RollbackRun
from storage import codec, forms, packing

SOME = settings(
    max_examples=draws(30), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def deployments() -> st.SearchStrategy[Deployment]:
    """Every field filled with anything its type allows."""
    return any_value(Deployment, runbook=st.just(factories.runbook()))


def read(text: str, gate: str | None = None, **versions: Any) -> Deployment:
    return codec.read_snapshot(
        text, gate, runbook=factories.runbook(), **({"rules_version": 1, "rules_now": 1} | versions)
    )


@SOME
@given(deployments())
def test_a_deployment_comes_back_equal(deployment: Deployment) -> None:
    back = read(codec.write_snapshot(deployment), codec.write_gate(deployment.gate))
    assert back == deployment
    assert back.status is deployment.status


@pytest.mark.parametrize("shape", get_args(Input), ids=lambda shape: str(shape.kind))
@SOME
@given(data=st.data())
def test_every_input_comes_back_equal(shape: Any, data: st.DataObject) -> None:
    happened = data.draw(any_value(shape))
    back = codec.read_input(*codec.write_input(happened))
    assert back == happened
    assert type(back) is shape


@pytest.mark.parametrize("shape", get_args(Effect), ids=lambda shape: str(shape.kind))
@SOME
@given(data=st.data())
def test_every_effect_comes_back_equal(shape: Any, data: st.DataObject) -> None:
    effect = data.draw(any_value(shape))
    back = codec.read_effect(codec.write_effect(effect))
    assert back == effect
    assert type(back) is shape


@given(
    st.lists(
        st.builds(Fact, texts, st.lists(st.tuples(texts, words), max_size=4).map(tuple), st.booleans()),
        max_size=4,
    )
)
def test_words_keep_their_types(facts: list[Fact]) -> None:
    back = codec.read_facts(codec.write_facts(tuple(facts)))
    assert back == tuple(facts)
    assert [[type(word) for _, word in fact.words] for fact in back] == [
        [type(word) for _, word in fact.words] for fact in facts
    ]


def test_the_infinite_edge_of_a_histogram_survives() -> None:
    reading = Reading("p95", "canary", "ok", (100.0, 3.0, float("inf"), 4.0))
    assert packing.unpack_readings(packing.pack_readings((reading,))) == (reading,)


@SOME
@given(any_value(tuple[Reading, ...]))
def test_packed_readings_come_back(readings: tuple[Reading, ...]) -> None:
    back = packing.unpack_readings(packing.pack_readings(readings))
    assert back == readings
    assert all(type(value) is float for reading in back for value in reading.values)


@pytest.mark.parametrize("text", ["[[1]]", "{", '["errors"]', "[3]"])
def test_damaged_readings_are_refused(text: str) -> None:
    with pytest.raises(forms.Unreadable, match="readings cannot be read"):
        packing.unpack_readings(packing.pack(text))


@given(texts)
def test_packed_text_comes_back(text: str) -> None:
    assert packing.unpack(packing.pack(text)) == text


def test_a_damaged_pack_is_refused() -> None:
    packed = packing.pack("x" * 100)
    with pytest.raises(forms.Unreadable, match="compressed value cannot be read"):
        packing.unpack(packed[:-3])


def test_an_input_that_could_not_be_read_back_is_not_written() -> None:
    odd = ItemMarked("U1", "ready", "people", "maybe")  # type: ignore[arg-type]  # a button may carry anything
    with pytest.raises(forms.Unreadable, match="item-marked does not fit its own shape"):
        codec.write_input(odd)


@pytest.mark.parametrize("by", [7, "half \ud800 of a pair"], ids=["a number", "a broken character"])
def test_a_value_of_another_type_is_not_written(by: Any) -> None:
    with pytest.raises(forms.Unreadable, match="does not fit its own shape"):
        codec.write_snapshot(replace(factories.new(), started_by=by))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(forms.Unreadable, match="kind 'teleported' is not known"):
        codec.read_input("teleported", "{}", None)


def test_a_field_that_nobody_knows_is_refused_rather_than_lost() -> None:
    state = json.loads(codec.write_snapshot(factories.new()))
    state["state"]["surprise"] = 1
    with pytest.raises(forms.Unreadable, match="surprise"):
        read(json.dumps(state, separators=(",", ":")))


def test_another_schema_is_refused() -> None:
    text = codec.write_snapshot(factories.new()).replace('{"schema":1', '{"schema":2', 1)
    with pytest.raises(forms.Unreadable, match="does not begin with schema 1"):
        read(text)


def test_newer_rules_are_refused() -> None:
    with pytest.raises(forms.Unreadable, match="written under rules 3; this program knows them up to 2"):
        read(codec.write_snapshot(factories.new()), rules_version=3, rules_now=2)


def test_older_rules_are_upgraded_one_version_after_the_other() -> None:
    state = json.loads(codec.write_snapshot(replace(factories.new(), language="ko")))
    state["state"]["tongue"] = state["state"].pop("language")

    def renamed(old: dict[str, Any]) -> dict[str, Any]:
        return {("language" if name == "tongue" else name): value for name, value in old.items()}

    def louder(old: dict[str, Any]) -> dict[str, Any]:
        return old | {"language": old["language"].upper()}

    text = json.dumps(state, separators=(",", ":"))
    back = read(text, rules_version=1, rules_now=4, upgrades={1: renamed, 3: louder})
    assert back.language == "KO"
    with pytest.raises(forms.Unreadable, match="tongue"):
        read(text, rules_version=2, rules_now=4, upgrades={1: renamed})


def test_effects_of_one_kind_are_not_taken_for_another() -> None:
    text = codec.write_effect(Post("log")).replace('"post"', '"teleport"')
    with pytest.raises(forms.Unreadable, match="effect cannot be read"):
        codec.read_effect(text)


def test_the_gate_is_upgraded_with_the_deployment() -> None:
    gate = GateRun("canary", factories.START, factories.START)

    def renamed(old: dict[str, Any]) -> dict[str, Any]:
        return old | {"gate": old["gate"] | {"name": "first-window"}}

    text = codec.write_snapshot(factories.new())
    back = read(text, codec.write_gate(gate), rules_version=1, rules_now=2, upgrades={1: renamed})
    assert back.gate == replace(gate, name="first-window")


@pytest.mark.parametrize(("verifying", "stage"), [(True, "proving"), (False, "acting")])
def test_a_rollback_of_the_first_rules_goes_on_in_its_stage(
    verifying: bool, stage: Literal["proving", "acting"]
) -> None:
    run = RollbackRun("U1", "odd", asked_at=factories.START, zero_reads=1)
    state = json.loads(codec.write_snapshot(replace(factories.new(), rollback=run)))
    old = state["state"]["rollback"]
    older = ("stage", "noticed_at", "decided_at", "inspection", "side", "refused", "refused_words", "forced_by", "forced", "proof")  # fmt: skip
    state["state"]["rollback"] = {k: v for k, v in old.items() if k not in older} | {"verifying": verifying}
    for name in ("targets", "recording", "dry"):
        del state["state"][name]
    steps = state["state"].pop("steps")
    text = json.dumps(state | {"state": state["state"] | {"steps": steps}}, separators=(",", ":"))
    back = read(text, rules_version=1, rules_now=RULES_VERSION)
    assert back.rollback == replace(run, stage=stage, decided_at=factories.START)
    assert back.targets == ()
    assert back.recording == Recording()
    assert read(codec.write_snapshot(factories.new()), rules_version=1, rules_now=2) == factories.new()


def test_filled_in_looks_are_packed() -> None:
    readings = tuple(Reading(f"m{n}", "canary", "ok", (float(n), 200.0)) for n in range(8))
    looks = tuple(PastLook(factories.START + timedelta(minutes=n), readings) for n in range(120))
    kind, text, packed = codec.write_input(Backfilled("backfill:1", looks))
    assert packed is not None
    assert len(packed) + len(text) < 20_000
    assert codec.read_input(kind, text, packed) == Backfilled("backfill:1", looks)


@pytest.mark.parametrize("packed", ["{}", "[[[1]]]", "[[],[]]"])
def test_damaged_past_looks_are_refused(packed: str) -> None:
    kind, text, _ = codec.write_input(Backfilled("backfill:1", (PastLook(factories.START, ()),)))
    with pytest.raises(forms.Unreadable, match="cannot be read"):
        codec.read_input(kind, text, packing.pack(packed))
