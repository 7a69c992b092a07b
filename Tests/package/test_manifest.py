"""The SONiC package's manifest: every key and type is one that SONiC's package manager reads, which drops others silently."""
import copy
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SONIC = ROOT / "sonic"
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
NAME = re.compile(r"[a-z][a-z0-9-]*")
FILE = re.compile(r"/[\w./-]+")

# A key is required when its name ends in "!".
SCHEMA = {
    "version!": SEMVER,
    "package!": {
        "name!": NAME, "version!": SEMVER, "description!": str, "depends": [str], "base-os": {str: str},
        "init-cfg": dict, "debug-dump": FILE,
    },
    "service!": {
        "name!": NAME, "requires": [NAME], "after": [NAME], "delayed": bool, "asic-service": bool, "host-service": bool,
        "check_up_status": bool, "syslog": {"support-rate-limit": bool},
    },
    "container!": {
        "privileged": bool, "volumes": [re.compile(r"/[^:\s]*:/[^:\s]*:(ro|rw)")],
        "mounts": [{"source!": str, "target!": str, "type!": str}],
        # They become words of a shell's command line.
        "environment": {re.compile("[A-Z_]+"): re.compile(r"[\w./:-]+")}, "tmpfs": [FILE],
    },
    "processes!": [{"name!": NAME, "reconciles": bool}],
    "cli!": {"mandatory": bool, "show": FILE, "config": FILE, "clear": FILE},
}


def problems(value, schema, path="manifest"):
    """Where the value is not as the schema has it."""
    if isinstance(schema, dict) and all(isinstance(key, str) for key in schema):
        if not isinstance(value, dict):
            yield f"{path}: must be an object"
            return
        known = {key.rstrip("!"): part for key, part in schema.items()}
        yield from (f"{path}: unknown key {key}" for key in value if key not in known)
        yield from (f"{path}: lacks {key[:-1]}" for key in schema if key.endswith("!") and key[:-1] not in value)
        for key in value.keys() & known.keys():
            yield from problems(value[key], known[key], f"{path}.{key}")
    elif isinstance(schema, dict):
        (key_schema, value_schema), = schema.items()
        if not isinstance(value, dict):
            yield f"{path}: must be an object"
            return
        for key, part in value.items():
            yield from problems(key, key_schema, f"{path} key {key}")
            yield from problems(part, value_schema, f"{path}.{key}")
    elif isinstance(schema, list):
        if not isinstance(value, list):
            yield f"{path}: must be a list"
            return
        for index, part in enumerate(value):
            yield from problems(part, schema[0], f"{path}[{index}]")
    elif isinstance(schema, re.Pattern):
        if not isinstance(value, str) or not schema.fullmatch(value):
            yield f"{path}: {value!r} is not like {schema.pattern}"
    elif type(value) is not schema:
        yield f"{path}: must be {schema.__name__}"


@pytest.fixture
def manifest():
    return json.loads((SONIC / "manifest.json").read_text(encoding="utf-8"))


def test_every_key_and_type_is_known(manifest):
    assert list(problems(manifest, SCHEMA)) == []


@pytest.mark.parametrize(("path", "value"), [
    ("package.verison", "1.0.0"), ("package.version", "1.0"), ("package.name", 1), ("service.delayed", "true"),
    ("service.check-up-status", True), ("service.requires", "database"), ("service.requires", [1]),
    ("service.syslog.rate", True), ("container.capabilities", ["BPF"]), ("container.privileged", 1),
    ("container.volumes", ["/sys/fs/bpf"]), ("container.environment.TELEGEN_DB", "a b"),
    ("container.environment.TELEGEN_DB", True), ("container.mounts", [{"source": "/a"}]),
    ("cli.show-cli-plugin", "/a.py"), ("cli.show", "a.py"), ("processes", {}), ("processes", [{"reconciles": False}]),
    ("version", None), ("labels", {}),
])
def test_the_check_finds_what_is_wrong(manifest, path, value):
    broken = copy.deepcopy(manifest)
    *parents, last = path.split(".")
    node = broken
    for parent in parents:
        node = node[parent]
    node[last] = value
    assert list(problems(broken, SCHEMA)) != []


@pytest.mark.parametrize("key", ["package", "service", "container", "processes", "cli"])
def test_the_check_finds_what_is_missing(manifest, key):
    del manifest[key]
    assert list(problems(manifest, SCHEMA)) == [f"manifest: lacks {key}"]


def test_the_service_is_what_sonic_wants_of_one_that_counts_in_each_asic(manifest):
    service, container = manifest["service"], manifest["container"]
    assert service["requires"] == ["database", "config-setup"]
    assert service["delayed"] and service["check_up_status"] and service["asic-service"] and service["host-service"]
    # There is no field for capabilities.
    assert container["privileged"] is True
    assert "/sys/fs/bpf:/sys/fs/bpf:rw" in container["volumes"]
    # The instance's UUID outlives the container, which an upgrade removes.
    assert "/var/lib/telegen-sonic:/var/lib/telegen-sonic:rw" in container["volumes"]
    # SONiC's gNMI server takes 8080 when it is not configured (gnmi-native.sh of sonic-buildimage).
    assert container["environment"] == {"TELEGEN_DB": "sonic", "TELEGEN_LISTEN": "127.0.0.1:8088"}
    assert manifest["processes"] == [{"name": "telegen", "reconciles": False}]


def test_what_it_names_is_in_the_image(manifest):
    assert manifest["package"]["debug-dump"] == "/usr/share/telegen-sonic/debug-dump"
    assert (SONIC / "debug-dump").stat().st_mode & 0o111
    if not (SONIC / "cli").is_dir():
        pytest.skip("sonic/cli, the commands of config, show and clear, is not here")
    for kind in ("show", "config", "clear"):
        assert manifest["cli"][kind].startswith("/usr/share/telegen-sonic/")
        assert (SONIC / manifest["cli"][kind].removeprefix("/usr/share/telegen-sonic/")).is_file()
