"""`config telegen`: what it writes, and what it refuses."""
import pytest

from conftest import CommandLine


@pytest.fixture
def job(server):
    """The row of a job as it is in Redis."""
    return lambda name="web": server.config.hgetall("TELEGEN_JOB|" + name)


EVERY_FIELD = {
    "port": "PortChannel1", "direction": "both", "admin_state": "down", "mirror_mode": "asic", "vlan": "1,4094",
    "ip_proto": "tcp,17", "dscp": "0,63", "l4_src_port": "0,1000-2000", "l4_dst_port": "443",
    "src_prefix": "10.0.0.0/8", "dst_prefix": "192.0.2.128/25", "sample_rate": "16777216", "detail": "flows,bursts,qos",
    "top_flows": "1024", "expires_at": "2026-01-31T12:00:00.5Z", "otlp_export": "false", "erspan_remote": "192.0.2.1",
    "erspan_local": "192.0.2.2", "erspan_key": "1023", "erspan_name": "tg1023", "erspan_ttl": "1", "erspan_tos": "184",
    "erspan_ver": "1", "erspan_truncate": "9216", "erspan_pps": "10000000", "gre_type": "0x88BE",
    "sink_port": "Ethernet4", "description": "Größe nach Köln", "origin": "api"}
LISTS = {"vlan", "ip_proto", "dscp", "l4_src_port", "l4_dst_port", "detail"}


def options(fields):
    return [word for name, text in fields.items() for word in ("--" + name.replace("_", "-"), text)]


def test_every_field_of_a_job_is_an_option_and_lists_are_stored_behind_an_at_sign(cli, job):
    assert cli.words("config", "job", "add", "web", *options(EVERY_FIELD)) == "Job web added\n"
    assert job() == {name + "@" if name in LISTS else name: text for name, text in EVERY_FIELD.items()}
    assert set(EVERY_FIELD) == {rule.name for rule in cli.plugins["config"].JOB_FIELDS}


def test_a_job_needs_no_more_than_its_port_and_defaults_are_not_written(cli, job):
    cli("config job add web --port Ethernet0")
    assert job() == {"port": "Ethernet0"}


@pytest.mark.parametrize("text, stored", [
    ("etp1", "Ethernet0"), ("etp26", "Ethernet100"), ("etp1.10", "Ethernet0.10"), ("Ethernet4", "Ethernet4"),
    ("Ethernet4.100", "Ethernet4.100"), ("PortChannel1", "PortChannel1"), ("eth0", "eth0"), ("Vlan100", "Vlan100")])
def test_the_name_of_a_port_is_stored_whatever_it_was_called(cli, job, text, stored):
    cli("config job add web --port {0} --sink-port {0}".format(text))
    assert job() == {"port": stored, "sink_port": stored}


def test_a_port_is_not_taken_for_the_alias_of_another(cli, server, job):
    server.config.hset("PORT|Ethernet8", "alias", "Ethernet0")
    cli("config job add web --port Ethernet0")
    assert job() == {"port": "Ethernet0"}


def test_ports_without_an_alias_are_ports_too(cli, server, job):
    server.config.hset("PORT|Ethernet8", "lanes", "1")
    cli("config job add web --port Ethernet8")
    assert job() == {"port": "Ethernet8"}


@pytest.mark.parametrize("name", ["Ethernet8", "PortChannel2", "Ethernet", "Ethernet-BP0"])
def test_what_is_named_like_a_port_has_to_be_one(cli, job, name):
    said = cli("config job add web --port " + name, code=2)
    assert 'port "{}": must be in PORT or PORTCHANNEL when it is named like one'.format(name) in said
    assert "`show interfaces status`" in said and job() == {}


NETDEV = "a netdev name (1 to 15 letters, digits, dots, dashes or underscores, first a letter or digit, no two dots in a row)"
ENDPOINT = "host:port or an http(s) URL such as http://192.0.2.1:4318"
TIME = "a time in UTC such as 2026-01-31T12:00:00Z"
RANGE = "0 to 65535, or a range such as 1000-2000"
PREFIX = "an IPv4 or IPv6 prefix without host bits, such as 192.0.2.0/24"
IPV4 = "an IPv4 address such as 192.0.2.1"


