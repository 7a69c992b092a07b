"""Where the demonstration takes place: a folder, a network and programs; and how all of it goes away again."""
from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Callable

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIG_DB, STATE_DB = "4", "6"


class Failure(Exception):
    """What went wrong, for people."""


class Missing(Exception):
    """What this machine does not allow, with the remedy: placeholder mode follows."""


class Interrupted(Exception):
    """Ctrl-C, or another request to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Sandbox:
    """The temporary folder, the network and the programs of one demonstration; `close` removes them all."""

    def __init__(self, wake: int) -> None:
        """`wake` can be read from as soon as the user wants an end: the signals' numbers, a byte each."""
        self.wake = wake
        self.stack = contextlib.ExitStack()
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="telegen-demo-"))
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.namespace = os.path.basename(self.folder)
        self.prefix: list[str] = []
        self.children: list[subprocess.Popen[bytes]] = []
        self.environment = clean_environment()

    def path(self, *names: str) -> str:
        """A path in the temporary folder."""
        return os.path.join(self.folder, *names)

    def pause(self, seconds: float) -> None:
        """Waits; raises `Interrupted` as soon as there is a reason to, also for one of before."""
        if select.select([self.wake], [], [], max(0.0, seconds))[0]:
            raise Interrupted(os.read(self.wake, 1)[0])

    def until(self, condition: Callable[[], object], seconds: float) -> bool:
        """Waits until the condition is true; false when it is not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= deadline:
                return False
            self.pause(0.1)
        return True

    def run(self, *argv: str, shown: bool = False) -> str:
        """Runs a command that ends by itself and returns its output."""
        self.pause(0)
        if shown:
            print("$", shlex.join(argv))
        return execute(argv, self.environment)

    def start(
        self, name: str, *argv: str, variables: dict[str, str] | None = None, piped: bool = False
    ) -> subprocess.Popen[bytes]:
        """Starts a program, in the namespace if there is one; its messages go to a file, `close` stops it."""
        self.pause(0)
        command, variables = self.prefix + list(argv), variables or {}
        print("$", *(f"{key}={shlex.quote(value)}" for key, value in variables.items()), shlex.join(command))
        with open(self.path(f"{name}.log"), "wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**self.environment, **variables}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if piped else log, stderr=log)
        self.children.append(process)
        self.stack.callback(stop, process)
        return process

    def log(self, name: str) -> str:
        """The end of a program's messages."""
        with open(self.path(f"{name}.log"), encoding="utf-8", errors="replace") as log:
            return "".join(f"\n  {line.rstrip()}" for line in log.readlines()[-6:])

    def redis(self, database: str, *words: str, shown: bool = False) -> str:
        """What redis-cli answers."""
        socket = self.path("state", "redis", "redis.sock")
        return self.run("redis-cli", "-s", socket, "-n", database, *words, shown=shown)

    def row(self, key: str) -> dict[str, str]:
        """A row of STATE_DB; empty when there is none."""
        words = self.redis(STATE_DB, "HGETALL", key).split("\n")
        return dict(zip(words[0::2], words[1::2]))

    def make_network(self) -> None:
        """A network namespace with a veth pair Ethernet0 and gen0, in which nothing else speaks."""
        self.stack.callback(remove_namespace, self.namespace, self.environment)
        inside = ["nsenter", f"--net=/run/netns/{self.namespace}"]
        quiet = [f"net.ipv6.conf.{name}.disable_ipv6=1" for name in ("all", "default")]
        pair = ("Ethernet0", "mtu", "9000", "type", "veth", "peer", "name", "gen0", "mtu", "9000")
        try:
            self.run("ip", "netns", "add", self.namespace)
            self.run(*inside, "sysctl", "-eqw", *quiet)
            self.run(*inside, "ip", "link", "set", "lo", "up")
            self.run(*inside, "ip", "link", "add", *pair)
            for end in ("Ethernet0", "gen0"):
                self.run(*inside, "ip", "link", "set", end, "arp", "off", "multicast", "off", "up")
        except Failure as failure:
            raise Missing(
                "a network namespace with a veth pair (in a container: docker run --privileged)\n"
                f"  {failure}") from failure
        self.prefix = inside
        print(f"network namespace {self.namespace} with a veth pair Ethernet0, gen0")

    def clean_after_agent(self) -> None:
        """Has `close` end and unmount what an agent, to be started next, may leave."""
        self.stack.callback(unmount, self.path("bpf"), self.environment)
        self.stack.callback(end_orphans, self.children)

    def close(self) -> list[str]:
        """Ends and removes everything, the last first; returns what could not be."""
        self.stack.close()
        left = [f"process {child.pid}" for child in self.children if child.poll() is None]
        left += [f"process {pid}" for pid in orphans(self.children)]
        return left + [path for path in (f"/run/netns/{self.namespace}", self.folder) if os.path.lexists(path)]


