"""One server program of a test: started with its log in a file, waited for with a deadline, ended for certain.

Must not know which program it is. Everything here blocks; an async test calls it through asyncio.to_thread.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HOST = "127.0.0.1"
POLL_SECONDS = 0.05
STOP_SECONDS = 10.0
TAIL_LINES = 25
# Below the range from which the kernel takes the ports of outgoing connections. In that range a client that polls a
# stopped server can be given the server's own port, and then talks to itself, or keeps the port from the server.
_PORTS = range(20_000, 32_000)
_offsets = itertools.count(os.getpid() * 37 % len(_PORTS))


class ProgramFailed(RuntimeError):
    """A program that is missing, ended by itself or did not get ready; the text ends with the tail of its log."""


def free_port() -> int:
    """A port on the loopback address that nobody listens at, and that no outgoing connection will take."""
    for _ in _PORTS:
        port = _PORTS[next(_offsets) % len(_PORTS)]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ProgramFailed(f"No port of {_PORTS.start} to {_PORTS.stop} is free on {HOST}.")


def find(program: str, *folders: Path) -> Path:
    """Where the program is: in one of the folders, else on the PATH. ProgramFailed says how to get it."""
    for folder in folders:
        if (folder / program).is_file():
            return folder / program
    found = shutil.which(program)
    if found is None:
        raise ProgramFailed(f"{program} is not installed. Run: make services")
    return Path(found)


def wait_until(holds: Callable[[], bool], seconds: float, sentence: str) -> None:
    """Asks again and again; ProgramFailed with the sentence ("X is served") if it does not hold in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise ProgramFailed(f"Still not so after {seconds:g} s: {sentence}.")
        time.sleep(POLL_SECONDS)


class Program:
    """A server. `start` and `stop` may alternate; the log of every run is appended to the one file."""

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self._command = [str(one) for one in command]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.name = Path(self._command[0]).name

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, ready: Callable[[], bool], seconds: float) -> None:
        """Starts it and waits until `ready` says so; otherwise ends it and raises ProgramFailed."""
        if self.running:
            raise ProgramFailed(f"{self.name} is running already.")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self._wait(ready, seconds)
        except BaseException:
            self.stop(kill=True)
            raise

    def hang(self) -> None:
        """Freezes it: connections are still accepted, nothing is answered."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on after `hang`."""
        self._send(signal.SIGCONT)

    def stop(self, *, kill: bool = False) -> None:
        """Ends it: asks first (SIGTERM) unless `kill`. Does nothing when it is not running."""
        if self.running:
            self.resume()
        process, self._process = self._process, None
        if process is None:
            return
        if not kill:
            process.terminate()
            try:
                process.wait(timeout=STOP_SECONDS)
                return
            except subprocess.TimeoutExpired:
                pass  # it does not listen, so it is killed below
        process.kill()
        process.wait(timeout=STOP_SECONDS)

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def _send(self, what: signal.Signals) -> None:
        if self._process is None:
            raise ProgramFailed(f"{self.name} is not running.")
        self._process.send_signal(what)

    def _wait(self, ready: Callable[[], bool], seconds: float) -> None:
        assert self._process is not None
        end = time.monotonic() + seconds
        while not ready():
            code = self._process.poll()
            if code is not None:
                raise ProgramFailed(f"{self.name} ended with code {code}. Its log ends:\n{self.tail()}")
            if time.monotonic() > end:
                raise ProgramFailed(
                    f"{self.name} was not ready after {seconds:g} s. Its log ends:\n{self.tail()}"
                )
            time.sleep(POLL_SECONDS)
