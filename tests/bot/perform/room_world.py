"""One vendor's rooms with a plan of the test's own, and a server by http or https that answers as it is told."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import trustme
import yaml
from aiohttp import web

from bot.performing.ports import Attempt, Compared, Vendors
from bot.performing.work import Told, Work
from bot.secrets import Secrets
from bot.vendors import vendors
from core.effects import Run
from core.plan.models import Check
from core.plan.runbook import Runbook, read_runbook
from core.start import new_deployment
from storage.clock import ManualClock, PlanClock
from storage.outbox import Claim

NOW = datetime(2100, 1, 1, 12, 0, tzinfo=UTC)
"""The bot's present; the certificates of the tests end around it."""
KEY = "D1/2/0"


@dataclass
class Heard:
    """A request as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Server:
    """Answers every request by `reply` (200 and an empty object at first)."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    reply: Callable[[], web.StreamResponse] = lambda: web.json_response({})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The handler of every path."""
        body = await request.json() if request.can_read_body else None
        self.heard.append(Heard(request.method, request.path_qs, request.headers.copy(), body))
        return self.reply()

    def will(self, document: Any = None, *, text: str | None = None, **more: Any) -> None:
        """What it answers from now on: JSON, or a text."""
        self.reply = lambda: (
            web.Response(text=text, **more) if text is not None else web.json_response(document or {}, **more)
        )


@dataclass
class Rooms:
    """All rooms over one session. `environ` may be changed until they are used."""

    all: Vendors
    folder: Path
    clock: ManualClock

    async def check(self, sources: dict[str, Any], **http: Any) -> Compared:
        """One look at the source 'api'."""
        book = runbook(sources={"api": {"http": sources}}, check={"source": "api", **http})
        check = Check(http=checked(book))
        return await self.all.verifying(check).verify(book.plan, check, {"version": "v7"})

    async def attempt(
        self, book: Runbook, values: dict[str, str | int], told: list[Told] | None = None
    ) -> Attempt:
        """Carries the action 'do' out, once."""
        action = book.plan.actions["do"]
        return await self.all.acting(action).attempt(self.work(book, told), action, values)

    async def dry(self, book: Runbook, values: dict[str, str | int]) -> Attempt:
        """What the action 'do' would change."""
        action = book.plan.actions["do"]
        return await self.all.acting(action).dry(self.work(book), action, values)

    def work(self, book: Runbook, told: list[Told] | None = None) -> Work:
        """The action as it comes out of the outbox; what it tells goes into `told`."""
        new = new_deployment(id="D1", runbook=book, inputs={"version": "v7"}, t0=NOW, language="en")
        claim = Claim(KEY, "D1", Run("step:act:1", "do"), "world", 1, False, NOW, NOW, 1)
        work = Work(claim, new, PlanClock(NOW, NOW, 1.0), self.clock)
        return work if told is None else replace(work, progress=told.append)


@asynccontextmanager
async def rooms(folder: Path, **environ: str) -> AsyncIterator[Rooms]:
    """The rooms, with an environment for secrets."""
    clock = ManualClock(NOW)
    async with aiohttp.ClientSession() as session:
        secrets = Secrets({"PATH": "/usr/bin:/bin", **environ})
        yield Rooms(vendors(session, secrets, folder, grace_s=0.3, clock=clock), folder, clock)


@asynccontextmanager
async def server(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on a free port of this machine, called localhost when it speaks TLS."""
    one = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", one.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        port = runner.addresses[0][1]
        one.url = f"https://localhost:{port}" if tls is not None else f"http://127.0.0.1:{port}"
        yield one


class Authority:
    """A certificate authority of the test's own. `folder` gets its files."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(self.file)
        self._folder = folder

    def server(self, *, until: datetime = NOW, name: str = "localhost", asks: bool = False) -> ssl.SSLContext:
        """A server's TLS with a certificate for `name` that ends at `until`; `asks`: clients must show one too."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(name, not_before=datetime(2000, 1, 1, tzinfo=UTC), not_after=until).configure_cert(
            context
        )
        if asks:
            self.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self, name: str) -> Path:
        """The file of a client's certificate with its key."""
        path = self._folder / name
        self.ca.issue_cert("captain@bot.example").private_key_and_cert_chain_pem.write_to_path(path)
        return path


def runbook(**parts: Any) -> Runbook:
    """The smallest plan, with an action `do`, a check, sources and programs as they are given."""
    items: list[dict[str, Any]] = [{"id": "seen", "title": "Seen"}]
    if "check" in parts:
        items = [{"id": "seen", "title": "Seen", "check": {"http": parts.pop("check")}}]
    action = parts.pop("action", None)
    if action is not None:
        parts["actions"] = {"do": {"title": "Do it", **action}}
    whole = {
        "format": 1,
        "plan": "small",
        "title": "Small",
        "service": "ion-api",
        "environment": "production",
        "starters": ["deployer"],
        "inputs": {"version": {"pattern": ".*", "example": "v7"}},
        "roles": {"deployer": {"title": "Deployer"}},
        "channels": {"main": "deployment"},
        "escalation": [{"tier": 1, "for": "fix", "who": ["deployer"], "within": "5m"}],
        "phases": [
            {
                "id": "only",
                "title": "Only",
                "steps": [{"checklist": {"id": "list", "title": "List", "items": items}}],
            }
        ],
        **parts,
    }
    return read_runbook(yaml.safe_dump(whole))


def checked(book: Runbook) -> Any:
    """The plan's one check."""
    item: Any = book.step("list").body
    return item.items[0].check.http


def action_over(url: str, **http: Any) -> Runbook:
    """A plan whose action is a request to the source 'api'."""
    source = {"url": url, **http.pop("of_source", {})}
    return runbook(
        sources={"api": {"http": source}}, action={"http": {"source": "api", "path": "/canary", **http}}
    )
