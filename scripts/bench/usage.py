"""What a process uses."""
from __future__ import annotations

import os
import time

from demo.sandbox import Sandbox


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used (proc_pid_stat(5))."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """Resident memory in MB: all of it, the most of it so far, and what belongs to no file (proc_pid_status(5))."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        values = dict(line.split(":", 1) for line in status)
    return {name: int(values[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM", "RssAnon")}


def forget_peak(pid: int) -> None:
    """The most of resident memory is what is resident now (proc_pid_clear_refs(5))."""
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as references:
        references.write("5")


def cpu_share(sandbox: Sandbox, pid: int, seconds: float) -> float:
    """What a process uses of a core, over some seconds."""
    before, start = cpu_seconds(pid), time.monotonic()
    sandbox.pause(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - start)


def watch(sandbox: Sandbox, pid: int, what: str, seconds: float) -> None:
    """Prints what a process uses while nothing is asked of it, five seconds from now on."""
    print(f"\nwatching the agent at rest with {what} for {seconds:.0f} s …", flush=True)
    sandbox.pause(5)
    share = cpu_share(sandbox, pid, seconds) * 100
    resident = memory(pid)
    print(f"resident {resident['VmRSS']:.1f} MB (anonymous {resident['RssAnon']:.1f} MB), CPU {share:.2f} % of a core\n")
