"""Asks a Prometheus: one question, one answer with its warnings; nothing is retried, nothing remembered.

The client library is synchronous, so each question runs in a thread. It drops what an answer says besides its result: the
session under it keeps the whole answer, bounds its size and its time, and follows no redirect, which would carry credentials
to an address nobody reviewed. It must not know what a question is for.
"""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import requests
import urllib3
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util.retry import Retry

from bot.adapters import prometheus_faults as faults
from bot.adapters.entrance import Trust, authorization
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.counting import Labels, Series
from core.plan.models import Plan
from core.plan.prometheus import PrometheusSource

LARGEST_ANSWER: Final = 32_000_000  # bytes; an hour of a histogram of fifty pods is about three million
_CHUNK: Final = 65_536
_SHOWN: Final = 200
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Answered:
    """What a query gave: its series with their samples (unix seconds, value), and Prometheus' warnings about it."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()


class _Session(requests.Session):
    """Keeps the last answer of each thread whole."""

    def __init__(self, longest_s: float) -> None:
        super().__init__()
        self.trust_env = (
            False  # a netrc file or proxy variable would change who is asked, and with which credentials
        )
        self._longest_s = longest_s
        self._heard = threading.local()

    def send(self, request: Any, **more: Any) -> Any:
        """The answer, read to its end within bounds."""
        self._heard.answer = None
        ends = time.monotonic() + self._longest_s
        answer = super().send(request, **{**more, "stream": True, "allow_redirects": False})
        try:
            body = _read(answer, ends)
        finally:
            answer.close()
        self._heard.answer = (answer.status_code, body)
        whole = requests.Response()
        whole.status_code, whole.reason, whole.url, whole.request = (
            answer.status_code,
            answer.reason,
            answer.url,
            request,
        )
        whole.encoding, whole.raw = "utf-8", io.BytesIO(body)
        return whole

    def forget(self) -> None:
        """Whatever this thread heard before says nothing about what it asks next."""
        self._heard.answer = None

    def heard(self) -> tuple[int, bytes]:
        """Status and body of this thread's last answer."""
        answer: tuple[int, bytes] | None = getattr(self._heard, "answer", None)
        return answer or (0, b"")


class _TooLarge(Exception):
    """An answer that nobody would want to hold."""


def _read(answer: Any, ends: float) -> bytes:
    raw = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        raw += chunk
        if len(raw) > LARGEST_ANSWER:
            raise _TooLarge
        if time.monotonic() > ends:
            raise requests.exceptions.ReadTimeout
    return bytes(raw)


class Prometheus:
    """One source of a plan. `close` when done. Every question raises TryLater or GaveUp, whose `code` is a detail code."""

    def __init__(self, name: str, source: PrometheusSource, secrets: Secrets, trust: Trust) -> None:
        """Raises GaveUp when a secret it needs is missing."""
        self.name = name
        self._timeout_s = source.timeout.total_seconds()
        self._session = _session(source, trust, self._timeout_s)
        self._url = secrets.resolve(source.url).rstrip("/")
        headers = {key: secrets.resolve(value) for key, value in source.headers.items()}
        self._headers = headers | authorization(source.auth, secrets)
        self._connect = PrometheusConnect(
            url=self._url,
            headers=self._headers,
            # read=False: else a time-out would come as a connection that broke, and nobody could tell slow from down.
            retry=Retry(total=0, read=False),
            session=self._session,
            timeout=self._timeout_s,
        )

    def close(self) -> None:
        """Lets its connections go."""
        self._session.close()

    # ------------------------------------------------------------------------------------------------------ queries

    async def query(self, promql: str, at: float | None) -> Answered:
        """A query's value at a moment (unix seconds); None: at the server's own present."""
        moment = {} if at is None else {"time": f"{at:.3f}"}
        params = {**moment, "timeout": f"{self._timeout_s:g}"}
        data, warnings = await self._ask(lambda: self._connect.custom_query(promql, params=params))
        return Answered(_series(data, self.name), warnings)

    async def query_range(self, promql: str, start: float, end: float, step_s: float) -> Answered:
        """A query's values at start, start + step ... end (unix seconds)."""
        # The library rounds its own start and end to whole seconds: these take their place.
        params = {"start": f"{start:.3f}", "end": f"{end:.3f}", "timeout": f"{self._timeout_s:g}"}
        data, warnings = await self._ask(
            lambda: self._connect.custom_query_range(promql, _EPOCH, _EPOCH, f"{step_s:.3f}", params=params)
        )
        return Answered(_series(data, self.name), warnings)

    # ---------------------------------------------------------------------------------------------------- side questions

    async def metric_names(self) -> tuple[str, ...]:
        """Every metric it knows."""
        data, _ = await self._ask(lambda: self._connect.get_label_values("__name__"))
        return _texts(data)

    async def label_names(self, metric: str) -> tuple[str, ...]:
        """The labels that series of this metric have."""
        data, _ = await self._ask(lambda: self._connect.get_label_names(params={"match[]": metric}))
        return _texts(data)

    async def described(self, metric: str) -> bool:
        """Whether a target says that it has such a metric, be there series or not."""
        data, _ = await self._ask(lambda: self._connect.get_metric_metadata(metric))
        return bool(data)

    async def targets(self) -> list[Mapping[str, Any]]:
        """What it scrapes, as Prometheus' API has it."""
        return await self._all("activeTargets", lambda: self._connect.get_targets(state="active"))

    async def rules(self) -> list[Mapping[str, Any]]:
        """The groups of alert rules it has loaded, as its API has them."""
        return await self._all("groups", lambda: self._get("/api/v1/rules", {"type": "alert"}))

    async def alerts(self) -> list[Mapping[str, Any]]:
        """The alerts that are pending or firing, as its API has them."""
        return await self._all("alerts", lambda: self._get("/api/v1/alerts", {}))

    async def _all(self, key: str, question: Callable[[], object]) -> list[Mapping[str, Any]]:
        """A list of which nothing is missing: what is not in half an answer must not read as silent."""
        data, warnings = await self._ask(question)
        if warnings:
            raise TryLater(
                5.0,
                f"the answer of the source '{self.name}' is not whole: {warnings[0]}.",
                code=faults.PARTIAL,
            )
        return _listed(data, key, self.name)

    def _get(self, path: str, params: Mapping[str, str]) -> Any:
        # The library has no such question; the session is the one it asks with.
        return self._session.get(
            f"{self._url}{path}", params=params, headers=self._headers, timeout=self._timeout_s
        )

    # ------------------------------------------------------------------------------------------------------ one question

    async def _ask(self, question: Callable[[], object]) -> tuple[Any, tuple[str, ...]]:
        return await asyncio.to_thread(self._asked, question)

    def _asked(self, question: Callable[[], object]) -> tuple[Any, tuple[str, ...]]:
        who = f"the source '{self.name}'"
        self._session.forget()
        try:
            question()
        except _TooLarge:
            raise TryLater(
                60.0, f"{who} answered more than {LARGEST_ANSWER} bytes.", code=faults.LARGE
            ) from None
        except (PrometheusApiClientException, requests.exceptions.JSONDecodeError, KeyError, TypeError):
            pass  # it answered, though not with a result: what it said is judged below
        except faults.RAISED as problem:
            raise faults.as_failure(problem, who) from None
        return _judged(who, *self._session.heard())


