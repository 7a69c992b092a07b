"""The YANG models judge configurations as the table `configurations.jsonl` says, in both validators.

A line of it is a configuration: `job` (fields of a job on Ethernet0) or `jobs`, `global`, `event`. One that is refused names
the `field` and the `message` that is to be read, or one for each validator. Each is judged beside two ports and a PortChannel.
"""
from __future__ import annotations

import json
import re
import sys
import unittest
from typing import Callable, Iterable

from validators import ROOT, Verdict, libyang3, yanglint

sys.path.insert(0, str(ROOT / "scripts"))
from yang_statements import Statement, parse  # noqa: E402

TABLE = [json.loads(line) for line in (ROOT / "Tests/yang/configurations.jsonl").read_text("utf-8").splitlines()]
REFUSED = [case for case in TABLE if "message" in case]
ACCEPTED = [case for case in TABLE if "message" not in case]


def rows(case: dict) -> list[dict]:
    """The rows of TELEGEN_JOB in a configuration."""
    return case.get("jobs", []) + ([{"name": "a", "port": "Ethernet0", **case["job"]}] if "job" in case else [])


def document(case: dict) -> str:
    """The configuration as JSON of YANG (RFC 7951)."""
    tables: dict = {}
    if rows(case):
        tables["TELEGEN_JOB"] = {"TELEGEN_JOB_LIST": rows(case)}
    if "global" in case:
        tables["TELEGEN"] = {"global": case["global"]}
    return json.dumps({
        "sonic-port:sonic-port": {"PORT": {"PORT_LIST": [{"name": "Ethernet0"}, {"name": "Ethernet-BP0"}]}},
        "sonic-portchannel:sonic-portchannel": {"PORTCHANNEL": {"PORTCHANNEL_LIST": [{"name": "PortChannel1"}]}},
        "sonic-telegen:sonic-telegen": tables,
        "sonic-events-telegen:sonic-events-telegen": case.get("event", {}),
    })


def model(name: str) -> Statement:
    """The statements of one of the project's models."""
    return parse((ROOT / f"yang/{name}.yang").read_text("utf-8"))


CONFIGURATION, EVENTS = model("sonic-telegen"), model("sonic-events-telegen")
TABLES = CONFIGURATION.one("container", "sonic-telegen")
JOB_LEAVES = TABLES.one("container", "TELEGEN_JOB").one("list").all("leaf", "leaf-list")
GLOBAL_LEAVES = TABLES.one("container", "TELEGEN").one("container", "global").all("leaf", "leaf-list")
EVENT_CONTAINERS = EVENTS.one("container", "sonic-events-telegen").all("container")


def names(statements: Iterable[Statement]) -> set[str]:
    """Their arguments."""
    return {statement.argument for statement in statements}


class ConfigurationTests(unittest.TestCase):
    """What is accepted, what is refused, and why."""

    def check(self, key: str, validator: Callable[[list[str]], tuple[str, list[Verdict]]]) -> None:
        version, verdicts = validator([document(case) for case in TABLE])
        self.assertEqual(len(verdicts), len(TABLE))
        for case, verdict in zip(TABLE, verdicts):
            with self.subTest(case["says"], validator=version):
                if "message" not in case:
                    self.assertTrue(verdict.accepted, verdict.text)
                    continue
                message = case["message"]
                self.assertFalse(verdict.accepted)
                self.assertIn(message if isinstance(message, str) else message[key], verdict.text)
                self.assertRegex(verdict.text, rf'[/"]{case["field"]}(?![\w:-])|\b{case["field"]}: ')
        print(f"{len(TABLE)} configurations in {version}: {len(ACCEPTED)} to accept, {len(REFUSED)} to refuse")

    def test_yanglint_judges_each_configuration_as_expected(self) -> None:
        self.check("yanglint", yanglint)

    def test_libyang_3_judges_each_configuration_as_expected(self) -> None:
        self.check("libyang3", libyang3)


