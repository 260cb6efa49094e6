"""Hands messages to a plan's mail servers: one exchange, one answer, nothing remembered and nothing tried again.

The standard library speaks SMTP in a thread of its own; every step of the exchange has the source's time-out. Headers are made by
`email`, which refuses what could begin another one. It must not know what is said, nor what a failure leads to.
"""

from __future__ import annotations

import asyncio
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import Enum
from pathlib import Path
from typing import Final

from bot.adapters.entrance import Trust
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.audiences import LOOPBACK, TLS_KINDS, is_address
from core.plan.models import Plan, SmtpSource

SOON_S: Final = 5.0
LONGEST_SUBJECT: Final = 200
_SHOWN: Final = 300
_MARK: Final = re.compile(r"[^A-Za-z0-9-]+")
_Exchange = Callable[[], Mapping[str, str]]


class Meaning(Enum):
    """NOT_SENT: it surely was not taken. UNKNOWN: it may have been. WRONG: it will not be taken, however often it is tried.
    BY_CODE: the server's answer says which (4xx: later, 5xx: never)."""

    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"
    WRONG = "wrong"
    BY_CODE = "by-code"


MEANING: Final[dict[type[BaseException], Meaning]] = {
    smtplib.SMTPConnectError: Meaning.BY_CODE,
    smtplib.SMTPHeloError: Meaning.BY_CODE,
    smtplib.SMTPAuthenticationError: Meaning.BY_CODE,
    smtplib.SMTPSenderRefused: Meaning.BY_CODE,
    smtplib.SMTPRecipientsRefused: Meaning.BY_CODE,
    smtplib.SMTPDataError: Meaning.BY_CODE,
    smtplib.SMTPResponseException: Meaning.BY_CODE,
    smtplib.SMTPNotSupportedError: Meaning.WRONG,
    smtplib.SMTPServerDisconnected: Meaning.UNKNOWN,
    smtplib.SMTPException: Meaning.UNKNOWN,
}


@dataclass(frozen=True)
class Mail:
    """One message: `mark` names it the same in every attempt, `at` is when it was asked for (real time)."""

    to: tuple[str, ...]
    subject: str
    text: str
    mark: str
    at: datetime


class MailServers:
    """Every mail server of every plan. `folder`: where relative paths of TLS files stand."""

    def __init__(self, secrets: Secrets, folder: Path = Path()) -> None:
        self._secrets = secrets
        self._trust = Trust(secrets, folder)

    async def send(self, plan: Plan, source: str, mail: Mail) -> Mapping[str, str]:
        """Hands a message over: who was refused, with the server's words; nobody as a rule. Raises TryLater (`unknown`: it may
        have been taken) or GaveUp, also when everybody is refused."""
        place = _place(plan, source)
        to = [self._address(one, source) for one in mail.to]
        message = self._message(place, mail, to, source)
        entrance = await self._entrance(place, source)

        def exchange() -> Mapping[str, str]:
            with entrance.open() as server:
                refused = server.send_message(message, entrance.sender, to)
            return {one: _words(code, said) for one, (code, said) in refused.items()}

        return await self._tried(exchange, source)

    async def greet(self, plan: Plan, source: str) -> None:
        """Enters as for a message and leaves again: whether the server is there and lets the bot in. Raises like `send`."""
        entrance = await self._entrance(_place(plan, source), source)

        def exchange() -> Mapping[str, str]:
            with entrance.open() as server:
                server.noop()
            return {}

        await self._tried(exchange, source)

    async def _tried(self, exchange: _Exchange, source: str) -> Mapping[str, str]:
        try:
            return await asyncio.to_thread(exchange)
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            raise as_failure(problem, source) from None

    async def _entrance(self, place: SmtpSource, source: str) -> Entrance:
        trust, kind, host = None, self._secrets.resolve(place.tls), self._secrets.resolve(place.host)
        if kind not in TLS_KINDS:
            raise GaveUp(f"'{place.tls}' of the mail server '{source}' is none of {', '.join(TLS_KINDS)}.")
        if kind == "none" and place.password is not None and not place.insecure and host not in LOOPBACK:
            raise GaveUp(
                f"A password would travel to the mail server '{source}' in the clear: use TLS, or say 'insecure: true' if that is meant."
            )
        if kind != "none":
            found = await self._trust.context(place.trust, f"the source '{source}'")
            trust = found if isinstance(found, ssl.SSLContext) else ssl.create_default_context()
        user, password = (self._secrets.resolve(text or "") for text in (place.user, place.password))
        sender = self._address(place.from_, source)
        limit_s = place.timeout.total_seconds()
        return Entrance(host, self._port(place, source), kind, limit_s, trust, user, password, sender)

    def _port(self, place: SmtpSource, source: str) -> int:
        port = self._secrets.resolve(str(place.port))
        if not port.isdecimal() or not 1 <= int(port) <= 65_535:
            raise GaveUp(
                f"'{place.port}' of the mail server '{source}' is no port: a number from 1 to 65535 is."
            )
        return int(port)

    def _address(self, written: str, source: str) -> str:
        address = self._secrets.resolve(written)
        if not is_address(address):
            raise GaveUp(
                f"'{written}' is not an address to which '{source}' could send: correct it and try again."
            )
        return address

    def _message(self, place: SmtpSource, mail: Mail, to: list[str], source: str) -> EmailMessage:
        sender = self._address(place.from_, source)
        mark = _MARK.sub(".", f"{mail.mark}.{mail.at:%Y%m%d%H%M%S%f}")
        message = EmailMessage(policy=SMTP)
        try:
            message["From"] = sender
            message["To"] = ", ".join(to)
            message["Subject"] = " ".join(mail.subject.split())[:LONGEST_SUBJECT]
            message["Date"] = format_datetime(mail.at)
            message["Message-ID"] = f"<{mark}@{sender.rpartition('@')[2]}>"
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(mail.text, charset="utf-8", cte="base64")
        except ValueError as problem:  # a header that could begin another one
            raise GaveUp(f"A message for '{source}' cannot be made: {type(problem).__name__}.") from None
        return message


