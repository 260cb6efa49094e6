"""The administrator's way to the API server for the harness itself: JSON in, JSON out, blocking.

Not for tests of the bot, which has its own client. Must not know what is asked for.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import urllib3
from certificates import Certificate

ANSWER_SECONDS = 10.0
MERGE_PATCH = "application/merge-patch+json"
Json = dict[str, Any]


class Refused(RuntimeError):
    """The API server answered with an error; `status` is the HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"The API server answered {status}: {text}")
        self.status = status


class AdminDoor:
    """A client with a certificate, for one thread at a time. Raises Refused, or urllib3's HTTPError when nobody answers."""

    def __init__(self, url: str, ca: Path, who: Certificate) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(
            ca_certs=str(ca), cert_file=str(who.certificate), key_file=str(who.key), retries=False, timeout=ANSWER_SECONDS
        )  # fmt: skip

    def get(self, path: str) -> Json:
        """The object or list at the path, such as /api/v1/pods."""
        return self._ask("GET", path)

    def create(self, path: str, body: Json) -> Json:
        """The new object, as it was made."""
        return self._ask("POST", path, body)

    def patch(self, path: str, body: Json) -> Json:
        """The object after a merge patch."""
        return self._ask("PATCH", path, body, MERGE_PATCH)

    def delete(self, path: str, body: Json | None = None) -> Json:
        """Deletes it; `body` may hold DeleteOptions."""
        return self._ask("DELETE", path, body)

    def close(self) -> None:
        """Closes its connections."""
        self._pool.clear()

    def _ask(self, method: str, path: str, body: Json | None = None, kind: str = "application/json") -> Json:
        sent = None if body is None else json.dumps(body)
        answer = self._pool.request(method, self._url + path, body=sent, headers={"Content-Type": kind})
        if answer.status >= 400:
            raise Refused(answer.status, answer.data.decode(errors="replace"))
        found: Json = json.loads(answer.data)
        return found