async def open_source(plan: Plan, name: str, secrets: Secrets, trust: Trust) -> Prometheus:
    """The Prometheus that a plan calls so. Raises GaveUp when there is none, or a secret or a file is missing."""
    source = plan.sources.get(name)
    if source is None or source.prometheus is None:
        raise GaveUp(f"The plan has no Prometheus '{name}'.")
    await trust.context(
        source.prometheus.tls, f"the source '{name}'"
    )  # looks whether the files are what they should be
    return Prometheus(name, source.prometheus, secrets, trust)


def _session(source: PrometheusSource, trust: Trust, longest_s: float) -> _Session:
    session = _Session(longest_s)
    if source.insecure:
        urllib3.disable_warnings(InsecureRequestWarning)  # the plan has said it once and for all
        session.verify = False
    tls = source.tls
    if tls is not None and tls.ca is not None:
        session.verify = str(trust.path(tls.ca))
    if tls is not None and tls.certificate is not None:
        certificate = str(trust.path(tls.certificate))
        session.cert = certificate if tls.key is None else (certificate, str(trust.path(tls.key)))
    return session


def _judged(who: str, status: int, body: bytes) -> tuple[Any, tuple[str, ...]]:
    """The data and warnings of an answer. Raises for everything that is no success."""
    document = _parsed(body)
    said = document.get("error") if isinstance(document, dict) else None
    why = f": {str(said)[:_SHOWN]}" if said else ""
    if (
        status == 200
        and isinstance(document, dict)
        and document.get("status") == "success"
        and "data" in document
    ):
        return document["data"], _warnings(document)
    if status in (401, 403):
        raise GaveUp(f"{who} refuses the bot's credentials ({status}).", code=faults.REFUSED)
    if status in (400, 422):
        raise GaveUp(f"{who} refuses the query{why}.", code=faults.QUERY)
    if isinstance(document, dict) and document.get("errorType") in ("timeout", "canceled"):
        raise TryLater(1.0, f"{who} did not get the query done in time{why}.", code=faults.SLOW)
    if status == 200 or 300 <= status < 400:
        raise TryLater(5.0, f"{who} answered {status} and nothing of Prometheus' API.", code=faults.ODD)
    raise TryLater(1.0, f"{who} answered {status}{why}.", code=faults.FAILING)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _warnings(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Without remarks on style: 'PromQL info' says nothing about the data. VictoriaMetrics says that stores are missing with a mark of its
    own, `isPartial`."""
    found = document.get("warnings")
    texts = [str(one)[:_SHOWN] for one in found] if isinstance(found, list) else []
    half = ("some of its stores did not answer (isPartial)",) if document.get("isPartial") is True else ()
    return (*half, *(text for text in texts if not text.startswith("PromQL info")))


def _series(data: Any, who: str) -> tuple[Series, ...]:
    try:
        kind, result = data["resultType"], data["result"]
        if kind == "scalar":
            return (Series((), (_sample(result),)),)
        return tuple(
            Series(
                _labels(one["metric"]),
                tuple(map(_sample, one["values"] if kind == "matrix" else [one["value"]])),
            )
            for one in result
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise TryLater(
            5.0,
            f"the source '{who}' answered with values this bot cannot read (native histograms?).",
            code=faults.ODD,
        ) from None


def _labels(metric: Mapping[str, Any]) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in metric.items()))


def _sample(pair: Any) -> tuple[float, float]:
    at, value = pair
    return float(at), float(value)


def _texts(data: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in data) if isinstance(data, list) else ()


def _listed(data: Any, key: str, who: str) -> list[Mapping[str, Any]]:
    found = data.get(key) if isinstance(data, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise TryLater(5.0, f"the source '{who}' answered nothing of Prometheus' API.", code=faults.ODD)
    return found
