"""`config telegen`: the jobs and settings of telegen-sonic, in CONFIG_DB.

A plugin of SONiC's `config`. It refuses what the YANG model and the agent would refuse, in their words.
"""
import datetime
import ipaddress
import re
import unicodedata
from collections import namedtuple

import click
import utilities_common.cli as clicommon
from config.validated_config_db_connector import ValidatedConfigDBConnector
from show.plugins.telegen import completing, config_tables, job_names, namespace_option, namespaces, title

JOBS = "TELEGEN_JOB"
GLOBAL = "TELEGEN"
VALUE_BYTES = 1024
LIST_ENTRIES = 64
JOB_NAME = r"[a-zA-Z0-9][-a-zA-Z0-9_]{0,63}"
PORT_LIKE = r"(Ethernet|PortChannel)[^.]*"


# What fields may hold


class Refused(Exception):
    """Why a value cannot be stored: one sentence."""


class Kind:
    """What a value may be; `allowed` ends a sentence that begins with "must be"."""

    def __init__(self, allowed, accepts, metavar, words=(), bounds=None, typedef=None):
        self.allowed, self.accepts, self.metavar = allowed, accepts, metavar
        self.words, self.bounds, self.typedef = words, bounds, typedef


def choice(*words):
    """One of some words."""
    allowed = " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    return Kind(allowed, lambda text: text in words, "|".join(words), words=words)


def number(first, last):
    """A plain decimal: no sign, no leading zeros."""
    def accepts(text):
        return re.fullmatch("0|[1-9][0-9]{0,9}", text) is not None and first <= int(text) <= last
    return Kind(f"{first} to {last}", accepts, f"{first}..{last}", bounds=(first, last))


def shape(typedef, allowed, accepts, metavar, words=()):
    """Text of a form that has a name in the YANG model."""
    return Kind(allowed, accepts, metavar, words=words, typedef=typedef)


def is_number(text, last):
    return re.fullmatch("0|[1-9][0-9]{0,4}", text) is not None and int(text) <= last


def is_netdev(text):
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}", text) is not None and ".." not in text


def is_address(text, read):
    try:
        read(text)
    except ValueError:
        return False
    return "%" not in text


def is_prefix(text):
    length = text.rpartition("/")[2] if "/" in text else ""
    return is_number(length, 128) and is_address(text, ipaddress.ip_network)


def is_gre_type(text):
    return re.fullmatch("0[xX][0-9a-fA-F]{1,4}", text) is not None or is_number(text, 65535)


def is_port_range(text):
    ends = text.split("-")
    return len(ends) <= 2 and all(is_number(end, 65535) for end in ends) and int(ends[0]) <= int(ends[-1])


