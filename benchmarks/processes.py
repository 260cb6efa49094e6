"""Child processes of a benchmark: started with a line to wait for, ended by closing their input, weighed while they live."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

PATIENCE_S = 30.0


class Failed(Exception):
    """A child that did not do what it was started for, with its own words."""


@asynccontextmanager
async def child(
    *arguments: str, environment: Mapping[str, str] | None = None, log: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A Python process and the first line it printed. It is asked to end by the end of its input, then by SIGTERM."""
    with log.open("ab") as words:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=words,
            env={**os.environ, **(environment or {})},
        )
    assert process.stdout is not None  # pipes were asked for
    assert process.stdin is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        if not line:
            raise Failed(f"{' '.join(arguments)[:80]} ended: {_words(log)}")
        yield process, line.decode().strip()
    finally:
        process.stdin.close()
        if process.returncode is None and arguments[:3] == ("-m", "bot", "run"):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def cpu_s(pid: int) -> float:
    """Seconds of processor time a process has used, all threads; Failed where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError as missing:
        raise Failed("processor time is read from /proc, which this machine does not have") from missing
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def resident_mib(pid: int) -> float:
    """Resident memory in MiB, from /proc; Failed where there is none."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError as missing:
        raise Failed("memory is read from /proc, which this machine does not have") from missing
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024.0
