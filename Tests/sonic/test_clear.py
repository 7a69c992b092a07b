"""`sonic-clear telegen counters`: a user's own zero, which `show telegen statistics` subtracts."""
import json
import os

import pytest

import rows
from conftest import CommandLine


@pytest.fixture
def counted(cli, server):
    """A job that has counted a thousand IPv4 packets."""
    rows.agent(server)
    rows.job(server, "web")
    rows.statistics(server, "web", packets=(1000, 20, 3, 0), parse_errors="7", filtered="100", burst_peak_bytes="9")
    return cli


@pytest.fixture
def shown(cli):
    """The statistics as a program gets them, by job and direction."""
    def read():
        said = json.loads(cli("show statistics --json"))["statistics"]
        return {(row["job"], row["direction"]): row for row in said}
    return read


@pytest.fixture
def saved(tmp_path):
    """The user's file."""
    return str(tmp_path / "cache" / "telegen" / str(os.getuid()) / "counters.json")


def test_what_was_counted_before_is_subtracted_and_that_is_said(counted, server, shown):
    assert counted("sonic-clear counters") == "Cleared counters\n"
    assert shown()["web", "ingress"]["ipv4_packets"] == 0
    rows.statistics(server, "web", packets=(1500, 20, 3, 1), parse_errors="9", filtered="100", burst_peak_bytes="5")
    row = shown()["web", "ingress"]
    assert [row[f"{name}_packets"] for name in rows.CLASSES] == [500, 0, 0, 1]
    assert row["ipv4_bytes"] == 50000 and row["ipv4_sizes"][1] == 500 and row["parse_errors"] == 2
    assert row["filtered"] == 0
    first = counted("show statistics").splitlines()[0]
    assert first == f"web: since it was cleared at {row['cleared_at']}"


def test_what_is_no_counter_is_not_subtracted(counted, server, shown):
    rows.statistics(server, "web", burst_peak_bytes="9", flow_other_packets="10", size_bounds=rows.BOUNDS)
    counted("sonic-clear counters")
    row = shown()["web", "ingress"]
    assert (row["burst_peak_bytes"], row["flow_other_packets"], row["size_bounds"][0]) == (9, 10, 64)


def test_nothing_in_the_databases_changes(counted, server):
    def everything():
        return {
            (number, key): database.hgetall(key) for number, database in enumerate((server.config, server.state))
            for key in database.keys("*|*")}
    before = everything()
    counted("sonic-clear counters")
    counted("show statistics")
    assert everything() == before
    assert "1,234,567" in counted("show jobs")


def test_one_job_can_be_cleared_and_others_keep_their_zero(counted, server, shown):
    rows.job(server, "dns")
    rows.statistics(server, "dns", packets=(10, 0, 0, 0))
    counted("sonic-clear counters")
    rows.statistics(server, "dns", packets=(15, 0, 0, 0))
    rows.statistics(server, "web", packets=(1600, 20, 3, 0), parse_errors="7", filtered="100")
    assert counted("sonic-clear counters web") == "Cleared counters of web\n"
    assert shown()["web", "ingress"]["ipv4_packets"] == 0
    assert shown()["dns", "ingress"]["ipv4_packets"] == 5


def test_a_job_that_is_not_there_is_an_error_and_clears_nothing(counted, saved):
    said = counted("sonic-clear counters nope", code=1)
    assert said == 'Error: STATE_DB has no job nope: `show telegen jobs` lists them\n'
    assert not os.path.exists(saved)
    assert "\x1b" not in counted.words("sonic-clear", "counters", "\x1b[2J", code=1)


def test_without_jobs_there_is_nothing_to_fail_at(cli):
    assert cli("sonic-clear counters") == "Cleared counters\n"


ANEW = "web: began anew after it was cleared at "


def test_a_job_that_was_deleted_and_made_again_begins_at_its_own_zero(counted, server, shown):
    counted("sonic-clear counters")
    rows.job(server, "web", started_at="2026-01-31T13:00:00Z")
    rows.statistics(server, "web", packets=(2000, 30, 3, 0), parse_errors="8", filtered="100")
    assert shown()["web", "ingress"]["ipv4_packets"] == 2000
    assert shown()["web", "ingress"]["cleared_at"] is None
    assert counted("show statistics").startswith(ANEW)


