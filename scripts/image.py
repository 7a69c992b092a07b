#!/usr/bin/env python3
"""Runs the images that `scripts/image local` has made, with podman in a network of their own: `scripts/image test`.

IMAGE_TRAFFIC: the project's generator (.build/debug/telegen-traffic). IMAGE_SIZE_LIMIT: MB that the agent's image may have
(150).
"""
from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from typing import Any

sys.dont_write_bytecode = True

from demo.counts import CLASSES
from demo.sandbox import CONFIG_DB, ROOT, STATE_DB, Failure, Sandbox, execute, run_in_sandbox, unmount

IMAGE = "localhost/telegen-sonic:test"
LISTEN = "127.0.0.1:8080"
PACKETS = 20_000
TRAFFIC = os.path.abspath(os.environ.get("IMAGE_TRAFFIC") or os.path.join(ROOT, ".build", "debug", "telegen-traffic"))
SIZE_LIMIT = int(os.environ.get("IMAGE_SIZE_LIMIT") or 150)
# Calls that Debian's podman, and Docker before 23, refuse to CAP_BPF and CAP_PERFMON (docs/deployment.md).
REFUSED = {"bpf", "perf_event_open"}


def get(sandbox: Sandbox, url: str, *options: str) -> str | None:
    """The body of an answer within the sandbox's network; nil when there was none, or an error."""
    with contextlib.suppress(Failure):
        return sandbox.run(*sandbox.prefix, "curl", "-fsS", "-m", "5", *options, url)
    return None


class Container:
    """A container in the sandbox's network, which goes with the sandbox."""

    def __init__(self, sandbox: Sandbox, name: str, *words: str) -> None:
        """Starts it; `words` are options, the image, and what it is to run."""
        self.sandbox, self.name = sandbox, f"{sandbox.namespace}-{name}"
        self.started = time.monotonic()
        sandbox.stack.callback(self.remove)
        sandbox.run(
            *sandbox.prefix, "podman", "run", "--detach", "--pull=never", "--no-healthcheck", "--name", self.name,
            "--security-opt", f"seccomp={sandbox.path('seccomp.json')}", *words)

    def remove(self) -> None:
        """Ends it and removes it, whatever came of it."""
        with contextlib.suppress(Failure):
            execute(("podman", "rm", "--force", "--ignore", "--time=5", "--volumes", self.name), self.sandbox.environment)

    def run(self, *words: str) -> str:
        """What a command inside prints; with the host's network it gets that of whoever runs it."""
        return self.sandbox.run(*self.sandbox.prefix, "podman", "exec", self.name, *words)

    def log(self) -> str:
        """The end of its messages, of both kinds."""
        text = self.sandbox.run("sh", "-c", f"podman logs {shlex.quote(self.name)} 2>&1 || true")
        return "".join(f"\n  {line}" for line in text.splitlines()[-8:])

    def memory(self) -> str:
        """What the agent's process has in memory."""
        number = self.sandbox.run("podman", "inspect", "--format", "{{.State.Pid}}", self.name)
        pids = [number]
        for pid in pids:
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                status = dict(line.split(":", 1) for line in file)
            if status["Name"].strip() == "telegen-sonic":
                resident, own = (int(status[key].split()[0]) / 1024 for key in ("VmRSS", "RssAnon"))
                return f"{resident:.1f} MB resident, {own:.1f} of them anonymous"
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                pids += file.read().split()
        raise Failure(f"no agent runs in {self.name}:{self.log()}")


