#!/usr/bin/env python3
"""Random churn of jobs and ports, and faults, under traffic whose packets are known: `make soak`.

Prints every minute what the agent uses and how long changes take to act; fails when a packet is lost or counted twice, or
when something is left behind. SOAK_SECONDS: how long (3600). SOAK_SEED: of the churn (1). SOAK_BIN: the folder of the
project's programs (.build-release/release).
"""
from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from bench.redis import Redis, milliseconds_until
from bench.usage import cpu_seconds, memory
from demo.counts import CLASSES
from demo.sandbox import CONFIG_DB, ROOT, STATE_DB, Failure, Sandbox, run_in_sandbox

BIN = os.path.abspath(os.environ.get("SOAK_BIN") or os.path.join(ROOT, ".build-release", "release"))
PORTS = [f"Ethernet{4 * number}" for number in range(1, 9)]
MEASURED = ["", "qos", "flows", "bursts", "qos,flows,bursts"]
FILTERS = [{}, {"ip_proto@": "tcp,udp"}, {"vlan@": "100"}, {"sample_rate": "100"}, {"l4_dst_port@": "443,1000-2000"}]


class Soak:
    """The agent, what is done to it, and what came of it."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.sandbox, self.random = sandbox, random.Random(seed)
        sandbox.make_network()
        sandbox.clean_after_agent()
        self.socket = sandbox.path("redis.sock")
        self.server = sandbox.start(
            "redis", "redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", sandbox.folder,
            "--notify-keyspace-events", "AKE")
        if not sandbox.until(lambda: os.path.exists(self.socket), 10):
            raise Failure("redis-server does not start")
        self.config, self.state = Redis(self.socket, CONFIG_DB), Redis(self.socket, STATE_DB)
        with open(sandbox.path("database_config.json"), "w", encoding="ascii") as file:
            databases = {name: {"id": int(number), "separator": "|", "instance": "redis"}
                         for name, number in (("CONFIG_DB", CONFIG_DB), ("STATE_DB", STATE_DB))}
            json.dump({"INSTANCES": {"redis": {"unix_socket_path": self.socket}}, "DATABASES": databases}, file)
        self.jobs: dict[str, dict[str, str]] = {"steady": {"port": "Ethernet0"}}
        self.latencies: list[float] = []
        self.changes, self.faults, self.starts = 0, 0, 0
        self.resident: dict[int, float] = {}
        self.write_all()
        self.agent = self.start_agent()
        self.wait_for("steady")

    def start_agent(self) -> subprocess.Popen[bytes]:
        """A new one, which goes on where the one before was killed."""
        self.starts += 1
        return self.sandbox.start(f"agent{self.starts}", os.path.join(BIN, "telegen-sonic"), "run", variables={
            "TELEGEN_DB": "sonic", "TELEGEN_DB_CONFIG": self.sandbox.path("database_config.json"),
            "TELEGEN_MIRROR_MODE": "none", "TELEGEN_STATE_DIR": self.sandbox.path("state"),
            "TELEGEN_BPFFS": self.sandbox.path("bpf")})

    def write_all(self) -> None:
        """CONFIG_DB as it shall be, as `config reload` writes it."""
        self.config.call("FLUSHDB")
        self.config.call("HSET", "TELEGEN|global", "status_interval", "1", "max_jobs", "512")
        for job, row in self.jobs.items():
            self.write(job, row)
        self.config.call("SET", "CONFIG_DB_INITIALIZED", "1")

    def write(self, job: str, row: dict[str, str]) -> None:
        """A row, in the place of what was there."""
        self.config.call("DEL", f"TELEGEN_JOB|{job}")
        self.config.call("HSET", f"TELEGEN_JOB|{job}", *(word for pair in row.items() for word in pair))
        self.changes += 1

    def wait_for(self, job: str) -> None:
        """Until the job runs."""
        milliseconds_until(lambda: self.state.is_running(job), limit=60, interval=0.001)

    def add(self) -> None:
        """A new job; how long it takes until it runs."""
        job = f"j{self.random.randrange(10**9)}"
        self.jobs[job] = {"port": self.random.choice(PORTS), "direction": self.random.choice(("ingress", "both")),
                          "detail@": self.random.choice(MEASURED), **self.random.choice(FILTERS)}
        self.write(job, self.jobs[job])
        self.latencies.append(
            milliseconds_until(lambda: self.state.is_running(job), limit=60, interval=0.0005))

    def remove(self) -> None:
        """A job ends; how long it takes until its row is gone."""
        job = self.random.choice([job for job in self.jobs if job != "steady"])
        del self.jobs[job]
        self.config.call("DEL", f"TELEGEN_JOB|{job}")
        self.changes += 1
        key = f"TELEGEN_JOB_TABLE|{job}"
        self.latencies.append(
            milliseconds_until(lambda: self.state.call("EXISTS", key) == b"0", limit=60, interval=0.0005))

    def change_many(self) -> None:
        """Every job's row, as fast as Redis takes them; the last of them is waited for."""
        for job in list(self.jobs):
            if job != "steady":
                self.jobs[job]["detail@"] = self.random.choice(MEASURED)
                self.config.call("HSET", f"TELEGEN_JOB|{job}", "detail@", self.jobs[job]["detail@"],
                                 "description", str(self.changes))
                self.changes += 1

    def rewrite_many(self) -> None:
        """The same rows over and over, as scripts do that do not look."""
        for _ in range(10):
            for job in self.jobs:
                self.config.call("HSET", f"TELEGEN_JOB|{job}", "description", str(self.changes))
                self.changes += 1

    def flap(self) -> None:
        """A port goes and comes back."""
        port = self.random.choice(PORTS)
        prefix = self.sandbox.prefix
        self.sandbox.run(*prefix, "ip", "link", "del", port)
        self.sandbox.run(*prefix, "ip", "link", "add", port, "up", "type", "veth", "peer", "name", f"p{port[8:]}")
        self.faults += 1

    def disturb(self) -> None:
        """Something that a switch can bring."""
        self.faults += 1
        kind = self.random.randrange(5)
        if kind == 0:
            self.server.send_signal(signal.SIGSTOP)
            self.sandbox.pause(self.random.uniform(0.1, 3))
            self.server.send_signal(signal.SIGCONT)
        elif kind == 1:
            self.write_all()
        elif kind == 2:
            self.state.call("FLUSHDB")
        elif kind == 3:
            self.state.call("CLIENT", "KILL", "TYPE", "pubsub")
        elif self.changes > 100_000:
            self.agent.kill()
            self.agent.wait()
            self.agent = self.start_agent()
        self.wait_for("steady")

    def step(self) -> None:
        """One thing of everything, most of it churn."""
        kind = self.random.random()
        if kind < 0.02:
            self.disturb()
        elif kind < 0.05:
            self.flap()
        elif kind < 0.25:
            self.rewrite_many()
        elif kind < 0.35:
            self.change_many()
        elif len(self.jobs) < 20 or len(self.jobs) < 60 and kind < 0.7:
            self.add()
        else:
            self.remove()
        for mark in (1_000, 100_000):
            if self.changes >= mark and mark not in self.resident:
                self.clear()
                self.sandbox.pause(5)
                self.resident[mark] = memory(self.agent.pid)["VmRSS"]

    def used(self) -> str:
        """What the agent holds now."""
        entries = {name: len(os.listdir(f"/proc/{self.agent.pid}/{name}")) for name in ("fd", "task")}
        return (f"resident {memory(self.agent.pid)['VmRSS']:.1f} MB, {entries['fd']} descriptors, "
                f"{entries['task']} threads, CPU {cpu_seconds(self.agent.pid):.0f} s")

    def report(self, elapsed: float) -> None:
        """The line of a minute."""
        times = sorted(self.latencies) or [0.0]
        self.latencies = []
        at = [times[min(len(times) - 1, int(len(times) * part))] for part in (0.5, 0.99, 1)]
        print(f"{elapsed / 60:5.1f} min: {self.changes} changes, {self.faults} faults, {len(self.jobs)} jobs; {self.used()}; "
              f"to running or gone p50 {at[0]:.0f}, p99 {at[1]:.0f}, max {at[2]:.0f} ms (goal: p99 500)", flush=True)

    def clear(self) -> None:
        """All jobs but the steady one end."""
        for job in [job for job in self.jobs if job != "steady"]:
            del self.jobs[job]
            self.config.call("DEL", f"TELEGEN_JOB|{job}")
        keys = "TELEGEN_JOB_TABLE|*"
        script = "return #redis.call('KEYS', ARGV[1])"
        milliseconds_until(
            lambda: self.state.call("EVAL", script, "0", keys) == b"1" and not self.left(), limit=60, interval=0.1)

    def counted(self) -> dict[str, int]:
        """Packets by class, as STATE_DB says."""
        fields = {name: self.state.call("HGET", "TELEGEN_STATS_TABLE|steady|ingress", f"{name}_packets")
                  for name in CLASSES}
        return {name: int(value or 0) for name, value in fields.items()}

    def left(self) -> list[str]:
        """What should not be there any more."""
        links = os.listdir(self.sandbox.path("bpf", "telegen-sonic", "links"))
        details = os.listdir(self.sandbox.path("bpf", "telegen-sonic", "details"))
        return [name for name in links if name != "steady_ingress"] + details


