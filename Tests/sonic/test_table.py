"""The table of configurations that the model's own tests judge, typed into `config telegen`."""
import json
import os

import pytest

from config.validated_config_db_connector import yang_refusal
from conftest import ROOT, required
from test_config import options
from test_model import stored

PATH = os.path.join(ROOT, "Tests", "yang", "configurations.jsonl")
# Where the model must be stricter or cannot be as strict: of a repetition one is stored, and what is empty is unset.
TAKEN_ALL_THE_SAME = {"A VLAN twice", "An empty collector"}
REFUSED_ALL_THE_SAME = "which only the agent refuses"


def cases():
    """Those of jobs and settings; none where the table is not."""
    if not os.path.exists(PATH):
        return []
    with open(PATH, encoding="utf-8") as file:
        return [case for case in map(json.loads, file) if "event" not in case]


def text(value):
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["says"])
def test_what_the_model_takes_is_taken_and_what_it_refuses_is_not_stored(cli, server, case):
    required("yanglint")
    server.config.hset("PORT|Ethernet-BP0", "NULL", "NULL")
    server.config.delete("PORT|Ethernet4", "PORT|Ethernet100")
    jobs = case.get("jobs", []) + ([dict({"name": "a", "port": "Ethernet0"}, **case["job"])] if "job" in case else [])
    results = []
    for row in jobs:
        fields = {name: text(value) for name, value in row.items() if name != "name"}
        results.append(cli.run("config", "job", "add", *options(fields), "--", row["name"]))
    for name, value in case.get("global", {}).items():
        words = name.replace("otlp_", "otlp ").replace("_", "-").split()
        results.append(cli.run("config", *words, "--", text(value)))
    taken = all(result.exit_code == 0 for result in results)
    expected = "message" not in case and REFUSED_ALL_THE_SAME not in case["says"] or case["says"] in TAKEN_ALL_THE_SAME
    assert taken == expected, [result.output for result in results]
    assert yang_refusal(stored(server)) == ""
