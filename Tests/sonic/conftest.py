"""A real redis-server, SONiC's command line as far as the plugins see it, and the plugins in it."""
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time

import click
import pytest
import redis
from click.testing import CliRunner

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "standins"))

PORTS = {
    "Ethernet0": {"alias": "etp1", "lanes": "0,1,2,3"},
    "Ethernet4": {"alias": "etp2", "lanes": "4,5,6,7"},
    "Ethernet100": {"alias": "etp26", "lanes": "100,101"},
}


class Server:
    """A redis-server of its own on a Unix socket, as SONiC sets it up, with CONFIG_DB initialized."""

    def __init__(self, folder):
        self.socket = os.path.join(folder, "redis.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", folder,
             "--notify-keyspace-events", "AKE"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.config, self.state = self.database(4), self.database(6)
        until(lambda: self.answers(), "redis-server answers")
        self.config.set("CONFIG_DB_INITIALIZED", "1")
        for name, row in PORTS.items():
            self.config.hset(f"PORT|{name}", mapping=row)
        self.config.hset("PORTCHANNEL|PortChannel1", mapping={"admin_status": "up"})

    def database(self, number):
        return redis.Redis(unix_socket_path=self.socket, db=number, decode_responses=True)

    def answers(self):
        try:
            return self.config.ping()
        except redis.exceptions.ConnectionError:
            return False

    def close(self):
        self.config.close()
        self.state.close()
        self.process.kill()
        self.process.wait()


def until(condition, what, seconds=20):
    """Waits until the condition holds, and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.05)


def root(name):
    """The top of one of SONiC's commands."""
    from utilities_common.cli import AbbreviationGroup, AliasedGroup, Db

    @click.group(name=name, cls=AbbreviationGroup if name == "config" else AliasedGroup)
    @click.pass_context
    def top(ctx):
        if name != "clear":
            ctx.obj = Db()
    return top


def load(command):
    """A plugin as SONiC's helper imports it, anew."""
    path = os.path.join(ROOT, "sonic", "cli", command, "telegen.py")
    spec = importlib.util.spec_from_file_location(f"{command}.plugins.telegen", path)
    module = importlib.util.module_from_spec(spec)
    # Where those of `config` and `clear` look for that of `show`.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class CommandLine:
    """SONiC's commands with the plugins, as a user has them."""

    def __init__(self):
        self.plugins = {name: load(name) for name in ("show", "config", "clear")}
        self.roots = {name: root(name) for name in self.plugins}
        for name, plugin in self.plugins.items():
            plugin.register(self.roots[name])

    def run(self, *words):
        """The result of a command: `config`, `show` or `sonic-clear` and what follows."""
        top = words[0].replace("sonic-", "")
        return CliRunner().invoke(self.roots[top], ["telegen", *words[1:]], prog_name=words[0])

    def __call__(self, line, code=0):
        """What a command prints that ends with `code`; the words of the line stand between spaces."""
        return self.words(*line.split(" "), code=code)

    def words(self, *words, code=0):
        result = self.run(*words)
        failure = f"{result.output}\n{result.exception!r}"
        assert result.exit_code == code, failure
        assert result.exception is None or isinstance(result.exception, SystemExit), failure
        return result.output


def required(name):
    """Skips, or fails where nothing may be left out, when a program is missing."""
    if not shutil.which(name) and not os.environ.get("TELEGEN_REQUIRE_ALL"):
        pytest.skip(f"needs {name}")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    required("redis-server")
    server = Server(str(tmp_path_factory.mktemp("redis")))
    yield server
    server.close()


@pytest.fixture
def server(redis_server, tmp_path, monkeypatch):
    """A server with the ports of a switch and nothing else."""
    for database in (redis_server.config, redis_server.state):
        database.flushdb()
    redis_server.config.set("CONFIG_DB_INITIALIZED", "1")
    for name, row in PORTS.items():
        redis_server.config.hset(f"PORT|{name}", mapping=row)
    redis_server.config.hset("PORTCHANNEL|PortChannel1", mapping={"admin_status": "up"})
    use(monkeypatch, tmp_path, {"": redis_server.socket})
    return redis_server


def use(monkeypatch, folder, sockets):
    """Has the stand-ins find these servers, and the user's cache be below the folder."""
    path = os.path.join(str(folder), "databases.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(sockets, file)
    monkeypatch.setenv("TEST_DATABASES", path)
    monkeypatch.setenv("SONIC_CLI_CACHE_DIR", os.path.join(str(folder), "cache"))
    monkeypatch.delenv("SONIC_CLI_IFACE_MODE", raising=False)


@pytest.fixture
def cli(server):
    return CommandLine()


@pytest.fixture
def two_asics(tmp_path_factory, tmp_path, monkeypatch):
    """A switch with two ASICs and a host: servers by namespace."""
    required("redis-server")
    servers = {name: Server(str(tmp_path_factory.mktemp("asic"))) for name in ("", "asic0", "asic1")}
    servers[""].config.delete(*(f"PORT|{name}" for name in PORTS))
    servers["asic1"].config.delete(*(f"PORT|{name}" for name in PORTS), "PORTCHANNEL|PortChannel1")
    servers["asic1"].config.hset("PORT|Ethernet200", mapping={"alias": "etp50"})
    use(monkeypatch, tmp_path, {name: server.socket for name, server in servers.items()})
    yield servers
    for server in servers.values():
        server.close()
