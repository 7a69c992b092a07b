#!/usr/bin/env python3
"""One row in CONFIG_DB becomes telemetry, on this machine: `make demo`.

DEMO_SECONDS: how long (20). DEMO_BIN: the folder of the built programs (.build/debug).
"""
from __future__ import annotations

import contextlib
import glob
import json
import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable, Iterator, NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLASSES = ("ipv4", "ipv6", "icmp6", "other")
CONFIG_DB, STATE_DB = "4", "6"
RATE = 20_000
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


def start_agent(demo: Demo, **variables: str) -> subprocess.Popen[bytes]:
    """The agent with a redis-server of its own, and the operator's rows."""
    demo.stack.callback(unmount, demo.path("bpf"), demo.environment)
    demo.stack.callback(end_servers, demo.path("state", "redis"))
    agent = demo.start(
        "agent", os.path.relpath(programs()["telegen-sonic"], ROOT), "run", "--detach-on-exit", TELEGEN_DB="private",
        TELEGEN_STATE_DIR=demo.path("state"), TELEGEN_BPFFS=demo.path("bpf"), **variables)

    def answers() -> bool:
        with contextlib.suppress(Failure):
            return agent.poll() is not None or demo.redis(CONFIG_DB, "EXISTS", "CONFIG_DB_INITIALIZED") == "1"
        return False

    if not demo.until(answers, 30) or agent.poll() is not None:
        raise Failure(f"the agent does not start:{demo.log('agent')}")
    demo.redis(CONFIG_DB, "HSET", "TELEGEN|global", "status_interval", "1", "otlp_interval", "1", shown=True)
    demo.redis(CONFIG_DB, "HSET", "TELEGEN_JOB|demo", "port", "Ethernet0", "direction", "ingress", shown=True)
    return agent


def job_in(demo: Demo, *states: str) -> dict[str, str]:
    """Waits until the job's oper_status is one of these and returns its row."""
    job: dict[str, str] = {}
    if not demo.until(lambda: job.update(demo.row("TELEGEN_JOB_TABLE|demo")) or job.get("oper_status") in states, 20):
        status = f"{job.get('oper_status', 'without a status')}: {job.get('reason', '')}"
        raise Failure(f"the job is {status}{demo.log('agent')}")
    return job


def watch(demo: Demo, seconds: float, collector: Collector, agent: subprocess.Popen[bytes]) -> int:
    """Sends packets and shows what becomes of them; returns the exit status."""
    generator = demo.start(
        "generator", os.path.relpath(programs()["telegen-traffic"], ROOT), "send", "--interface", "gen0",
        "--seconds", f"{seconds * 0.8:g}", "--rate", str(RATE), "--progress-file", demo.path("sent.json"), "--json")
    if not demo.until(lambda: generator.poll() is not None or os.path.exists(demo.path("sent.json")), 10):
        raise Failure("the generator does not start")
    screen, start = Screen(demo), time.monotonic()
    while True:
        for name, process in (("generator", generator), ("agent", agent), ("collector", collector.process)):
            if process.poll() or (process.poll() == 0 and process is not generator):
                raise Failure(f"the {name} ended:{demo.log(name)}")
        is_sending = generator.poll() is None
        elapsed = time.monotonic() - start
        view = look(demo, collector)
        wrong = differences(view, collector)
        is_last = elapsed >= seconds and not is_sending and (not wrong or elapsed >= seconds + 15)
        activity = "sending" if is_sending else "the last counts are on their way" if wrong else "sent"
        screen.draw(view, f"{min(elapsed, seconds):.0f} s of {seconds:g}: {activity}", is_last)
        if is_last:
            break
        if elapsed >= seconds + 30:
            raise Failure("the generator does not end")
        demo.pause(0.5)
    whole = total(view.sent)
    if wrong or not whole.packets:
        print("NOT EQUAL: " + "; ".join(wrong[:3] or ["nothing was sent"]))
        return 1
    print(f"sent = counted = exported: {whole.packets:,} packets, {whole.bytes:,} bytes, to the packet")
    return 0


