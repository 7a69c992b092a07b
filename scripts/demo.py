#!/usr/bin/env python3
"""One row in CONFIG_DB becomes telemetry, on this machine: `make demo`.

DEMO_SECONDS: how long (20). DEMO_BIN: the folder of the project's programs (.build/debug).
"""
from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import Callable

sys.dont_write_bytecode = True

from demo.counts import Collector, differences, look, total
from demo.sandbox import CONFIG_DB, ROOT, Failure, Interrupted, Missing, Sandbox, adopt_orphans, clean_environment
from demo.screen import Screen

RATE = "20000"


def program(name: str) -> str:
    """The path of one of the project's programs, or of the collector."""
    folder = os.environ.get("DEMO_BIN") or os.path.join(ROOT, ".build", "debug")
    if name == "rotel-agent":
        folder = os.path.join(ROOT, ".venv", "bin")
    path = os.path.join(os.path.abspath(folder), name)
    return os.path.relpath(path, ROOT) if path.startswith(ROOT + os.sep) else path


def require_programs(is_root: bool) -> None:
    """Raises `Failure` unless all that will be run is there."""
    needed = [program("telegen-sonic"), "redis-server", "redis-cli"]
    if is_root:
        needed += [program("telegen-traffic"), program("rotel-agent"), "ip", "nsenter", "sysctl", "umount"]
    path = clean_environment()["PATH"]
    paths = (os.path.join(ROOT, name) if os.sep in name else name for name in needed)
    missing = [name for name, found in zip(needed, paths) if not shutil.which(found, path=path)]
    if missing:
        raise Failure(f"missing: {', '.join(missing)}; run: make demo")


