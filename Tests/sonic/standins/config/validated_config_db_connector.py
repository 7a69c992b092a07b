"""Stand-in for sonic-utilities' module.

As the original it makes a JSON patch of every write, whose values are text, and hands it to the updater in place of
writing. The updater here has yanglint judge the patched configuration by the project's model.
"""
import json
import os
import subprocess
import tempfile

import jsonpatch
from jsonpointer import JsonPointer

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..", ".."))


class ValidatedConfigDBConnector:
    def __init__(self, config_db_connector):
        self.connector = config_db_connector
        metadata = config_db_connector.get_table("DEVICE_METADATA").get("localhost", {})
        self.yang_enabled = metadata.get("yang_config_validation") == "enable"

    def __getattr__(self, name):
        if self.yang_enabled and name == "set_entry":
            return self.validated_set_entry
        return getattr(self.connector, name)

    def stringify_value(self, value):
        if isinstance(value, dict):
            return {str(key): str(each) for key, each in value.items()}
        return str(value)

    def validated_set_entry(self, table, key, value):
        path = JsonPointer.from_parts([table, key]).path
        if value is None:
            self.apply_patch([{"op": "remove", "path": path}], table)
            return
        steps = [] if self.get_table(table) else [{"op": "add", "path": f"/{table}", "value": {}}]
        if not self.get_entry(table, key):
            steps.append({"op": "add", "path": path, "value": {}})
        self.apply_patch(steps + [{"op": "add", "path": path, "value": self.stringify_value(value)}], table)

    def apply_patch(self, steps, table):
        before = {name: {key: row for key, row in rows.items() if isinstance(key, str)}
                  for name, rows in self.connector.get_config().items()}
        after = jsonpatch.JsonPatch(steps).apply(before)
        refusal = yang_refusal(after)
        if refusal:
            raise ValueError(f"Given patch will produce invalid config. Error: {refusal}")
        for key in set(before.get(table, {})) | set(after.get(table, {})):
            if before.get(table, {}).get(key) != after.get(table, {}).get(key):
                self.connector.set_entry(table, key, after.get(table, {}).get(key))


def yang_refusal(config):
    """Why the model refuses a configuration as `config save` writes it; empty when it does not."""
    def rows(table):
        return [dict(row, name=key) for key, row in config.get(table, {}).items()]

    def names(table):
        return [{"name": key} for key in config.get(table, {})]
    # Numbers are numbers in the JSON of YANG, but CONFIG_DB has text.
    def numbered(row, fields):
        def number(value):
            if isinstance(value, list):
                return [number(each) for each in value]
            return int(value) if value.isdigit() and (value == "0" or value[0] != "0") else value
        return {key: number(value) if key in fields else value for key, value in row.items()}
    numeric = {
        "vlan", "dscp", "sample_rate", "top_flows", "erspan_key", "erspan_ttl", "erspan_ver", "erspan_truncate",
        "erspan_pps", "otlp_interval", "status_interval", "max_jobs"}
    tables = {}
    if config.get("TELEGEN_JOB"):
        tables["TELEGEN_JOB"] = {"TELEGEN_JOB_LIST": [numbered(row, numeric) for row in rows("TELEGEN_JOB")]}
    if config.get("TELEGEN"):
        tables["TELEGEN"] = {key: numbered(row, numeric) for key, row in config["TELEGEN"].items()}
    document = {
        "sonic-port:sonic-port": {"PORT": {"PORT_LIST": names("PORT")}},
        "sonic-portchannel:sonic-portchannel": {"PORTCHANNEL": {"PORTCHANNEL_LIST": names("PORTCHANNEL")}},
        "sonic-telegen:sonic-telegen": tables}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file)
        file.flush()
        models = os.path.join(ROOT, "Tests", "yang", "models")
        result = subprocess.run(
            ["yanglint", "-t", "config", "-p", models, os.path.join(ROOT, "yang", "sonic-telegen.yang"),
             os.path.join(models, "sonic-port.yang"), file.name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=30)
    return result.stdout.strip() if result.returncode else ""