@pytest.mark.parametrize("name, text, quoted, allowed", [
    ("port", "a..b", '"a..b"', NETDEV), ("port", "-eth0", '"-eth0"', NETDEV),
    ("port", "sixteen-letters-", '"sixteen-letters-"', NETDEV), ("sink_port", "a/b", '"a/b"', NETDEV),
    ("direction", "sideways", '"sideways"', "ingress, egress or both"), ("admin_state", "on", '"on"', "up or down"),
    ("mirror_mode", "span", '"span"', "none, erspan, erspan-sink, asic or placeholder"),
    ("vlan", "0", '"0"', "1 to 4094"), ("vlan", "1,4095", '"4095"', "1 to 4094"), ("vlan", "01", '"01"', "1 to 4094"),
    ("vlan", "1, 2", '" 2"', "1 to 4094"), ("vlan", "+1", '"+1"', "1 to 4094"), ("vlan", "١", '"١"', "1 to 4094"),
    ("ip_proto", "TCP", '"TCP"', "a protocol such as tcp, or 0 to 255"),
    ("ip_proto", "256", '"256"', "a protocol such as tcp, or 0 to 255"), ("dscp", "64", '"64"', "0 to 63"),
    ("l4_src_port", "65536", '"65536"', RANGE), ("l4_dst_port", "2-1", '"2-1"', RANGE),
    ("l4_dst_port", "1-2-3", '"1-2-3"', RANGE), ("l4_dst_port", "1-", '"1-"', RANGE),
    ("src_prefix", "10.0.0.1/8", '"10.0.0.1/8"', PREFIX), ("src_prefix", "10.0.0.0", '"10.0.0.0"', PREFIX),
    ("src_prefix", "10.0.0.0/255.0.0.0", '"10.0.0.0/255.0.0.0"', PREFIX),
    ("dst_prefix", "2001:db8::1/64", '"2001:db8::1/64"', PREFIX), ("dst_prefix", "10.0.0.0/33", '"10.0.0.0/33"', PREFIX),
    ("dst_prefix", "fe80::%a/64", '"fe80::%a/64"', PREFIX), ("dst_prefix", "10.0.0.0/08", '"10.0.0.0/08"', PREFIX),
    ("sample_rate", "0", '"0"', "1 to 16777216"), ("sample_rate", "16777217", '"16777217"', "1 to 16777216"),
    ("detail", "flows,latency", '"latency"', "flows, bursts or qos"), ("top_flows", "1025", '"1025"', "1 to 1024"),
    ("expires_at", "2026-02-29T00:00:00Z", '"2026-02-29T00:00:00Z"', TIME),
    ("expires_at", "2026-01-31T12:00:00", '"2026-01-31T12:00:00"', TIME),
    ("expires_at", "2026-01-31T12:00:00+02:00", '"2026-01-31T12:00:00+02:00"', TIME),
    ("expires_at", "2026-01-31T12:00:60Z", '"2026-01-31T12:00:60Z"', TIME),
    ("expires_at", "1969-12-31T23:59:59Z", '"1969-12-31T23:59:59Z"', TIME),
    ("expires_at", "2555-01-01T00:00:00Z", '"2555-01-01T00:00:00Z"', TIME),
    ("otlp_export", "yes", '"yes"', "true or false"), ("erspan_remote", "2001:db8::1", '"2001:db8::1"', IPV4),
    ("erspan_local", "192.0.2.01", '"192.0.2.01"', IPV4), ("erspan_key", "1024", '"1024"', "0 to 1023"),
    ("erspan_name", "a b", '"a b"', NETDEV), ("erspan_ttl", "0", '"0"', "1 to 255"),
    ("erspan_tos", "256", '"256"', "inherit, or 0 to 255"), ("erspan_ver", "3", '"3"', "1 to 2"),
    ("erspan_truncate", "63", '"63"', "64 to 9216"), ("erspan_pps", "0", '"0"', "1 to 10000000"),
    ("gre_type", "0x10000", '"0x10000"', "0 to 65535, in decimal or hexadecimal such as 0x88be"),
    ("gre_type", "65536", '"65536"', "0 to 65535, in decimal or hexadecimal such as 0x88be"),
    ("description", "é" * 128, '"' + "é" * 40 + '…"', "at most 255 bytes without control characters"),
    ("origin", "cli", '"cli"', "api")])
