"""The service as a process of its own: plan time is the wall clock. It listens on the loopback address only."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from sandbox.clock import utcnow
from sandbox.service.app import CanaryService


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.service", description="A small canary service to deploy."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument(
        "--seed", type=int, default=7, help="the same seed gives the same numbers (default: 7)"
    )
    parser.add_argument(
        "--per-5min", type=float, default=240, help="requests in 5 minutes, 12 to 120000 (default: 240)"
    )
    return parser.parse_args(given)


async def _serve(service: CanaryService, port: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    await service.start(port=port)
    sys.stdout.write(f"ion-api listens at {service.url}\n")
    sys.stdout.flush()
    await stopped.wait()
    await service.stop()


def main(given: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. 0: stopped as asked; 1: the port is taken; 2: wrong arguments."""
    arguments = _arguments(given)
    try:
        service = CanaryService(seed=arguments.seed, plan_time=utcnow, per_5min=arguments.per_5min)
    except ValueError as problem:
        sys.stderr.write(f"ion-api cannot start: {problem}.\n")
        return 2
    try:
        asyncio.run(_serve(service, arguments.port))
    except (OSError, OverflowError) as problem:
        sys.stderr.write(
            f"ion-api cannot listen on port {arguments.port}: {problem}. Choose another --port.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
