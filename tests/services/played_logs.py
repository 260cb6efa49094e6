"""The port of the played kubelet: the API server asks here for the logs of a container.

Must not know why somebody wants them. Only what a log request needs is answered; anything else is 404.
"""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from certificates import Certificate
from real_programs import HOST


class ContainerLogs:
    """What containers have written, by image, and a TLS port that serves it."""

    def __init__(self, serving: Certificate) -> None:
        self._lines: dict[tuple[str, str, str], list[str]] = {}
        logs = self

        class Asked(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """GET /containerLogs/{namespace}/{pod}/{container}?tailLines=10"""
                asked = urlsplit(self.path)
                parts = asked.path.strip("/").split("/")
                if len(parts) != 4 or parts[0] != "containerLogs":
                    self.send_error(404)
                    return
                count = parse_qs(asked.query).get("tailLines", [None])[0]
                body = logs.tail((parts[1], parts[2], parts[3]), None if count is None else int(count))
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Asked)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(serving.certificate, serving.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name="played-logs", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def write(self, namespace: str, pod: str, container: str, *lines: str) -> None:
        """Adds lines to the log of a container."""
        self._lines.setdefault((namespace, pod, container), []).extend(lines)

    def tail(self, container: tuple[str, str, str], count: int | None) -> bytes:
        """The last lines of a container, or all."""
        lines = self._lines.get(container, [])
        kept = lines if count is None else lines[max(0, len(lines) - count) :]
        return "".join(f"{line}\n" for line in kept).encode()

    def clear(self) -> None:
        """Forgets everything."""
        self._lines.clear()

    def start(self) -> None:
        """Listens."""
        self._thread.start()

    def stop(self) -> None:
        """Listens no more."""
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
