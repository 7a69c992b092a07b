"""The agent with as many jobs as a switch may have, each on a port of its own."""
from __future__ import annotations

import time

from bench import exporting
from bench.redis import Redis, milliseconds_until
from bench.usage import cpu_seconds, watch
from demo.sandbox import Sandbox


def make_ports(sandbox: Sandbox, count: int) -> list[str]:
    """The two ends of veth pairs; they take some milliseconds each."""
    names = [f"Ethernet{4 * number}" for number in range(1, count + count % 2 + 1)]
    pairs = zip(names[0::2], names[1::2])
    with open(sandbox.path("ports"), "w", encoding="ascii") as batch:
        batch.writelines(f"link add {one} type veth peer name {other}\n" for one, other in pairs)
    sandbox.run(*sandbox.prefix, "ip", "-batch", sandbox.path("ports"))
    return names[:count]


def measure(sandbox: Sandbox, config: Redis, state: Redis, agent: int, count: int, seconds: float) -> None:
    """Prints how long it takes until all of them run, and what the agent uses then."""
    ports = make_ports(sandbox, count)
    sandbox.pause(5)
    missing = [f"job{number}" for number in range(count)]
    if exporting.has_collector():
        exporting.hold(config)
    used = cpu_seconds(agent)

    def all_run() -> bool:
        while missing and state.is_running(missing[-1]):
            missing.pop()
        return not missing

    start = time.perf_counter()
    for job, port in zip(list(missing), ports):
        config.call("HSET", f"TELEGEN_JOB|{job}", "port", port)
    milliseconds_until(all_run, limit=120, interval=0.01)
    taken = time.perf_counter() - start
    print(f"{count} rows written to all running: {taken:.2f} s (goal 10), {taken / count * 1000:.1f} ms each; "
          f"the agent used {cpu_seconds(agent) - used:.2f} s of CPU")
    if exporting.has_collector():
        exporting.measure_agent(sandbox, config, agent, count, seconds)
    watch(sandbox, agent, f"{count} jobs", seconds)
