"""The release scripts of the knowledge database: terraform, docker, deploy-aws, rollback, aws, smoke-test; over the sandbox's
cloud (KNOWLEDGE_CLOUD_URL), because there is none here. Each takes the arguments that a runbook gives it, and its output is
what such a program prints.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

DONE, FAILED, WRONG_USE = 0, 1, 2


class Failed(Exception):
    """It did not work, in one sentence."""


def terraform(args: list[str]) -> None:
    """plan | apply -var-file=FILE"""
    verb = args[0] if args else ""
    if verb not in ("plan", "apply") or not any(one.startswith("-var-file=") for one in args):
        raise SystemExit(WRONG_USE)
    wanted = _state()["plan"]
    for name, what in wanted.items():
        print(f"  + {name}  ({what})")
    if verb == "plan":
        print(f"Plan: {len(wanted)} to add, 0 to change, 0 to destroy.")
        return
    made = _do("apply")
    print(f"Apply complete! Resources: {len(made)} added, 0 changed, 0 destroyed.")


def docker(args: list[str]) -> None:
    """build -t knowledge-database:vVERSION ."""
    tags = [one for one in args if ":" in one]
    if args[:1] != ["build"] or not tags:
        raise SystemExit(WRONG_USE)
    version = tags[0].rpartition(":")[2]
    _do("build", version)
    print(f"naming to {tags[0]} done\nSuccessfully built knowledge-database {version}")


def deploy_aws(args: list[str]) -> None:
    """production migrate | push VERSION | deploy VERSION | status"""
    verb, version = (args[1] if args[1:] else ""), (args[2] if args[2:] else "")
    if args[:1] != ["production"] or verb not in ("migrate", "push", "deploy", "status"):
        raise SystemExit(WRONG_USE)
    if verb == "migrate":
        new = _do("migrate")
        print("\n".join(f"applied {one}" for one in new) or "nothing to apply")
        print("extension pgvector 0.7.4 is installed")
    elif verb == "push":
        _do("push", version)
        print(f"pushed 123456789012.dkr.ecr.example/knowledge-database:{version}")
    elif verb == "deploy":
        _do("deploy", version)
        print(f"knowledge-service: task definition of {version}, 2 of 2 tasks running, rollout COMPLETED")
    else:
        state = _state()
        print(f"knowledge-service runs {state['running']}: 2 of 2 tasks RUNNING, target group 2 of 2 healthy")
        print(
            f"infrastructure {'applied' if state['applied'] else 'not applied'}, {len(state['migrated'])} migrations, auto scaling 2 to 10"
        )


def rollback(args: list[str]) -> None:
    """production app [--emergency] [--dry-run]"""
    if args[:2] != ["production", "app"]:
        raise SystemExit(WRONG_USE)
    state = _state()
    print(f"knowledge-service runs {state['running']}; the version before is {state['previous']}.")
    if "--dry-run" in args:
        print(f"Dry run: it would run {state['previous']} again. Nothing was changed.")
        return
    if "--emergency" in args:
        print("Emergency: health is not waited for.")
    print(f"Rolled back: knowledge-service runs {_do('rollback')}, 2 of 2 tasks running.")


def aws(args: list[str]) -> None:
    """logs tail GROUP | ecs describe-services"""
    if args[:2] == ["logs", "tail"]:
        print("\n".join(f"knowledge-service/{number}: GET /api/search 200" for number in range(1, 11)))
    elif args[:1] == ["ecs"]:
        print(f"knowledge-service: desiredCount 2, runningCount 2, version {_state()['running']}")
    else:
        raise SystemExit(WRONG_USE)


def smoke_test(args: list[str]) -> None:
    """VERSION: a few calls as a user makes them"""
    running = _state()["running"]
    for name in ("sign in", "search", "open a document", "upload a file"):
        print(f"ok  {name}")
    print(f"4 of 4 passed against {running}")


_TOOLS: dict[str, Callable[[list[str]], None]] = {
    "terraform": terraform, "docker": docker, "deploy-aws": deploy_aws, "rollback": rollback, "aws": aws, "smoke-test": smoke_test,
}  # fmt: skip


def _state() -> dict[str, Any]:
    found: dict[str, Any] = _ask("/state", None)
    return found


def _do(act: str, version: str = "") -> Any:
    return _ask(f"/do/{act}", {"version": version})["done"]


def _ask(path: str, wish: dict[str, str] | None) -> Any:
    body = None if wish is None else json.dumps(wish).encode()
    request = urllib.request.Request(os.environ["KNOWLEDGE_CLOUD_URL"] + path, data=body)  # noqa: S310  # of this machine
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # the same
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise Failed(str(json.load(refused).get("error"))) from None
    except OSError as problem:
        raise Failed(f"The cloud does not answer: {problem}") from None


def main(given: list[str] | None = None) -> int:
    """0: done; 1: it did not work; 2: not asked as it should be."""
    args = sys.argv[1:] if given is None else given
    tool = _TOOLS.get(args[0]) if args else None
    if tool is None:
        print(f"one of: {', '.join(_TOOLS)}", file=sys.stderr)
        return WRONG_USE
    try:
        tool(args[1:])
    except SystemExit:
        print(f"{args[0]}: {tool.__doc__}", file=sys.stderr)
        return WRONG_USE
    except KeyError:
        print("KNOWLEDGE_CLOUD_URL is not set.", file=sys.stderr)
        return WRONG_USE
    except Failed as problem:
        print(problem)
        return FAILED
    return DONE


if __name__ == "__main__":
    sys.exit(main())
