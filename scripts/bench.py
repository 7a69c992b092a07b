#!/usr/bin/env python3
"""Prints the agent's numbers on this machine: row to running, row to gone, memory and CPU at rest.

Runs the release build in a network namespace with a real redis-server and a real collector; needs root. Nothing is
asserted and nothing is left behind. BENCH_SECONDS (30) is how long the agent is watched at rest, BENCH_ROUNDS (20) how
many rows are written and deleted.
"""
from __future__ import annotations

import os
import signal
import socket
import statistics
import sys
import time
from typing import Callable

from demo.sandbox import ROOT, STATE_DB, CONFIG_DB, Failure, Interrupted, Missing, Sandbox

BINARY = os.path.join(ROOT, ".build-release", "release", "telegen-sonic")
ROTEL = os.path.join(ROOT, ".venv", "bin", "rotel-agent")


class Redis:
    """One logical database over a Unix socket; redis-cli would cost more than what is measured."""

    def __init__(self, path: str, database: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self.reader = self.socket.makefile("rb")
        self.call("SELECT", database)

    def call(self, *words: str) -> bytes | None:
        """A command's reply: a status, an integer or a string (RESP 2)."""
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        self.socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        line = self.reader.readline().rstrip()
        if line.startswith(b"-"):
            raise Failure(line.decode())
        if not line.startswith(b"$"):
            return line[1:]
        length = int(line[1:])
        return self.reader.read(length + 2)[:-2] if length >= 0 else None


def milliseconds_until(condition: Callable[[], bool]) -> float:
    """How long it takes until the condition is true, looked at every quarter of a millisecond."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > 10:
            raise Failure("the agent did not act within 10 s")
        time.sleep(0.00025)
    return (time.perf_counter() - start) * 1000


def latencies(config: Redis, state: Redis, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds from a row written to `running` in STATE_DB, and from a row deleted to its STATE_DB row gone."""
    up, down = [], []
    for number in range(rounds):
        job, row = f"TELEGEN_JOB|bench{number}", f"TELEGEN_JOB_TABLE|bench{number}"
        config.call("HSET", job, "port", "Ethernet0")
        up.append(milliseconds_until(lambda: state.call("HGET", row, "oper_status") == b"running"))
        config.call("DEL", job)
        down.append(milliseconds_until(lambda: state.call("EXISTS", row) == b"0"))
    return up, down


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used (proc_pid_stat(5))."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """Resident memory in MB: all of it, and what belongs to no file (proc_pid_status(5))."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        values = dict(line.split(":", 1) for line in status)
    return {name: int(values[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "RssAnon")}


def show(name: str, values: list[float]) -> None:
    """One line of a table."""
    print(f"{name:<28}{statistics.median(values):>9.1f}{min(values):>9.1f}{max(values):>9.1f}  ms")


def bench(sandbox: Sandbox) -> None:
    """The whole of it."""
    rounds, seconds = int(os.environ.get("BENCH_ROUNDS", "20")), float(os.environ.get("BENCH_SECONDS", "30"))
    sandbox.make_network()
    sandbox.clean_after_agent()
    if os.path.exists(ROTEL):
        sandbox.start("rotel", ROTEL, "start", "--exporter", "blackhole", "--otlp-grpc-endpoint", "127.0.0.1:4317",
                      "--otlp-http-endpoint", "127.0.0.1:4318")
    agent = sandbox.start("agent", BINARY, "run", "--detach-on-exit", variables={
        "TELEGEN_DB": "private", "TELEGEN_MIRROR_MODE": "none", "TELEGEN_STATE_DIR": sandbox.path("state"),
        "TELEGEN_BPFFS": sandbox.path("bpf")})
    path = sandbox.path("state", "redis", "redis.sock")
    if not sandbox.until(lambda: os.path.exists(path) and sandbox.row("TELEGEN_AGENT_TABLE|global"), 10):
        raise Failure(f"the agent did not start:{sandbox.log('agent')}")
    config, state = Redis(path, CONFIG_DB), Redis(path, STATE_DB)

    up, down = latencies(config, state, rounds)
    print(f"\n{f'{rounds} rounds':<28}{'median':>9}{'min':>9}{'max':>9}")
    show("row written to running", up)
    show("row deleted to row gone", down)

    config.call("HSET", "TELEGEN_JOB|rest", "port", "Ethernet0")
    milliseconds_until(lambda: state.call("HGET", "TELEGEN_JOB_TABLE|rest", "oper_status") == b"running")
    print(f"\nwatching the agent at rest with one job for {seconds:.0f} s …", flush=True)
    sandbox.pause(5)
    before, start = cpu_seconds(agent.pid), time.monotonic()
    sandbox.pause(seconds)
    share = (cpu_seconds(agent.pid) - before) / (time.monotonic() - start) * 100
    resident = memory(agent.pid)
    print(f"resident {resident['VmRSS']:.1f} MB (anonymous {resident['RssAnon']:.1f} MB), CPU {share:.2f} % of a core\n")


def main() -> int:
    """Exit status: 0, 1 failed, 130 interrupted."""
    if os.geteuid() != 0 or not os.path.exists(BINARY):
        print("bench: needs root, and the release build: make bench", file=sys.stderr)
        return 1
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    sandbox = Sandbox(reader)
    try:
        bench(sandbox)
        return 0
    except Interrupted:
        print("interrupted")
        return 130
    except (Failure, Missing) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main())
