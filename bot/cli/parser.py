"""What may be typed behind `captain`, with its help. `run` names the function that does it, so that a plan is checked without loading the bot."""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path


def parse(arguments: list[str]) -> argparse.Namespace:
    """The wanted command; `run` is 'module:function' of what carries it out. Exits with 2 and the usage for anything else."""
    return _parser().parse_args(arguments)


@cache  # a program in whose process several commands are typed puts it together once
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="captain",
        description="Deploy Captain: runs a production deployment from Slack. Settings come from the environment; see the README.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _running(commands)
    _planning(commands)
    _doctoring(commands)
    _rehearsing(commands)
    _replaying(commands)
    _acting(commands)
    _recording(commands)
    return parser


def _running(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="run the bot")
    run.set_defaults(run="bot.cli.running:run")
    health = commands.add_parser(
        "health", help="ask the running bot whether it is alive (for a container's health check)"
    )
    health.add_argument(
        "--ready", action="store_true", help="ask whether it can do its work, not only whether it lives"
    )
    health.set_defaults(run="bot.cli.running:health")
    demo = commands.add_parser(
        "demo", help="a local Slack workspace, a small service to deploy, and the bot: nothing to prepare"
    )
    demo.add_argument(
        "--script",
        choices=("happy", "sick"),
        help="play a whole run unattended, print the transcript, end with the verdict",
    )
    demo.add_argument("--plan", default="ion-deployment-day", help="the plan to play (default: %(default)s)")
    demo.add_argument(
        "--plans", type=Path, help="a folder of plans to play from, instead of the shipped ones"
    )
    demo.add_argument("--seed", type=int, default=7, help="the service's seed (default: %(default)s)")
    demo.add_argument(
        "--port", type=int, default=8765, help="the page's port; 0 takes a free one (default: %(default)s)"
    )
    demo.add_argument("--language", choices=("en", "ko"), help="the bot's language (default: en)")
    demo.add_argument(
        "--metrics", choices=("json", "prometheus"), default="json",
        help="where the plan reads its metrics: the service's JSON, or a local Prometheus (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument(
        "--quick",
        action="store_true",
        help="with --script: jump over looks, to the ends of windows and from review to review, with the bot in this process",
    )
    demo.add_argument(
        "--kill", action="store_true", help="with --script: kill the bot in mid-canary and start it again"
    )
    demo.add_argument(
        "--data", type=Path, help="where the demo keeps its files (default: a new temporary folder)"
    )
    demo.set_defaults(run="bot.cli.demonstrating:demo")


