"""The agent in a network namespace of its own, on the databases of a test, with ports that packets really arrive at."""
import contextlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, until

BUILT = (".build/debug/telegen-sonic", ".build-release/release/telegen-sonic")
# An Ethernet frame from gen0 to Ethernet0: IPv4, UDP or what the protocol's number says, 100 bytes.
SENDER = """
import socket, struct, sys
protocol, count = int(sys.argv[1]), int(sys.argv[2])
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("gen0", 0))
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 86, 0, 0, 64, protocol, 0, bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7]))
frame = b"\\2\\0\\0\\0\\0\\1\\2\\0\\0\\0\\0\\2\\x08\\0" + ip + struct.pack("!HHHH", 49152, 53, 66, 0) + bytes(58)
for _ in range(count):
    sender.send(frame)
"""


def program():
    """The built agent; skips when there is none or it cannot be tried for real."""
    paths = [os.environ["TELEGEN_BIN"]] if os.environ.get("TELEGEN_BIN") else [os.path.join(ROOT, each) for each in BUILT]
    found = next((path for path in paths if os.access(path, os.X_OK)), None)
    missing = []
    if not found:
        missing.append("a built agent: `make build`, or its path in TELEGEN_BIN")
    if os.geteuid() != 0:
        missing.append("root")
    missing += [name for name in ("ip", "nsenter", "sysctl") if not shutil.which(name)]
    if missing and os.environ.get("TELEGEN_REQUIRE_ALL"):
        pytest.fail(f"needs {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    return os.path.abspath(found)


class Agent:
    """The process and its surroundings; `close` removes all of them."""

    def __init__(self, server, folder):
        self.program, self.server, self.folder = program(), server, str(folder)
        self.process, self.namespace = None, f"telegen-cli-{os.getpid()}"
        self.stack = contextlib.ExitStack()
        try:
            self.prepare()
        except BaseException:
            self.stack.close()
            raise

    def prepare(self):
        run("ip", "netns", "add", self.namespace)
        self.stack.callback(run, "ip", "netns", "del", self.namespace)
        self.inside("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "add", "Ethernet0", "type", "veth", "peer", "name", "gen0")
        for end in ("Ethernet0", "gen0"):
            self.inside("ip", "link", "set", end, "arp", "off", "multicast", "off", "up")
        self.config = os.path.join(self.folder, "database_config.json")
        databases = {name: {"id": number, "separator": "|", "instance": "redis"}
                     for name, number in (("CONFIG_DB", 4), ("STATE_DB", 6))}
        instance = {"hostname": "127.0.0.1", "port": 6379, "unix_socket_path": self.server.socket}
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump({"INSTANCES": {"redis": instance}, "DATABASES": databases, "VERSION": "1.0"}, file)
        self.stack.callback(self.unmount)
        self.stack.callback(self.stop)

    def inside(self, *command):
        """Runs a command in the network namespace, and returns what it printed."""
        return run("nsenter", f"--net=/run/netns/{self.namespace}", *command)

    def start(self):
        """Starts it; it runs when its row says so."""
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TELEGEN_DB": "sonic", "TELEGEN_DB_CONFIG": self.config,
            "TELEGEN_STATE_DIR": os.path.join(self.folder, "state"), "TELEGEN_BPFFS": os.path.join(self.folder, "bpf"),
            "TELEGEN_ATTACH": "clsact", "TELEGEN_MIRROR_MODE": "none", "TELEGEN_LISTEN": "off", "OTEL_SDK_DISABLED": "true"}
        with open(os.path.join(self.folder, "agent.log"), "ab") as log:
            self.process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.namespace}", self.program, "run"], env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def runs():
            assert self.process.poll() is None, self.log()
            return self.server.state.hget("TELEGEN_AGENT_TABLE|global", "pid") == str(self.process.pid)
        until(runs, "the agent writes its row", 60)

    def stop(self):
        """SIGTERM, as an operator stops it; its taps go on counting."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def unmount(self):
        folder = os.path.join(self.folder, "bpf")
        if os.path.ismount(folder):
            run("umount", folder)

    def log(self):
        with open(os.path.join(self.folder, "agent.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def send(self, count, protocol=17):
        """Frames of 100 bytes from gen0 to Ethernet0."""
        self.inside(sys.executable, "-c", SENDER, str(protocol), str(count))

    def wait(self, job, **fields):
        """Waits until the job's row of STATE_DB has these values."""
        def has_them():
            row = self.server.state.hgetall(f"TELEGEN_JOB_TABLE|{job}")
            return all(row.get(name) == text for name, text in fields.items())
        try:
            until(has_them, f"{job} is {fields}", 60)
        except AssertionError:
            print(self.server.state.hgetall(f"TELEGEN_JOB_TABLE|{job}"), self.log())
            raise

    def wait_until_gone(self, job):
        until(lambda: not self.server.state.exists(f"TELEGEN_JOB_TABLE|{job}"), f"{job} is gone", 60)

    def close(self):
        self.stack.close()


def run(*command):
    """Runs a command that has to succeed, and returns what it printed."""
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stdout.decode(errors='replace')}"
    return result.stdout.decode(errors="replace")
