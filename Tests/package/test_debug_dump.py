"""What `show techsupport` runs ends in time, with an end to its output, and without an error, whatever the machine is like."""
import subprocess
import time
from pathlib import Path

import pytest

DUMP = Path(__file__).resolve().parents[2] / "sonic" / "debug-dump"
SECTIONS = ["version", "fitness", "agent and jobs (STATE_DB)", "processes", "pins in", "attachments", "logs"]


def dump(tmp_path, agent):
    """Its output, where `telegen-sonic` is this script, there are pins, and supervisord's log is long."""
    program = tmp_path / "telegen-sonic"
    program.write_text(f"#!/bin/sh\n{agent}\n", encoding="utf-8")
    program.chmod(0o755)
    pins = tmp_path / "bpf" / "telegen-sonic"
    pins.mkdir(parents=True)
    (pins / "stats_percpu").touch()
    redis = tmp_path / "state" / "redis"
    redis.mkdir(parents=True)
    (redis / "redis.log").write_text("a line\n" * 1000, encoding="utf-8")
    variables = {
        "PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin", "TELEGEN_BPFFS": str(tmp_path / "bpf"),
        "TELEGEN_STATE_DIR": str(tmp_path / "state")}
    return subprocess.run([DUMP], env=variables, capture_output=True, text=True, timeout=90)


def test_it_tells_all_sections(tmp_path):
    result = dump(tmp_path, 'echo "asked: $*"')
    assert (result.returncode, result.stderr) == (0, "")
    for section in SECTIONS:
        assert f"=== {section}" in result.stdout
    for words in ("asked: version", "asked: check --timeout 8", "asked: status --json"):
        assert words in result.stdout
    assert f"{tmp_path}/bpf/telegen-sonic/stats_percpu" in result.stdout
    assert result.stdout.count("a line\n") == 100


@pytest.mark.parametrize("agent", ["exit 1", "kill -SEGV $$", "yes forever"])
def test_it_does_not_fail_when_the_agent_does(tmp_path, agent):
    result = dump(tmp_path, agent)
    assert result.returncode == 0
    assert "=== logs" in result.stdout
    assert len(result.stdout) < 7 * 65536 + 4096
    assert "(ended with" in result.stdout


def test_it_does_not_wait_for_an_agent_that_hangs(tmp_path):
    start = time.monotonic()
    result = dump(tmp_path, "trap '' TERM; while :; do sleep 1; done")
    assert result.returncode == 0
    assert "=== logs" in result.stdout
    assert time.monotonic() - start < 45
