"""Makes a Slack app answer everything that people can say or press."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from commands.answers import Answers
from commands.card import Card
from commands.checklist import Checklist
from commands.clicks import Clicks
from commands.deploy import Deploy
from commands.door import Door
from commands.ending import Ending
from commands.escalation import Escalation
from commands.fallback import Fallback
from commands.forms import Forms
from commands.gate import Gate
from commands.home import Home
from commands.incidents import Incidents
from commands.readiness import Board
from commands.rollback import Rollback
from commands.room import Room
from commands.scheduling import Moving
from commands.settling import Settling
from commands.signoff import Signoff


def register(app: AsyncApp, room: Room) -> Answers:
    """Makes the app answer. The app is made with process_before_response=True: an answer to Slack is an answer after the commit.

    `await answers.finish()` of what is answered here waits, at the end of the process, for what is still under way.
    """
    answers = Answers(room)
    home = Home(answers)
    clicks, forms = Clicks(answers, home.publish), Forms(answers)
    Door(answers).listen(app)
    for feature in (Deploy(answers), home, Escalation(clicks)):
        feature.listen(app)
    for kind in (Gate, Signoff, Rollback, Checklist, Settling, Card, Moving, Incidents, Ending, Board):
        kind(clicks, forms).listen(app)
    Fallback(answers).listen(app)
    return answers
