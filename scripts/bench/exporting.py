"""What an export costs: the exporter's own part, as telegen-bench measures it, and all of it in the agent."""
from __future__ import annotations

import os

from bench import datapath
from bench.redis import Redis
from bench.usage import cpu_share, forget_peak, memory
from demo.sandbox import ROOT, Failure, Sandbox

ROTEL = os.path.join(ROOT, ".venv", "bin", "rotel-agent")
GRPC, HTTP = "127.0.0.1:4317", "127.0.0.1:4318"
INTERVAL = ("TELEGEN|global", "otlp_interval")


def has_collector() -> bool:
    """Whether there is one on this machine."""
    return os.path.exists(ROTEL)


def start_collector(sandbox: Sandbox) -> None:
    """One that takes what is exported and forgets it."""
    sandbox.start("rotel", ROTEL, "start", "--exporter", "blackhole", "--otlp-grpc-endpoint", GRPC,
                  "--otlp-http-endpoint", HTTP)

    def listens() -> bool:
        sockets = sandbox.run(*sandbox.prefix, "ss", "-Hltn")
        return GRPC in sockets and HTTP in sockets

    if not sandbox.until(listens, 20):
        raise Failure(f"the collector does not listen:{sandbox.log('rotel')}")


def measure(sandbox: Sandbox, rounds: str) -> None:
    """Prints the exporter's part, each way in a process of its own, whose memory has seen no other."""
    for protocol, endpoint in (("grpc", GRPC), ("http/protobuf", HTTP)):
        for compression in ("none", "gzip"):
            datapath.run(sandbox, "export", "--protocol", protocol, "--endpoint", endpoint,
                         "--compression", compression, "--rounds", rounds)


def hold(config: Redis) -> None:
    """The agent exports no more for an hour."""
    config.call("HSET", *INTERVAL, "3600")


def measure_agent(sandbox: Sandbox, config: Redis, agent: int, count: int, seconds: float) -> None:
    """Prints what exports add to the agent with so many jobs, which has not exported them yet; then it does as ever."""
    print(f"\nwatching the agent with {count} jobs for {seconds:.0f} s without exports, then with one a second …",
          flush=True)
    sandbox.pause(5)
    idle, without = memory(agent)["VmRSS"], cpu_share(sandbox, agent, seconds)
    forget_peak(agent)
    config.call("HSET", *INTERVAL, "1")
    sandbox.pause(5)
    share = cpu_share(sandbox, agent, seconds)
    peak = memory(agent)["VmHWM"]
    config.call("HDEL", *INTERVAL)
    print(f"an export of {count} jobs, 9 points each, with all that leads to it: "
          f"{(share - without) * 1000:.1f} ms of CPU; memory at most {peak - idle:.1f} MB above {idle:.1f} (goal 25)")