def count_for_real(demo: Demo, seconds: float) -> int:
    """The demonstration where there are root and BPF; raises `Missing` where there are not."""
    make_network(demo)
    collector = Collector(demo)
    agent = start_agent(demo)
    job = job_in(demo, "running", "placeholder")
    if job["oper_status"] == "placeholder":
        raise Missing(f"BPF: {job['reason']}")
    status = watch(demo, seconds, collector, agent)
    program = os.path.relpath(programs()["telegen-sonic"], ROOT)
    print(f"for real, in one terminal:  sudo {program} run --otlp-endpoint HOST:4317")
    socket = "" if os.path.exists("/etc/sonic") else "-s /var/lib/telegen-sonic/redis/redis.sock "
    print(f"and in another:  sudo redis-cli {socket}-n {CONFIG_DB} HSET 'TELEGEN_JOB|mine' port eth0")
    return status


def show_placeholder(demo: Demo) -> int:
    """The same row where nothing may be counted: the status says so."""
    start_agent(
        demo, TELEGEN_MIRROR_MODE="placeholder", OTEL_SDK_DISABLED="true",
        TELEGEN_LISTEN=f"unix:{demo.path('http.sock')}")
    job = job_in(demo, "placeholder")
    print("TELEGEN_JOB_TABLE|demo in STATE_DB:")
    for field in ("oper_status", "mode", "interface", "attach_type", "packets", "bytes", "reason"):
        print(f"  {field:12} {job.get(field, '')}")
    print("nothing was sent, counted or exported: this is placeholder mode, for CI and development")
    return 0


def programs() -> dict[str, str]:
    """Where the project's programs and the collector are."""
    folder = os.path.abspath(os.environ.get("DEMO_BIN") or os.path.join(ROOT, ".build", "debug"))
    paths = {name: os.path.join(folder, name) for name in ("telegen-sonic", "telegen-traffic")}
    return {**paths, "rotel-agent": os.path.join(ROOT, ".venv", "bin", "rotel-agent")}


def require_programs(is_root: bool) -> None:
    """Raises `Failure` unless all that will be run is there."""
    needed = ["telegen-sonic", "redis-server", "redis-cli"]
    if is_root:
        needed += ["telegen-traffic", "rotel-agent", "ip", "nsenter", "sysctl", "umount"]
    path = clean_environment()["PATH"]
    missing = [name for name in needed if not shutil.which(programs().get(name, name), path=path)]
    if missing:
        raise Failure(f"missing: {', '.join(missing)}; run: make demo")


def cleanly(wake: int, body: Callable[[Demo], int]) -> int:
    """Runs it with all that it needs and leaves nothing behind."""
    demo = Demo(wake)
    try:
        status = body(demo)
    finally:
        left = demo.close()
        if left:
            print(f"demo: could not remove: {', '.join(left)}", file=sys.stderr)
    return 1 if left else status


def catch_signals() -> int:
    """Turns requests to end into bytes of a pipe, so that they come between two steps, never within one."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def demonstrate(wake: int) -> int:
    """For real where that is possible, else in placeholder mode, with what is missing."""
    try:
        seconds = float(os.environ.get("DEMO_SECONDS") or 20)
    except ValueError:
        seconds = 0
    if not 2 <= seconds <= 3600:
        raise Failure("DEMO_SECONDS is a number from 2 to 3600")
    is_root = os.geteuid() == 0
    require_programs(is_root)
    try:
        if not is_root:
            raise Missing("root, for a network namespace and BPF: sudo make demo")
        return cleanly(wake, lambda demo: count_for_real(demo, seconds))
    except Missing as missing:
        print(f"placeholder mode, because this is missing: {missing}")
        return cleanly(wake, show_placeholder)


def main() -> int:
    """Returns the exit status."""
    wake = catch_signals()
    try:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        return demonstrate(wake)
    except Interrupted as interrupted:
        print("\ninterrupted")
        return 128 + interrupted.number
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
