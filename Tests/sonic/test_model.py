"""The plugin knows of every field what the YANG model says, and no more is stored than the model takes."""
import os
import re

import pytest

from conftest import ROOT, CommandLine, required, use
from config.validated_config_db_connector import yang_refusal
from test_config import EVERY_FIELD, options
from yang_model import Model, bounds

MODEL = Model()
FIELDS = sorted([("job", name) for name in MODEL.jobs] + [("global", name) for name in MODEL.settings])


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """The plugin's rules by table and field."""
    monkeypatch = pytest.MonkeyPatch()
    use(monkeypatch, str(tmp_path_factory.mktemp("model")), {"": "nobody-connects"})
    plugin = CommandLine().plugins["config"]
    monkeypatch.undo()
    found = {("job", rule.name): rule for rule in plugin.JOB_FIELDS}
    found.update((("global", name), rule) for name, rule in plugin.GLOBAL_FIELDS.items())
    return found, plugin


def leaf(field):
    return (MODEL.jobs if field[0] == "job" else MODEL.settings)[field[1]]


def test_both_name_the_same_fields(rules):
    assert sorted(rules[0]) == FIELDS and len(FIELDS) > 30


@pytest.mark.parametrize("field", FIELDS, ids=" ".join)
def test_lists_required_fields_and_defaults_are_the_same(rules, field):
    rule = rules[0][field]
    assert (leaf(field).keyword == "leaf-list") == rule.is_list
    assert leaf(field).value("default") == rule.default
    assert (leaf(field).value("mandatory") == "true") == (field == ("job", "port"))
    if rule.is_list:
        assert leaf(field).value("max-elements") == str(rules[1].LIST_ENTRIES)


@pytest.mark.parametrize("field", FIELDS, ids=" ".join)
def test_words_ranges_and_types_are_the_same(rules, field):
    kind, own = rules[0][field].kind, leaf(field).one("type")
    if kind.bounds:
        assert bounds(own.value("range")) == kind.bounds
    elif kind.typedef:
        assert own.argument == kind.typedef
    else:
        assert MODEL.words(leaf(field)) == list(kind.words)


@pytest.mark.parametrize("field", FIELDS, ids=" ".join)
def test_messages_are_the_same(rules, field):
    kind, (own, behind) = rules[0][field].kind, MODEL.base(leaf(field))
    if behind.argument == "union":
        behind = MODEL.typedefs["netdev-name"]
    said = [each.value("error-message") for each in [*own.flattened(), *behind.flattened(), *leaf(field).all("must")]]
    assert set(filter(None, said)) <= {f"must be {kind.allowed}"}
    if kind.bounds or own.argument in MODEL.typedefs and not MODEL.words(leaf(field)):
        assert any(said)


def test_the_model_and_the_plugin_say_the_same_of_fields_together(rules):
    with open(os.path.join(ROOT, "sonic", "cli", "config", "telegen.py"), encoding="utf-8") as file:
        source = file.read()
    job_list = next(each for each in MODEL.module.flattened() if each.argument == "TELEGEN_JOB_LIST")
    messages = [each.value("error-message") for each in job_list.all("must")]
    assert messages
    for message in messages:
        field, _, sentence = message.partition(": must ")
        assert message in source or sentence in source, field


def test_a_name_is_what_the_model_takes_for_one(rules):
    name = MODEL.name.one("type").value("pattern")
    for text in ("a", "A-b_c", "0", "-a", "_a", "a.b", "a" * 64, "a" * 65, "", "ä", "a\n"):
        assert (re.fullmatch(name, text) is None) == (re.fullmatch(rules[1].JOB_NAME, text) is None), text


def test_protocols_have_the_names_that_the_model_takes(rules):
    pattern = MODEL.typedefs["ip-protocol"].value("pattern")
    assert [word for word in pattern.split("|") if re.fullmatch("[a-z0-9]*[a-z][a-z0-9]*", word)] == list(rules[1].PROTOCOLS)


NUMBERS = sorted({str(near) for edge in (0, 1, 9, 10, 64, 99, 100, 199, 200, 255, 256, 999, 1000, 9999, 10000, 59999,
                                         65535, 65536, 99999) for near in (edge, edge + 1, abs(edge - 1))})
TEXTS = {
    "port-name": ["eth0", "a.b", "a..b", "-a", "a" * 15, "a" * 16, "", "a b", "a/b", "é", "eth0\n", ".a", "a."],
    "type-of-service": NUMBERS + ["inherit", "Inherit", "01", "", "-1", "1 ", "1\n"],
    "gre-type": NUMBERS + ["0x88be", "0X88BE", "0x", "0x12345", "0xg", "x1", "88be", "00", "0x0", "1\n"],
    "ip-protocol": NUMBERS + ["tcp", "TCP", "icmpv6", "ipv6-icmp", "", "tcp ", "00"],
    "l4-port-range": NUMBERS + ["1-2", "2-2", "1-", "-1", "1-2-3", "1--2", "01-2", "1 -2", "0-65535", "0-65536", ""],
    "utc-time": [
        "2026-01-31T12:00:00Z", "2026-01-31t12:00:00z", "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00+00:00",
        "2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00+01:00", "2026-01-31 12:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "1969-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2554-01-01T00:00:00Z",
        "2555-01-01T00:00:00Z", "26-01-01T00:00:00Z", "2026-01-31T12:00:00.Z", "", "2026-01-31T12:00:00Z\n",
        f"2026-01-31T12:00:00.{'1' * 43}Z", f"2026-01-31T12:00:00.{'1' * 44}Z"],
    "plain-text": ["x", "größer", "x" * 255, "x" * 256],
    "otlp-endpoint": [
        "a", "a:1", "a:0", "a:65535", "a:65536", "a:01", "http://a", "https://a:4318/v1/x", "ftp://a", "a/b", "a b",
        "[::1]:4317", "[2001:db8::1]", "::1", "http://", ":4317", "a:", "a_b.c-d", "é", "a\n", "x" * 255, "x" * 256],
    "netdev-name": ["tg10", "erspan0", "a..b", "-a", "a" * 16, ""],
}


@pytest.mark.parametrize("field", [each for each in FIELDS if MODEL.base(leaf(each))[0].argument in TEXTS], ids=" ".join)
def test_a_pattern_lets_the_same_texts_through(rules, field):
    kind = rules[0][field].kind
    texts = TEXTS[MODEL.base(leaf(field))[0].argument]
    taken = [text for text in texts if kind.accepts(text)]
    assert taken == [text for text in texts if MODEL.accepts(leaf(field), text)]
    assert 0 < len(taken) < len(texts)


def test_every_typedef_with_patterns_is_compared():
    with_patterns = {name for name, behind in MODEL.typedefs.items() if behind.all("pattern")}
    assert with_patterns <= set(TEXTS)


def stored(server):
    from swsscommon.swsscommon import ConfigDBConnector
    connector = ConfigDBConnector()
    connector.connect()
    return connector.get_config()


def test_a_row_with_every_field_is_taken_by_the_model(cli, server):
    required("yanglint")
    cli.words("config", "job", "add", "web", *options(EVERY_FIELD))
    assert yang_refusal(stored(server)) == ""
    server.config.hset("TELEGEN_JOB|web", "vlan@", "4095")
    assert "must be 1 to 4094" in yang_refusal(stored(server))
