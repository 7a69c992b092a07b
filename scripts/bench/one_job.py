"""The agent with one job: how soon it acts, and what it uses at rest."""
from __future__ import annotations

import statistics

from bench.redis import Redis, milliseconds_until
from bench.usage import watch
from demo.sandbox import Sandbox


def latencies(config: Redis, state: Redis, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds from a row written to `running` in STATE_DB, and from a row deleted to its STATE_DB row gone."""
    up, down = [], []
    for number in range(rounds):
        job = f"bench{number}"
        config.call("HSET", f"TELEGEN_JOB|{job}", "port", "Ethernet0")
        up.append(milliseconds_until(lambda: state.is_running(job)))
        config.call("DEL", f"TELEGEN_JOB|{job}")
        down.append(milliseconds_until(lambda: state.call("EXISTS", f"TELEGEN_JOB_TABLE|{job}") == b"0"))
    return up, down


def show(name: str, values: list[float]) -> None:
    """One line of a table."""
    print(f"{name:<28}{statistics.median(values):>9.1f}{min(values):>9.1f}{max(values):>9.1f}  ms")


def measure(sandbox: Sandbox, config: Redis, state: Redis, agent: int, rounds: int, seconds: float) -> None:
    """Prints all of it; afterwards there is no job."""
    up, down = latencies(config, state, rounds)
    print(f"\n{f'{rounds} rounds':<28}{'median':>9}{'min':>9}{'max':>9}")
    show("row written to running", up)
    show("row deleted to row gone", down)

    config.call("HSET", "TELEGEN_JOB|rest", "port", "Ethernet0")
    milliseconds_until(lambda: state.is_running("rest"))
    watch(sandbox, agent, "one job", seconds)
    config.call("DEL", "TELEGEN_JOB|rest")
    milliseconds_until(lambda: state.call("EXISTS", "TELEGEN_JOB_TABLE|rest") == b"0")
