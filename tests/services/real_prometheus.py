"""A real Prometheus on a loopback port: scrapes what it is told to, evaluates rules, is stopped and started again.

Must not know what the numbers mean.
"""

from __future__ import annotations

import itertools
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml
from certificates import Certificate
from real_programs import HOST, Program, find, free_port

START_SECONDS = 60.0


class RealPrometheus:
    """A running Prometheus. `url`: where it listens.

    `targets`: job name -> "host:port" of each target. `rules`: rule files. `interval`: of scrapes and of rule
    evaluations, such as "1s". `users`: name -> bcrypt hash, for basic authentication. `serving`: a certificate, for TLS.
    """

    def __init__(
        self,
        folder: Path,
        targets: Mapping[str, Sequence[str]],
        *,
        rules: Sequence[Path] = (),
        interval: str = "1s",
        users: Mapping[str, str] | None = None,
        serving: Certificate | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._port = free_port()
        self.url = f"{'https' if serving else 'http'}://{HOST}:{self._port}"
        every = {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval}
        configuration = _write(
            folder / "prometheus.yml",
            {
                "global": every,
                "rule_files": [str(path.resolve()) for path in rules],
                "scrape_configs": [
                    {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
                    for job, addresses in targets.items()
                ],
            },
        )
        web = _write(folder / "web.yml", _web(users, serving))
        self._program = Program(
            [
                find("prometheus"), f"--config.file={configuration}", f"--web.config.file={web}",
                f"--web.listen-address={HOST}:{self._port}", f"--storage.tsdb.path={folder / 'data'}",
            ],
            folder / "prometheus.log",
        )  # fmt: skip

    def start(self) -> None:
        """Starts it on its port with the data it had, and waits until it answers; ProgramFailed shows its log."""
        self._program.start(self._ready, START_SECONDS)

    def stop(self, *, kill: bool = False) -> None:
        """Ends it: asks first unless `kill`. The data stay."""
        self._program.stop(kill=kill)

    def hang(self) -> None:
        """Freezes it: connections are accepted, nothing is answered."""
        self._program.hang()

    def resume(self) -> None:
        """Lets it go on."""
        self._program.resume()

    def logs(self) -> str:
        """The end of its log, for a failure's message."""
        return self._program.tail()

    def _ready(self) -> bool:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # only whether it listens is asked here
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5, context=context) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code == 401  # it listens, and wants a password
        except (urllib.error.URLError, OSError):
            return False


def _web(users: Mapping[str, str] | None, serving: Certificate | None) -> dict[str, Any]:
    web: dict[str, Any] = {}
    if users:
        web["basic_auth_users"] = dict(users)
    if serving:
        web["tls_server_config"] = {"cert_file": str(serving.certificate), "key_file": str(serving.key)}
    return web


def _write(path: Path, content: Mapping[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(dict(content)), encoding="utf-8")
    return path.resolve()


StartPrometheus = Callable[..., RealPrometheus]


@contextmanager
def prometheus_starter(folder: Path) -> Iterator[StartPrometheus]:
    """Gives a function that starts a Prometheus, with the arguments of RealPrometheus; all are ended afterwards."""
    numbers = itertools.count(1)
    with ExitStack() as started:

        def start(targets: Mapping[str, Sequence[str]], **more: Any) -> RealPrometheus:
            server = RealPrometheus(folder / f"prometheus-{next(numbers)}", targets, **more)
            started.callback(server.stop, kill=True)
            server.start()
            return server

        yield start
