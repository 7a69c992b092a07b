"""`show telegen`: what it prints of both databases."""
import json

import pytest

import rows
from conftest import CommandLine


def lines(text):
    """The lines of a table as their words."""
    return [line.split() for line in text.splitlines()]


def test_jobs_are_a_table_in_natural_order_with_commas_in_numbers(cli, server):
    rows.agent(server)
    for name in ("web10", "web2"):
        rows.job(server, name)
    assert cli("show jobs") == """\
  Job       Port    Direction    Admin     Oper    Mode    Packets        Bytes    PPS        BPS
-----  ---------  -----------  -------  -------  ------  ---------  -----------  -----  ---------
 web2  Ethernet0      ingress       up  running    port  1,234,567  987,654,321  1,000  8,000,000
web10  Ethernet0      ingress       up  running    port  1,234,567  987,654,321  1,000  8,000,000
"""


def test_names_that_look_like_numbers_stay_as_they_are(cli, server):
    rows.agent(server)
    for name in ("007", "1e5"):
        rows.job(server, name)
    assert [line[0] for line in lines(cli("show jobs"))[2:]] == ["1e5", "007"]


def test_below_the_jobs_is_why_one_does_not_run_and_what_it_warns_of(cli, server):
    rows.agent(server)
    rows.job(server, "web", oper_status="waiting", reason="port Ethernet0 is absent", warnings="unknown field \"zeal\"")
    said = cli("show jobs").splitlines()
    assert said[-2:] == ["web: waiting: port Ethernet0 is absent", 'web: warning: unknown field "zeal"']


def test_without_jobs_it_says_how_to_make_one(cli, server):
    rows.agent(server)
    for command in ("jobs", "statistics"):
        assert cli(f"show {command}") == "There are no jobs: `config telegen job add` makes one\n"


def test_a_job_without_a_status_has_no_numbers_and_says_why(cli, server):
    rows.agent(server)
    server.config.hset("TELEGEN_JOB|web", mapping={"port": "Ethernet0", "admin_state": "down"})
    said = cli("show jobs").splitlines()
    assert said[2].split() == ["web", "Ethernet0", "ingress", "down"] + ["N/A"] * 6
    assert said[-1] == "web: no status yet; the agent has not come to it"


def test_a_job_that_was_deleted_and_is_still_told_of_is_marked(cli, server):
    rows.agent(server)
    rows.job(server, "web")
    server.config.delete("TELEGEN_JOB|web")
    said = cli("show jobs").splitlines()
    assert said[2].split()[3] == "N/A" and said[-1] == "web: deleted; the agent has not come to it"


HELP = "see `show feature status telegen` and `docker logs telegen`"


@pytest.mark.parametrize("command", ["jobs", "job web", "statistics", "flows", "agent"])
def test_a_missing_agent_is_said_first(cli, server, command):
    server.config.hset("TELEGEN_JOB|web", "port", "Ethernet0")
    said = cli(f"show {command}")
    assert said.startswith(f"No agent has written into STATE_DB: {HELP}\n")
    assert "no status yet" not in said


@pytest.mark.parametrize("heartbeat", ["", "soon", "2026-01-31"])
def test_a_heartbeat_that_is_no_time_is_none(cli, server, heartbeat):
    rows.agent(server, heartbeat=heartbeat)
    assert cli("show jobs").startswith("No agent has written into STATE_DB: ")


def test_an_old_heartbeat_is_said_first(cli, server):
    rows.agent(server, seconds_ago=100)
    rows.job(server, "web")
    first = cli("show jobs").splitlines()[0]
    assert first.startswith("The agent's last heartbeat was 10") and first.endswith(f"said last: {HELP}")


def test_a_heartbeat_is_old_after_three_status_intervals(cli, server):
    rows.agent(server, seconds_ago=12)
    assert "heartbeat was" not in cli("show jobs")
    rows.agent(server, seconds_ago=20)
    assert "heartbeat was" in cli("show jobs")
    server.config.hset("TELEGEN|global", "status_interval", "300")
    rows.agent(server, seconds_ago=800)
    assert "heartbeat was" not in cli("show jobs")
    server.config.hset("TELEGEN|global", "status_interval", "x")
    assert "heartbeat was" in cli("show jobs")


def test_a_heartbeat_of_a_clock_that_is_ahead_is_fresh(cli, server):
    rows.agent(server, seconds_ago=-100)
    assert "heartbeat was" not in cli("show jobs")


