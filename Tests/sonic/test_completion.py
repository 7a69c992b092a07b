"""What a shell proposes behind `config`, `show` and `sonic-clear`, with click before and since version 8."""
import pytest

import rows
from conftest import CommandLine


@pytest.fixture
def proposed(cli):
    """The words for the last one of a line, as click's completion for bash finds them."""
    return lambda line: words(cli, line)


def words(cli, line):
    top, *before, incomplete = line.split(" ")
    group = cli.roots[top.replace("sonic-", "")]
    before = ["telegen"] + before
    try:
        from click.shell_completion import BashComplete
    except ImportError:
        from click._bashcomplete import get_choices
        return [word for word, _ in get_choices(group, top, before, incomplete)]
    return [item.value for item in BashComplete(group, {}, top, "_COMPLETE").get_completions(before, incomplete)]


@pytest.fixture(autouse=True)
def jobs(server):
    for name in ("web10", "web2", "dns"):
        rows.job(server, name)


@pytest.mark.parametrize("line", [
    "config job update ", "config job del ", "config job enable ", "config job disable ", "show job ", "show statistics ",
    "show flows ", "sonic-clear counters "])
def test_names_of_jobs_in_natural_order(proposed, line):
    assert proposed(line) == ["dns", "web2", "web10"]
    assert proposed(f"{line}w") == ["web2", "web10"]
    assert proposed(f"{line}x") == []


def test_names_and_aliases_of_ports(proposed):
    everything = ["Ethernet0", "Ethernet4", "Ethernet100", "PortChannel1", "etp1", "etp2", "etp26"]
    for option in ("--port", "--sink-port"):
        assert proposed(f"config job add web3 {option} ") == everything
    assert proposed("config job add web3 --port etp2") == ["etp2", "etp26"]


@pytest.mark.parametrize("line, expected", [
    ("config job add x --direction ", ["both", "egress", "ingress"]), ("config job add x --ip-proto icm", ["icmp", "icmpv6"]),
    ("config otlp protocol ", ["grpc", "http/protobuf"]), ("config admin-state ", ["down", "up"]),
    ("config job add x --vlan ", [])])
def test_words_of_a_field(proposed, line, expected):
    assert proposed(line) == expected


def test_commands_and_options(proposed):
    assert proposed("config job ") == ["add", "del", "disable", "enable", "update"]
    assert "--erspan-remote" in proposed("config job add --ers")


def test_a_database_that_does_not_answer_proposes_nothing(cli, server, monkeypatch):
    monkeypatch.setenv("TEST_DATABASES", "/nonexistent")
    for line in ("config job del ", "config job add x --port ", "show job ", "sonic-clear counters "):
        assert words(cli, line) == []


def test_a_config_db_that_is_not_initialized_is_not_waited_for(proposed, server):
    server.config.delete("CONFIG_DB_INITIALIZED")
    assert proposed("show job ") == ["dns", "web2", "web10"]


def test_a_row_that_is_no_jobs_does_not_stop_it(proposed, server):
    server.config.hset("TELEGEN_JOB|a|b", "port", "Ethernet0")
    for line in ("config job del ", "show job ", "sonic-clear counters "):
        assert proposed(line) == ["dns", "web2", "web10"]


def test_jobs_and_ports_of_all_asics(two_asics):
    rows.job(two_asics["asic0"], "a")
    rows.job(two_asics["asic1"], "b")
    cli = CommandLine()
    assert words(cli, "show job ") == ["a", "b"]
    assert words(cli, "config job add x --port Ethernet2") == ["Ethernet200"]
