"""What a release of the matching engine asks of Kafka: create the shards' topics, describe a consumer group, show messages.

Three small programs in one, over the HTTP of the sandbox's Kafka (EXCHANGE_URL), because the machine has no Kafka. Each takes
the options of the real one that a runbook uses.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

TOPICS = tuple(
    f"matching-engine-shard-{shard}-{kind}" for shard in (1, 2, 3) for kind in ("input", "output", "events")
)
"""Nine topics: three of each shard."""
SYMBOLS = {"1": "BTCUSDT", "2": "ETHUSDT", "3": "SOLUSDT"}


def create_topics(options: argparse.Namespace) -> int:
    """Creates what is missing, and shows every topic."""
    there = _ask("/kafka/topics")
    for topic in TOPICS:
        wanted = {"topic": topic, "partitions": options.partitions, "replication": options.replication}
        if options.dry_run:
            print(f"{topic}: {'is there' if topic in there else 'would be created'}")
            continue
        made = _ask("/kafka/topics", wanted)["created"]
        print(f"{topic}: {'created' if made else 'is there already'}")
    if not options.dry_run:
        there = _ask("/kafka/topics")
        mine = [topic for topic in TOPICS if topic in there]
        print(
            f"{len(mine)} topics, {options.partitions} partitions and {options.replication} copies each, at {options.bootstrap}."
        )
    return 0


def describe_group(options: argparse.Namespace) -> int:
    """Who is how far behind."""
    rows = _ask(f"/kafka/groups/{options.group}")
    print("GROUP            TOPIC                          PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG")
    for row in rows:
        print(
            f"{options.group:<16} {row['topic']:<30} {row['partition']:<10} {row['offset']:<15} {row['end']:<15} {row['lag']}"
        )
    print(f"{len(rows)} partitions, {sum(row['lag'] for row in rows)} messages behind in all.")
    return 0 if rows else 1


def show_messages(options: argparse.Namespace) -> int:
    """The newest messages of a shard's topic."""
    if options.topic not in _ask("/kafka/topics"):
        print(f"There is no topic {options.topic}.")
        return 1
    shard = options.topic.split("-")[3] if options.topic.startswith("matching-engine-shard-") else ""
    symbol = SYMBOLS.get(shard, "BTCUSDT")
    for number in range(options.max_messages):
        print(
            json.dumps(
                {
                    "symbol": symbol,
                    "side": "BUY" if number % 2 else "SELL",
                    "price": 100 + number,
                    "quantity": 1,
                }
            )
        )
    print(f"Processed a total of {options.max_messages} messages")
    return 0


def _ask(path: str, wish: dict[str, Any] | None = None) -> Any:
    body = None if wish is None else json.dumps(wish).encode()
    request = urllib.request.Request(os.environ["EXCHANGE_URL"] + path, data=body)  # noqa: S310  # of this machine
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # the same
        return json.load(answer)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kafka_tools", description="What a release asks of Kafka.")
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    create = tools.add_parser("create-shard-topics", help="create the nine topics of the shards")
    create.add_argument("--bootstrap", required=True)
    create.add_argument("--partitions", type=int, required=True)
    create.add_argument("--replication", type=int, required=True)
    create.add_argument("--dry-run", action="store_true", help="only say what is missing")
    create.set_defaults(do=create_topics)
    group = tools.add_parser("kafka-consumer-groups", help="describe a consumer group")
    group.add_argument("--bootstrap-server", required=True)
    group.add_argument("--group", required=True)
    group.add_argument("--describe", action="store_true")
    group.set_defaults(do=describe_group)
    consumer = tools.add_parser("kafka-console-consumer", help="show messages of a topic")
    consumer.add_argument("--bootstrap-server", required=True)
    consumer.add_argument("--topic", required=True)
    consumer.add_argument("--max-messages", type=int, default=5)
    consumer.set_defaults(do=show_messages)
    return parser


def main(given: list[str] | None = None) -> int:
    """0: done; 1: it did not work; 2: not asked as it should be."""
    options = _parser().parse_args(given)
    try:
        done: int = options.do(options)
    except KeyError:
        print("EXCHANGE_URL is not set.", file=sys.stderr)
        return 2
    except (OSError, urllib.error.URLError) as problem:
        print(f"Kafka does not answer: {problem}")
        return 1
    return done


if __name__ == "__main__":
    sys.exit(main())