def soak(sandbox: Sandbox, seconds: float, seed: int) -> int:
    """The whole of it; the exit status."""
    run = Soak(sandbox, seed)
    for port in PORTS:
        sandbox.run(*sandbox.prefix, "ip", "link", "add", port, "up", "type", "veth", "peer", "name", f"p{port[8:]}")
    progress = sandbox.path("sent.json")
    generator = sandbox.start(
        "generator", os.path.join(BIN, "telegen-traffic"), "send", "--interface", "gen0", "--seconds", f"{seconds:g}",
        "--rate", "20000", "--progress-file", progress, "--json")
    print(f"churning for {seconds:g} s, seed {seed}", flush=True)
    start = reported = time.monotonic()
    while time.monotonic() - start < seconds:
        for name, process in (("agent", run.agent), ("generator", generator)):
            if process.poll():
                raise Failure(f"the {name} ended:{sandbox.log(name if name != 'agent' else f'agent{run.starts}')}")
        sandbox.pause(0)
        run.step()
        if time.monotonic() - reported >= min(60, seconds / 4):
            reported = time.monotonic()
            run.report(reported - start)
    if not sandbox.until(lambda: generator.poll() is not None, 60):
        raise Failure("the generator does not end")
    run.clear()
    with open(progress, encoding="ascii") as file:
        tally = json.load(file)
    sent = {name: tally[name]["packets"] for name in CLASSES}
    is_exact = sandbox.until(lambda: run.counted() == sent, 20)
    print(f"at the end: {run.used()}")
    if 100_000 in run.resident:
        grown = run.resident[100_000] - run.resident[1_000]
        print(f"resident after 1,000 changes {run.resident[1_000]:.1f} MB, after 100,000 {run.resident[100_000]:.1f} MB: "
              f"{grown:+.1f} MB (goal 2)")
    if not is_exact:
        print(f"NOT EQUAL: sent {sent}, counted {run.counted()}")
        return 1
    print(f"sent = counted: {sum(sent.values()):,} packets, through {run.changes:,} changes, {run.faults} faults and "
          f"{run.starts - 1} kills")
    return 0


def main() -> int:
    """Exit status: 0, 1 failed, 130 interrupted."""
    missing = [name for name in ("telegen-sonic", "telegen-traffic") if not os.path.exists(os.path.join(BIN, name))]
    if os.geteuid() != 0 or missing:
        print(f"soak: needs root, and {' and '.join(missing) or 'nothing else'} in {BIN}: make soak", file=sys.stderr)
        return 1
    seconds, seed = float(os.environ.get("SOAK_SECONDS", "3600")), int(os.environ.get("SOAK_SEED", "1"))
    return run_in_sandbox("soak", lambda sandbox: soak(sandbox, seconds, seed))


if __name__ == "__main__":
    sys.exit(main())
