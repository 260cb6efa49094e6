"""What is wrong with the service on purpose: the faults a rehearsal or a test can switch on, and the checks on them.

It must not know HTTP, counters or time: it keeps values, refuses impossible ones with a sentence, and tells one
listener when something changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Final, Literal, TypeVar, get_args

Track = Literal["control", "canary"]
TRACKS: Final[tuple[Track, ...]] = get_args(Track)
Faults = TypeVar("Faults", "TrackFaults", "ServiceFaults")


class FaultRefused(ValueError):
    """A fault that cannot be; the text is one sentence for the person who asked for it."""


@dataclass(frozen=True, slots=True)
class TrackFaults:
    """Faults of one track. None, 1.0, 0.0 and False mean healthy.

    errors: share of requests that fail, 0..1. latency: factor on every time. memory_growth: points per plan hour.
    no_data: its metrics are missing. down: every request fails fast and no pod is ready. pods_ready: that many only.
    """

    errors: float | None = None
    latency: float = 1.0
    memory_growth: float = 0.0
    no_data: bool = False
    down: bool = False
    pods_ready: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceFaults:
    """Faults of the service as a whole.

    metrics_down: metrics answer 503. deploy_fails: changes of the weight are refused with 503; a rollback still works.
    rollback_fails: rollbacks are refused with 503. database_down, cache_down: the component is unhealthy.
    """

    metrics_down: bool = False
    deploy_fails: bool = False
    rollback_fails: bool = False
    database_down: bool = False
    cache_down: bool = False


_LIMITS: Final = {
    "errors": (0.0, 1.0),
    "latency": (0.01, 1000.0),
    "memory_growth": (-1000.0, 1000.0),
    "pods_ready": (0, 100),
}
_TRACK_KINDS: Final = tuple(field.name for field in fields(TrackFaults))
_SERVICE_KINDS: Final = tuple(field.name for field in fields(ServiceFaults))


class FaultBoard:
    """The faults that are on. Every call of `changed` comes after the new values are in place."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._tracks: dict[Track, TrackFaults] = {track: TrackFaults() for track in TRACKS}
        self._service = ServiceFaults()

    def of(self, track: Track) -> TrackFaults:
        """What is wrong with this track."""
        return self._tracks[track]

    @property
    def service(self) -> ServiceFaults:
        """What is wrong with the service as a whole."""
        return self._service

    @property
    def all_down(self) -> bool:
        """Whether no track answers at all."""
        return all(self._tracks[track].down for track in TRACKS)

    def set(self, *, track: Track | None = None, **kinds: float | bool) -> None:
        """Switch faults on, beside those that are on. Without `track` both tracks get them: a shared incident.

        Kinds: the fields of TrackFaults and of ServiceFaults. Raises FaultRefused and changes nothing when one is wrong.
        """
        self._apply(track, kinds)

    def clear(self, track: Track | None = None, kind: str | None = None) -> None:
        """Heal: everything, or one track, or one kind of fault (of both tracks, or of the named one)."""
        _check_track(track)
        if kind is not None and kind not in (*_TRACK_KINDS, *_SERVICE_KINDS):
            raise _no_such(kind)
        for one in TRACKS if track is None else (track,):
            self._tracks[one] = _healed(self._tracks[one], kind)
        if track is None or kind in _SERVICE_KINDS:
            self._service = _healed(self._service, kind)
        self._changed()

    def order(self, wish: Mapping[str, object]) -> None:
        """The same by a JSON object: {"track"?, kind: value, ...} or {"clear": true, "track"?, "kind"?}."""
        rest = dict(wish)
        track = rest.pop("track", None)
        _check_track(track)
        clear = rest.pop("clear", False)
        if not isinstance(clear, bool):
            raise FaultRefused('"clear" must be true or false.')
        if not clear:
            self._apply(track, rest)  # type: ignore[arg-type]  # the track was checked above
            return
        kind = rest.pop("kind", None)
        if rest or not (kind is None or isinstance(kind, str)):
            raise FaultRefused('With "clear": true only "track" and "kind" may be given.')
        self.clear(track, kind)  # type: ignore[arg-type]  # the track was checked above

    def _apply(self, track: Track | None, kinds: Mapping[str, object]) -> None:
        if not kinds:
            raise FaultRefused(f"Name at least one fault: {_either((*_TRACK_KINDS, *_SERVICE_KINDS))}.")
        _check_track(track)
        for kind, value in kinds.items():
            _check_kind(kind, value)
        of_tracks = {kind: value for kind, value in kinds.items() if kind in _TRACK_KINDS}
        of_service = {kind: value for kind, value in kinds.items() if kind in _SERVICE_KINDS}
        for one in TRACKS if track is None else (track,):
            self._tracks[one] = replace(self._tracks[one], **of_tracks)  # type: ignore[arg-type]  # checked above
        self._service = replace(self._service, **of_service)  # type: ignore[arg-type]  # checked above
        self._changed()

    def to_json(self) -> dict[str, object]:
        """{"tracks": {"control": {...}, "canary": {...}}, "service": {...}}, every kind with its value."""
        return {
            "tracks": {track: asdict(self._tracks[track]) for track in TRACKS},
            "service": asdict(self._service),
        }


def _healed(faults: Faults, kind: str | None) -> Faults:
    healthy = type(faults)()
    if kind is None:
        return healthy
    if not hasattr(healthy, kind):
        return faults
    return replace(faults, **{kind: getattr(healthy, kind)})


def _check_track(track: object) -> None:
    if track is not None and track not in TRACKS:
        raise FaultRefused(f'"track" must be {_either(TRACKS)}, not {track!r:.60}.')


def _check_kind(kind: str, value: object) -> None:
    if kind not in _TRACK_KINDS and kind not in _SERVICE_KINDS:
        raise _no_such(kind)
    if kind not in _LIMITS:
        if not isinstance(value, bool):
            raise FaultRefused(f'"{kind}" must be true or false, not {value!r:.60}.')
        return
    low, high = _LIMITS[kind]
    number = isinstance(value, int if kind == "pods_ready" else int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:  # type: ignore[operator]
        raise FaultRefused(f'"{kind}" must be a number from {low:g} to {high:g}, not {value!r:.60}.')


def _no_such(kind: str) -> FaultRefused:
    return FaultRefused(
        f"There is no fault {kind!r:.60}; there are {_either((*_TRACK_KINDS, *_SERVICE_KINDS))}."
    )


def _either(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]
