"""`captain outcome, loss, risk`: how it went, what a rollback lost, and the risks that forbid GO, from the terminal.

The same rules, journal and outbox as in Slack; it must not know them, only which words stand for which input.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from bot.cli.acting import act, by, load, refuse, with_database
from bot.cli.recording import names_of
from bot.settings import Settings
from commands.ending import lost_in
from commands.telling import Voice
from core.errors import Refused
from core.inputs import Input
from core.sayings import LossSaid, OutcomeSaid, RiskSaid
from core.state import Deployment
from storage.clock import utcnow
from storage.database import Database
from storage.ledger import Outcome
from storage.queries import Queries


def outcome(wanted: argparse.Namespace) -> int:
    """Says how it went."""
    return _say(wanted, lambda: OutcomeSaid(by(), wanted.outcome, wanted.reason))


def loss(wanted: argparse.Namespace) -> int:
    """Says what a rollback lost."""
    return _say(wanted, lambda: LossSaid(by(), lost_in(wanted.lost), wanted.note))


def risk(wanted: argparse.Namespace) -> int:
    """Declares a risk or withdraws it; without one, lists those of the plan."""
    if wanted.risk is None:
        return _list(wanted)
    return _say(wanted, lambda: RiskSaid(by(), wanted.risk.lower(), not wanted.withdraw, wanted.reason))


def _say(wanted: argparse.Namespace, meant: Callable[[], Input]) -> int:
    async def work(database: Database, settings: Settings) -> int:
        deployment = await load(Queries(database, utcnow), wanted.deployment)
        voice = _voice(deployment, settings)

        def told(came: Outcome) -> None:
            for fact in came.facts:
                if not fact.quiet:
                    print(voice.tell(f"fact.{fact.key}", fact.words))

        try:
            return await act(database, settings, deployment.id, meant(), told)
        except Refused as refused:
            return refuse(voice, f"refused.{refused.key}", refused.args_)

    return with_database(work)


def _voice(deployment: Deployment, settings: Settings) -> Voice:
    language = settings.language or deployment.language
    names = names_of(settings.team)
    return Voice(
        language, utcnow(), plain=True, runbook=deployment.runbook, names=lambda user: names.get(user, user)
    )


def _list(wanted: argparse.Namespace) -> int:
    async def work(database: Database, settings: Settings) -> int:
        deployment = await load(Queries(database, utcnow), wanted.deployment)
        plan, voice = deployment.runbook.plan.readiness, _voice(deployment, settings)
        if plan is None:
            return refuse(voice, "refused.no-readiness-in-plan")
        if wanted.withdraw or wanted.reason:
            known = ", ".join(one.id for one in plan.risks)
            return refuse(voice, "cli.risk-needed", {"deployment": deployment.id, "known": known})
        standing = {one.id: one for one in deployment.risks}
        for one in plan.risks:
            title = voice.text(one.title)
            if one.id not in standing:
                print(voice.say("cli.risk", risk=one.id, title=title))
                continue
            said = standing[one.id]
            words = {"risk_id": one.id, "title": title, "by": said.by, "at": said.at, "reason": said.reason}
            print(voice.tell("cli.risk-stands", words))
        return 0

    return with_database(work)