def test_a_bad_value_is_refused_in_the_words_of_the_agent(cli, job, name, text, quoted, allowed):
    fields = dict({"port": "Ethernet0"}, **{name: text})
    said = cli.words("config", "job", "add", "web", *options(fields), code=2)
    assert "Error: {} {}: must be {}\n".format(name, quoted, allowed) in said
    assert job() == {}


@pytest.mark.parametrize("fields, sentence", [
    ({"description": "a\nb"}, r'description "a\u{A}b": must be valid UTF-8 without control characters'),
    ({"description": "a\x9bb"}, r'description "a\u{9B}b": must be valid UTF-8 without control characters'),
    ({"description": "a\udcff"}, r'description "a\u{DCFF}": must be valid UTF-8 without control characters'),
    ({"description": "x" * 1025}, 'description "{}…": must have at most 1024 bytes'.format("x" * 40)),
    ({"vlan": "1,,2"}, 'vlan "1,,2": must have no empty entry between its commas'),
    ({"vlan": ","}, 'vlan ",": must have no empty entry between its commas'),
    ({"dscp": ",".join(["1"] * 65)}, "must have at most 64 entries"),
    ({"mirror_mode": "asic"}, "sink_port: must be given when mirror_mode is asic (--sink-port)"),
    ({"src_prefix": "10.0.0.0/8", "dst_prefix": "2001:db8::/32"},
     'src_prefix "10.0.0.0/8": must be of the family of dst_prefix 2001:db8::/32')])
def test_a_row_that_the_agent_would_reject_is_not_written(cli, job, fields, sentence):
    said = cli.words("config", "job", "add", "web", *options(dict({"port": "Ethernet0"}, **fields)), code=2)
    assert sentence in said and job() == {}


@pytest.mark.parametrize("name", ["-x", "a b", "a|b", "ä", "a" * 65, "_a", "a.b", ""])
def test_a_job_needs_a_proper_name(cli, server, name):
    said = cli.words("config", "job", "add", "--port", "Ethernet0", "--", name, code=2)
    assert "must be a job name (1 to 64 letters, digits, dashes or underscores, first a letter or digit)" in said
    assert server.config.keys("TELEGEN_JOB*") == []


def test_a_job_without_port_is_a_wrong_use(cli):
    assert "Error: port: must be given (--port)" in cli("config job add web", code=2)
    assert "Error: port: must be given (--port)" in cli.words("config", "job", "add", "web", "--port", "", code=2)


def test_a_second_job_of_a_name_is_refused_and_the_first_one_is_as_before(cli, server, job):
    cli("config job add web --port Ethernet0")
    said = cli("config job add web --port Ethernet4", code=1)
    assert "job web exists: `config telegen job update web` changes it" in said
    assert job() == {"port": "Ethernet0"}
    server.config.hset("TELEGEN_JOB|bare", "NULL", "NULL")
    cli("config job add bare --port Ethernet4", code=1)


def test_an_update_changes_what_it_names_and_nothing_else(cli, job):
    cli("config job add web --port Ethernet0 --vlan 100 --dscp 46 --direction egress")
    assert cli("config job update web --direction both --vlan 200,300") == "Job web changed\n"
    assert job() == {"port": "Ethernet0", "vlan@": "200,300", "dscp@": "46", "direction": "both"}


def test_an_empty_value_takes_a_field_away_but_not_the_port(cli, job):
    cli("config job add web --port Ethernet0 --vlan 100 --description x")
    cli.words("config", "job", "update", "web", "--vlan", "", "--description", "")
    assert job() == {"port": "Ethernet0"}
    said = cli.words("config", "job", "update", "web", "--port", "", code=2)
    assert "port: must be given" in said and job() == {"port": "Ethernet0"}