def test_one_job_is_what_was_asked_for_and_what_is(cli, server):
    rows.agent(server)
    rows.job(server, "web", reason="", oper_status="running")
    server.config.hset("TELEGEN_JOB|web", mapping={"vlan@": "100,200", "dscp": "46,0"})
    said = lines(cli("show job web"))
    assert ["vlan", "100,200"] in said and ["dscp", "46,0"] in said and ["packets", "1,234,567"] in said
    assert ["oper_status", "running"] in said and ["reason"] not in [line[:1] for line in said]


@pytest.mark.parametrize("command", ["job nope", "statistics nope", "flows nope", "job nope --json"])
def test_a_job_that_is_not_there_is_an_error(cli, server, command):
    rows.agent(server)
    assert cli(f"show {command}", code=1) == "Error: there is no job nope: `show telegen jobs` lists them\n"


def test_a_job_has_to_be_named(cli):
    cli("show job", code=2)


def test_nothing_that_a_terminal_would_obey_is_printed(cli, server):
    rows.agent(server, version="1\x1b[31m")
    rows.job(server, "web", reason="bad\x1b]0;x\x07", oper_status="failed\x1b[2J")
    server.config.hset("TELEGEN_JOB|web", "description", "a\x9bb\u202ec")
    rows.statistics(server, "web", more="\x1b[2J")
    rows.flow(server, "web", "1\x1b[2J", source="\x1b[2J")
    for command in ("jobs", "job web", "statistics", "statistics web", "flows", "agent"):
        said = cli(f"show {command}")
        assert not any(each in said for each in "\x1b\x07\x9b\u202e"), command
    assert "a\\u{9B}b\\u{202E}c" in cli("show job web")


def test_statistics_are_a_line_for_each_job_and_direction(cli, server):
    rows.agent(server)
    rows.job(server, "web", direction="both")
    rows.statistics(server, "web", "ingress", packets=(1234567, 20, 3, 0), size=100, parse_errors="4", filtered="5000")
    rows.statistics(server, "web", "egress", packets=(0, 0, 0, 1), size=64)
    assert cli("show statistics") == """\
  Job    Direction    Packets        Bytes       IPv4    IPv6    ICMPv6    Other    Errors    Filtered
-----  -----------  ---------  -----------  ---------  ------  --------  -------  --------  ----------
  web       egress          1           64          0       0         0        1         0           0
  web      ingress  1,234,590  123,459,000  1,234,567      20         3        0         4       5,000
"""


def test_statistics_of_one_job_have_its_sizes_and_details(cli, server):
    rows.agent(server)
    rows.job(server, "web")
    dscp = ["0"] * 64
    dscp[0], dscp[46] = "1000", "23"
    rows.statistics(
        server, "web", packets=(1000, 20, 3, 0), size=100, dscp_packets=",".join(dscp), copies_sent="1023",
        ecn_packets="0,0,0,0", burst_windows="5,1000", burst_peak_percent="12.5", burst_speed_bps="")
    assert cli("show statistics web") == """\
web ingress

  ingress     IPv4    IPv6    ICMPv6    Other    Total
---------  -------  ------  --------  -------  -------
  packets    1,000      20         3        0    1,023
    bytes  100,000   2,000       300        0  102,300
   <= 128    1,000      20         3        0    1,023

Field               Value
------------------  ----------------
burst_peak_percent  12.5
burst_windows       5 1,000
copies_sent         1,023
dscp_packets        0: 1,000  46: 23
ecn_packets         0
filtered            0
parse_errors        0
"""


def test_a_job_that_counts_nothing_is_named_in_the_statistics(cli, server):
    rows.agent(server)
    rows.job(server, "web", oper_status="waiting", reason="port Ethernet0 is absent")
    assert cli("show statistics") == "web: nothing is counted: waiting\n"


def test_statistics_that_are_not_whole_are_shown_as_far_as_they_go(cli, server):
    rows.agent(server)
    rows.job(server, "web")
    server.state.hset("TELEGEN_STATS_TABLE|web|ingress", mapping={"ipv4_packets": "7", "parse_errors": "many"})
    assert lines(cli("show statistics"))[2] == ["web", "ingress", "N/A", "N/A", "7", "N/A", "N/A", "N/A", "many", "N/A"]
    assert ["packets", "7", "N/A", "N/A", "N/A", "N/A"] in lines(cli("show statistics web"))


