"""`/gate explain`: how the score came about, and of every metric its value, limit, sample, interval, evidence against what is needed,
streak, stable side, baseline and query.

It must not know how any of it is worked out.
"""

from __future__ import annotations

from collections.abc import Iterator

from commands import escape, sentences
from commands.blocks import kit, parts, weighed
from commands.blocks.kit import Block, Drawn
from commands.telling import Voice
from core import gate_evidence
from core.plan.models import Metric, Rule
from core.report import Summary, summarise
from core.state import Deployment, GateRun, RuleRun
from core.verdict.verdicts import Finding, Score, Verdict

NO_VALUE = "–"
LONGEST_QUERY = 600


def metrics(deployment: Deployment) -> tuple[str, ...]:
    """The metrics the running gate weighs; none without a gate."""
    gate = deployment.gate
    rules = deployment.runbook.gate(gate.name).rules if gate is not None else ()
    return tuple(dict.fromkeys(rule.metric for rule in rules))


def draw(deployment: Deployment, metric: str, voice: Voice) -> Drawn:
    """Everything, or with `metric` one of them with its query and all its sentences."""
    title = voice.say("explain.title", name=parts.subject(deployment, voice))
    summary = summarise(deployment, voice.now or deployment.t0, "now")
    gate, verdict = deployment.gate, summary.weighed
    if gate is None or verdict is None:
        said = voice.say("explain.nothing")
        return kit.drawn(f"{title}. {said}", [kit.header(title), kit.section(said)])
    said = f"{parts.recommendation(summary, voice)} {weighed.head(summary, voice)}"
    blocks: list[Block] = [
        kit.header(title),
        kit.section(kit.lines(_whole(deployment, summary, verdict, voice))),
    ]
    for rule, state, found in zip(
        deployment.runbook.gate(gate.name).rules, gate.rules, verdict.findings, strict=True
    ):
        if not metric or rule.metric == metric:
            blocks.append(
                kit.section(kit.lines(_metric(deployment, rule, state, found, voice, whole=bool(metric))))
            )
    example = next((found.needed for found in verdict.findings if found.needed is not None), None)
    if not metric and example is not None:
        blocks.append(kit.context(voice.say("explain.more", example=sentences.odds(example))))
    return kit.drawn(f"{title}: {said}", blocks)


def _whole(deployment: Deployment, summary: Summary, verdict: Verdict, voice: Voice) -> Iterator[str]:
    gate = deployment.gate
    assert gate is not None  # noqa: S101  # the caller has looked
    decide = deployment.runbook.gate(gate.name).decide_by or "default"
    yield f"*{voice.gate(gate.name)}: {parts.recommendation(summary, voice)}*, {weighed.head(summary, voice)}"
    yield voice.say(f"explain.who-{decide}")
    yield score(verdict.score, _floor(deployment, gate), voice)
    words = {name: voice.say(f"recommendation.{word.lower()}") for name, word in (("streak", verdict.by_streak), ("evidence", verdict.by_evidence))}  # fmt: skip
    yield voice.say("explain.alone", **words)
    yield from weighed.foretold(summary, voice)


def _floor(deployment: Deployment, gate: GateRun) -> float:
    return gate_evidence.scales(deployment.runbook, gate.name).engine.settings.knowledge_floor


def score(found: Score, floor: float, voice: Voice) -> str:
    """The score's arithmetic in one line."""
    if found.value is None:
        return voice.say("explain.score-none")
    return voice.say(
        "explain.score", score=found.value, low=found.low, room=found.high - found.low, used=f"{found.used:.2f}",
        floor=f"{floor:.1f}", rest=f"{1.0 - floor:.1f}", knowledge=f"{found.knowledge:.2f}", coverage=f"{found.coverage:.2f}",
        capped=voice.say(f"explain.capped-{found.capped}") if found.capped else "",
    )  # fmt: skip


