"""What several messages say in the same words: the name of a deployment, metrics against their limits, who is waited for.

It must not know where its lines are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from commands import texts
from commands.blocks import kit, weighed
from commands.blocks.kit import Block
from commands.telling import Voice
from core.asks import Ask, asks
from core.effects import Words
from core.incidents import number_in
from core.report import MetricRow, Reason, Summary
from core.roles import holders_of
from core.state import Deployment, Status, StepState

ASKS = 6
CELLS = 10
"""What Slack takes in two columns."""


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
    # What a rollback has skipped was not done; what people marked as not applicable on the way was.
    done = sum(step.status == "done" if deployment.rollback else step.settled for step in deployment.steps)
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
            ""
            if ask.kind == "missed"
            else ask.step
            if ask.kind in ("item", "todo")
            else f"{ask.step} {ask.subject}"
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
    when = (
        ""
        if due is None
        else f", {voice.say('phrase.overdue' if late else 'phrase.due', due=voice.when(due))}"
    )
    who = roles(deployment, ask.roles, voice) if ask.roles else voice.people(ask.people)
    step = about(deployment, ask.step, voice)
    words = {"n": len(group), "step": step, "who": who, "when": when, "role": voice.role(ask.subject)}
    return voice.say(f"ask.{ask.kind}", **words, subject=_ask_subject(ask, voice))


def about(deployment: Deployment, step: str, voice: Voice) -> str:
    """The title of a step, or of the playbook of an incident ('incident:3'); '' for none."""
    incident = deployment.incident(number_in(step))
    if incident is not None:
        return voice.playbook(incident.playbook)
    return voice.step(step) if step else ""


def _ask_subject(ask: Ask, voice: Voice) -> str:
    return voice.ref(ask.subject) if ask.kind == "outcome" else voice.safe(ask.subject, 80)


# ------------------------------------------------------------------------------------------------------------- metrics


def metric_line(row: MetricRow, voice: Voice) -> str:
    """One metric in one line: value, how many requests, what the limit says of it."""
    value = f"{voice.value(row.value, row.unit)}{voice.sample(None, row.count)}"
    return " · ".join(part for part in (f"*{voice.text(row.title, 80)}* {value}", judged(row, voice)) if part)


def judged(row: MetricRow, voice: Voice) -> str:
    """'within the limit (under 1 %)', or why it is not judged; '' for a metric without a limit that was measured."""
    if row.limit is None:
        return _state(row, voice) if row.state not in ("", "ok") else ""
    limit = (
        voice.say("phrase.growth-limit", limit=row.limit.text)
        if row.limit_kind == "growth"
        else voice.limit(row.limit.text, row.limit_kind)
    )
    state = _state(row, voice) if row.state else voice.say("metric.unjudged")
    return voice.say("phrase.judged", state=state, limit=limit)


def _state(row: MetricRow, voice: Voice) -> str:
    if row.state == "breach" and row.needed > 1:
        return voice.say("metric.breach-of", streak=row.streak, needed=row.needed)
    coded = texts.known(f"detail.{row.detail.partition(': ')[0]}")
    why = voice.reason(row.detail) if coded else ""
    shown = voice.say(f"metric.{row.state}")
    return f"{shown} ({why})" if why and row.state in ("no-data", "source-failed") else shown


def _compared(row: MetricRow, voice: Voice) -> str:
    """'stable 0.1 % · before 0.1 % · since the start 0.2 %'; the last for shares only: a window of few requests says little."""
    shown = []
    if row.control is not None:
        shown.append(voice.say("phrase.control", value=voice.value(row.control, row.unit)))
    if row.baseline is not None:
        shown.append(voice.say("phrase.baseline", value=voice.value(row.baseline, row.unit)))
    if row.since_start is not None and row.unit == "%" and row.since_start_count != row.count:
        shown.append(voice.say("phrase.since-start", value=voice.value(row.since_start, row.unit)))
    return " · ".join(shown)


def metric_cell(row: MetricRow, voice: Voice) -> str:
    """One metric as a cell of a table: name and value, what the limit says, and what it is beside."""
    value = f"*{voice.text(row.title, 80)}: {voice.value(row.value, row.unit)}*"
    return "\n".join(line for line in (value, judged(row, voice), _compared(row, voice)) if line)


def ranked(summary: Summary) -> list[MetricRow]:
    """The broken first, then what is not known, then those with a limit, then the rest."""
    return sorted(
        summary.rows, key=lambda row: (row.state != "breach", row.state in ("ok", ""), row.limit is None)
    )


def metric_table(summary: Summary, voice: Voice) -> list[Block]:
    """Every metric of the last look in two columns; or the words for 'nothing measured yet'."""
    if not summary.rows:
        return [kit.section(voice.say("metric.none"))]
    blocks = [kit.fields([metric_cell(row, voice) for row in ranked(summary)[:CELLS]])]
    if len(summary.rows) > CELLS:
        blocks.append(kit.context(voice.say("word.more", n=len(summary.rows) - CELLS)))
    return blocks


def reasons(summary: Summary, voice: Voice, most: int = 5) -> list[str]:
    """Why the recommendation is what it is, a sentence each: only what speaks against GO; one sentence when nothing does."""
    telling = [reason for reason in summary.reasons if reason.state != "ok"]
    if summary.reasons and not telling:
        return [voice.say("reason.all-ok")]
    lines = [reason_line(reason, voice) for reason in telling[:most]]
    if len(telling) > most:
        lines.append(voice.say("word.more", n=len(telling) - most))
    return lines


def recommended(summary: Summary, voice: Voice) -> str:
    """'The evidence recommends GO', score and trend, and why, in a paragraph; '' where nothing is judged."""
    shown = recommendation(summary, voice)
    if not shown:
        return ""
    proved = weighed.lines(summary, voice)
    why = [*proved, *reasons(summary, voice, most=5 - len(proved)), *weighed.foretold(summary, voice)]
    said = (
        f"*{voice.say('decision.recommended', recommendation=shown)}* {weighed.head(summary, voice)}".rstrip()
    )
    return f"{said} {why[0]}" if len(why) == 1 else kit.lines([said, *(f"• {line}" for line in why)])


def reason_line(reason: Reason, voice: Voice) -> str:
    """One reason as a sentence."""
    words: dict[str, object] = {
        "metric": reason.metric, "value": reason.value, "unit": reason.unit, "limit": reason.limit, "bad": reason.bad,
        "count": reason.count, "side": "above" if ".above." in reason.rule else "below",
    }  # fmt: skip
    figures = voice.figures(words)
    unseen = reason.state == "too-few" and reason.growth
    return voice.say(
        "reason.growth" if unseen else f"reason.{reason.state or 'no-data'}",
        figures=figures, metric=voice.metric(reason.metric), streak=reason.streak, needed=reason.needed,
        then=voice.say(f"then.{reason.then}"), minimum=voice.safe(reason.detail, 40),
        detail=voice.reason(reason.detail), advised=voice.advised(reason.detail),
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


def can_roll_back(deployment: Deployment) -> bool:
    """Whether there is anything to roll back, or a rollback that was refused or whose actions failed can be tried again."""
    if deployment.runbook.plan.rollback is None or deployment.final:
        return False
    run = deployment.rollback
    if deployment.status is Status.ROLLING_BACK:
        if run is None or run.outstanding:
            return False
        return run.stage == "refused" or (run.verifying and run.zero_reads == 0)
    return deployment.weight > 0 or deployment.wanted > 0


def stopwatch(words: Iterable[tuple[str, object]], voice: Voice) -> str:
    """'Detect 5 min, act 12 s, recover 2 min; 7 min 12 s in all'."""
    given = {name: voice.word(name, word, {}) for name, word in words}
    return voice.say("rollback-view.stopwatch", **given) if given else ""
