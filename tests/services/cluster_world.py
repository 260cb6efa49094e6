"""What a test with the real cluster says often: connect, deploy something, wait until something is so.

Must not know the bot. The client is kubernetes.aio, as in the bot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml
from kubernetes.aio import client, config

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.05
T = TypeVar("T")


class Apis:
    """The doors of one connection. Any, because the tests hand manifests over and look at what is surely there."""

    def __init__(self, api: client.ApiClient) -> None:
        self.api = api
        self.core: Any = client.CoreV1Api(api)
        self.apps: Any = client.AppsV1Api(api)
        self.rights: Any = client.RbacAuthorizationV1Api(api)
        self.custom: Any = client.CustomObjectsApi(api)


@asynccontextmanager
async def connected(kubeconfig: Path) -> AsyncIterator[Apis]:
    """A client with the rights of the kubeconfig."""
    configuration = client.Configuration()
    load: Any = config.load_kube_config  # the library gives it no types
    await load(config_file=str(kubeconfig), client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        yield Apis(api)


async def eventually(
    look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], seconds: float = PATIENCE_SECONDS
) -> T:
    """Looks again and again until it holds, and gives what was seen; AssertionError shows what was seen last."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not holds(seen := await look()):
        if loop.time() > end:
            raise AssertionError(f"Not so after {seconds:g} s. Last seen: {seen}")
        await asyncio.sleep(POLL_SECONDS)
    return seen


def deployment(name: str, image: str, replicas: int = 2) -> Any:
    """A Deployment of one container, in the form of a manifest."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": name, "image": image}]},
            },
        },
    }


def image_of(name: str, image: str) -> Any:
    """The strategic merge patch that sets the image of a Deployment made by `deployment`."""
    return {"spec": {"template": {"spec": {"containers": [{"name": name, "image": image}]}}}}


def complete(deployed: Any) -> bool:
    """Whether the newest version of a Deployment is fully out: seen, updated, available, and nothing older left."""
    status, wanted = deployed.status, deployed.spec.replicas
    seen = (status.observed_generation or 0) >= deployed.metadata.generation
    return bool(seen and status.updated_replicas == status.available_replicas == status.replicas == wanted)


def definitions() -> list[dict[str, Any]]:
    """The CustomResourceDefinitions that the tests bring with them."""
    folder = Path(__file__).parent / "crds"
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