def _metric(
    deployment: Deployment, rule: Rule, state: RuleRun, found: Finding, voice: Voice, *, whole: bool
) -> Iterator[str]:
    metric = deployment.runbook.metric(rule.metric)
    word = voice.say(f"recommendation.{found.word.lower()}")
    key = "explain.advisory" if rule.advisory else "explain.metric"
    yield voice.say(key, metric=voice.metric(rule.metric), word=word, times=state.acted)
    yield _value(deployment, rule, metric, found, voice)
    if found.known:
        yield from _proof(metric, found, voice)
    if rule.growth_below is None:
        yield voice.say("explain.streak", streak=state.streak, needed=rule.streak, control=state.control)
    reasons = (
        found.reasons
        if whole
        else [one for one in found.reasons if one.key not in weighed.SAID_ELSEWHERE][:1]
    )
    yield from (f"_{sentences.because(reason.key, reason.words, voice)}_" for reason in reasons)
    if whole:
        query = escape.code(_query(metric), LONGEST_QUERY)
        yield voice.say("explain.query", source=voice.safe(metric.source, 60), query=query)


def _value(deployment: Deployment, rule: Rule, metric: Metric, found: Finding, voice: Voice) -> str:
    gate, baseline = deployment.gate, deployment.baseline
    seen = {
        sample.track: sample
        for sample in (gate.samples if gate is not None else ())
        if sample.metric == rule.metric
    }
    before = [
        value for name, value, _ in (baseline.values if baseline is not None else ()) if name == rule.metric
    ]
    now, control = seen.get("canary"), seen.get("control")
    limit = rule.below or rule.above or rule.growth_below
    return voice.say(
        "explain.value",
        value=voice.value(now.value if now is not None else None, metric.unit),
        sample=voice.sample(now.bad, now.count) if now is not None else "",
        limit=limit.text if limit is not None else NO_VALUE,
        control=voice.value(control.value if control is not None else None, metric.unit),
        baseline=voice.value(before[0] if before else None, metric.unit),
    )


def _proof(metric: Metric, found: Finding, voice: Voice) -> Iterator[str]:
    if found.slope is not None:
        slope, low, high = (voice.value(float(f"{figure:.3g}"), metric.unit) for figure in found.slope)
        yield voice.say("explain.growth", slope=slope, low=low, high=high)
    if found.total > 0.0 and (interval := found.interval) is not None:
        yield voice.say(
            "explain.stage", bad=sentences.count(found.bad), total=sentences.count(found.total),
            what=sentences.what(found.edge, metric.unit, voice), low=sentences.share(interval[0], voice),
            high=sentences.share(interval[1], voice), control_bad=sentences.count(found.control_bad),
            control_total=sentences.count(found.control_total),
        )  # fmt: skip
    against = [
        voice.say(key, odds=sentences.odds(odds), needed=sentences.odds(needed))
        for key, odds, needed in (
            ("explain.against", found.evidence, found.needed), ("explain.over", found.absolute, found.absolute_needed),
        )
        if needed is not None and found.total > 0.0
    ]  # fmt: skip
    if found.phi > 1.05:
        against.append(voice.say("explain.clumps", phi=f"{found.phi:.1f}"))
    if against:
        yield "; ".join(against)
    if found.tolerated is not None and found.excluded is not None:
        yield voice.say(
            "explain.go", tolerated=sentences.share(found.tolerated, voice), excluded=sentences.share(found.excluded, voice)
        )  # fmt: skip


def _query(metric: Metric) -> str:
    """What is asked of the source, as the plan words it: names of secrets stay names there."""
    parts_of = [metric.get or ""]
    if metric.ratio is not None:
        parts_of += [metric.ratio.part, metric.ratio.total]
    if metric.quantile is not None:
        parts_of += [metric.quantile.buckets, f"q={metric.quantile.q:g}"]
    parts_of += [metric.gauge or "", metric.rate or ""]
    return " · ".join(part for part in parts_of if part)