def test_flows_are_in_the_order_of_their_rank(cli, server):
    rows.agent(server)
    rows.job(server, "web")
    for rank in (10, 9, 1):
        rows.flow(server, "web", rank, packets=str(rank * 1000))
    rows.flow(server, "web", 2, source="2001:db8::1", destination="2001:db8::2", proto="icmpv6", source_port="0",
              destination_port="0")
    rows.flow(server, "web", 3, source="2001:db8::1", destination="2001:db8::2")
    said = lines(cli("show flows"))
    assert [line[1] for line in said[2:]] == ["1", "2", "3", "9", "10"]
    assert said[2][2:] == [
        "ingress", "tcp", "192.0.2.1:49152", "198.51.100.7:443", "1,000", "1,500,000", "0", "0"]
    assert said[3][3:6] == ["icmpv6", "2001:db8::1", "2001:db8::2"]
    assert said[4][4] == "[2001:db8::1]:49152"


def test_flows_of_one_job_leave_out_the_others(cli, server):
    rows.agent(server)
    for name in ("a", "b"):
        rows.job(server, name)
        rows.flow(server, name, 1)
    assert [line[0] for line in lines(cli("show flows b"))[2:]] == ["b"]
    rows.job(server, "c")
    assert "No flows are reported: `config telegen job update <job_name> --detail flows`" in cli("show flows c")


def test_the_agent_is_its_row_with_the_heartbeats_age_and_the_settings(cli, server):
    rows.agent(server)
    server.config.hset("TELEGEN|global", mapping={"max_jobs": "7", "otlp_endpoint": "collector:4317"})
    said = cli("show agent")
    assert ["status", "running"] in lines(said) and ["rss_bytes", "12,345,678"] in lines(said)
    assert " s ago)" in said and ["otlp_endpoint", "collector:4317"] in lines(said)
    assert "otlp_last_error" not in said


def test_ports_have_their_aliases_where_the_user_wants_those(cli, server, monkeypatch):
    rows.agent(server)
    rows.job(server, "web")
    rows.job(server, "lag", port="PortChannel1")
    monkeypatch.setenv("SONIC_CLI_IFACE_MODE", "alias")
    assert [line[1] for line in lines(cli("show jobs"))[2:]] == ["PortChannel1", "etp1"]
    assert json.loads(cli("show jobs --json"))["jobs"][1]["config"]["port"] == "Ethernet0"


def test_rows_that_nobody_should_have_written_do_not_hide_the_others(cli, server):
    rows.agent(server)
    rows.job(server, "web")
    server.config.hset("TELEGEN_JOB|a|b", "port", "Ethernet0")
    server.state.hset("TELEGEN_JOB_TABLE|a|b", mapping={"oper_status": "rejected", "reason": "no name"})
    server.state.hset("TELEGEN_STATS_TABLE|x", "NULL", "NULL")
    said = cli("show jobs")
    assert ["web", "Ethernet0", "ingress", "up", "running", "port"] in [line[:6] for line in lines(said)]
    assert "a|b: rejected: no name" in said
    cli("show statistics")


class TestJSON:
    def test_jobs_have_both_rows_and_numbers_are_numbers(self, cli, server):
        rows.agent(server)
        rows.job(server, "web", reason="", description="7")
        server.config.hset("TELEGEN_JOB|web", mapping={"vlan@": "100,200", "sample_rate": "10"})
        server.config.hset("TELEGEN_JOB|new", "port", "Ethernet4")
        said = json.loads(cli("show jobs --json"))
        assert [job["job"] for job in said["jobs"]] == ["new", "web"]
        assert said["jobs"][0] == {
            "job": "new", "namespace": "", "config": {"port": "Ethernet4"}, "state": None}
        web = said["jobs"][1]
        assert web["config"]["vlan"] == ["100", "200"] and web["state"]["packets"] == 1234567
        assert web["state"]["description"] == "7" and web["state"]["ended_at"] == ""
        assert said["agents"][0]["status"] == "running" and said["agents"][0]["rss_bytes"] == 12345678

    def test_one_job_alone(self, cli, server):
        rows.agent(server)
        for name in ("a", "b"):
            rows.job(server, name)
        assert [job["job"] for job in json.loads(cli("show job b -j"))["jobs"]] == ["b"]

    def test_statistics_have_lists_of_numbers(self, cli, server):
        rows.agent(server)
        rows.job(server, "web")
        rows.statistics(server, "web", burst_windows="1,2", burst_speed_bps="", burst_peak_percent="12.5")
        (row,) = json.loads(cli("show statistics --json"))["statistics"]
        assert row["ipv4_packets"] == 1000 and row["ipv4_sizes"][1] == 1000 and row["size_bounds"][0] == 64
        assert row["burst_windows"] == [1, 2] and row["burst_speed_bps"] is None and row["cleared_at"] is None
        assert (row["job"], row["direction"], row["namespace"]) == ("web", "ingress", "")

    def test_flows_and_the_agent(self, cli, server):
        rows.agent(server, seconds_ago=100)
        rows.job(server, "web")
        rows.flow(server, "web", 1)
        (flow,) = json.loads(cli("show flows --json"))["flows"]
        assert flow["rank"] == 1 and flow["packets"] == 1000 and flow["source_port"] == 49152
        server.config.hset("TELEGEN|global", "max_jobs", "7")
        said = json.loads(cli("show agent --json"))
        assert said["agents"][0]["status"] == "stale" and said["settings"] == [{"max_jobs": "7", "namespace": ""}]

    def test_without_anything_it_is_still_whole(self, cli):
        for command in ("jobs", "statistics", "flows", "agent"):
            said = json.loads(cli(f"show {command} --json"))
            assert said["agents"] == [{"namespace": "", "status": "absent"}]


