"""The agent's HTTP API under many clients."""
from __future__ import annotations

from bench import datapath
from bench.redis import Redis, milliseconds_until
from bench.usage import cpu_seconds, memory
from demo.sandbox import Sandbox


def measure(sandbox: Sandbox, config: Redis, state: Redis, agent: int, seconds: float) -> None:
    """Prints how soon 200 clients are answered, 2,000 times a second, and what that costs the agent."""
    for number in range(8):
        config.call("HSET", f"TELEGEN_JOB|http{number}", "port", "Ethernet0")
    milliseconds_until(lambda: all(state.is_running(f"http{number}") for number in range(8)))
    before, used = memory(agent)["RssAnon"], cpu_seconds(agent)
    print("\nHTTP API, 8 jobs, /jobs, a job and /healthz in turn:", flush=True)
    datapath.run(sandbox, "requests", "--seconds", str(seconds), "/jobs", "/jobs/http0", "/healthz")
    print(f"the agent used {(cpu_seconds(agent) - used) / seconds * 100:.0f} % of a core, and "
          f"{memory(agent)['RssAnon'] - before:+.1f} MB of memory\n", flush=True)
    for number in range(8):
        config.call("DEL", f"TELEGEN_JOB|http{number}")
