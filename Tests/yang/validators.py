"""The two validators of configurations: Debian's yanglint 2.1, and libyang 3 by its Python binding, as SONiC's loader does it.

Debian 12 has no libyang 3. `scripts/setup yang` unpacks that of the next release, with the C library that it wants, and
makes the binding; a Python of this machine runs with both.
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Iterable, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
STANDINS = ROOT / "Tests/yang/models"
MODULES = ["sonic-telegen", "sonic-events-telegen", "sonic-port", "sonic-portchannel"]
LIBYANG3 = ROOT / ".build-tools/libyang3"


class Verdict(NamedTuple):
    """Whether a configuration was accepted, and all that the validator said."""
    accepted: bool
    text: str


def yanglint(documents: Iterable[str]) -> tuple[str, list[Verdict]]:
    """Its version, and what it thinks of each document."""
    program = shutil.which("yanglint")
    if not program:
        _missing("yanglint 2.1: apt-get install libyang-tools")
    version = _output([program, "--version"])[1].strip()
    if not version.startswith("yanglint 2.1"):
        _missing(f"yanglint 2.1, which Debian 12 has, not {version}")
    models = [ROOT / "yang/sonic-telegen.yang", ROOT / "yang/sonic-events-telegen.yang"]
    models += [STANDINS / "sonic-port.yang", STANDINS / "sonic-portchannel.yang"]
    command = [program, "-t", "config", "-p", str(STANDINS), *map(str, models)]
    verdicts = []
    with tempfile.TemporaryDirectory() as folder:
        for document in documents:
            file = Path(folder, "configuration.json")
            file.write_text(document, encoding="utf-8")
            code, text = _output([*command, str(file)])
            verdicts.append(Verdict(code == 0, text if code >= 0 else f"yanglint crashed with status {code}"))
    return version, verdicts


def libyang3(documents: Iterable[str]) -> tuple[str, list[Verdict]]:
    """Its version, and what it thinks of each document."""
    loader, python = LIBYANG3 / "lib/ld.so", ROOT / ".venv/bin/python3"
    if not loader.exists() or not python.exists():
        _missing("libyang 3: scripts/setup yang")
    command = [loader, "--library-path", LIBYANG3 / "lib", python, Path(__file__).with_name("libyang3.py")]
    path = f"{ROOT / 'yang'}:{STANDINS}"
    answer = subprocess.run(
        [*map(str, command), path, *MODULES], input="".join(json.dumps(document) + "\n" for document in documents),
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(LIBYANG3 / "python"), "PYTHONDONTWRITEBYTECODE": "1"})
    if answer.returncode:
        raise AssertionError(f"libyang 3 cannot be used; scripts/setup yang makes it anew:\n{answer.stderr}")
    verdicts = [Verdict(*json.loads(line)) for line in answer.stdout.splitlines()]
    return f"libyang {(LIBYANG3 / 'version').read_text().strip()}", verdicts


def _output(command: list[str]) -> tuple[int, str]:
    answer = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return answer.returncode, answer.stdout


def _missing(what: str) -> None:
    """Skips the test, or fails it where nothing may be left out."""
    if os.environ.get("TELEGEN_REQUIRE_ALL") == "1":
        raise AssertionError(f"needs {what}")
    raise unittest.SkipTest(f"needs {what}")