class Agent(Container):
    """A container whose agent is asked over HTTP, as users do."""

    def __init__(self, sandbox: Sandbox, name: str, *words: str, listen: str = LISTEN) -> None:
        """Returns when it answers. Without `words` it runs already."""
        self.url = f"http://{listen}"
        if words:
            super().__init__(sandbox, name, *words)
        else:
            self.sandbox, self.name, self.started = sandbox, name, 0
        if not sandbox.until(lambda: self.ask("/healthz") is not None, 30):
            raise Failure(f"{name}: no answer at {self.url}/healthz:{self.log()}")
        self.start = f"/healthz after {time.monotonic() - self.started:.2f} s; " if words else ""

    def ask(self, path: str, *options: str) -> str | None:
        """The body of an answer of its API."""
        return get(self.sandbox, self.url + path, *options)

    def job(self, *statuses: str) -> dict[str, Any]:
        """Starts a job on Ethernet0 and returns it in one of these states."""
        body = json.dumps({"port": "Ethernet0", "direction": "ingress", "job_id": "demo"})
        options = ("-H", "Content-Type: application/json", "-d", body)
        job: dict[str, Any] = {}

        def is_as_wanted() -> bool:
            job.update(json.loads(self.ask("/jobs/demo") or "{}"))
            return job.get("status") in statuses

        # The database may still be on its way.
        if not self.sandbox.until(lambda: self.ask("/jobs/start", *options) or self.ask("/jobs/demo"), 20):
            raise Failure(f"{self.name}: no job can be started:{self.log()}")
        if not self.sandbox.until(is_as_wanted, 20):
            raise Failure(f"{self.name}: the job is {job.get('status')}, not {statuses}: {job.get('reason')}{self.log()}")
        return job

    def counted(self) -> dict[str, tuple[int, int, list[int]]]:
        """Packets, bytes and sizes by class."""
        table = json.loads(self.ask("/jobs/demo/results") or "{}").get("sizes", {}).get("ingress", {})
        empty = {"packets": 0, "bytes": 0, "counts": []}
        rows = {name: table.get(name, empty) for name in CLASSES}
        return {name: (int(row["packets"]), int(row["bytes"]), row["counts"]) for name, row in rows.items()}


def send(sandbox: Sandbox) -> dict[str, tuple[int, int, list[int]]]:
    """Sends packets of all kinds into Ethernet0 and returns what they are, by class."""
    text = sandbox.run(*sandbox.prefix, TRAFFIC, "send", "--interface", "gen0", "--count", str(PACKETS), "--json")
    tally = json.loads(text)
    return {name: (tally[name]["packets"], tally[name]["bytes"], tally[name]["sizes"]) for name in CLASSES}


def check_counts(sandbox: Sandbox, name: str, agent: Agent) -> None:
    """Fails unless what is sent is what is counted, to the packet, the byte and the bucket."""
    sent = send(sandbox)
    if not sandbox.until(lambda: agent.counted() == sent, 20):
        raise Failure(f"{name}: sent {sent}, counted {agent.counted()}")
    packets, octets = (sum(row[index] for row in sent.values()) for index in (0, 1))
    print(f"  {name}: sent = counted: {packets:,} packets, {octets:,} bytes; "
          f"{agent.start}{agent.memory()}", flush=True)


def check_placeholder(sandbox: Sandbox, name: str, agent: Agent) -> None:
    """Fails unless the agent says that it counts nothing, and counts nothing."""
    job = agent.job("placeholder")
    send(sandbox)
    sandbox.pause(1)
    if any(row[0] for row in agent.counted().values()):
        raise Failure(f"{name}: a placeholder has counted")
    print(f"  {name}: placeholder: {job['reason']}", flush=True)


def make_bpffs(sandbox: Sandbox, name: str) -> str:
    """A BPF file system, which goes with the sandbox, and with it what is pinned there."""
    folder = sandbox.path(f"bpf-{name}")
    os.mkdir(folder)
    sandbox.stack.callback(unmount, folder, sandbox.environment)
    sandbox.run("mount", "-t", "bpf", "bpf", folder)
    return folder


def make_seccomp(sandbox: Sandbox) -> None:
    """The machine's own profile, with the calls that the agent's capabilities are for."""
    with open("/usr/share/containers/seccomp.json", encoding="utf-8") as file:
        profile = json.load(file)
    for rule in profile["syscalls"]:
        rule["names"] = [name for name in rule["names"] if name not in REFUSED]
    profile["syscalls"].append({"names": sorted(REFUSED), "action": "SCMP_ACT_ALLOW"})
    with open(sandbox.path("seccomp.json"), "w", encoding="ascii") as file:
        json.dump(profile, file)


