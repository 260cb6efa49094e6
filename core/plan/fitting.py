"""Requests and programs against the sources and programs they name: what could never happen as it is written.

Names that do not exist are passed over here: `core.plan.references` reports them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from core.plan import models as m
from core.plan.problems import Finding, Path
from core.plan.quantities import show_duration
from core.plan.walk import parts


def requests_and_programs(plan: m.Plan) -> Iterator[Finding]:
    """A finding for every request and command that does not suit its source or program."""
    for path, part in parts(plan):
        if isinstance(part, m.HttpCheck):
            yield from _check(plan, part, path)
        elif isinstance(part, m.Command):
            yield from _command(plan, part, path)
        elif isinstance(part, m.HttpSource) and part.tls is not None and part.url.startswith("http://"):
            yield Finding(
                (*path, "tls"),
                "There is no TLS on an http:// address.",
                "Write 'https://', or take 'tls:' out.",
            )


def _check(plan: m.Plan, check: m.HttpCheck, path: Path) -> Iterator[Finding]:
    source = plan.sources.get(check.source)
    if source is None or source.http is None:
        return
    if check.within is not None and check.within >= source.http.timeout:
        limit = show_duration(source.http.timeout)
        yield Finding(
            (*path, "within"),
            f"The source '{check.source}' is given up after {limit}, so a later answer is never seen.",
            f"Write less than {limit}, or raise the source's 'timeout'.",
        )
    if check.tls_expiry is not None and source.http.url.startswith("http://"):
        yield Finding(
            (*path, "tls-expiry"),
            f"The source '{check.source}' has no TLS: its address is http://.",
            "Name a source with an https:// address.",
        )


def _command(plan: m.Plan, command: m.Command, path: Path) -> Iterator[Finding]:
    program = plan.programs.get(command.program)
    folder = PurePosixPath(command.folder)
    if program is None or not folder.is_absolute():
        return
    allowed = PurePosixPath(program.folder)
    if not allowed.is_absolute() or not folder.is_relative_to(allowed):
        yield Finding(
            (*path, "folder"),
            f"'{command.folder[:60]}' is not inside the folder of the program '{command.program}'.",
            "Name a folder inside the bot's work folder, or let the program's own 'folder:' allow it.",
        )
