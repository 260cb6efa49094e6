"""How the stand-in refuses, breaks off, and merges a patch into an object. It must not know which object."""

from __future__ import annotations

from typing import Any

from aiohttp import web


def merged(old: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7386), applied."""
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return patch
    new = dict(old)
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        else:
            new[key] = merged(new.get(key), value)
    return new


def failure(status: int, reason: str, message: str, **details: Any) -> web.Response:
    """A Status, as the API server says no."""
    body = {
        "kind": "Status",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
        "code": status,
    }
    return web.json_response(body, status=status)


def refused(status: int) -> web.Response:
    """A refusal on request."""
    if status == 429:
        answer = failure(429, "TooManyRequests", "too many requests, please try again later")
        answer.headers["Retry-After"] = "7"
        return answer
    reasons = {
        403: "Forbidden",
        409: "Conflict",
        422: "Invalid",
        500: "InternalError",
        503: "ServiceUnavailable",
    }
    said = {
        403: 'deployments.apps "api" is forbidden: User "bot" cannot patch resource "deployments"',
        500: "etcdserver: request timed out",
    }
    return failure(status, reasons.get(status, "Unknown"), said.get(status, "as asked"), name="api")


def cut(request: web.Request) -> web.Response:
    """The connection breaks."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
