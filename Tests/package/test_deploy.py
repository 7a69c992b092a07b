"""What is in deploy/ for those around the agent: alert rules, the dashboard, collectors."""
import json
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMTOOL = shutil.which("promtool", path=f"{ROOT / '.build-tools'}:/usr/bin:/usr/local/bin")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="needs promtool: make receivers")
COLLECTORS = sorted((ROOT / "deploy/collector").glob("*.yaml")) + [ROOT / "deploy/compose/collector.yaml"]


def promtool(*words):
    return subprocess.run([PROMTOOL, *map(str, words)], capture_output=True, text=True, timeout=60,
                          cwd=ROOT / "deploy/prometheus")


@needs_promtool
def test_the_alert_rules_are_rules_and_do_as_their_tests_say():
    for words in [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")]:
        found = promtool(*words)
        assert found.returncode == 0, found.stdout + found.stderr


def test_each_alert_has_a_test_a_severity_and_says_what_to_do():
    rules = [rule for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
             for rule in group["rules"]]
    tested = (ROOT / "deploy/prometheus/alerts_test.yml").read_text()
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning", "info"), rule
        assert set(rule["annotations"]) == {"summary", "description"}, rule
        assert re.search(rf"alertname: {rule['alert']}\n *exp_alerts", tested), f"{rule['alert']} is never seen to fire"


def queries():
    """Every query of the dashboard with its variables filled in."""
    found = []

    def walk(value):
        if isinstance(value, dict):
            found.extend([value["expr"]] if isinstance(value.get("expr"), str) else [])
            value = list(value.values())
        if isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(json.loads((ROOT / "deploy/grafana/telegen.json").read_text()))
    return [re.sub(r"\$(instance|port|job)", ".*", query.replace("$__rate_interval", "1m")) for query in found]


@needs_promtool
def test_each_query_of_the_dashboard_is_promql():
    assert len(queries()) > 20
    for query in queries():
        found = promtool("--experimental", "promql", "format", query)
        assert found.returncode == 0, f"{query}: {found.stderr}"


def test_the_dashboard_is_one_that_grafana_imports_anywhere():
    dashboard = json.loads((ROOT / "deploy/grafana/telegen.json").read_text())
    assert dashboard["id"] is None and dashboard["uid"] == "telegen-sonic" and dashboard["schemaVersion"] == 41
    first = dashboard["templating"]["list"][0]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] and place["x"] + place["w"] <= 24, panel["title"]
        if panel["type"] != "row":
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]


@pytest.mark.parametrize("path", COLLECTORS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_collector_uses_what_it_declares_and_declares_what_it_uses(path):
    configuration = yaml.safe_load(path.read_text())
    kinds = ("receivers", "processors", "exporters")
    used = {kind: set() for kind in kinds}
    for pipeline in configuration["service"]["pipelines"].values():
        for kind in kinds:
            used[kind] |= set(pipeline.get(kind, []))
        # What is too much is refused before anything is done with it.
        assert pipeline["processors"][0] == "memory_limiter"
    for kind in kinds:
        assert used[kind] == set(configuration[kind]), kind
