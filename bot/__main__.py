"""`captain`: the command line. It parses, and hands over to bot.cli; nothing is decided here."""

from __future__ import annotations

import sys
from importlib import import_module

from bot.cli.parser import parse


def main(arguments: list[str] | None = None) -> int:
    """Runs one command of the line; answers the exit status."""
    wanted = parse(sys.argv[1:] if arguments is None else arguments)
    module, _, function = wanted.run.partition(":")
    status: int = getattr(import_module(module), function)(wanted)
    return status


if __name__ == "__main__":
    sys.exit(main())