def test_an_update_that_would_break_the_row_leaves_it(cli, job):
    cli("config job add web --port Ethernet0 --mirror-mode asic --sink-port Ethernet4 --src-prefix 10.0.0.0/8")
    before = job()
    cli.words("config", "job", "update", "web", "--sink-port", "", code=2)
    cli("config job update web --dst-prefix 2001:db8::/32", code=2)
    cli("config job update web --vlan 4095", code=2)
    assert job() == before


def test_a_list_in_both_forms_becomes_one_and_unknown_fields_stay(cli, server, job):
    server.config.hset("TELEGEN_JOB|web", mapping={
        "port": "Ethernet0", "vlan": "1,2", "vlan@": "3", "dscp": "46,0", "zeal": "great"})
    cli("config job update web --direction both")
    assert job() == {
        "port": "Ethernet0", "vlan@": "3", "dscp@": "46,0", "zeal": "great", "direction": "both"}


def test_repetitions_in_a_list_are_dropped(cli, job):
    cli("config job add web --port Ethernet0 --vlan 7,7,8,7")
    assert job()["vlan@"] == "7,8"


def test_an_update_without_an_option_is_a_wrong_use(cli):
    cli("config job add web --port Ethernet0")
    assert "nothing to change: give an option" in cli("config job update web", code=2)


def test_enable_and_disable_set_the_state_and_keep_the_rest(cli, job):
    cli("config job add web --port Ethernet0 --vlan 100")
    assert cli("config job disable web") == "Job web disabled\n"
    assert job() == {"port": "Ethernet0", "vlan@": "100", "admin_state": "down"}
    assert cli("config job enable web") == "Job web enabled\n"
    assert job()["admin_state"] == "up"


def test_a_deleted_job_is_gone_and_others_stay(cli, server):
    cli("config job add web --port Ethernet0")
    cli("config job add web2 --port Ethernet0")
    assert cli("config job del web") == "Job web deleted\n"
    assert server.config.keys("TELEGEN_JOB*") == ["TELEGEN_JOB|web2"]


@pytest.mark.parametrize("words", ["update {} --direction both", "del {}", "enable {}", "disable {}"])
def test_a_job_that_is_not_there_is_said_with_what_helps(cli, words):
    said = cli("config job " + words.format("nope"), code=1)
    assert said == 'Error: there is no job "nope": `show telegen jobs` lists them\n'


def test_a_row_without_fields_can_be_changed_and_deleted(cli, server, job):
    server.config.hset("TELEGEN_JOB|web", "NULL", "NULL")
    cli("config job update web --port Ethernet0")
    assert job() == {"port": "Ethernet0"}
    server.config.hset("TELEGEN_JOB|bare", "NULL", "NULL")
    assert "job bare: port: must be given" in cli("config job disable bare", code=1)
    cli("config job del bare")
    assert job("bare") == {}


def test_a_command_can_be_shortened(cli, job):
    cli("config job add web --port Ethernet0")
    cli("config job dis web")
    assert job()["admin_state"] == "down"


@pytest.mark.parametrize("words, name, text", [
    ("otlp endpoint", "otlp_endpoint", "collector:4317"), ("otlp endpoint", "otlp_endpoint", "https://[2001:db8::1]/v1"),
    ("otlp protocol", "otlp_protocol", "http/protobuf"), ("otlp interval", "otlp_interval", "3600"),
    ("admin-state", "admin_state", "down"), ("status-interval", "status_interval", "300"),
    ("max-jobs", "max_jobs", "4096")])
def test_a_setting_is_set_and_unset_and_the_others_stay(cli, server, words, name, text):
    other = {"max_jobs": "7"} if name != "max_jobs" else {"otlp_interval": "7"}
    server.config.hset("TELEGEN|global", mapping=other)
    assert cli.words("config", *words.split(), text) == ""
    assert server.config.hgetall("TELEGEN|global") == dict(other, **{name: text})
    cli.words("config", *words.split(), "")
    assert server.config.hgetall("TELEGEN|global") == other