class TableTests(unittest.TestCase):
    """The table leaves nothing of the models out."""

    def test_there_are_at_least_sixty_configurations_and_each_says_something_of_its_own(self) -> None:
        self.assertGreaterEqual(len(TABLE), 60)
        self.assertEqual(len({case["says"] for case in TABLE}), len(TABLE))
        self.assertEqual(len({document(case) for case in TABLE}), len(TABLE))

    def test_each_field_is_in_an_accepted_configuration_and_refused_in_another(self) -> None:
        self.assertEqual({name for case in ACCEPTED for row in rows(case) for name in row}, names(JOB_LEAVES))
        self.assertEqual({name for case in ACCEPTED for name in case.get("global", {})}, names(GLOBAL_LEAVES))
        refused_of_jobs = {case["field"] for case in REFUSED if rows(case)}
        refused_of_global = {case["field"] for case in REFUSED if "global" in case}
        self.assertEqual(names(JOB_LEAVES) - refused_of_jobs, set())
        self.assertEqual(names(GLOBAL_LEAVES) - refused_of_global, set())

    def test_each_word_of_an_enumeration_is_in_an_accepted_configuration(self) -> None:
        for leaf in JOB_LEAVES + GLOBAL_LEAVES:
            kind = leaf.one("type")
            if kind.argument != "enumeration":
                continue
            of_leaf = GLOBAL_LEAVES if leaf in GLOBAL_LEAVES else JOB_LEAVES
            found = [row.get(leaf.argument, []) for case in ACCEPTED
                     for row in ([case.get("global", {})] if of_leaf is GLOBAL_LEAVES else rows(case))]
            words = {word for value in found for word in (value if isinstance(value, list) else [value])}
            self.assertEqual(names(kind.all("enum")) - words, set(), leaf.argument)

    def test_each_message_of_the_models_is_read_when_something_is_refused(self) -> None:
        expected = {text for case in REFUSED
                    for text in ([case["message"]] if isinstance(case["message"], str) else case["message"].values())}
        for statement in [*CONFIGURATION.flattened(), *EVENTS.flattened()]:
            message = statement.value("error-message")
            if message:
                self.assertTrue(any(message.startswith(text) for text in expected), message)

    def test_each_range_is_tried_at_its_ends_and_beyond_them(self) -> None:
        for leaf in JOB_LEAVES + GLOBAL_LEAVES:
            bounds = leaf.one("type").value("range")
            if not bounds:
                continue
            low, high = map(int, bounds.split(".."))
            values: dict[bool, set[int]] = {True: set(), False: set()}
            for case in TABLE:
                for row in [*rows(case), case.get("global", {})]:
                    value = row.get(leaf.argument, [])
                    values["message" not in case].update(value if isinstance(value, list) else [value])
            self.assertLessEqual({low, high}, values[True], leaf.argument)
            self.assertTrue({low - 1, high + 1} - {-1} <= values[False], leaf.argument)


class EventTests(unittest.TestCase):
    """The events are small, whole and those of the agent."""

    # The longest that each leaf takes; the reason of nothing but characters that JSON doubles.
    LONGEST = {
        "job-state": {"job": "j" * 64, "port": "p" * 15, "status": "placeholder", "reason": '"' * 256},
        "otlp-export": {"endpoint": "e" * 255, "status": "recovered", "reason": "\\" * 256},
        "database-connection": {"database": "CONFIG_DB", "status": "restored", "reason": '"' * 256},
    }
    TIME = {"timestamp": "2026-11-28T20:21:09.123456Z"}

    def test_the_largest_event_of_each_kind_is_at_most_1024_bytes(self) -> None:
        self.assertEqual(set(self.LONGEST), names(EVENT_CONTAINERS))
        for container in EVENT_CONTAINERS:
            event = {**self.LONGEST[container.argument], **self.TIME}
            text = json.dumps({f"sonic-events-telegen:{container.argument}": event})
            self.assertLessEqual(len(text.encode()), 1024, container.argument)
            self.assertEqual(set(self.LONGEST[container.argument]), names(container.all("leaf")))
            for leaf in container.all("leaf"):
                words = leaf.one("type").all("enum")
                if words:
                    self.assertEqual(
                        len(event[leaf.argument]), max(len(word.argument) for word in words), leaf.argument)

    def test_the_largest_event_is_accepted_and_one_character_more_is_refused(self) -> None:
        events, verdicts = [], []
        for kind, longest in self.LONGEST.items():
            events.append({kind: {**longest, **self.TIME}})
            verdicts.append(True)
            for leaf, value in longest.items():
                events.append({kind: {**longest, leaf: value + value[-1]}})
                verdicts.append(False)
        documents = [document({"event": event}) for event in events]
        for validator in (yanglint, libyang3):
            self.assertEqual([verdict.accepted for verdict in validator(documents)[1]], verdicts)

    def test_the_states_of_a_job_are_those_of_the_agent_and_deleted(self) -> None:
        source = (ROOT / "Sources/Domain/JobStatus.swift").read_text("utf-8")
        body = re.search(r"enum OperStatus\b[^{]*\{(.*?)\n    ///[^\n]*\n    public var", source, re.DOTALL)
        self.assertIsNotNone(body)
        states = {word for line in re.findall(r"^    case (.+)$", body[1], re.MULTILINE) for word in line.split(", ")}
        job_state = EVENTS.one("container", "sonic-events-telegen").one("container", "job-state")
        self.assertEqual(names(job_state.one("leaf", "status").one("type").all("enum")), states | {"deleted"})

    def test_everything_is_described_and_each_event_has_a_severity_and_a_time(self) -> None:
        for statement in EVENTS.flattened():
            if statement.keyword in ("module", "typedef", "container", "leaf", "enum", "revision"):
                self.assertTrue(statement.value("description"), f"{statement.keyword} {statement.argument}")
        for container in EVENT_CONTAINERS:
            self.assertEqual([use.argument for use in container.all("uses")], ["evtcmn:sonic-events-cmn"])
            self.assertTrue(container.all("evtcmn:ALARM_SEVERITY_MINOR"), container.argument)


if __name__ == "__main__":
    unittest.main()