def start_agent(sandbox: Sandbox, more: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """The agent with a redis-server of its own, and the operator's rows."""
    sandbox.clean_after_agent()
    variables = {
        "TELEGEN_DB": "private", "TELEGEN_STATE_DIR": sandbox.path("state"), "TELEGEN_BPFFS": sandbox.path("bpf"),
        **(more or {})}
    agent = sandbox.start("agent", program("telegen-sonic"), "run", "--detach-on-exit", variables=variables)

    def has_database() -> bool:
        with contextlib.suppress(Failure):
            return sandbox.redis(CONFIG_DB, "EXISTS", "CONFIG_DB_INITIALIZED") == "1"
        return False

    if not sandbox.until(lambda: agent.poll() is not None or has_database(), 30) or agent.poll() is not None:
        raise Failure(f"the agent does not start:{sandbox.log('agent')}")
    for words in (
        ("TELEGEN|global", "status_interval", "1", "otlp_interval", "1"),
        ("TELEGEN_JOB|demo", "port", "Ethernet0", "direction", "ingress"),
    ):
        answer = sandbox.redis(CONFIG_DB, "HSET", *words, shown=True)
        if not answer.isdigit():
            raise Failure(f"the database refused the row: {answer}")
    return agent


def job_with_status(sandbox: Sandbox, *wanted: str) -> dict[str, str]:
    """Waits until the job's oper_status is one of these and returns its row."""
    job: dict[str, str] = {}

    def is_as_wanted() -> bool:
        job.update(sandbox.row("TELEGEN_JOB_TABLE|demo"))
        return job.get("oper_status") in wanted

    if not sandbox.until(is_as_wanted, 20):
        status = f"{job.get('oper_status', 'without a status')}: {job.get('reason', '')}"
        raise Failure(f"the job is {status}{sandbox.log('agent')}")
    return job


def start_generator(sandbox: Sandbox, seconds: float) -> subprocess.Popen[bytes]:
    """Packets of all kinds into Ethernet0, from its other end."""
    tally = sandbox.path("sent.json")
    generator = sandbox.start(
        "generator", program("telegen-traffic"), "send", "--interface", "gen0", "--seconds", f"{seconds:g}",
        "--rate", RATE, "--progress-file", tally, "--json")
    if not sandbox.until(lambda: generator.poll() is not None or os.path.exists(tally), 10):
        raise Failure("the generator does not start")
    return generator


def watch(sandbox: Sandbox, seconds: float, collector: Collector, agent: subprocess.Popen[bytes]) -> int:
    """Sends packets, shows what becomes of them, and judges it; returns the exit status."""
    generator = start_generator(sandbox, seconds * 0.8)
    screen, start = Screen(sandbox), time.monotonic()
    while True:
        for name, process in (("generator", generator), ("agent", agent), ("collector", collector.process)):
            if process.poll() if process is generator else process.poll() is not None:
                raise Failure(f"the {name} ended:{sandbox.log(name)}")
        is_sending = generator.poll() is None
        elapsed = time.monotonic() - start
        view = look(sandbox, collector)
        wrong = differences(view, collector)
        is_last = not is_sending and elapsed >= seconds and (not wrong or elapsed >= seconds + 15)
        activity = "sending" if is_sending else "sent, the last counts are on their way" if wrong else "sent"
        screen.draw(view, f"{min(elapsed, seconds):.0f} s of {seconds:g}: {activity}", is_last)
        if is_last:
            break
        if elapsed >= seconds + 30:
            raise Failure("the generator does not end")
        sandbox.pause(0.5)
    whole = total(view.sent)
    if wrong or not whole.packets:
        print("NOT EQUAL: " + "; ".join(wrong or ["nothing was sent"]))
        return 1
    print(f"sent = counted = exported: {whole.packets:,} packets, {whole.bytes:,} bytes, to the packet")
    return 0


def count_packets(sandbox: Sandbox, seconds: float) -> int:
    """The demonstration where there are root and BPF; raises `Missing` where there are not."""
    sandbox.make_network()
    collector = Collector(sandbox, program("rotel-agent"))
    agent = start_agent(sandbox)
    job = job_with_status(sandbox, "running", "placeholder")
    if job["oper_status"] == "placeholder":
        raise Missing(f"BPF (in a container: docker run --privileged)\n  {job['reason']}")
    status = watch(sandbox, seconds, collector, agent)
    socket = "" if os.path.exists("/etc/sonic") else "-s /var/lib/telegen-sonic/redis/redis.sock "
    print(f"for real, as root:    {program('telegen-sonic')} run --otlp-endpoint HOST:4317")
    print(f"in another terminal:  redis-cli {socket}-n {CONFIG_DB} HSET 'TELEGEN_JOB|mine' port eth0")
    return status


def show_placeholder(sandbox: Sandbox) -> int:
    """The same rows where nothing can be counted: the job's status says so."""
    quiet = {"OTEL_SDK_DISABLED": "true", "TELEGEN_LISTEN": f"unix:{sandbox.path('http.sock')}"}
    start_agent(sandbox, {"TELEGEN_MIRROR_MODE": "placeholder", **quiet})
    job = job_with_status(sandbox, "placeholder")
    print("TELEGEN_JOB_TABLE|demo in STATE_DB:")
    for field in ("oper_status", "mode", "interface", "attach_type", "packets", "bytes", "reason"):
        print(f"  {field:12} {job.get(field, '')}")
    print("nothing was sent, counted or exported: this is placeholder mode, for CI and development")
    return 0


def cleanly(wake: int, body: Callable[[Sandbox], int]) -> int:
    """Runs it in a sandbox of which nothing stays behind."""
    sandbox = Sandbox(wake)
    try:
        status = body(sandbox)
    except (Failure, Missing):
        # Ctrl-C reaches a child too that has not a session of its own yet.
        sandbox.pause(0)
        raise
    finally:
        left = sandbox.close()
        if left:
            print(f"demo: could not remove: {', '.join(left)}", file=sys.stderr)
    return 1 if left else status


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
        return cleanly(wake, lambda sandbox: count_packets(sandbox, seconds))
    except Missing as missing:
        print(f"placeholder mode; this machine lacks {missing}")
        return cleanly(wake, show_placeholder)


def catch_signals() -> int:
    """Turns requests to end into bytes of a pipe, so that they come between two steps, never within one."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def main() -> int:
    """Returns the exit status."""
    wake = catch_signals()
    adopt_orphans()
    try:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        return demonstrate(wake)
    except Interrupted as interrupted:
        with contextlib.suppress(OSError):
            print("\ninterrupted")
        return 128 + interrupted.number
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody reads any more; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