def is_utc_time(text):
    if len(text) > 64 or not re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-]00:00)", text):
        return False
    try:
        time = datetime.datetime.strptime(f"{text[:10]} {text[11:19]}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return False
    # Nanoseconds since 1970 have to fit into 64 bits.
    return 0 <= (time - datetime.datetime(1970, 1, 1)).total_seconds() < 2**64 // 10**9


def is_endpoint(text):
    match = re.fullmatch(r"(?:https?://)?([A-Za-z0-9._-]+|\[([^\]]+)\])(?::([0-9]+))?(?:/[!-~]*)?", text)
    if not match or len(text) > 255:
        return False
    address, port = match.group(2), match.group(3)
    return (address is None or is_address(address, ipaddress.IPv6Address)) and (
        port is None or port != "0" and is_number(port, 65535))


PROTOCOLS = (
    "icmp", "igmp", "ipip", "tcp", "egp", "igp", "udp", "dccp", "ipv6", "rsvp", "gre", "esp", "ah", "icmpv6", "eigrp",
    "ospf", "etherip", "pim", "ipcomp", "vrrp", "l2tp", "isis", "sctp", "fc", "udplite", "mpls", "shim6", "rohc",
    "ethernet")
NETDEV = (
    "a netdev name (1 to 15 letters, digits, dots, dashes or underscores, first a letter or digit, no two dots in a row)")

PORT = shape("port-name", NETDEV, is_netdev, "PORT")
STATE = choice("up", "down")
IPV4 = shape(
    "inet:ipv4-address-no-zone", "an IPv4 address such as 192.0.2.1",
    lambda text: is_address(text, ipaddress.IPv4Address), "IPV4")
PREFIX = shape(
    "inet:ip-prefix", "an IPv4 or IPv6 prefix without host bits, such as 192.0.2.0/24", is_prefix, "PREFIX")
PORT_RANGE = shape(
    "l4-port-range", "0 to 65535, or a range such as 1000-2000", is_port_range, "0..65535")

Field = namedtuple("Field", "name kind help is_list default")


def field(name, kind, text, default=None, is_list=False):
    """A field of a row; `default` is the model's."""
    return Field(name, kind, text, is_list, default)


JOB_FIELDS = (
    field("port", PORT, "What to watch: a port, a PortChannel, an alias, or another netdev."),
    field("direction", choice("ingress", "egress", "both"), "As the port sees it.", "ingress"),
    field("admin_state", STATE, "down detaches the job and keeps its counts.", "up"),
    field("mirror_mode", choice("none", "erspan", "erspan-sink", "asic", "placeholder"),
          "Where to count, and whether to copy; else as the agent says."),
    field("vlan", number(1, 4094), "Only these outermost VLAN tags.", is_list=True),
    field("ip_proto", shape(
        "ip-protocol", "a protocol such as tcp, or 0 to 255", lambda text: text in PROTOCOLS or is_number(text, 255),
        "PROTO", words=PROTOCOLS), "Only these IP protocols.", is_list=True),
    field("dscp", number(0, 63), "Only these code points.", is_list=True),
    field("l4_src_port", PORT_RANGE, "Only from these layer-4 ports, or ranges of them.", is_list=True),
    field("l4_dst_port", PORT_RANGE, "Only to these layer-4 ports, or ranges of them.", is_list=True),
    field("src_prefix", PREFIX, "Only from these addresses."),
    field("dst_prefix", PREFIX, "Only to these addresses."),
    field("sample_rate", number(1, 16777216), "Count one packet in this many, for all of them.", "1"),
    field("detail", choice("flows", "bursts", "qos"), "What is measured beyond packets, bytes and sizes.", is_list=True),
    field("top_flows", number(1, 1024), "Flows that are reported.", "16"),
    field("expires_at", shape("utc-time", "a time in UTC such as 2026-01-31T12:00:00Z", is_utc_time, "TIME"),
          "When the job ends by itself."),
    field("otlp_export", choice("true", "false"), "Whether its metrics are exported.", "true"),
    field("erspan_remote", IPV4, "The tunnel's far end; else the agent's."),
    field("erspan_local", IPV4, "The tunnel's near end; else the agent's."),
    field("erspan_key", number(0, 1023), "The session id; else the agent's."),
    field("erspan_name", shape("netdev-name", NETDEV, is_netdev, "NAME"),
          "The tunnel's device; else erspan0 for the agent's end points, tg and the key for others."),
    field("erspan_ttl", number(1, 255), "Of the outer header; else the agent's."),
    field("erspan_tos", shape(
        "type-of-service", "inherit, or 0 to 255", lambda text: text == "inherit" or is_number(text, 255),
        "inherit|0..255", words=("inherit",)), "Of the outer header; else the agent's."),
    field("erspan_ver", number(1, 2), "1 is type II, 2 is type III.", "2"),
    field("erspan_truncate", number(64, 9216), "Bytes kept of each copy; else all."),
    field("erspan_pps", number(1, 10000000), "Cap on copies per second.", "100000"),
    field("gre_type", shape(
        "gre-type", "0 to 65535, in decimal or hexadecimal such as 0x88be", is_gre_type, "0..65535"),
        "Of copies of type I.", "0x88be"),
    field("sink_port", PORT, "Where copies arrive; required for asic."),
    field("description", shape(
        "plain-text", "at most 255 bytes without control characters",
        lambda text: len(text.encode("utf-8", "surrogateescape")) <= 255, "TEXT"), "For people."),
    field("origin", choice("api"), "Who wrote the row; the HTTP API removes its own rows a day after they ended."),
)
GLOBAL_FIELDS = {each.name: each for each in (
    field("admin_state", STATE, "down detaches all jobs and keeps their counts.", "up"),
    field("otlp_endpoint", shape(
        "otlp-endpoint", "host:port or an http(s) URL such as http://192.0.2.1:4318", is_endpoint, "ENDPOINT"),
        "The collector that metrics go to."),
    field("otlp_protocol", choice("grpc", "http/protobuf"), "The transport of exported metrics."),
    field("otlp_interval", number(1, 3600), "Seconds between exports."),
    field("status_interval", number(1, 300), "Seconds between updates of the counters in STATE_DB.", "5"),
    field("max_jobs", number(1, 4096), "How many jobs may be up and not ended.", "512"),
)}


def quoted(text):
    """In double quotes, cut after 40 characters, and with escapes for what a terminal would not show as itself."""
    def escaped(character):
        if character in '"\\':
            return "\\" + character
        visible = character == " " or unicodedata.category(character)[0] not in "CZ"
        return character if visible else "\\u{%X}" % ord(character)
    return f"\"{''.join(map(escaped, text[:40]))}{'…' if len(text) > 40 else ''}\""


def refusal(name, text, must):
    return Refused(f"{name} {quoted(text)}: must {must}")


def read(rule, text):
    """The value of a field as the connector takes it; raises `Refused`."""
    if len(text.encode("utf-8", "surrogateescape")) > VALUE_BYTES:
        raise refusal(rule.name, text, f"have at most {VALUE_BYTES} bytes")
    # A surrogate is what Python makes of a byte that is not UTF-8.
    if any(unicodedata.category(each) in ("Cc", "Cs") or each == "\ufffd" for each in text):
        raise refusal(rule.name, text, "be valid UTF-8 without control characters")
    entries = text.split(",") if rule.is_list else [text]
    if len(entries) > LIST_ENTRIES:
        raise refusal(rule.name, text, f"have at most {LIST_ENTRIES} entries")
    if rule.is_list and "" in entries:
        raise refusal(rule.name, text, "have no empty entry between its commas")
    for entry in entries:
        if not rule.kind.accepts(entry):
            raise refusal(rule.name, entry, f"be {rule.kind.allowed}")
    return list(dict.fromkeys(entries)) if rule.is_list else text


def port_name(connector, text):
    """The name of the port that is called or nicknamed so; the text itself when there is none."""
    ports = connector.get_table("PORT")
    port, dot, subinterface = text.partition(".")
    if port not in ports:
        port = next((name for name, row in ports.items() if row.get("alias") == port), port)
    return port + dot + subinterface


def has_port(connector, name):
    return name in connector.get_table("PORT") or name in connector.get_table("PORTCHANNEL")


def changed(row, options, connector):
    """A job's row with the options that were given, by name; raises `Refused`."""
    row = dict(row)
    for rule in JOB_FIELDS:
        # By hand a list can be written as one text too.
        if rule.is_list and isinstance(row.get(rule.name), str):
            row[rule.name] = row[rule.name].split(",")
        text = options.get(rule.name)
        if text is None:
            continue
        row.pop(rule.name, None)
        if text == "":
            continue
        if rule.kind is PORT:
            text = port_name(connector, text)
        row[rule.name] = read(rule, text)
        if rule.kind is PORT and re.fullmatch(PORT_LIKE, text) and not has_port(connector, text):
            must = "be in PORT or PORTCHANNEL when it is named like one (`show interfaces status` lists the ports)"
            raise refusal(rule.name, text, must)
    check_together(row)
    return row


def check_together(row):
    """Raises `Refused` when fields do not go with each other."""
    if not row.get("port"):
        raise Refused("port: must be given (--port)")
    source, destination = row.get("src_prefix", ""), row.get("dst_prefix", "")
    if source and destination and (":" in source) != (":" in destination):
        raise refusal("src_prefix", source, f"be of the family of dst_prefix {destination}")
    if row.get("mirror_mode") == "asic" and not row.get("sink_port"):
        raise Refused("sink_port: must be given when mirror_mode is asic (--sink-port)")


# The database


class ListValidatedConnector(ValidatedConfigDBConnector):
    """SONiC's own makes text of lists, which no leaf-list takes."""

    def stringify_value(self, value):
        if isinstance(value, dict):
            return {str(key): self.stringify_value(each) for key, each in value.items()}
        return [str(each) for each in value] if isinstance(value, list) else str(value)


def write(db, namespace, table, key, row):
    """Writes a row, or removes it: None."""
    connector = db.cfgdb_clients[namespace]
    # The validating one writes into the host's database alone, whatever it was made for.
    if namespace == "":
        connector = ListValidatedConnector(connector)
    try:
        connector.set_entry(table, key, row)
    # The updater behind it and Redis's client have many kinds of errors, without a common base.
    except Exception as error:
        # Some quote the whole configuration, with whatever is secret in it.
        raise click.ClickException(f"{table}|{key} was not written: {str(error).split('{', 1)[0][:500]}")


def namespace_of(db, given, what, holds):
    """The given namespace, else the one of whose CONFIG_DB `holds` is true."""
    if given is not None:
        return given
    choices = namespaces()
    if len(choices) == 1:
        return choices[0]
    found = [name for name in choices if holds(db.cfgdb_clients[name])]
    if len(found) == 1:
        return found[0]
    place = "in more than one namespace" if found else "in no namespace"
    raise click.ClickException(f"{what} is {place}: name one with -n: {', '.join(map(title, found or choices))}")


def existing_job(db, namespace, name):
    """The namespace and the row of a job."""
    namespace = namespace_of(db, namespace, f"job {name}", lambda connector: connector.get_entry(JOBS, name))
    row = db.cfgdb_clients[namespace].get_entry(JOBS, name)
    # An empty row is a row.
    if not row and name not in db.cfgdb_clients[namespace].get_keys(JOBS):
        raise click.ClickException(f"there is no job {quoted(name)}: `show telegen jobs` lists them")
    return namespace, row


def port_words():
    """For completion: names and aliases."""
    ports = [row for table in config_tables("PORT", "PORTCHANNEL") for row in table.items()]
    return [name for name, _ in ports] + [row["alias"] for _, row in ports if row.get("alias")]


# Commands


WHERE = namespace_option("Namespace; else the one that has the port, or the job")


def job_argument(command):
    return click.argument("name", metavar="<job_name>", **completing(job_names))(command)


def job_options(command):
    """An option for every field of a job."""
    for rule in reversed(JOB_FIELDS):
        words = port_words if rule.kind is PORT else lambda rule=rule: rule.kind.words
        metavar = rule.kind.metavar + ("[,...]" if rule.is_list else "")
        text = rule.help + (f" [default: {rule.default}]" if rule.default else "")
        command = click.option(
            f"--{rule.name.replace('_', '-')}", rule.name, metavar=metavar, help=text, **completing(words))(command)
    return command


@click.group(name="telegen", cls=clicommon.AbbreviationGroup)
def telegen():
    """Packet telemetry of ports (telegen-sonic)"""


@telegen.group(cls=clicommon.AbbreviationGroup)
def job():
    """Jobs: what is watched, and how

    An empty value ('') takes a field away."""


@job.command()
@click.argument("name", metavar="<job_name>")
@job_options
@WHERE
@click.pass_context
@clicommon.pass_db
def add(db, ctx, name, namespace, **options):
    """Add a job; --port is required"""
    if not re.fullmatch(JOB_NAME, name):
        must = "be a job name (1 to 64 letters, digits, dashes or underscores, first a letter or digit)"
        ctx.fail(str(refusal("name", name, must)))
    if not options["port"]:
        ctx.fail("port: must be given (--port)")

    def holds(connector):
        return has_port(connector, port_name(connector, options["port"]).partition(".")[0])
    namespace = namespace_of(db, namespace, f"port {quoted(options['port'])}", holds)
    connector = db.cfgdb_clients[namespace]
    if name in connector.get_keys(JOBS):
        raise click.ClickException("job {0} exists: `config telegen job update {0}` changes it".format(name))
    try:
        row = changed({}, options, connector)
    except Refused as refused:
        ctx.fail(str(refused))
    write(db, namespace, JOBS, name, row)
    click.echo(f"Job {name} added")


@job.command()
@job_argument
@job_options
@WHERE
@click.pass_context
@clicommon.pass_db
def update(db, ctx, name, namespace, **options):
    """Change a job; its counters go on"""
    if all(text is None for text in options.values()):
        ctx.fail("nothing to change: give an option, such as --direction both")
    namespace, before = existing_job(db, namespace, name)
    try:
        row = changed(before, options, db.cfgdb_clients[namespace])
    except Refused as refused:
        ctx.fail(str(refused))
    write(db, namespace, JOBS, name, row)
    click.echo(f"Job {name} changed")


@job.command("del")
@job_argument
@WHERE
@clicommon.pass_db
def delete(db, name, namespace):
    """Delete a job and its counters"""
    namespace, _ = existing_job(db, namespace, name)
    write(db, namespace, JOBS, name, None)
    click.echo(f"Job {name} deleted")


def set_state(db, name, namespace, state):
    namespace, row = existing_job(db, namespace, name)
    try:
        row = changed(row, {"admin_state": state}, db.cfgdb_clients[namespace])
    except Refused as refused:
        raise click.ClickException(f"job {name}: {refused}")
    write(db, namespace, JOBS, name, row)


@job.command()
@job_argument
@WHERE
@clicommon.pass_db
def enable(db, name, namespace):
    """Start a job (admin_state up)"""
    set_state(db, name, namespace, "up")
    click.echo(f"Job {name} enabled")


@job.command()
@job_argument
@WHERE
@clicommon.pass_db
def disable(db, name, namespace):
    """Detach a job and keep its counters (admin_state down)"""
    set_state(db, name, namespace, "down")
    click.echo(f"Job {name} disabled")


@telegen.group(cls=clicommon.AbbreviationGroup)
def otlp():
    """Export of metrics to an OpenTelemetry collector"""


def add_setting(group, command_name, field_name):
    """A command that sets a field of TELEGEN|global in the given namespace, else in all."""
    rule = GLOBAL_FIELDS[field_name]
    end = f" Default: {rule.default}." if rule.default else ""

    @group.command(command_name, help=f"{rule.help}{end} An empty value ('') unsets it.")
    @click.argument("value", metavar=f"<{rule.kind.metavar}>", **completing(lambda: rule.kind.words))
    @namespace_option("Namespace name or all")
    @click.pass_context
    @clicommon.pass_db
    def setting(db, ctx, value, namespace):
        try:
            entry = read(rule, value) if value else None
        except Refused as refused:
            ctx.fail(str(refused))
        for name in namespaces() if namespace is None else [namespace]:
            row = db.cfgdb_clients[name].get_entry(GLOBAL, "global")
            if entry is None and field_name not in row:
                continue
            row.pop(field_name, None)
            if entry is not None:
                row[field_name] = entry
            write(db, name, GLOBAL, "global", row or None)


for command_name, field_name in (("endpoint", "otlp_endpoint"), ("protocol", "otlp_protocol"),
                                 ("interval", "otlp_interval")):
    add_setting(otlp, command_name, field_name)
for field_name in ("admin_state", "status_interval", "max_jobs"):
    add_setting(telegen, field_name.replace("_", "-"), field_name)


def register(cli):
    """Adds the commands to SONiC's `config`."""
    if telegen.name in cli.commands:
        raise Exception(f"{telegen.name} already exists in CLI")
    cli.add_command(telegen)
