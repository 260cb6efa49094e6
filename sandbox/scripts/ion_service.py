"""ion-api as its deployment script sees it: JSON over HTTP, with time-outs, and one sentence when something fails.

Python's own library only, so that the script starts fast anywhere. It must not know commands or what is printed.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final

_LONGEST_ANSWER: Final = 1_000_000  # bytes


class Failed(Exception):
    """The service could not be asked, or it refused; the text is one sentence."""


class Service:
    """ion-api over HTTP. `timeout`: seconds for one request."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        # No proxy: the service is reached directly, whatever the environment says about the web outside.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`."""
        return self._ask(urllib.request.Request(self._url + path))  # noqa: S310 - http(s) only, see _address

    def post(self, path: str, body: dict[str, object], key: str | None) -> dict[str, Any]:
        """Send a change; the same `key` makes a repeat harmless."""
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, headers=headers, method="POST")  # noqa: S310 - see get
        return self._ask(request)

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        what = f"{request.get_method()} {request.selector}"
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return _object(what, answer.read(_LONGEST_ANSWER))
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise Failed(f"{what} answered {refusal.code}: {_reason(refusal)}") from None
        except TimeoutError:
            raise Failed(f"{what} did not answer within {self._timeout:g} seconds.") from None
        except urllib.error.URLError as problem:
            if isinstance(problem.reason, TimeoutError):
                raise Failed(f"{what} did not answer within {self._timeout:g} seconds.") from None
            raise Failed(f"{what} could not be sent: {problem.reason}.") from None
        except (HTTPException, OSError) as problem:
            raise Failed(f"{what} broke off: {str(problem) or type(problem).__name__}.") from None


def _object(what: str, body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Failed(f"{what} answered something that is not JSON.") from None
    if not isinstance(value, dict):
        raise Failed(f"{what} answered JSON that is not an object.")
    return value


def _reason(refusal: urllib.error.HTTPError) -> str:
    """The service's own sentence, or else what the status says."""
    try:
        said = json.loads(refusal.read(_LONGEST_ANSWER))
    except (ValueError, RecursionError, HTTPException, OSError):
        return f"{refusal.reason}."
    if isinstance(said, dict) and isinstance(said.get("error"), str):
        return str(said["error"])
    if isinstance(said, dict) and isinstance(said.get("status"), str):
        return f"the service calls itself {said['status']}."
    return f"{refusal.reason}."
