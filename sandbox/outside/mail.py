"""A mail server that takes messages and keeps them: enough of SMTP (RFC 5321) for a client that only sends, with STARTTLS or TLS
from the first byte, AUTH PLAIN and LOGIN, and faults on demand. Nothing is ever delivered anywhere.

It must not know the bot.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final, Literal

LARGEST: Final = 1_000_000
Fault = Literal["hang", "cut"]
"""hang: says nothing any more; cut: takes the message, and the connection breaks before it says so."""


@dataclass(frozen=True)
class Kept:
    """One message as it was taken: who it is from and to by the envelope, and what it says."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage
    user: str
    encrypted: bool

    @property
    def text(self) -> str:
        """Its text, decoded, with the line ends of a text."""
        body = self.message.get_body(("plain",))
        return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


@dataclass
class MailSink:
    """`users`: name -> password; empty, and anybody may send. `refuses`: what is answered to a recipient instead of 250."""

    tls: ssl.SSLContext | None = None
    implicit: bool = False
    users: dict[str, str] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    port: int = 0
    _answers: dict[str, list[str]] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _talking: set[asyncio.Task[None]] = field(default_factory=set)

    def will(self, command: str, *answers: str) -> None:
        """The next answers to a command ('MAIL', 'RCPT', 'DATA', '.' for the message itself), instead of its own."""
        self._answers.setdefault(command, []).extend(answers)

    def fail(self, *faults: Fault) -> None:
        """What happens to the next messages, one each."""
        self._faults.extend(faults)

    async def start(self) -> None:
        """Listens on a free port of this machine."""
        context = self.tls if self.implicit else None
        self._server = await asyncio.start_server(
            self._talk, "127.0.0.1", self.port, ssl=context, limit=LARGEST
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Gone, with every conversation."""
        if self._server is not None:
            self._server.close()
        talking = [*self._talking]
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine of asyncio's server runs in one
        self._talking.add(task)
        task.add_done_callback(self._talking.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, ValueError):
                await _Talk(self, reader, writer).run()
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    def answer_to(self, command: str, own: str) -> str:
        """What is answered to a command: as it was told, else its own."""
        told = self._answers.get(command)
        return told.pop(0) if told else own

    def fault(self) -> Fault | None:
        """What goes wrong with the message that has just come."""
        return self._faults.pop(0) if self._faults else None


class _Talk:
    """One connection."""

    def __init__(self, sink: MailSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._encrypted = sink.implicit
        self._user = ""
        self._sender: str | None = None
        self._to: list[str] = []

    async def run(self) -> None:
        """From the greeting to QUIT."""
        await self._say("220 sandbox.example ESMTP")
        while line := await self._line():
            verb, _, rest = line.partition(" ")
            self._sink.commands.append(verb.upper())
            if verb.upper() == "QUIT":
                await self._say("221 bye")
                return
            await self._do(verb.upper(), rest)

    async def _do(self, verb: str, rest: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                await self._say(*self._offers())
            case "STARTTLS" if self._sink.tls is not None and not self._encrypted:
                await self._say("220 go ahead")
                await self._writer.start_tls(self._sink.tls)
                self._encrypted = True
            case "AUTH":
                await self._authenticate(rest)
            case "MAIL":
                await self._mail(rest)
            case "RCPT":
                await self._rcpt(rest)
            case "DATA":
                await self._data()
            case "RSET":
                self._sender, self._to = None, []
                await self._say("250 forgotten")
            case "NOOP":
                await self._say("250 yes")
            case _:
                await self._say("502 not known here")

    def _offers(self) -> list[str]:
        offers = ["sandbox.example", f"SIZE {LARGEST}", "8BITMIME"]
        if self._sink.tls is not None and not self._encrypted:
            offers.append("STARTTLS")
        offers.append("AUTH PLAIN LOGIN")
        return [*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"]

    async def _authenticate(self, rest: str) -> None:
        kind, _, first = rest.partition(" ")
        try:
            if kind.upper() == "PLAIN":
                _, user, password = b64decode(first or await self._ask("")).decode().split("\0")
            else:
                user = b64decode(first or await self._ask("Username:")).decode()
                password = b64decode(await self._ask("Password:")).decode()
        except (BadBase64, ValueError):
            await self._say("501 not readable")
            return
        known = not self._sink.users or self._sink.users.get(user) == password
        self._user = user if known else ""
        await self._say(self._sink.answer_to("AUTH", "235 welcome" if known else "535 5.7.8 not known here"))

    async def _ask(self, what: str) -> str:
        await self._say(f"334 {b64encode(what.encode()).decode()}")
        return await self._line()

    async def _mail(self, rest: str) -> None:
        if self._sink.users and not self._user:
            await self._say("530 5.7.0 authenticate first")
            return
        answer = self._sink.answer_to("MAIL", "250 go on")
        self._sender, self._to = (_address(rest) if answer.startswith("2") else None), []
        await self._say(answer)

    async def _rcpt(self, rest: str) -> None:
        address = _address(rest)
        if self._sender is None:
            await self._say("503 MAIL first")
            return
        answer = self._sink.answer_to("RCPT", self._sink.refuses.get(address, "250 known"))
        if answer.startswith("2"):
            self._to.append(address)
        await self._say(answer)

    async def _data(self) -> None:
        if self._sender is None or not self._to:
            await self._say("503 who is it from, and to whom")
            return
        answer = self._sink.answer_to("DATA", "354 end with a dot")
        await self._say(answer)
        if not answer.startswith("3"):
            return
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        fault = self._sink.fault()
        answer = self._sink.answer_to(".", "250 kept")
        if answer.startswith("2"):
            self._keep(b"".join(lines))
        self._sender, self._to = None, []
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "cut":
            self._writer.transport.abort()
            return
        await self._say(answer)

    def _keep(self, raw: bytes) -> None:
        message = message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage)  # noqa: S101  # what the default policy makes
        self._sink.kept.append(
            Kept(self._sender or "", tuple(self._to), message, self._user, self._encrypted)
        )

    async def _line(self) -> str:
        return (await self._reader.readline()).decode("utf-8", "replace").rstrip("\r\n")

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()


def _address(rest: str) -> str:
    """The address in 'FROM:<a@b.example> SIZE=12'."""
    return rest.partition("<")[2].partition(">")[0]
