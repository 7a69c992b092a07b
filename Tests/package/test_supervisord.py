"""The processes of the SONiC package's container, under the real supervisord, with stand-ins for agent and rsyslogd."""
import configparser
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SONIC = ROOT / "sonic"
pytest.importorskip("supervisor", reason="supervisor is not here: scripts/setup image")
pytest.importorskip("supervisord_dependent_startup", reason="supervisord-dependent-startup is not here: scripts/setup image")


@pytest.fixture
def supervisord(tmp_path):
    """Starts supervisord with the package's configuration; the argument is what the agent does (sh)."""
    started = []

    def start(agent):
        text = (SONIC / "supervisord.conf").read_text(encoding="utf-8")
        events = tmp_path / "events"
        for old, new in {
            "user=root\n": "", "/var/log/supervisor": str(tmp_path), "/var/run": str(tmp_path),
            "python3 -m": f"{sys.executable} -m",
            "/usr/share/telegen-sonic/exit-listener": f"{sys.executable} {SONIC / 'exit-listener'}",
            "/etc/supervisor/critical_processes": str(SONIC / "critical_processes"),
            "/usr/sbin/rsyslogd -n -iNONE": f"/bin/sh -c 'echo rsyslogd >>{events}; exec sleep 600'",
            "/usr/bin/telegen-sonic run": f"/bin/sh -c 'echo telegen >>{events}; {agent}'",
            "stdout_syslog=true": "", "stderr_syslog=true": "", "startsecs=5": "startsecs=1", "startretries=5": "startretries=1",
        }.items():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "supervisord.conf").write_text(text, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", tmp_path / "supervisord.conf"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.wait(20)


def control(folder, *words):
    result = subprocess.run(
        [sys.executable, "-m", "supervisor.supervisorctl", "-c", folder / "supervisord.conf", *words],
        capture_output=True, text=True, timeout=10)
    return result.stdout


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)


def is_running(folder, name):
    return re.search(rf"^{name} +RUNNING ", control(folder, "status"), re.MULTILINE)


def test_the_agent_starts_after_rsyslogd(supervisord, tmp_path):
    supervisord("exec sleep 600")
    until(lambda: is_running(tmp_path, "telegen"))
    assert (tmp_path / "events").read_text().split() == ["rsyslogd", "telegen"]
    assert is_running(tmp_path, "rsyslogd")


def test_an_agent_that_dies_is_started_again(supervisord, tmp_path):
    process = supervisord("exec sleep 600")
    until(lambda: is_running(tmp_path, "telegen"))
    os.kill(int(control(tmp_path, "pid", "telegen")), 9)
    until(lambda: (tmp_path / "events").read_text().split().count("telegen") == 2)
    until(lambda: is_running(tmp_path, "telegen"))
    assert process.poll() is None


def test_an_agent_that_does_not_stay_up_ends_the_container(supervisord):
    assert supervisord("exit 1").wait(20) is not None


def test_critical_processes_are_programs_of_supervisord():
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    parser.read(SONIC / "supervisord.conf")
    lines = (SONIC / "critical_processes").read_text().splitlines()
    assert lines == ["program:telegen"]
    assert set(lines) <= set(parser.sections())
