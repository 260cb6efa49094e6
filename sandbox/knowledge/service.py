"""The knowledge database over HTTPS, as its users and its load balancer see it: health, search, documents, headers, limits; the
same by plain HTTP, which only leads to HTTPS; and the cloud's own door, which the release scripts use.

It must not know who asks.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from sandbox.knowledge.cloud import Cloud, Unready

TOKEN: Final = "of-the-sandbox-only"  # noqa: S105  # of nothing real
ORIGIN: Final = "https://app.knowledge.example"
HEADERS: Final = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'",
    "X-RateLimit-Limit": "100",
    "X-RateLimit-Remaining": "99",
}
_FILES: Final = {"/docs": "API documentation", "/admin": "Administration"}


class KnowledgeService:
    """`start` writes the certificate of its authority into `folder`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._runners: list[web.AppRunner] = []
        self.url = self.plain_url = self.cloud_url = ""
        self.authority = b""

    async def start(self) -> None:
        """Three ports of this machine. RuntimeError when certificates cannot be made here."""
        self.url = await self._listen(self._front(), "https", await _certificate(self))
        self.plain_url = await self._listen(self._plain(), "http", None)
        self.cloud_url = await self._listen(self._door(), "http", None)

    async def stop(self) -> None:
        """None of them; a second call does nothing."""
        while self._runners:
            await self._runners.pop().cleanup()

    def trust(self, folder: Path) -> Path:
        """The file of the authority that signed its certificate."""
        path = folder / "knowledge-ca.pem"
        path.write_bytes(self.authority)
        return path

    async def _listen(self, app: web.Application, scheme: str, context: ssl.SSLContext | None) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        return f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"

    # ------------------------------------------------------------------------------------------------------- the front

    def _front(self) -> web.Application:
        app = web.Application(middlewares=[_headers])
        app.add_routes([
            web.get("/health", self._health), web.get("/api/search", self._search), web.get("/api/documents", self._documents),
            web.get("/metrics/summary", self._metrics), web.get("/docs", _page), web.get("/admin", _page),
        ])  # fmt: skip
        return app

    async def _health(self, _: web.Request) -> web.Response:
        parts = dict.fromkeys(("database", "search", "cache", "storage", "mail"), "up")
        return web.json_response({"status": "healthy", "version": self._cloud.running, "components": parts})

    async def _search(self, request: web.Request) -> web.Response:
        wanted = request.query.get("q", "").strip()
        if not 1 <= len(wanted) <= 200:
            return web.json_response({"error": "q must have 1 to 200 characters"}, status=422)
        return web.json_response({"query": wanted, "results": [{"id": "doc-1", "title": wanted}]})

    async def _documents(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            refused = web.json_response({"error": "a valid token is needed"}, status=401)
            refused.headers["WWW-Authenticate"] = 'Bearer realm="knowledge"'
            return refused
        return web.json_response({"documents": [{"id": "doc-1"}], "total": 1})

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.json_response(self._cloud.numbers())

    def _plain(self) -> web.Application:
        async def away(request: web.Request) -> web.Response:
            return web.Response(
                status=301, headers={"Location": f"https://{request.url.host}{request.path_qs}"}
            )

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", away)
        return app

    # ---------------------------------------------------------------------------------------------------- the cloud's

    def _door(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024)
        app.add_routes([web.get("/state", self._state), web.post("/do/{act}", self._do)])
        return app

    async def _state(self, _: web.Request) -> web.Response:
        cloud = self._cloud
        said = {
            "applied": cloud.applied,
            "plan": cloud.plan(),
            "migrated": cloud.migrated,
            "pushed": cloud.pushed,
        }
        return web.json_response({**said, "running": cloud.running, "previous": cloud.previous})

    async def _do(self, request: web.Request) -> web.Response:
        wish: dict[str, Any] = await request.json()
        cloud, version = self._cloud, str(wish.get("version", ""))
        acts: dict[str, Callable[[], Any]] = {
            "apply": cloud.apply, "migrate": cloud.migrate, "build": lambda: cloud.build(version),
            "push": lambda: cloud.push(version), "deploy": lambda: cloud.deploy(version), "rollback": cloud.roll_back,
        }  # fmt: skip
        act = acts.get(request.match_info["act"])
        if act is None:
            return web.json_response({"error": "no such act"}, status=404)
        try:
            return web.json_response({"done": act()})
        except Unready as unready:
            return web.json_response({"error": str(unready)}, status=409)


@web.middleware
async def _headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every answer has the security headers; only the application's own origin may read it from a browser."""
    answer = await handler(request)
    answer.headers.update(HEADERS)
    if request.headers.get("Origin") == ORIGIN:
        answer.headers["Access-Control-Allow-Origin"] = ORIGIN
    return answer


async def _page(request: web.Request) -> web.Response:
    return web.Response(text=f"<h1>{_FILES[request.path]}</h1>", content_type="text/html")


async def _certificate(service: KnowledgeService) -> ssl.SSLContext:
    """A certificate that was made for this run, and is its own authority."""
    program = shutil.which("openssl")
    if program is None:
        raise RuntimeError("this world needs the program openssl to make a certificate: install it")
    with tempfile.TemporaryDirectory(prefix="captain-certificate-") as folder:
        key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
        made = await asyncio.create_subprocess_exec(
            program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "60",
            "-subj", "/CN=Knowledge of the sandbox", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-keyout", str(key), "-out", str(certificate), stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await made.communicate()
        if made.returncode != 0:
            raise RuntimeError(f"openssl made no certificate: {said.decode(errors='replace')[-300:]}")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        service.authority = await asyncio.to_thread(certificate.read_bytes)
    return context
