#!/usr/bin/env python3
"""Prints the project's numbers on this machine: the packet path's, an export's, the HTTP API's, the agent's.

Runs the release build, the agent in a network namespace with a real redis-server and a real collector; needs root.
Nothing is asserted and nothing is left behind. What shortens it: BENCH_INSTANCES (8) of each program and
BENCH_BURSTS (31) of packets; BENCH_EXPORTS (50), one after the other; BENCH_ROUNDS (20), in which a row is written and
deleted; BENCH_JOBS (512; 0: none); BENCH_SECONDS (30), for which the agent is watched at rest.
"""
from __future__ import annotations

import os
import sys

sys.dont_write_bytecode = True

from bench import datapath, exporting, many_jobs, one_job, requests
from bench.redis import Redis
from demo.sandbox import ROOT, STATE_DB, CONFIG_DB, Failure, Sandbox, run_in_sandbox

BINARY = os.path.join(ROOT, ".build-release", "release", "telegen-sonic")


def start_agent(sandbox: Sandbox) -> int:
    """Its process."""
    sandbox.clean_after_agent()
    agent = sandbox.start("agent", BINARY, "run", "--detach-on-exit", variables={
        "TELEGEN_DB": "private", "TELEGEN_MIRROR_MODE": "none", "TELEGEN_STATE_DIR": sandbox.path("state"),
        "TELEGEN_BPFFS": sandbox.path("bpf")})
    path = sandbox.path("state", "redis", "redis.sock")
    if not sandbox.until(lambda: os.path.exists(path) and sandbox.row("TELEGEN_AGENT_TABLE|global"), 10):
        raise Failure(f"the agent did not start:{sandbox.log('agent')}")
    return agent.pid


def bench(sandbox: Sandbox) -> int:
    """The whole of it."""
    seconds, jobs = float(os.environ.get("BENCH_SECONDS", "30")), int(os.environ.get("BENCH_JOBS", "512"))
    datapath.measure(sandbox, os.environ.get("BENCH_INSTANCES", "8"), os.environ.get("BENCH_BURSTS", "31"))
    sandbox.make_network()
    if exporting.has_collector():
        exporting.start_collector(sandbox)
        exporting.measure(sandbox, os.environ.get("BENCH_EXPORTS", "50"))
    else:
        print("no collector is here (make venv): what exporting costs is not measured")
    agent = start_agent(sandbox)
    path = sandbox.path("state", "redis", "redis.sock")
    config, state = Redis(path, CONFIG_DB), Redis(path, STATE_DB)
    one_job.measure(sandbox, config, state, agent, int(os.environ.get("BENCH_ROUNDS", "20")), seconds)
    requests.measure(sandbox, config, state, agent, min(seconds, 10))
    if jobs > 0:
        many_jobs.measure(sandbox, config, state, agent, jobs, seconds)
    return 0


def main() -> int:
    """Exit status: 0, 1 failed, 130 interrupted."""
    if os.geteuid() != 0 or not (os.path.exists(BINARY) and os.path.exists(datapath.BINARY)):
        print("bench: needs root, and the release build: make bench", file=sys.stderr)
        return 1
    return run_in_sandbox("bench", bench)


if __name__ == "__main__":
    sys.exit(main())