@pytest.mark.parametrize("words, sentence", [
    ("otlp endpoint ftp://a", 'otlp_endpoint "ftp://a": must be ' + ENDPOINT),
    ("otlp endpoint a:0", 'otlp_endpoint "a:0": must be ' + ENDPOINT),
    ("otlp endpoint a:65536", 'otlp_endpoint "a:65536": must be ' + ENDPOINT),
    ("otlp endpoint [::z]:1", 'otlp_endpoint "[::z]:1": must be ' + ENDPOINT),
    ("otlp protocol thrift", 'otlp_protocol "thrift": must be grpc or http/protobuf'),
    ("otlp interval 0", 'otlp_interval "0": must be 1 to 3600'),
    ("status-interval 301", 'status_interval "301": must be 1 to 300'),
    ("max-jobs 4097", 'max_jobs "4097": must be 1 to 4096'), ("admin-state on", 'admin_state "on": must be up or down')])
def test_a_bad_setting_is_refused(cli, server, words, sentence):
    assert "Error: {}\n".format(sentence) in cli("config " + words, code=2)
    assert server.config.hgetall("TELEGEN|global") == {}


def test_the_last_setting_takes_the_row_with_it(cli, server):
    cli("config max-jobs 7")
    cli.words("config", "max-jobs", "")
    assert not server.config.exists("TELEGEN|global")


def test_a_second_plugin_of_the_name_is_refused(cli):
    for name, plugin in cli.plugins.items():
        with pytest.raises(Exception, match="telegen already exists"):
            plugin.register(cli.roots[name])


def test_a_database_that_refuses_is_said_and_ends_with_1(cli, server):
    cli("config job add web --port Ethernet0")
    server.config.execute_command("CONFIG", "SET", "maxmemory", "1")
    try:
        said = cli("config job disable web", code=1)
    finally:
        server.config.execute_command("CONFIG", "SET", "maxmemory", "0")
    assert said.startswith("Error: TELEGEN_JOB|web was not written: ") and "maxmemory" in said


class TestWithYangValidation:
    """Where `yang_config_validation` is enabled, every write is a patch that the model judges."""

    @pytest.fixture(autouse=True)
    def enabled(self, server, request):
        from conftest import required
        required("yanglint")
        server.config.hset("DEVICE_METADATA|localhost", "yang_config_validation", "enable")

    def test_lists_and_all_other_fields_arrive(self, cli, job):
        fields = dict(EVERY_FIELD)
        cli.words("config", "job", "add", "web", *options(fields))
        assert job() == {name + "@" if name in LISTS else name: text for name, text in fields.items()}
        cli("config job update web --vlan 5")
        assert job()["vlan@"] == "5"
        cli("config job del web")
        assert job() == {}

    def test_settings_arrive(self, cli, server):
        cli("config otlp endpoint collector:4317")
        cli("config max-jobs 7")
        cli.words("config", "max-jobs", "")
        assert server.config.hgetall("TELEGEN|global") == {"otlp_endpoint": "collector:4317"}
        cli.words("config", "otlp", "endpoint", "")
        assert not server.config.exists("TELEGEN|global")
        # There is nothing to unset any more.
        cli.words("config", "otlp", "endpoint", "")

    def test_an_error_does_not_quote_other_tables(self, cli, server, monkeypatch):
        def refuse(*_):
            raise ValueError("member 'TELEGEN' not found in {'TACPLUS': {'global': {'passkey': 'secret'}}}")
        monkeypatch.setattr("config.validated_config_db_connector.ValidatedConfigDBConnector.set_entry", refuse,
                            raising=False)
        said = cli("config job add web --port Ethernet0", code=1)
        assert "was not written: member 'TELEGEN' not found in" in said and "secret" not in said

    def test_what_the_model_refuses_is_not_written(self, cli, server, job):
        server.config.hset("TELEGEN_JOB|old", mapping={"port": "Ethernet0", "vlan@": "4095"})
        said = cli("config job add web --port Ethernet0", code=1)
        assert said.startswith("Error: TELEGEN_JOB|web was not written: ") and "must be 1 to 4094" in said
        assert job() == {}


