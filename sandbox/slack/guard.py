"""Keeping the local server to this machine's own programs and page: Host and Origin checks, and a strict page policy.

A web page elsewhere must not be able to act in the sandbox through the visitor's browser (DNS rebinding, forms).
Must not know what is served.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws:; img-src 'self' data: https:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _is_local(host: str) -> bool:
    return host in LOOPBACK or any(
        host.startswith(f"{name}:") and host[len(name) + 1 :].isdigit() for name in LOOPBACK
    )


def _trouble(request: web.Request) -> str:
    """Why a request is refused, or "" if it is fine."""
    if not _is_local(request.host):
        return "This server answers only to this machine's own address."
    if not request.path.startswith("/sandbox/"):
        return ""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        return "Only the sandbox's own page may do this from a browser."
    if request.method in ("POST", "PUT", "PATCH") and request.content_type != "application/json":
        return "Send application/json."
    return ""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses foreign hosts, foreign origins and form posts; sends the page's policy with everything."""
    trouble = _trouble(request)
    if trouble:
        return web.json_response({"ok": False, "error": "forbidden", "message": trouble}, status=403)
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
