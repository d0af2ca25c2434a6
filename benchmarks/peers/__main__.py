"""How fast is tfvis beside other toolkits, and how much memory does it take?

    python -m benchmarks.peers [PEER ...] [--model critters] [--rounds 5] [--list]

runs this project and each peer in turn (A B A B …), each in a process of its own, on the same
weights, image, layer and objective, and prints a Markdown table of seconds, of the peer's over ours
with their spread over the rounds, and of each process's peak memory, libraries included. Starting
and the first run, in which networks are compiled, are not in the seconds. Environments are made on
first use, from the pinned lists in `benchmarks/peers/requirements`: 4 GB, for which Python 3.11 or
later is needed. A peer that cannot be run has the reason in its row.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.running import in_one_line
from tfvis.runtime.terminal import Parser
from tfvis.utils.errors import InputError, require_count, unknown

from .comparisons import COMPARISONS, EXPORT, PEERS, Comparison, Settings
from .rounds import Outcome, Runner
from .tables import lines
from .workers import ROOT, FailedError

MODELS = ("critters", "googlenet")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command's arguments, checked."""
    parser = Parser(prog="python -m benchmarks.peers",
                    description=(__doc__ or "").split("\n")[0])  # fmt: skip
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"all of {', '.join(PEERS)}")
    parser.add_argument("--comparisons", nargs="+", metavar="NAME", help="these alone")
    parser.add_argument("--list", action="store_true", help="print the comparisons' names")
    parser.add_argument("--model", default="critters", choices=MODELS)
    parser.add_argument("--weights", help="the folder of GoogLeNet's weights")
    parser.add_argument("--image", type=Path, help="an image instead of the network's example")
    parser.add_argument("--layer", default="mixed4d")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, help="of each process")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count the seconds of a process's threads, not the clock's: on a machine that others "
        "use too, with --threads 1, so that no thread waits for another",
    )
    parser.add_argument("--icons", type=int, default=4, help="rendered together")
    parser.add_argument("--icon-steps", type=int, default=Settings.icon_steps)
    parser.add_argument("--orders", type=int, default=Settings.orders, help="of Shapley values")
    parser.add_argument(
        "--environments", type=Path, default=ROOT / "build" / "peers", metavar="DIR"
    )
    found = parser.parse_args(words)
    for name in ("rounds", "icons", "icon_steps", "orders", "threads"):
        if getattr(found, name) is not None:
            require_count(f"--{name.replace('_', '-')}", getattr(found, name))
    for peer in found.peers:
        if peer not in PEERS:
            raise unknown("peer", peer, PEERS)
    names = [own.name for own in COMPARISONS]
    for name in found.comparisons or ():
        if name not in names:
            raise unknown("comparison", name, names)
    return found


def chosen(found: argparse.Namespace) -> list[Comparison]:
    """The comparisons that the arguments name."""
    return [
        own
        for own in COMPARISONS
        if (not found.peers or own.peer in found.peers)
        and (not found.comparisons or own.name in found.comparisons)
    ]


def run() -> None:
    found = arguments()
    comparisons = chosen(found)
    if found.list:
        for own in comparisons:
            print(f"{own.name:26}{PEERS[own.peer][0]}: {own.title}")
        return
    start = time.perf_counter()
    settings = Settings(found.icon_steps, found.orders)
    rows: list[Outcome | tuple[Comparison, str]] = []
    folder = found.environments / found.model
    with Runner(folder, found.environments, _say, found.threads) as runner:
        facts = _export(runner, found)
        for own in comparisons:
            _say(f"{own.name} …")
            try:
                rows.append(runner.run(own, settings, found.rounds, cpu=found.cpu_time))
                _say("\n".join(list(lines(rows[-1:]))[2:]))
            except FailedError as error:
                rows.append((own, str(error)))
                _say(f"{own.name}: {error}")
    print("\n".join(lines(rows)))
    print(
        f"\n{found.model}, {found.layer} ({facts['channels']} channels), {facts['image']}, "
        f"classes {', '.join(facts['classes'])}, {facts['icons']} icons, {found.rounds} rounds, "
        f"{'seconds of CPU' if found.cpu_time else 'seconds'}, "
        f"{'all' if found.threads is None else found.threads} threads; "
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"{time.strftime('%Y-%m-%d')}, {time.perf_counter() - start:.0f} s"
    )


def _export(runner: Runner, found: argparse.Namespace) -> dict:
    """Write the subject, and say what is in it."""
    runner.subject.mkdir(parents=True, exist_ok=True)
    with runner.start(EXPORT) as worker:
        try:
            answer = worker.run(
                network=found.model,
                weights=found.weights,
                image=found.image and str(found.image.absolute()),
                layer=found.layer,
                icons=found.icons,
            )
        except FailedError as error:
            raise InputError(str(error).partition(": ")[2]) from None
    return answer.numbers


if __name__ == "__main__":
    in_one_line(run)
