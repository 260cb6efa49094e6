"""The real servers as fixtures: one control plane for all tests of a run, a namespace and Prometheus for each.

Every test in this folder is marked `services` here, so that `make test` needs none of the programs.
"""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority
from cluster_world import definitions
from real_cluster import RealCluster, running_cluster
from real_prometheus import StartPrometheus, prometheus_starter

_HERE = Path(__file__).parent
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what lies in this folder."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.services)


@pytest.fixture(scope="session", autouse=True)
def _terminated_like_interrupted() -> Iterator[None]:
    """A run that is asked to end (SIGTERM) ends its servers first, as with Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def kubernetes_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """A running control plane. A test that stops its API server starts it again, or the `namespace` fixture does."""
    with running_cluster(tmp_path_factory.mktemp("kubernetes")) as cluster:
        yield cluster


@pytest.fixture
def namespace(kubernetes_server: RealCluster) -> Iterator[str]:
    """A namespace of the test's own; afterwards the API server runs and every image gets ready again."""
    name = f"test-{next(_numbers)}"
    kubernetes_server.door.create("/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    kubernetes_server.ensure_api()
    kubernetes_server.kubelet.forget()
    kubernetes_server.door.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture(scope="session")
def custom_kinds(kubernetes_server: RealCluster) -> dict[str, tuple[str, str, str]]:
    """ServiceMonitor, HTTPRoute, VirtualService and Rollout are known to the cluster: kind -> group, version, plural."""
    return kubernetes_server.define(definitions())


@pytest.fixture
def prometheus_server(tmp_path: Path) -> Iterator[StartPrometheus]:
    """A function that starts a Prometheus: prometheus_server({"job": ["127.0.0.1:1234"]}, rules=[path]).

    Its arguments are those of RealPrometheus; the answer has `url`, `stop()` and `start()`.
    """
    with prometheus_starter(tmp_path) as start:
        yield start


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs certificates for servers that a test wants to reach over TLS."""
    return Authority(tmp_path_factory.mktemp("authority"))
