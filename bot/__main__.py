"""`captain`: the command line. It parses, and hands over to bot.cli; nothing is decided here."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from bot.cli.parser import parse

UNREAD = 141
"""The exit status when whoever read the output has closed it (`captain journal D12 | head`): 128 + SIGPIPE, as a shell has it."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, where a command has no better end of its own: 128 + SIGINT."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command of the line; answers the exit status."""
    wanted = parse(sys.argv[1:] if arguments is None else arguments)
    module, _, function = wanted.run.partition(":")
    try:
        status: int = getattr(import_module(module), function)(wanted)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


if __name__ == "__main__":
    sys.exit(main())
