"""What several messages say in the same words: the name of a deployment, metrics against their limits, who is waited for.

It must not know where its lines are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from commands import texts
from commands.telling import Voice
from core.asks import Ask, asks
from core.effects import Words
from core.report import MetricRow, Reason, Summary
from core.roles import holders_of
from core.state import Deployment, Status, StepState

ASKS = 6
SHOUTED = {"new": "NEW", "running": "RUNNING", "held": "ON HOLD"}


def subject(deployment: Deployment, voice: Voice) -> str:
    """'ion-api v2.14.0 → production', marked when it is a rehearsal."""
    plan = deployment.runbook.plan
    version = deployment.inputs.get("version", "")
    name = " ".join(part for part in (plan.service, voice.safe(version, 60)) if part)
    return voice.say(
        "phrase.rehearsal" if deployment.rehearsal else "phrase.subject",
        name=name,
        environment=plan.environment,
    )


def status(deployment: Deployment, voice: Voice) -> str:
    """The state in words."""
    return voice.say(f"status.{deployment.status.value}")


def current(deployment: Deployment) -> tuple[StepState, ...]:
    """The steps that are open or failed, in the order of the route."""
    return tuple(step for step in deployment.steps if step.status in ("open", "failed"))


def steps_line(deployment: Deployment, voice: Voice) -> str:
    """'Done 4 of 30. Now: … Next: …'."""
    done = sum(step.settled for step in deployment.steps)
    now = ", ".join(_at_work(deployment, step, voice) for step in current(deployment)[:3])
    waiting = [step for step in deployment.steps if step.status == "waiting"][:2]
    following = ", ".join(_ahead(deployment, step, voice) for step in waiting)
    said = [voice.say("card.done", done=done, all=len(deployment.steps))]
    if now:
        said.append(voice.say("card.now", steps=now))
    if following and not deployment.final:
        said.append(voice.say("card.then", steps=following))
    return " ".join(said)


def _at_work(deployment: Deployment, step: StepState, voice: Voice) -> str:
    title = f"*{voice.step(step.id)}*"
    stage = voice.say(f"stage.{step.stage_of_work}") if step.stage_of_work else ""
    failed = voice.say("step.failed") if step.status == "failed" else ""
    since = voice.say("phrase.since", at=voice.when(step.opened_at)) if step.opened_at is not None else ""
    more = ", ".join(part for part in (failed or stage, since) if part)
    return f"{title} ({more})" if more else title


def _ahead(deployment: Deployment, step: StepState, voice: Voice) -> str:
    opens = opens_at(deployment, step.id)
    title = f"“{voice.step(step.id)}”"
    if opens is None or (voice.now is not None and opens <= voice.now):
        return title
    return f"{title} ({voice.say('phrase.from', at=voice.when(opens))})"


def opens_at(deployment: Deployment, step_id: str) -> datetime | None:
    """Not before this moment, or None."""
    runbook = deployment.runbook
    placed = next((placed for placed in runbook.route if placed.body.id == step_id), None)
    return None if placed is None else placed.opens_at(deployment.t0, runbook.zone)


def roles(deployment: Deployment, names: Iterable[str], voice: Voice) -> str:
    """'Deployer (@gitcode), Operations (nobody)'; the words for anybody when no role is named."""
    shown = []
    for name in names:
        people = voice.people(deployment.holders(name), most=5)
        shown.append(f"{voice.role(name)} ({people})")
    return ", ".join(shown) or voice.say("phrase.any-role")


def mentioned(deployment: Deployment, names: Iterable[str], voice: Voice) -> str:
    """Everybody who holds one of these roles, each once."""
    return voice.people(holders_of(deployment, names))


def lifted(words: Words) -> dict[str, object]:
    """An effect's words by name."""
    return dict(words)


# ---------------------------------------------------------------------------------------------------- who is waited for


def waiting(deployment: Deployment, voice: Voice) -> list[str]:
    """One line for everything that waits for a person; items of one list and role are one line."""
    if deployment.final and not any(step.status == "open" for step in deployment.steps):
        return []
    grouped: dict[tuple[str, str, tuple[str, ...]], list[Ask]] = {}
    for ask in asks(deployment):
        about = (
            "" if ask.kind == "missed" else ask.step if ask.kind == "item" else f"{ask.step} {ask.subject}"
        )
        grouped.setdefault((ask.kind, about, ask.roles), []).append(ask)
    lines = [_ask_line(deployment, group, voice) for group in grouped.values()]
    if len(lines) > ASKS:
        return [*lines[:ASKS], voice.say("word.more", n=len(lines) - ASKS)]
    return lines


def _ask_line(deployment: Deployment, group: Sequence[Ask], voice: Voice) -> str:
    ask = group[0]
    due = min((ask.due for ask in group if ask.due is not None), default=None)
    late = due is not None and voice.now is not None and due < voice.now
    when = "" if due is None else f", {voice.say('phrase.overdue' if late else 'phrase.due', due=voice.when(due))}"
    who = roles(deployment, ask.roles, voice) if ask.roles else voice.people(ask.people)
    step = voice.step(ask.step) if ask.step else ""
    words = {"n": len(group), "step": step, "who": who, "when": when, "role": voice.role(ask.subject)}
    return voice.say(f"ask.{ask.kind}", **words, subject=_ask_subject(ask, voice))