class TestWithTwoASICs:
    @pytest.fixture
    def cli(self, two_asics):
        return CommandLine()

    def test_a_job_goes_to_the_asic_that_has_its_port(self, cli, two_asics):
        cli("config job add a --port etp1")
        cli("config job add b --port Ethernet200")
        cli("config job add c --port etp50.10")
        assert two_asics["asic1"].config.hgetall("TELEGEN_JOB|c") == {"port": "Ethernet200.10"}
        assert two_asics["asic0"].config.hgetall("TELEGEN_JOB|a") == {"port": "Ethernet0"}
        assert two_asics["asic1"].config.hgetall("TELEGEN_JOB|b") == {"port": "Ethernet200"}
        assert two_asics[""].config.keys("TELEGEN*") == []

    def test_a_job_is_found_where_it_is(self, cli, two_asics):
        cli("config job add b --port Ethernet200")
        cli("config job update b --direction both")
        cli("config job disable b")
        row = {"port": "Ethernet200", "direction": "both", "admin_state": "down"}
        assert two_asics["asic1"].config.hgetall("TELEGEN_JOB|b") == row
        cli("config job del b")
        assert two_asics["asic1"].config.keys("TELEGEN*") == []

    def test_where_a_job_belongs_has_to_be_said_when_it_is_not_known(self, cli, two_asics):
        said = cli("config job add c --port eth0", code=1)
        assert 'port "eth0" is in no namespace: name one with -n: host, asic0, asic1' in said
        cli("config job add c --port eth0 -n asic1")
        cli("config job add c --port eth0 --namespace asic0")
        assert "job c is in more than one namespace: name one with -n: asic0, asic1" in cli("config job del c", code=1)
        cli("config job del c -n asic0")
        assert two_asics["asic0"].config.keys("TELEGEN*") == []
        assert two_asics["asic1"].config.hgetall("TELEGEN_JOB|c") == {"port": "eth0"}

    def test_a_port_of_another_asic_is_refused(self, cli, two_asics):
        assert "must be in PORT or PORTCHANNEL" in cli("config job add a --port Ethernet200 -n asic0", code=2)
        assert two_asics["asic0"].config.keys("TELEGEN*") == []

    def test_an_unknown_namespace_is_a_wrong_use(self, cli):
        cli("config job add a --port Ethernet0 -n asic7", code=2)

    def test_a_job_can_be_the_hosts(self, cli, two_asics):
        cli("config job add c --port eth0 -n host")
        cli("config job update c --vlan 1,2")
        assert two_asics[""].config.hgetall("TELEGEN_JOB|c") == {"port": "eth0", "vlan@": "1,2"}
        cli("config job del c -n host")
        assert two_asics[""].config.keys("TELEGEN*") == []

    def test_settings_are_the_hosts_and_every_asics_unless_one_is_named(self, cli, two_asics):
        cli("config otlp interval 30")
        assert two_asics[""].config.hgetall("TELEGEN|global") == {"otlp_interval": "30"}
        cli("config max-jobs 7 -n asic1")
        assert two_asics["asic0"].config.hgetall("TELEGEN|global") == {"otlp_interval": "30"}
        assert two_asics["asic1"].config.hgetall("TELEGEN|global") == {"otlp_interval": "30", "max_jobs": "7"}

    def test_the_validating_connector_which_knows_the_host_alone_is_left_out(self, cli, two_asics):
        for server in two_asics.values():
            server.config.hset("DEVICE_METADATA|localhost", "yang_config_validation", "enable")
            server.config.hset("TELEGEN_JOB|bad", mapping={"port": "Ethernet0", "vlan@": "4095"})
        cli("config job add a --port etp1 --vlan 100,200")
        assert two_asics["asic0"].config.hgetall("TELEGEN_JOB|a") == {"port": "Ethernet0", "vlan@": "100,200"}
