"""A day of an operator, with the real agent: everything typed and printed is compared with `session.txt`."""
import json
import os
import re
import shlex

import jsonpatch
import pytest

from conftest import HERE, until
from real_agent import Agent
from swsscommon.swsscommon import ConfigDBConnector


@pytest.fixture
def agent(server, tmp_path):
    agent = Agent(server, tmp_path)
    yield agent
    agent.close()


class Session:
    """What was typed, and what was printed."""

    def __init__(self, cli, server):
        self.cli, self.server, self.text = cli, server, ""

    def __call__(self, line, code=0):
        """A command of the plugins: the line is what an operator types."""
        top, _, *words = shlex.split(line)
        self.note(line, self.cli.words(top, *words, code=code))

    def note(self, line, output=""):
        self.text += f"$ {line}\n{output}\n"

    def connector(self):
        connector = ConfigDBConnector()
        connector.connect(False)
        return connector

    def save(self):
        """`config save`: the rows as JSON, lists as lists."""
        self.note("config save -y")
        return json.dumps(self.connector().get_config())

    def flush(self):
        """The first half of `config reload`: CONFIG_DB is empty, and not initialized."""
        self.server.config.flushdb()

    def load(self, saved):
        """Its second half."""
        self.connector().mod_config(json.loads(saved))
        self.server.config.set("CONFIG_DB_INITIALIZED", "1")

    def patch(self, *steps):
        """`config apply-patch`: each step is a valid configuration, and they come one after the other."""
        self.note("config apply-patch patch.json")
        for step in steps:
            connector = self.connector()
            before = connector.get_config()
            after = jsonpatch.JsonPatch([step]).apply(before)
            for table in set(before) | set(after):
                for key in set(before.get(table, {})) | set(after.get(table, {})):
                    if before.get(table, {}).get(key) != after.get(table, {}).get(key):
                        connector.set_entry(table, key, after.get(table, {}).get(key))


def steady(text):
    """Without what differs from run to run, in its width."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-31T12:00:00Z", text)
    text = re.sub(r"\d+ s ago", "1 s ago", text)
    text = re.sub("^Try .(.*). for help", r"Try '\1' for help", text, flags=re.MULTILINE)
    for name in ("build_date", "commit", "database", "kernel", "pid", "rss_bytes", "version"):
        text = re.sub(f"^({name} +).*$", r"\1...", text, flags=re.MULTILINE)
    # The widths of a table that has one of these.
    return re.sub("^(Agent +)Value\n-+  -+$", r"\1Value\n---", text, flags=re.MULTILINE)


def test_an_operators_session_prints_what_is_written_down(cli, server, agent):
    session = Session(cli, server)
    session("show telegen jobs")
    agent.start()
    session("config telegen status-interval 1")
    session("show telegen agent")

    session("config telegen job add web --port etp1 --ip-proto udp --detail flows --description 'DNS at the edge'")
    session("config telegen job add web --port etp2", code=1)
    session("config telegen job add bad --port etp1 --vlan 100,4095", code=2)
    agent.wait("web", oper_status="running")
    agent.send(100)
    agent.send(20, protocol=6)
    agent.wait("web", packets="100", pps="0")
    session("show telegen jobs")
    session("show telegen job web")
    session("show telegen statistics")
    session("show telegen statistics web")
    session("show telegen flows")

    session("sonic-clear telegen counters")
    session("show telegen statistics")
    agent.send(50)
    agent.wait("web", packets="150", pps="0")
    session("show telegen statistics")

    session("config telegen job add spare --port eth9 --direction both")
    agent.wait("spare", oper_status="waiting")
    session("config telegen job disable web")
    agent.wait("web", oper_status="disabled")
    agent.send(10)
    session("show telegen jobs")
    session("config telegen job enable web")
    agent.wait("web", oper_status="running")

    saved = session.save()
    session("config telegen job del spare")
    agent.wait_until_gone("spare")
    session.note("config reload -y")
    session.flush()
    agent.send(5)
    agent.wait("web", packets="155", pps="0")
    session.load(saved)
    agent.wait("spare", oper_status="waiting")
    session("show telegen jobs")

    session.patch(
        {"op": "remove", "path": "/TELEGEN_JOB/spare"},
        {"op": "add", "path": "/TELEGEN_JOB/tcp", "value": {"port": "Ethernet0", "ip_proto": ["tcp"]}},
        {"op": "add", "path": "/TELEGEN/global/max_jobs", "value": "1"})
    agent.wait("tcp", oper_status="rejected")
    agent.wait_until_gone("spare")
    session("show telegen jobs")
    session("config telegen max-jobs ''")
    agent.wait("tcp", oper_status="running")

    assert "bpf" in agent.inside("tc", "filter", "show", "dev", "Ethernet0", "ingress")
    session("config telegen job del web")
    agent.wait_until_gone("web")
    session("config telegen job add web --port etp1 --direction both")
    agent.wait("web", oper_status="running")
    agent.send(3)
    agent.wait("web", packets="3", pps="0")
    session("show telegen statistics web")

    agent.stop()
    session.note("docker stop telegen")
    until(lambda: "heartbeat was" in cli("show jobs"), "the heartbeat is old")
    session("show telegen jobs")
    agent.send(4)
    agent.start()
    session.note("docker start telegen")
    agent.wait("web", packets="7", pps="0", oper_status="running")
    session("show telegen jobs")

    for table in ("TELEGEN_JOB", "TELEGEN"):
        session.connector().delete_table(table)
        session.note(f"sonic-db-cli CONFIG_DB DEL ... # all rows of {table}")
    for job in ("web", "tcp"):
        agent.wait_until_gone(job)
    session("show telegen jobs")
    assert "TELEGEN" not in session.save()
    assert server.state.keys("TELEGEN_*") == ["TELEGEN_AGENT_TABLE|global"]
    assert "bpf" not in agent.inside("tc", "filter", "show", "dev", "Ethernet0", "ingress")

    with open(os.path.join(HERE, "session.txt"), encoding="utf-8") as file:
        assert steady(session.text).splitlines() == file.read().splitlines(), session.text
