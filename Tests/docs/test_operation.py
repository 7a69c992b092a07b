"""docs/operation.md explains every sentence that a job's `reason` and `warnings` can be made of, and no other."""
from __future__ import annotations

import re
import sys
import unittest
from pathlib import Path
from typing import Collection

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from swift_texts import Text, of_file, texts  # noqa: E402

SOURCES = ROOT / "Sources"
DOCUMENT = ROOT / "docs/operation.md"
# Where reasons are made: a new file belongs to it until it is named below.
FOLDERS = ["Domain", "Dataplane", "Agent"]
# Their texts are of other things than a job's state.
ELSEWHERE = {
    "Domain/Rows/ValueKind": "what is allowed in a field: docs/configuration.md",
    "Domain/Tunnel.swift": "the description of a tunnel, within the sentences of others",
    "Dataplane/Capabilities.swift": "the start",
    "Dataplane/LinuxKernel+SetAside.swift": "the log, of pins of other versions",
    "Dataplane/PinFolder+Look.swift": "check",
    "Dataplane/RunStatistics.swift": "ns_per_packet",
    "Dataplane/Trial.swift": "check",
    "Agent/Agent.swift": "the start, and systemd",
    "Agent/AgentOptions+Environment.swift": "the log, of the environment",
    "Agent/Databases.swift": "the log, of databases",
    "Agent/ExportedMetric.swift": "descriptions of metrics",
    "Agent/InstanceID.swift": "the log, of the state folder",
    "Agent/JobMemory.swift": "the log, of a job that runs",
    "Agent/MetricStreams.swift": "descriptions of metrics",
    "Agent/ObjectFiles.swift": "the start, which ends with them",
    "Agent/Privileges.swift": "the log, of the start",
    "Agent/ServiceManager.swift": "systemd",
    "Agent/Simulation/": "the command simulate",
    "Agent/StatePublisher.swift": "the log, of STATE_DB",
    "Agent/Switch/": "SONiC's rows of FEATURE and LOGGER, and events",
    "Agent/TroubleLog.swift": "the log",
}
# What is no sentence for a job in files that have some, and why.
NOT_TOLD = {
    "the key holds no hash, or one that is too large: defaults are used": "the log, of TELEGEN|global",
    "telegen-sonic …": "the alias of a tunnel",
    "CONFIG_DB is being rebuilt: keeping everything as it is": "the log",
    "CONFIG_DB has not been read yet": "FEATURE|telegen",
    "CONFIG_DB has no CONFIG_DB_INITIALIZED yet: waiting until it is whole (on a Redis without SONiC: redis-cli -n 4 SET "
    "CONFIG_DB_INITIALIZED 1)": "the log",
}
LOGGED = re.compile(r"(logger\.\w+\(|attempt\(to:|why:)\s*$")


def made() -> dict[str, str]:
    """Every text that can be in a reason or a warning, and where it stands."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for file in sorted((SOURCES / folder).rglob("*.swift")):
            name = str(file.relative_to(SOURCES))
            # Agent/Fitness is `check`.
            if name.startswith(tuple(ELSEWHERE)) or "/Fitness/" in name:
                continue
            for text in of_file(file):
                if is_sentence(text):
                    found.setdefault(text.text, f"Sources/{name}:{text.line}")
    return found


def is_sentence(text: Text) -> bool:
    return " " in text.text and bool(re.search("[A-Za-z]{2}", text.text)) and not LOGGED.search(text.before)


def explained() -> list[str]:
    """The texts in backticks that rows of the tables begin with, and those in their cells."""
    part = DOCUMENT.read_text("utf-8").split("## What `reason` says\n")[1].split("## Is this machine fit?\n")[0]
    return [told.replace(r"\|", "|") for told in re.findall(r"`([^`]+)`", " ".join(part.split()))]


def explains(told: str, text: str, sentences: Collection[str]) -> bool:
    """Whether a text of the document is this one of the sources, or its beginning and none of the others."""
    return told == text or len(told) >= 16 and told not in sentences and text.startswith(told)


class OperationTests(unittest.TestCase):
    """Every sentence has its row."""

    def test_each_reason_and_warning_of_the_sources_is_explained(self) -> None:
        told, sentences = explained(), made()
        self.assertGreater(len(sentences), 100)
        missing = [f"{place}: {text}" for text, place in sentences.items()
                   if text not in NOT_TOLD and not any(explains(each, text, sentences) for each in told)]
        self.assertEqual(missing, [], "docs/operation.md has no row for these")

    def test_what_the_tables_begin_with_is_in_the_sources(self) -> None:
        sentences = set(made()) | {text.text for file in (SOURCES / "Dataplane").glob("*.swift") for text in of_file(file)}
        rows = re.findall(r"^\| (`[^|]*(?:\\\|[^|]*)*) \| ", DOCUMENT.read_text("utf-8"), re.MULTILINE)
        first = [told.replace(r"\|", "|") for cell in rows for told in re.findall(r"`([^`]+)`", cell)]
        self.assertGreater(len(first), 80)
        stale = [told for told in first if told not in ("reason", "warnings")
                 and not any(explains(told, text, sentences) for text in sentences)]
        self.assertEqual(stale, [], "docs/operation.md explains these, and no source says them")

    def test_what_is_left_out_is_in_the_sources(self) -> None:
        self.assertEqual([name for name in ELSEWHERE if not list(SOURCES.glob(name + "*"))], [])
        self.assertEqual(set(NOT_TOLD) - set(made()), set())

    def test_a_sentence_without_a_row_is_found(self) -> None:
        new = texts('reason = "the switch is \\(mood(of: "it")) today: wait "\n  + "until \\(time)"')
        self.assertEqual([text.text for text in new], ["the switch is … today: wait until …"])
        self.assertTrue(is_sentence(new[0]))
        self.assertFalse(any(explains(told, new[0].text, []) for told in explained()))


if __name__ == "__main__":
    unittest.main()