@dataclass(frozen=True)
class Entrance:
    """How a mail server is entered."""

    host: str
    port: int
    kind: str
    limit_s: float
    trust: ssl.SSLContext | None
    user: str
    password: str
    sender: str

    def open(self) -> smtplib.SMTP:
        """A server that has greeted, is encrypted as the plan wants it, and knows who the bot is. Raises what smtplib raises."""
        name = socket.gethostname()  # smtplib would ask the name service for it, which may take long
        server: smtplib.SMTP
        if self.kind == "implicit":
            server = smtplib.SMTP_SSL(self.host, self.port, name, timeout=self.limit_s, context=self.trust)
        else:
            server = smtplib.SMTP(self.host, self.port, name, timeout=self.limit_s)
        try:
            server.ehlo()
            if self.kind == "starttls":
                server.starttls(context=self.trust)
                server.ehlo()
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            with suppress(OSError):
                server.close()
            raise
        return server


def as_failure(problem: BaseException, source: str) -> TryLater | GaveUp:
    """`problem` as one of our two errors."""
    who, name = f"the mail server '{source}'", type(problem).__name__
    if isinstance(problem, ssl.SSLCertVerificationError):
        return GaveUp(f"The certificate of {who} is not trusted: {problem.verify_message}.", code=name)
    if isinstance(problem, UnicodeError | ValueError) and not isinstance(problem, OSError):
        return GaveUp(f"A message to {who} cannot be made: {name}.", code=name)
    meaning = MEANING.get(
        type(problem), Meaning.UNKNOWN if isinstance(problem, smtplib.SMTPException) else None
    )
    if meaning is Meaning.BY_CODE:
        code, said = _code(problem)
        words = f"{who.capitalize()} refused: {_words(code, said)}."
        return (
            TryLater(SOON_S, words, code=str(code))
            if 400 <= code < 500 or code < 0
            else GaveUp(words, code=str(code))
        )
    if meaning is Meaning.WRONG:
        return GaveUp(f"{who.capitalize()} cannot do what the plan wants: {problem}.", code=name)
    if meaning is Meaning.UNKNOWN:
        return TryLater(SOON_S, f"The connection to {who} broke ({name}).", unknown=True, code=name)
    # Below SMTP: nothing was taken when the connection could not be made; in the middle of one nobody knows.
    unknown = isinstance(problem, TimeoutError) or not isinstance(
        problem, ConnectionRefusedError | socket.gaierror
    )
    return TryLater(SOON_S, f"{who.capitalize()} could not be reached ({name}).", unknown=unknown, code=name)


def _code(problem: BaseException) -> tuple[int, bytes | str]:
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        found = next(iter(problem.recipients.values()), (550, b"nobody was accepted"))
        return int(found[0]), found[1]
    code, said = getattr(problem, "smtp_code", 550), getattr(problem, "smtp_error", b"")
    return int(code), said


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(text.split())}"[:_SHOWN]


def _place(plan: Plan, source: str) -> SmtpSource:
    place = plan.sources.get(source)
    if place is None or place.smtp is None:
        raise GaveUp(f"The plan has no mail server '{source}'.")
    return place.smtp