class TestWatch:
    @pytest.fixture
    def rounds(self, cli, monkeypatch):
        """Has Ctrl-C come in the third pause; the pauses' lengths."""
        pauses = []

        def sleep(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                raise KeyboardInterrupt
        monkeypatch.setattr(cli.plugins["show"].time, "sleep", sleep)
        return pauses

    def test_it_prints_again_until_it_is_interrupted_which_is_no_failure(self, cli, server, rounds):
        rows.agent(server)
        rows.job(server, "web")
        assert cli("show jobs --watch").count("running") == 3
        assert rounds == [2, 2, 2]

    def test_each_time_the_databases_are_read_anew(self, cli, server, rounds, monkeypatch):
        rows.agent(server)
        rows.job(server, "web", packets="0")
        sleep = cli.plugins["show"].time.sleep

        def count_and_sleep(seconds):
            server.state.hincrby("TELEGEN_JOB_TABLE|web", "packets", 5)
            sleep(seconds)
        monkeypatch.setattr(cli.plugins["show"].time, "sleep", count_and_sleep)
        said = cli("show jobs --watch --json").splitlines()
        assert [json.loads(line)["jobs"][0]["state"]["packets"] for line in said] == [0, 5, 10]


class TestWithTwoASICs:
    @pytest.fixture
    def cli(self, two_asics):
        rows.agent(two_asics["asic0"])
        rows.job(two_asics["asic0"], "web")
        rows.statistics(two_asics["asic0"], "web")
        rows.agent(two_asics["asic1"], seconds_ago=100)
        rows.job(two_asics["asic1"], "web", port="Ethernet200", oper_status="failed", reason="no BPF")
        rows.flow(two_asics["asic1"], "web", 1)
        return CommandLine()

    def test_all_namespaces_are_shown_with_their_names(self, cli):
        said = cli("show jobs")
        assert said.startswith("asic1: The agent's last heartbeat was ") and "`docker logs telegen1`" in said
        assert [line[:3] for line in lines(said) if line[1:2] == ["web"]] == [
            ["asic0", "web", "Ethernet0"], ["asic1", "web", "Ethernet200"]]
        assert said.endswith("asic1: web: failed: no BPF\n")
        assert [line[0] for line in lines(cli("show statistics")) if "ingress" in line] == ["asic0"]
        assert cli("show agent").count("rss_bytes") == 2

    def test_the_host_is_shown_when_it_has_an_agent_or_a_job(self, cli, two_asics):
        two_asics[""].config.hset("TELEGEN_JOB|up", "port", "eth0")
        said = cli("show jobs")
        assert said.startswith("host: No agent has written into STATE_DB: ")
        assert ["host", "up", "eth0"] in [line[:3] for line in lines(said)]
        assert [job["namespace"] for job in json.loads(cli("show jobs --json"))["jobs"]] == ["", "asic0", "asic1"]
        assert "Ethernet" not in cli("show jobs -n host") and "asic" not in cli("show jobs -n host")

    def test_one_can_be_chosen(self, cli):
        said = cli("show jobs -n asic0")
        assert "Ethernet200" not in said and "heartbeat" not in said
        assert [job["namespace"] for job in json.loads(cli("show jobs --json -n asic1"))["jobs"]] == ["asic1"]
        assert [line[:2] for line in lines(cli("show flows")) if "tcp" in line] == [["asic1", "web"]]

    def test_an_unknown_one_is_a_wrong_use(self, cli):
        cli("show jobs -n asic7", code=2)