def docker_lines() -> list[list[str]]:
    """The words of the lines that docs/deployment.md gives for Docker, from the options on."""
    with open(os.path.join(ROOT, "docs", "deployment.md"), encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    lines = [shlex.split(line) for line in re.findall(r"^docker run (.*telegen-sonic)$", text, re.MULTILINE)]
    if len(lines) != 4:
        raise Failure(f"docs/deployment.md has {len(lines)} lines of docker, not four")
    return lines


def try_rights(sandbox: Sandbox) -> None:
    """The agent with two capabilities, and with none."""
    bpffs = make_bpffs(sandbox, "two")
    agent = Agent(
        sandbox, "two", "--network=host", "--cap-drop=ALL", "--cap-add=BPF", "--cap-add=NET_ADMIN",
        f"--volume={bpffs}:/sys/fs/bpf", IMAGE)
    warnings = agent.job("running")["warnings"]
    if not any("CAP_PERFMON" in text for text in warnings):
        raise Failure(f"without CAP_PERFMON there is no warning of it: {warnings}")
    check_counts(sandbox, "BPF, NET_ADMIN", agent)
    agent.remove()

    for name, *words in (
        ("asked", "--env=TELEGEN_MIRROR_MODE=placeholder"), ("unasked",), ("user", "--user=telegen"),
    ):
        agent = Agent(
            sandbox, name, "--network=host", "--cap-drop=ALL", "--read-only",
            "--tmpfs=/var/lib/telegen-sonic:mode=1777", *words, IMAGE)
        check_placeholder(sandbox, " ".join(["no capability", *words]), agent)
        agent.remove()


def try_docker_lines(sandbox: Sandbox) -> None:
    """The lines for Docker, word for word but for the image, the BPF file system and where the terminal is."""
    for number, line in enumerate(docker_lines(), 1):
        own = {
            "/sys/fs/bpf:/sys/fs/bpf": f"{make_bpffs(sandbox, f'line{number}')}:/sys/fs/bpf",
            "telegen-state:/var/lib/telegen-sonic": f"{sandbox.namespace}:/var/lib/telegen-sonic",
        }
        options = [own.get(word, word) for word in line[:-1] if word not in ("-it", "-d")]
        # Docker's read-only root has nothing writable of its own.
        options += ["--read-only-tmpfs=false"] if "--read-only" in options else []
        name = f"line {number} of docs/deployment.md"
        if "TELEGEN_MIRROR_MODE=placeholder" in options:
            # Without --network it would want a bridge, which changes the machine's firewall.
            agent = Agent(sandbox, f"line{number}", "--network=host", *options, IMAGE)
            check_placeholder(sandbox, name, agent)
        else:
            agent = Agent(sandbox, f"line{number}", *options, IMAGE)
            job = agent.job("running", "degraded")
            has_warning = any("CAP_PERFMON" in text for text in job["warnings"])
            if has_warning == ("PERFMON" in options):
                raise Failure(f"{name}: the warnings are {job['warnings']}")
            check_counts(sandbox, f"{name} ({job['status']})", agent)
            print("  its health check:", agent.run("/usr/share/telegen-sonic/healthcheck"), flush=True)
        agent.remove()


def try_package(sandbox: Sandbox) -> None:
    """The SONiC package's image as its manifest has it run, beside a Redis like SONiC's."""
    with open(os.path.join(ROOT, "sonic", "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    run, etc = sandbox.path("run-redis"), sandbox.path("etc-sonic")
    os.makedirs(os.path.join(run, "sonic-db"))
    os.mkdir(etc)
    compose = os.path.join(ROOT, "deploy", "compose")
    shutil.copy(os.path.join(compose, "database_config.json"), os.path.join(run, "sonic-db"))
    redis = f"--volume={run}:/var/run/redis"
    Container(
        sandbox, "database", "--network=none", redis, "--tmpfs=/data", f"--volume={compose}:/compose:ro",
        "--entrypoint=/bin/sh", IMAGE, "/compose/redis.sh")
    lasting = sandbox.path("var-lib")
    os.mkdir(lasting)
    own = {"/sys/fs/bpf": make_bpffs(sandbox, "package"), "/etc/sonic": etc, "/var/lib/telegen-sonic": lasting}
    parts = [volume.split(":", 1) for volume in manifest["container"]["volumes"]]
    volumes = [f"--volume={own[source]}:{rest}" for source, rest in parts]
    variables = [f"--env={key}={value}" for key, value in manifest["container"]["environment"].items()]
    tmpfs = [f"--tmpfs={folder}" for folder in manifest["container"]["tmpfs"]]
    agent = Agent(
        sandbox, "package", "--privileged", "--network=host", redis, *volumes, *variables, *tmpfs,
        "--env=CONTAINER_NAME=telegen", "--env=SYSLOG_TARGET_IP=127.0.0.1", f"{IMAGE}-sonic",
        listen=manifest["container"]["environment"]["TELEGEN_LISTEN"])

    def database(number: str, *words: str) -> str:
        return sandbox.run("redis-cli", "-s", os.path.join(run, "redis.sock"), "-n", number, *words)

    database(CONFIG_DB, "HSET", "TELEGEN_JOB|demo", "port", "Ethernet0", "direction", "ingress")
    is_running = lambda: database(STATE_DB, "HGET", "TELEGEN_JOB_TABLE|demo", "oper_status") == "running"
    if not sandbox.until(is_running, 20):
        raise Failure(f"the package's job does not run:{agent.log()}")
    check_counts(sandbox, "the SONiC package", agent)
    labels = json.loads(sandbox.run("podman", "image", "inspect", "--format", "{{json .Labels}}", f"{IMAGE}-sonic"))
    for path in glob.glob(os.path.join(ROOT, "yang", "*.yang")):
        with open(path, encoding="utf-8") as file:
            label = "com.azure.sonic.yang-module." + os.path.basename(path).removesuffix(".yang")
            if labels.get(label, "").strip() != file.read().strip():
                raise Failure(f"the label {label} is not the model")
    if json.loads(labels["com.azure.sonic.manifest"]) != manifest:
        raise Failure("the label com.azure.sonic.manifest is not the manifest")
    status = agent.run("supervisorctl", "status")
    if len(re.findall(r"^(telegen|rsyslogd) +RUNNING ", status, re.MULTILINE)) != 2:
        raise Failure(f"supervisord has not started all:\n{status}")
    dump = agent.run(manifest["package"]["debug-dump"])
    for wanted in ("=== version", '"oper_status":"running"', "if_stats_percpu", "=== attachments", "=== logs"):
        if wanted not in dump:
            raise Failure(f"the debug dump has no {wanted}:\n{dump}")
    print(f"  the package's dump: {len(dump):,} characters", flush=True)
    agent.remove()


def try_service(sandbox: Sandbox) -> None:
    """The unit under systemd, with all that it forbids: counted, stopped, and started where it was."""
    agent = Agent(
        sandbox, "service", "--privileged", "--systemd=always", "--network=host",
        f"--volume={make_bpffs(sandbox, 'service')}:/sys/fs/bpf", f"{IMAGE}-systemd")
    agent.job("running")
    check_counts(sandbox, "the unit of systemd", agent)
    before = agent.counted()
    show = ("systemctl", "show", "--value", "telegen-sonic.service", "--property")
    pid = agent.run(*show, "MainPID")
    status = dict(line.split(":\t") for line in agent.run("cat", f"/proc/{pid}/status").splitlines())
    # CAP_NET_ADMIN is number 12, CAP_PERFMON 38, CAP_BPF 39.
    if (int(status["CapBnd"], 16), status["NoNewPrivs"], status["Seccomp"]) != (1 << 12 | 1 << 38 | 1 << 39, "1", "2"):
        raise Failure(f"the service has other rights: {status}")
    inside = ("nsenter", f"--mount=/proc/{pid}/ns/mnt", "sh", "-c")
    writable = "for path in / /etc /sys /proc/sys /sys/fs/bpf /var/lib/telegen-sonic; do test -w $path && echo $path; done; true"
    if agent.run(*inside, writable).split() != ["/sys/fs/bpf", "/var/lib/telegen-sonic"]:
        raise Failure(f"the service may write to {agent.run(*inside, writable)}")
    if agent.run(*show, "Type,StatusText").split("\n") != ["notify", "1 jobs, 1 running"]:
        raise Failure(f"systemd has not been told: {agent.run(*show, 'Type,StatusText')}")
    agent.run("systemctl", "stop", "telegen-sonic.service")
    if agent.run(*show, "Result") != "success":
        raise Failure(f"the stop: {agent.run(*show, 'Result')}{agent.log()}")
    agent.run("systemctl", "start", "telegen-sonic.service")
    if not sandbox.until(lambda: agent.counted() == before, 20):
        raise Failure(f"after a restart there is {agent.counted()}, before {before}")
    agent.remove()


def try_compose(sandbox: Sandbox) -> None:
    """The reduced profile of docker-compose.yml: what Prometheus answers is what was sent."""
    program = shutil.which("podman-compose", path=f"{ROOT}/.venv/bin:{sandbox.environment['PATH']}")
    if not program:
        raise Failure("no podman-compose: scripts/setup image")
    name = f"{sandbox.namespace}-compose"
    variables = {"TELEGEN_IMAGE": IMAGE, "TELEGEN_BPFFS": make_bpffs(sandbox, "compose"), "COMPOSE_PROJECT_NAME": name}
    arguments = f"--no-healthcheck --pull=never --security-opt seccomp={sandbox.path('seccomp.json')}"
    command = (program, "--in-pod=false", f"--podman-run-args={arguments}", "-f", "docker-compose.yml", "--profile", "small")
    sandbox.stack.callback(
        subprocess.run, [*command, "down", "--volumes", "--timeout=5"], cwd=ROOT, timeout=120, capture_output=True,
        start_new_session=True, env={**sandbox.environment, **variables})
    up = sandbox.start("compose", *command, "up", "--detach", variables=variables)
    if not sandbox.until(lambda: up.poll() is not None, 60) or up.returncode:
        raise Failure(f"podman-compose up:{sandbox.log('compose')}")
    agent = Agent(sandbox, f"{name}_agent_1")
    agent.job("running")
    check_counts(sandbox, "compose, profile small", agent)
    sent = sum(row[0] for row in agent.counted().values())
    query = "http://127.0.0.1:9090/api/v1/query?query=sum(bpf_packets_total)"

    def is_there() -> bool:
        result = json.loads(get(sandbox, query) or "{}").get("data", {}).get("result", [])
        return [int(float(row["value"][1])) for row in result] == [sent]

    if not sandbox.until(is_there, 30):
        raise Failure(f"Prometheus does not have {sent} packets: {get(sandbox, query)}")
    print(f"  Prometheus has {sent:,} packets", flush=True)
    check_dashboard(sandbox, agent)


def dashboard_queries(value: Any) -> list[str]:
    """The queries of deploy/grafana/telegen.json as Grafana sends them with everything chosen."""
    if isinstance(value, list):
        return [query for inner in value for query in dashboard_queries(inner)]
    if not isinstance(value, dict):
        return []
    own = [value["expr"]] if isinstance(value.get("expr"), str) else []
    filled = [re.sub(r"\$(instance|port|job)", ".*", query.replace("$__rate_interval", "1m")) for query in own]
    return filled + dashboard_queries(list(value.values()))


def check_dashboard(sandbox: Sandbox, agent: Agent) -> None:
    """Each query of the dashboard finds something in what the agent tells of a job with all details."""
    with open(os.path.join(ROOT, "deploy", "grafana", "telegen.json"), encoding="utf-8") as file:
        # Copies want a tunnel, of which not every kernel has one.
        queries = [query for query in dashboard_queries(json.load(file)) if "telegen_copies" not in query]
    body = {"port": "Ethernet0", "job_id": "rich", "result_detail": ["flows", "qos", "bursts"],
            "filters": {"ip_proto": ["tcp", "udp"]}}
    agent.ask("/jobs/start", "-H", "Content-Type: application/json", "-d", json.dumps(body))
    silent = list(queries)

    def all_speak() -> bool:
        send(sandbox)
        for query in list(silent):
            answer = get(sandbox, "http://127.0.0.1:9090/api/v1/query", "-G", "--data-urlencode", f"query={query}")
            if json.loads(answer or "{}").get("data", {}).get("result"):
                silent.remove(query)
        return not silent

    if not sandbox.until(all_speak, 90):
        raise Failure("these queries of the dashboard find nothing: " + "; ".join(silent))
    print(f"  the dashboard: each of {len(queries)} queries finds something", flush=True)


def check_size(sandbox: Sandbox) -> None:
    """Prints the images' sizes; fails when the agent's is beyond its limit."""
    sizes = {
        name: int(sandbox.run("podman", "image", "inspect", "--format", "{{.Size}}", name)) / 1e6
        for name in (IMAGE, f"{IMAGE}-sonic")
    }
    print(f"  size: {sizes[IMAGE]:.0f} MB; of the SONiC package {sizes[f'{IMAGE}-sonic']:.0f} MB", flush=True)
    if sizes[IMAGE] > SIZE_LIMIT:
        raise Failure(f"the image has {sizes[IMAGE]:.0f} MB, more than {SIZE_LIMIT} (IMAGE_SIZE_LIMIT)")


def test(sandbox: Sandbox) -> int:
    """All of it; returns the exit status."""
    if os.geteuid() != 0:
        raise Failure("root is needed, for a network namespace and BPF: sudo make test-image")
    missing = [name for name in (TRAFFIC, "podman", "curl", "redis-cli", "nsenter") if not shutil.which(name)]
    if missing:
        raise Failure(f"missing: {', '.join(missing)}; run: make build, scripts/setup image")
    sandbox.make_network()
    make_seccomp(sandbox)
    sandbox.stack.callback(subprocess.run, ["podman", "volume", "rm", "--force", sandbox.namespace], capture_output=True)
    check_size(sandbox)
    try_rights(sandbox)
    try_docker_lines(sandbox)
    try_package(sandbox)
    try_service(sandbox)
    try_compose(sandbox)
    print("the images do what they should")
    return 0


if __name__ == "__main__":
    sys.exit(run_in_sandbox("image", test))
