"""How much of the game's rate limit four processes get together, and whether the game ever refuses one of their calls.

Each of them asks the budget as fast as it can and sends the calls it gets to a simulated universe, whose own limiter
knows nothing of the budget. The minutes measured begin when both pools are full for the first time: a budget without a
memory takes them for used up at first.
"""

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, Final

from manufacturing.adapters.embedded import EmbeddedValkey
from manufacturing.adapters.redis.api_budget import BudgetRules, RedisApiBudget, budget_key
from manufacturing.adapters.redis.client import connect
from manufacturing.adapters.spacetraders.gateway import HttpGateway
from manufacturing.adapters.spacetraders.transport import HttpTransport
from manufacturing.domain.api_budget import BURST_POOL, STEADY_POOL, BudgetRefusal
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.gateway import Priority, Purpose

_PROCESSES: Final = 4

#: What is measured, in game seconds, and the time scale it is measured at.
_MEASURED: Final = 120.0
_TIME_SCALE: Final = 1.0
_QUICK_TIME_SCALE: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where to play, and what all who play it share."""

    server_url: str
    redis_url: str
    token: str | None
    factor: float

    def budget(self) -> RedisApiBudget:
        """The account's budget, for one process."""
        key = budget_key(self.server_url, self.token)
        return RedisApiBudget(connect(self.redis_url), key, factor=self.factor)

    def gateway(self) -> HttpGateway:
        """The account's gateway, for one process."""
        return HttpGateway(HttpTransport(self.server_url), self.token, self.budget())


def main(quick: bool = False) -> None:
    """Prints the calls, their share of what the game allows, and how many were refused."""
    factor = _QUICK_TIME_SCALE if quick else _TIME_SCALE
    rules = BudgetRules()
    seconds = (rules.burst(factor).span.total_seconds() + _MEASURED / factor) * 1.02
    print(
        f"{_PROCESSES} processes, {_MEASURED:.0f} game seconds at time scale {factor:g}; takes {seconds:.0f} s",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as directory, _universe(Path(directory), factor) as server_url:
        valkey = EmbeddedValkey(Path(directory, "valkey")).start()
        try:
            newcomer = Account(server_url=server_url, redis_url=valkey.url(), token=None, factor=factor)
            token = newcomer.gateway().register("BENCHMARK", "COSMIC").token
            account = Account(server_url=server_url, redis_url=valkey.url(), token=token, factor=factor)
            _begin(account)
            full_from = time.monotonic() + rules.burst(factor).span.total_seconds()
            moments = _calls(account, full_from + _MEASURED / factor)
            usage = account.budget().drain_usage()
        finally:
            valkey.stop()

    calls = sum(full_from <= moment < full_from + _MEASURED / factor for moment in moments)
    allowed = sum(pool.tokens * _MEASURED / pool.window.total_seconds() for pool in (STEADY_POOL, BURST_POOL))
    print(f"calls in {_MEASURED:.0f} game seconds   {calls:6} of {allowed:.0f}")
    print(f"share of 2/s + 30/60s        {calls / allowed:8.1%}   (aim at time scale 1: 98 % to 100 %)")
    print(f"share in the long run        {rules.calls_per_minute(factor) * 2 / allowed:8.1%}   (by its rules)")
    print(f"answered 429                 {sum(row.rejected_429 for row in usage):6}   (aim: 0)")


def _begin(account: Account) -> None:
    """The first question of all: from now on the budget has a memory."""
    account.budget().ask(Priority.STATE, Purpose.STATE, "GET /my/agent")


def _calls(account: Account, end: float) -> list[float]:
    """The moments at which calls of all processes were answered, until ``end`` of the monotonic clock."""
    context = multiprocessing.get_context("spawn")
    results: Queue[list[float]] = context.Queue()
    processes = [context.Process(target=_call_until, args=(account, end, results)) for _ in range(_PROCESSES)]
    for process in processes:
        process.start()
    moments = [moment for _ in processes for moment in results.get()]
    for process in processes:
        process.join()
    return moments


def _call_until(account: Account, end: float, results: "Queue[list[float]]") -> None:
    gateway = account.gateway()
    moments = []
    while time.monotonic() < end:
        try:
            gateway.get_agent()
        except BudgetRefusal:
            continue
        moments.append(time.monotonic())
    results.put(moments)


@contextmanager
def _universe(directory: Path, factor: float) -> Iterator[str]:
    """The URL of a simulated universe with its own rate limiter."""
    ready = directory / "simulator.json"
    command = [sys.executable, "-m", "manufacturing.simulator", "serve", "--port", "0", "--seed", "7"]
    process = subprocess.Popen([*command, "--time-scale", str(factor), "--ready-file", str(ready)])
    try:
        deadline = time.monotonic() + 30
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the simulator did not start")
            time.sleep(0.05)
        announced: dict[str, Any] = json.loads(ready.read_text())
        if TimeScale.parse(announced["time_scale"]).factor != factor:
            raise RuntimeError(f"the simulator runs at {announced['time_scale']}")
        yield announced["url"]
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"at time scale {_QUICK_TIME_SCALE:g}")
    main(parser.parse_args().quick)