def run_in_sandbox(name: str, body: Callable[[Sandbox], int]) -> int:
    """Runs it in a sandbox of which nothing stays behind. Exit status: the body's, 1 failed, 130 interrupted."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    sandbox = Sandbox(reader)
    try:
        return body(sandbox)
    except Interrupted:
        print("interrupted")
        return 130
    except (Failure, Missing, OSError) as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        return 1
    finally:
        sandbox.close()


def clean_environment() -> dict[str, str]:
    """The user's, without what would change the programs' behaviour."""
    foreign = ("TELEGEN_", "OTEL_", "ROTEL_", "REDISCLI_", "NAMESPACE_ID")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    environment["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    return environment


def execute(argv: tuple[str, ...], environment: dict[str, str]) -> str:
    """Runs a command, out of reach of the terminal's Ctrl-C, and returns its output."""
    try:
        result = subprocess.run(
            argv, cwd=ROOT, env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=10, encoding="utf-8", errors="replace")
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{shlex.join(argv)}: does not end") from error
    if result.returncode != 0:
        raise Failure(f"{shlex.join(argv)}: {(result.stderr or result.stdout).strip()}")
    return result.stdout[:-1] if result.stdout.endswith("\n") else result.stdout


def has_ended(is_running: Callable[[], object], seconds: float) -> bool:
    """Waits for an end, whatever the user presses."""
    deadline = time.monotonic() + seconds
    while is_running():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM; SIGKILL for what has not ended in the time that an agent may need."""
    process.terminate()
    if not has_ended(lambda: process.poll() is None, 15):
        process.kill()
        has_ended(lambda: process.poll() is None, 5)


def adopt_orphans() -> None:
    """Makes this process the parent of daemons, such as the agent's redis-server, so that it knows them."""
    set_child_subreaper = 36
    ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def orphans(children: list[subprocess.Popen[bytes]]) -> list[int]:
    """The living processes that this one is the parent of without having started them."""
    known, found = {child.pid for child in children}, []
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            pid, _, rest = file.read().partition(" (")
            parent = int(rest.rpartition(") ")[2].split()[1])
            if parent == os.getpid() and int(pid) not in known and os.waitpid(int(pid), os.WNOHANG) == (0, 0):
                found.append(int(pid))
    return found


def end_orphans(children: list[subprocess.Popen[bytes]]) -> None:
    """Ends what an agent that could not end as it should has left, such as its redis-server."""
    def are_left(number: int) -> bool:
        pids = orphans(children)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return bool(pids)

    for number in (signal.SIGTERM, signal.SIGKILL):
        if has_ended(lambda: are_left(number), 3):
            return


def unmount(folder: str, environment: dict[str, str]) -> None:
    """Unmounts the agent's bpffs, if it came to one; what is pinned in it goes with it."""
    for options in ((), ("-l",)):
        if os.path.ismount(folder):
            with contextlib.suppress(Failure):
                execute(("umount", *options, folder), environment)


def remove_namespace(name: str, environment: dict[str, str]) -> None:
    """Removes a network namespace with what is in it."""
    if os.path.lexists(f"/run/netns/{name}"):
        with contextlib.suppress(Failure):
            execute(("ip", "netns", "del", name), environment)
