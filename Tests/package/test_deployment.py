"""The image, its surroundings and the service: what their files say."""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "ghcr.io/platformbuilds/telegen-sonic"
# As they were written for this project's ancestor.
LINES = [
    "docker run --rm -d --network host --cap-add NET_ADMIN --cap-add BPF -v /sys/fs/bpf:/sys/fs/bpf "
    "-v /sys/kernel/btf:/sys/kernel/btf:ro -e OTEL_EXPORTER_OTLP_ENDPOINT=\"collector:4317\" " + IMAGE,
    "docker run --rm -d --network host --cap-add NET_ADMIN --cap-add BPF -v /sys/fs/bpf:/sys/fs/bpf "
    "-v /sys/kernel/btf:/sys/kernel/btf:ro -e OTEL_EXPORTER_OTLP_ENDPOINT=\"collector:4317\" "
    "-e TELEGEN_MIRROR_MODE=erspan -e TELEGEN_ERSPAN_REMOTE=192.0.2.100 -e TELEGEN_ERSPAN_LOCAL=192.0.2.10 "
    "-e TELEGEN_ERSPAN_DEV=Ethernet0 -e TELEGEN_ERSPAN_KEY=42 " + IMAGE,
    "docker run --rm -it -e TELEGEN_MIRROR_MODE=placeholder " + IMAGE,
]


def tool(name):
    """A program of the Python environment, or of the machine; without it the test is skipped."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin")
    if not path:
        pytest.skip(f"{name} is not here: scripts/setup image")
    return path


def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, cwd=ROOT, **more)


@pytest.mark.parametrize("page", ["README.md", "docs/deployment.md"])
def test_the_lines_for_docker_are_shown_as_they_were_written(page):
    text = re.sub(r" *\\\n *", " ", (ROOT / page).read_text(encoding="utf-8"))
    for line in LINES:
        assert line in text


@pytest.mark.parametrize("file", ["Dockerfile", "deploy/compose/prometheus.Dockerfile", "Tests/package/systemd.Dockerfile"])
def test_hadolint_has_nothing_to_say(file):
    result = run(tool("hadolint"), file)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_compose_file_is_of_the_schema():
    result = run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_files_that_the_compose_file_mounts_are_here():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not here: scripts/setup image")
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    sources = [volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])]
    local = {source for source in sources if source.startswith("./")}
    if not (ROOT / "deploy" / "grafana").is_dir():
        local.discard("./deploy/grafana")
    assert {source for source in local if not (ROOT / source).exists()} == set()
    named = {source for source in sources if re.fullmatch(r"[a-z-]+", source)}
    assert named == set(compose["volumes"])


def test_the_small_profile_needs_no_image_from_elsewhere():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not here: scripts/setup image")
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    small = {name: service for name, service in services.items() if "small" in service.get("profiles", ["small"])}
    assert set(small) == {"redis", "agent", "prometheus-small"}
    for service in small.values():
        assert service["image"].startswith(("${TELEGEN_IMAGE:-", "localhost/"))


@pytest.mark.parametrize(("variables", "asked"), [
    ({}, "--url http://127.0.0.1:8080"),
    ({"TELEGEN_LISTEN": "127.0.0.1:9000"}, "--url http://127.0.0.1:9000"),
    ({"TELEGEN_LISTEN": "unix:/run/t.sock"}, "--url unix:/run/t.sock"),
    ({"TELEGEN_LISTEN": "[::]:443", "TELEGEN_TLS_CERT": "/c.pem"}, "--url https://[::1]:443"),
    ({"TELEGEN_LISTEN": "0.0.0.0:8080", "TELEGEN_API_ALLOW": "remote-plain"}, "--url http://127.0.0.1:8080"),
    ({"TELEGEN_URL": "https://switch:8443", "TELEGEN_TLS_CERT": "/c.pem"}, "--url https://switch:8443"),
    ({"TELEGEN_LISTEN": "off"}, ""),
])
def test_the_health_check_asks_where_the_agent_listens(tmp_path, variables, asked):
    program = tmp_path / "telegen-sonic"
    program.write_text('#!/bin/sh\necho "$*"\nexit 7\n', encoding="utf-8")
    program.chmod(0o755)
    result = run(ROOT / "deploy/docker/healthcheck", env={"PATH": f"{tmp_path}:/usr/bin:/bin", **variables})
    assert (result.stdout, result.returncode) == (f"status --names {asked}".strip() + "\n", 7)


def test_the_databases_of_compose_are_where_its_redis_listens():
    document = json.loads((ROOT / "deploy/compose/database_config.json").read_text(encoding="utf-8"))
    socket = document["INSTANCES"]["redis"]["unix_socket_path"]
    assert f"socket={socket}\n" in (ROOT / "deploy/compose/redis.sh").read_text(encoding="utf-8")
    ids = {name: entry["id"] for name, entry in document["DATABASES"].items()}
    assert ids == {"APPL_DB": 0, "COUNTERS_DB": 2, "CONFIG_DB": 4, "STATE_DB": 6}


def install(tmp_path, prefix):
    """`make install` of a stand-in below a folder."""
    result = run("make", "install", "PROGRAM=/bin/true", f"DESTDIR={tmp_path}", f"PREFIX={prefix}")
    assert result.returncode == 0, result.stderr
    return tmp_path / prefix.lstrip("/") / "lib/systemd/system/telegen-sonic.service"


@pytest.mark.parametrize("prefix", ["/usr/local", "/usr", "/opt/telegen"])
def test_what_is_installed_is_removed(tmp_path, prefix):
    unit = install(tmp_path, prefix)
    assert f"ExecStart={prefix}/bin/telegen-sonic run\n" in unit.read_text(encoding="utf-8")
    assert os.access(tmp_path / prefix.lstrip("/") / "bin/telegen-sonic", os.X_OK)
    assert run("make", "uninstall", f"DESTDIR={tmp_path}", f"PREFIX={prefix}").returncode == 0
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []


def test_an_install_without_a_program_says_what_to_do(tmp_path):
    result = run("make", "install", "PROGRAM=/nowhere", f"DESTDIR={tmp_path}")
    assert result.returncode != 0
    assert "make release" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_systemd_takes_the_unit(tmp_path):
    unit = install(tmp_path, "/usr/local")
    # The program is not in place; everything else is systemd's to judge.
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(encoding="utf-8")), encoding="utf-8")
    result = run(tool("systemd-analyze"), "verify", unit)
    assert (result.returncode, result.stderr) == (0, "")


def test_systemd_finds_the_unit_well_protected():
    unit = ROOT / "deploy/systemd/telegen-sonic.service"
    result = run(tool("systemd-analyze"), "security", "--offline=true", "--threshold=30", "--no-pager", unit)
    assert result.returncode == 0, result.stdout[-300:]
