"""The exporter as a process of its own, on the loopback address only: `python -m sandbox.kafka --port 9308`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from sandbox.clock import utcnow
from sandbox.kafka.exporter import KafkaExporter


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.kafka", description="The metrics of a Kafka cluster, without a Kafka."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    return parser.parse_args(given)


async def _serve(port: int) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    began = utcnow()
    exporter = KafkaExporter(lambda: (utcnow() - began).total_seconds())
    await exporter.start(port=port)
    sys.stdout.write(f"kafka exporter listens at {exporter.url}\n")
    sys.stdout.flush()
    await stopped.wait()
    await exporter.stop()


def main(given: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. 0: stopped as asked; 1: the port is taken."""
    arguments = _arguments(given)
    try:
        asyncio.run(_serve(arguments.port))
    except (OSError, OverflowError) as problem:
        sys.stderr.write(
            f"The exporter cannot listen on port {arguments.port}: {problem}. Choose another --port.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