def _ask_subject(ask: Ask, voice: Voice) -> str:
    return voice.ref(ask.subject) if ask.kind == "outcome" else voice.safe(ask.subject, 80)


# ------------------------------------------------------------------------------------------------------------- metrics


def metric_line(row: MetricRow, voice: Voice, *, compared: bool = False) -> str:
    """One metric in one line: value, how many requests, limit, state; `compared` adds the stable side and the direction."""
    parts = [
        f"*{voice.text(row.title, 80)}* {voice.value(row.value, row.unit)}{voice.sample(None, row.count)}"
    ]
    if row.limit is not None:
        limit = voice.say("phrase.limit", limit=voice.limit(row.limit.text, row.limit_kind))
        parts.append(
            limit if row.limit_kind != "growth" else voice.say("phrase.growth-limit", limit=row.limit.text)
        )
    if row.state and (row.limit is not None or row.state != "ok"):
        parts.append(_state(row.state, row.streak, row.needed, row.detail, voice))
    elif row.limit is not None:
        parts.append(voice.say("metric.unjudged"))
    if compared:
        parts.extend(_compared(row, voice))
    return " · ".join(parts)


def _state(state: str, streak: int, needed: int, detail: str, voice: Voice) -> str:
    if state == "breach" and needed > 1:
        return voice.say("metric.breach-of", streak=streak, needed=needed)
    reason = f"detail.{detail}"
    why = voice.say(reason) if texts.known(reason) else ""
    shown = voice.say(f"metric.{state}")
    return f"{shown} ({why})" if why and state in ("no-data", "source-failed") else shown


def _compared(row: MetricRow, voice: Voice) -> list[str]:
    parts = []
    if row.control is not None:
        parts.append(voice.say("phrase.control", value=voice.value(row.control, row.unit)))
    if row.baseline is not None:
        parts.append(voice.say("phrase.baseline", value=voice.value(row.baseline, row.unit)))
    if row.since_start is not None:
        sample = voice.sample(None, row.since_start_count)
        parts.append(voice.say("phrase.since-start", value=voice.value(row.since_start, row.unit) + sample))
    if row.trend:
        parts.append(voice.say(f"trend.{row.trend}"))
    return parts


def metrics(summary: Summary, voice: Voice, *, compared: bool = False, most: int = 10) -> str:
    """Every metric of the last look, a line each; or the words for 'nothing measured yet'."""
    if not summary.rows:
        return voice.say("metric.none")
    rows = sorted(summary.rows, key=lambda row: row.state != "breach")[:most]
    lines = [f"• {metric_line(row, voice, compared=compared)}" for row in rows]
    if len(summary.rows) > most:
        lines.append(voice.say("word.more", n=len(summary.rows) - most))
    return "\n".join(lines)


def reasons(summary: Summary, voice: Voice, most: int = 5) -> list[str]:
    """Why the recommendation is what it is, a sentence each."""
    lines = [reason_line(reason, voice) for reason in summary.reasons[:most]]
    if len(summary.reasons) > most:
        lines.append(voice.say("word.more", n=len(summary.reasons) - most))
    return lines


def reason_line(reason: Reason, voice: Voice) -> str:
    """One reason as a sentence."""
    words: dict[str, object] = {
        "metric": reason.metric, "value": reason.value, "unit": reason.unit, "limit": reason.limit, "bad": reason.bad,
        "count": reason.count, "side": "above" if ".above." in reason.rule else "below",
    }  # fmt: skip
    figures = voice.figures(words)
    why = f"detail.{reason.detail}"
    unseen = reason.state == "too-few" and reason.growth
    return voice.say(
        "reason.growth" if unseen else f"reason.{reason.state or 'no-data'}",
        figures=figures, metric=voice.metric(reason.metric), streak=reason.streak, needed=reason.needed,
        then=voice.say(f"then.{reason.then}"), minimum=voice.safe(reason.detail, 40),
        detail=voice.say(why) if texts.known(why) else voice.safe(reason.detail, 200),
    )  # fmt: skip


def recommendation(summary: Summary, voice: Voice) -> str:
    """What the evidence recommends, in words; '' where nothing is judged."""
    return voice.say(f"recommendation.{summary.recommendation.lower()}") if summary.recommendation else ""


def traffic(deployment: Deployment, voice: Voice) -> str:
    """The canary's share, and since when."""
    key = "phrase.weight-all" if deployment.weight == 100 else "phrase.weight"
    shown = voice.say(key, weight=deployment.weight)
    if deployment.weight_since is None or deployment.weight == 0:
        return shown
    return voice.say("phrase.weight-since", traffic=shown, at=voice.when(deployment.weight_since))


def under_way(deployment: Deployment) -> bool:
    """Whether it is neither new nor over."""
    return deployment.status in (Status.RUNNING, Status.HELD, Status.ROLLING_BACK)


def stopwatch(words: Iterable[tuple[str, object]], voice: Voice) -> str:
    """'Detect 5 min, act 12 s, recover 2 min; 7 min 12 s in all'."""
    given = {name: voice.word(name, word, {}) for name, word in words}
    return voice.say("rollback-view.stopwatch", **given) if given else ""