def test_so_does_one_whose_counters_are_smaller_than_the_zero(counted, server, shown):
    counted("sonic-clear counters")
    rows.statistics(server, "web", packets=(2000, 19, 3, 0), parse_errors="7", filtered="100")
    row = shown()["web", "ingress"]
    assert (row["ipv4_packets"], row["ipv6_packets"]) == (2000, 19)
    assert counted("show statistics").startswith(ANEW)
    counted("sonic-clear counters")
    assert shown()["web", "ingress"]["ipv6_packets"] == 0


def test_and_one_whose_lists_have_another_length(counted, server, shown):
    counted("sonic-clear counters")
    rows.statistics(server, "web", packets=(2000, 20, 3, 0), parse_errors="7", filtered="100", ipv4_sizes="1,1999")
    assert shown()["web", "ingress"]["ipv4_packets"] == 2000


def test_a_start_time_that_is_not_known_says_nothing_about_another_life(counted, server, shown):
    counted("sonic-clear counters")
    server.state.hset("TELEGEN_JOB_TABLE|web", "started_at", "")
    assert shown()["web", "ingress"]["ipv4_packets"] == 0


def test_a_direction_or_a_detail_that_came_later_counts_from_its_beginning(counted, server, shown):
    counted("sonic-clear counters")
    rows.statistics(server, "web", "egress", packets=(7, 0, 0, 0))
    server.state.hset("TELEGEN_STATS_TABLE|web|ingress", mapping={"copies_sent": "11", "burst_windows": ""})
    assert shown()["web", "egress"]["ipv4_packets"] == 7
    assert shown()["web", "ingress"]["copies_sent"] == 11 and shown()["web", "ingress"]["ipv4_packets"] == 0


def test_clearing_all_forgets_jobs_that_are_gone(counted, server, saved):
    counted("sonic-clear counters")
    server.config.delete("TELEGEN_JOB|web")
    server.state.flushdb()
    rows.job(server, "dns")
    counted("sonic-clear counters")
    with open(saved, encoding="utf-8") as file:
        assert list(json.load(file)) == ["|dns"]
    assert os.listdir(os.path.dirname(saved)) == ["counters.json"]


@pytest.mark.parametrize("content", [
    "", "{", "[]x", "7", "[1]", '{"|web": 7}', '{"|web": {}}', '{"|web": {"cleared_at": 1, "started_at": "", "directions": {}}}',
    '{"|web": {"cleared_at": "", "started_at": "", "directions": {"ingress": 1}}}', "\udcff"])
def test_a_file_that_cannot_be_read_is_said_and_made_anew(counted, shown, saved, content):
    counted("sonic-clear counters")
    with open(saved, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(content)
    said = counted("show statistics").splitlines()[0]
    assert said.startswith(f"{saved} cannot be read, and all counts are shown: ")
    assert shown()["web", "ingress"]["ipv4_packets"] == 1000
    counted("sonic-clear counters web")
    assert shown()["web", "ingress"]["ipv4_packets"] == 0


def test_a_folder_that_belongs_to_somebody_else_is_not_written_into(counted, saved, tmp_path):
    folder = os.path.dirname(saved)
    os.makedirs(os.path.dirname(folder))
    (tmp_path / "trap").mkdir()
    os.symlink(str(tmp_path / "trap"), folder)
    said = counted("sonic-clear counters", code=1)
    assert said == f"Error: {folder} is not yours: remove it, and clear again\n"
    assert os.listdir(str(tmp_path / "trap")) == []


def test_each_asic_has_its_own_zero(two_asics):
    for name in ("asic0", "asic1"):
        rows.agent(two_asics[name])
        rows.job(two_asics[name], "web")
        rows.statistics(two_asics[name], "web", packets=(1000, 0, 0, 0))
    cli = CommandLine()

    def packets():
        return [row["ipv4_packets"] for row in json.loads(cli("show statistics --json"))["statistics"]]
    cli("sonic-clear counters -n asic1")
    assert packets() == [1000, 0]
    cli("sonic-clear counters web -n asic0")
    assert packets() == [0, 0]
    assert cli("show statistics").count("since it was cleared") == 2
