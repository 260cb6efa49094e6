"""The way into a cluster: its configuration, read by the library, and the process's own HTTP session with the cluster's
certificates.

The library also keeps a token fresh and writes requests; it is imported when a plan first needs it, for it costs 12 MiB and a
quarter of a second. It must not know what is asked for on the way.
"""

from __future__ import annotations

import asyncio
import importlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from bot.adapters.kubernetes_kinds import Kinds
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.models import KubernetesSource

MANAGER: Final = "deploy-captain"
OPENING_S: Final = 30.0
"""A program that a kubeconfig names for its tokens is waited for so long; the library itself would wait for ever."""
_ADDRESS: Final = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")


@dataclass
class Way:
    """The way into one cluster: the library's client, when its file was written, and what the cluster serves."""

    client: Any
    written: int
    faults: tuple[type[BaseException], ...]
    kinds: Kinds | None = None


class Ways:
    """The ways into all clusters, over one shared session. `account` is where a pod finds its service account; `opening_s`: real
    seconds in which a way must be open."""

    def __init__(
        self, session: aiohttp.ClientSession, secrets: Secrets, account: Path, *, opening_s: float = OPENING_S
    ) -> None:
        self._session = session
        self._secrets = secrets
        self._account = account
        self._opening_s = opening_s
        self._ways: dict[tuple[str, str], Way] = {}
        self._opening: dict[tuple[str, str], asyncio.Lock] = {}

    async def way(self, place: KubernetesSource, who: str, *, refused: Way | None = None) -> Way:
        """The way in; read afresh when its file has changed, or when it is still the one that was `refused`. GaveUp: there is none, and
        why. TryLater: it was not open in time."""
        key = (
            self._secrets.resolve(place.kubeconfig) if place.kubeconfig else "",
            self._secrets.resolve(place.context) if place.context else "",
        )
        written = _written(key[0])
        # Many ask at once, and one cluster's opening must not keep others waiting.
        async with self._opening.setdefault(key, asyncio.Lock()):
            way = self._ways.get(key)
            if way is None or way is refused or way.written != written:
                kinds = way.kinds if way is not None and way.written == written else None
                way = Way(*await self._in_time(*key, who), kinds)
                self._ways[key] = way
        return way

    async def _in_time(
        self, kubeconfig: str, context: str, who: str
    ) -> tuple[Any, int, tuple[type[BaseException], ...]]:
        try:
            async with asyncio.timeout(self._opening_s):
                return await self._open(kubeconfig, context, who)
        except TimeoutError:
            raise TryLater(
                5.0,
                f"The way into {who} was not open within {self._opening_s:g} s: see whether the program that its kubeconfig names for "
                "tokens ends by itself, without asking anybody.",
                code="not-open",
            ) from None

    async def _open(
        self, kubeconfig: str, context: str, who: str
    ) -> tuple[Any, int, tuple[type[BaseException], ...]]:
        aio = await asyncio.to_thread(importlib.import_module, "kubernetes.aio")
        config = aio.client.Configuration()
        try:
            if kubeconfig:
                await self._from_file(aio, config, kubeconfig, context)
            else:
                self._from_pod(aio, config)
            client = await asyncio.to_thread(aio.client.ApiClient, config)  # reads certificates
        except GaveUp:
            raise
        except Exception as problem:  # noqa: BLE001  # the library lets through whatever a broken file makes of it
            # Its words are not shown: they may quote the file.
            raise GaveUp(
                f"The configuration of {who} cannot be used ({type(problem).__name__}): correct it and try again."
            ) from None
        client.user_agent = MANAGER
        client.rest_client.pool_manager = _Session(self._session, client.rest_client.ssl_context)
        faults = (aio.client.exceptions.OpenApiException, aio.config.ConfigException)
        return client, _written(kubeconfig), faults

    async def _from_file(self, aio: Any, config: Any, kubeconfig: str, context: str) -> None:
        path = _found(kubeconfig)
        await aio.config.load_kube_config(
            config_file=str(path), context=context or None, client_configuration=config, persist_config=False
        )

    def _from_pod(self, aio: Any, config: Any) -> None:
        token, authority = self._account / "token", self._account / "ca.crt"
        address = self._secrets.some(_ADDRESS)
        if len(address) < len(_ADDRESS) or not token.is_file():
            raise GaveUp(
                "The plan names no kubeconfig, and the bot does not run in a cluster with a service account: "
                "write 'kubeconfig' in the source."
            )
        loader = aio.config.incluster_config.InClusterConfigLoader(
            str(token), str(authority), environ=address
        )
        loader.load_and_set(config)


def _written(kubeconfig: str) -> int:
    """When the file was written last; 0 without one."""
    try:
        return Path(kubeconfig).expanduser().stat().st_mtime_ns if kubeconfig else 0
    except OSError:
        return 0


def _found(kubeconfig: str) -> Path:
    path = Path(kubeconfig).expanduser()
    if not path.is_file():
        raise GaveUp(
            f"There is no kubeconfig '{path.name}' where the plan says: name the file with its folder."
        )
    return path


class _Session:
    """The shared session as the library's own, with the cluster's certificates. Redirects are not followed."""

    def __init__(self, session: aiohttp.ClientSession, context: ssl.SSLContext) -> None:
        self._session = session
        self._context = context

    async def request(self, **asked: Any) -> aiohttp.ClientResponse:
        """One request."""
        return await self._session.request(**asked, ssl=self._context, allow_redirects=False)