def _planning(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    plan = commands.add_parser("plan", help="check a plan, or print the schema for editors")
    verbs = plan.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser(
        "check", help="say everything that is wrong with a plan, with lines and suggestions"
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.set_defaults(run="bot.cli.planning:check")
    _importing(verbs)
    schema = verbs.add_parser("schema", help="print the JSON Schema of the plan language")
    schema.set_defaults(run="bot.cli.planning:schema")
    states = verbs.add_parser("states", help="print the table of states as Markdown (docs/states.md)")
    states.set_defaults(run="bot.cli.planning:states")
    _reading_plans(verbs)


def _reading_plans(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What shows a plan before anybody follows it."""
    timeline = verbs.add_parser("timeline", help="every moment of a plan, for a T0: when, what, who")
    timeline.add_argument("file", type=Path, metavar="PLAN")
    timeline.add_argument(
        "--t0", help="as `at=` of /deploy start: '2025-10-22T14:00' (default: the plan's own)"
    )
    timeline.add_argument("--zone", help="show times in this zone, like Asia/Seoul (default: the plan's)")
    timeline.add_argument("--json", action="store_true", help="print one JSON object")
    timeline.add_argument("--ics", type=Path, metavar="FILE", help="also write a calendar file (iCalendar)")
    timeline.add_argument("--language", choices=("en", "ko"), help="default: CAPTAIN_LANGUAGE, or en")
    timeline.set_defaults(run="bot.cli.scheduling:show")
    differ = verbs.add_parser("diff", help="what a version of a plan changes: riskier, safer, other")
    differ.add_argument("old", type=Path, metavar="OLD")
    differ.add_argument("new", type=Path, metavar="NEW")
    differ.add_argument("--json", action="store_true", help="print a JSON list")
    differ.add_argument("--language", choices=("en", "ko"), help="default: CAPTAIN_LANGUAGE, or en")
    differ.set_defaults(run="bot.cli.differing:show")
    preview = verbs.add_parser("preview", help="every message of a plan on one page, as Slack would show it")
    preview.add_argument("file", type=Path, metavar="PLAN")
    preview.add_argument(
        "-o", "--output", type=Path, default=Path("preview.html"), metavar="FILE", help="default: %(default)s"
    )
    preview.add_argument("--t0", help="as `at=` of /deploy start (default: the plan's own)")
    preview.add_argument("--language", choices=("en", "ko"), help="default: CAPTAIN_LANGUAGE, or en")
    preview.set_defaults(run="bot.cli.previewing:show")


def _importing(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    read = verbs.add_parser(
        "import", help="make a plan of a checklist in Markdown, and say what was understood and what was left"
    )
    read.add_argument("file", type=Path, metavar="FILE.md")
    read.add_argument("-o", "--output", type=Path, metavar="PLAN.yml", help="default: the standard output")
    read.add_argument("--force", action="store_true", help="replace the file behind -o when it is there")
    read.add_argument(
        "--json", action="store_true", help="print what was understood as one JSON object instead"
    )
    read.add_argument("--language", choices=("en", "ko"), help="of the report (default: en)")
    read.set_defaults(run="bot.cli.importing:import_")


def _doctoring(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="look at everything plans will need: settings, Slack, people, sources, actions; changes nothing",
    )
    doctor.add_argument(
        "plans",
        nargs="*",
        metavar="PLAN|NAME=VALUE",
        help="plans to look at (default: all), and values of their inputs",
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    doctor.add_argument("--language", choices=("en", "ko"), help="default: the team's")
    doctor.set_defaults(run="bot.cli.doctoring:doctor")


def _rehearsing(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    rehearse = commands.add_parser(
        "rehearse",
        help="play a plan to its end without people, actions as dry runs, and report what was missing",
    )
    rehearse.add_argument("plan", metavar="PLAN")
    rehearse.add_argument(
        "inputs", nargs="*", metavar="NAME=VALUE", help="values of the plan's inputs (default: its examples)"
    )
    rehearse.add_argument("--at", help="T0, as for /deploy start (default: the plan's own)")
    rehearse.add_argument(
        "--speed", help="plan seconds a real second, up to 3600 (default: the plan's, or 60)"
    )
    rehearse.add_argument(
        "--skip-waits",
        action="store_true",
        help="let stretches without traffic and without questions be over at once",
    )
    rehearse.add_argument(
        "--within",
        type=float,
        default=240.0,
        help="give up after so many real minutes (default: %(default)g)",
    )
    rehearse.add_argument(
        "--local",
        action="store_true",
        help="speak into a local workspace, also when there is a Slack token",
    )
    rehearse.add_argument("--json", action="store_true", help="print the report as one JSON object")
    rehearse.add_argument("--language", choices=("en", "ko"), help="default: CAPTAIN_LANGUAGE, or en")
    rehearse.set_defaults(run="bot.cli.rehearsing:rehearse")


def _replaying(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    replay = commands.add_parser(
        "replay", help="judge recorded samples by a plan's gate: what it would have said, and when"
    )
    replay.add_argument("plan", metavar="PLAN", nargs="?", help="a file, or the name of a plan")
    replay.add_argument(
        "--gate", help="which gate (default: the one that looks while the canary has traffic)"
    )
    replay.add_argument(
        "--samples", metavar="FILE", help="looks as JSON, one a line; '-' reads them as they come in"
    )
    replay.add_argument(
        "--deployment",
        metavar="D12",
        help="instead: the looks that were stored of a deployment, by its own plan or by PLAN",
    )
    replay.add_argument("--json", action="store_true", help="print one JSON object a look")
    replay.add_argument(
        "--every", action="store_true", help="print every verdict, not only those that are new"
    )
    replay.add_argument("--language", choices=("en", "ko"), default="en", help="default: %(default)s")
    replay.set_defaults(run="bot.cli.replaying:replay")


def _acting(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    status = commands.add_parser("status", help="what runs, from the database, with or without Slack")
    status.add_argument("deployment", nargs="?", help="one deployment (D12)")
    status.set_defaults(run="bot.cli.acting:status")
    watch = commands.add_parser("watch", help="the daily rows of a watch in one table, with or without Slack")
    watch.add_argument("deployment")
    watch.add_argument("--language", choices=("en", "ko"), help="default: the deployment's")
    watch.set_defaults(run="bot.cli.watching:watch")
    decide = commands.add_parser("decide", help="answer the open question of a deployment when Slack is down")
    decide.add_argument("deployment")
    decide.add_argument("answer", choices=("go", "observe", "no-go", "hold"))
    decide.add_argument("--reason", default="")
    decide.set_defaults(run="bot.cli.acting:decide")
    back = commands.add_parser("rollback", help="roll a deployment back when Slack is down")
    back.add_argument("deployment")
    back.add_argument("--reason", required=True)
    back.add_argument(
        "--force", action="store_true", help="also when the side the traffic goes to is not healthy"
    )
    back.set_defaults(run="bot.cli.acting:rollback")
    _ending(commands)
    audit = commands.add_parser("audit", help="the journal: print it, or verify its chain of hashes")
    verbs = audit.add_subparsers(dest="verb", required=True, metavar="VERB")
    verify = verbs.add_parser(
        "verify", help="say whether the journal is whole; exits 1 when a row was changed"
    )
    verify.add_argument("deployment", nargs="?")
    verify.set_defaults(run="bot.cli.acting:verify")
    show = verbs.add_parser("show", help="print the journal, one JSON object a line")
    show.add_argument("deployment")
    show.set_defaults(run="bot.cli.acting:journal")


def _ending(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What people say of the whole."""
    went = commands.add_parser("outcome", help="say how a deployment went when Slack is down")
    went.add_argument("deployment")
    went.add_argument("outcome", choices=("success", "partial", "failed"))
    went.add_argument("--reason", required=True)
    went.set_defaults(run="bot.cli.ending:outcome")
    lost = commands.add_parser("loss", help="say how much data a rollback lost when Slack is down")
    lost.add_argument("deployment")
    lost.add_argument("lost", metavar="LENGTH", help="a length of time, like 0s, 30s or 5m")
    lost.add_argument("--note", default="")
    lost.set_defaults(run="bot.cli.ending:loss")
    risk = commands.add_parser(
        "risk", help="declare a risk of the readiness board or withdraw it; without one, list them"
    )
    risk.add_argument("deployment")
    risk.add_argument("risk", nargs="?", help="its id in the plan")
    risk.add_argument("--reason", default="", help="why; needed to declare and to withdraw")
    risk.add_argument("--withdraw", action="store_true", help="it does not stand any more")
    risk.set_defaults(run="bot.cli.ending:risk")


def _recording(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    record = commands.add_parser(
        "record", help="a deployment as one document: every item, signature, decision and number"
    )
    record.add_argument("deployment", help="its id (D12)")
    record.add_argument(
        "--as", dest="paper", choices=("record", "post-mortem", "hand-over", "snapshot"), default="record",
        help="which paper (default: %(default)s)",
    )  # fmt: skip
    record.add_argument("--json", action="store_true", help="the whole record as one JSON object")
    record.add_argument(
        "-o", "--output", type=Path, help="a new file, or a folder for one named after the deployment"
    )
    record.add_argument("--language", choices=("en", "ko"), help="default: the deployment's")
    record.set_defaults(run="bot.cli.recording:record")
