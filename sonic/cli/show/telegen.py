"""`show telegen`: the jobs of telegen-sonic and what they count, from CONFIG_DB and STATE_DB.

A plugin of SONiC's `show`, which writes nothing. Those of `config` and `clear` take from here what they share.
"""
import datetime
import functools
import json
import os
import re
import sys
import time
import unicodedata

import click
import utilities_common.cli as clicommon
import utilities_common.multi_asic as multi_asic_util
from natsort import natsorted
from swsscommon.swsscommon import ConfigDBConnector
from tabulate import tabulate
from utilities_common.general import load_db_config

WATCH_SECONDS = 2
CLASSES = ("ipv4", "ipv6", "icmp6", "other")
HOST = "host"
# Where a user's zeros are, which `sonic-clear telegen counters` writes:
# {"<namespace>|<job>": {"cleared_at", "started_at", "directions"}}.
CACHE, FILE = "telegen", "counters.json"
# Fields that hold a number, beside the counters of TELEGEN_STATS_TABLE.
NUMBERS = {
    "packets", "bytes", "pps", "bps", "sample_rate", "error_packets", "error_bytes", "jobs", "jobs_running", "jobs_failed",
    "otlp_failed_exports", "rss_bytes"}
# And those that are names rather than counts.
NUMERALS = {"ifindex", "pid", "source_port", "destination_port"}


# Shared with the other plugins


def namespaces():
    """Those of the ASICs and the host's own, ''; the host's alone on a switch with one ASIC."""
    return [""] + [name for name in multi_asic_util.multi_asic_ns_choices() if name]


def title(namespace):
    """A namespace's name for people; none where there is but one."""
    return namespace or (HOST if len(namespaces()) > 1 else "")


def namespace_option(help_text):
    """-n, as SONiC's commands have it; on a switch with several ASICs the host has a name too."""
    def option(command):
        return click.option(
            "--namespace", "-n", "namespace", default=None, show_default=True, help=help_text,
            type=click.Choice([title(name) for name in namespaces()]),
            callback=lambda ctx, param, value: "" if value == HOST else value)(command)
    return option


def completing(words):
    """The argument of click, before or since version 8, that completes with `words()`."""
    # Before version 8 click names the second argument, which is a parameter since.
    def complete(ctx, args, incomplete):
        # A shell that waits for words is no place for errors.
        try:
            return natsorted(word for word in set(words()) if word.startswith(incomplete))
        except Exception:
            return []
    return {"shell_complete" if hasattr(click.Parameter, "shell_complete") else "autocompletion": complete}


def config_tables(*names):
    """Tables of CONFIG_DB in all namespaces, without waiting until it is whole."""
    load_db_config()
    for namespace in namespaces():
        connector = ConfigDBConnector(namespace=namespace)
        connector.connect(False)
        for name in names:
            yield connector.get_table(name)


def job_names():
    """For completion."""
    return [name for table in config_tables("TELEGEN_JOB") for name in table if isinstance(name, str)]


def rows(client, table):
    """A table of STATE_DB, by key."""
    keys = client.keys(client.STATE_DB, table + "|*") or []
    found = {key.partition("|")[2]: client.get_all(client.STATE_DB, key) for key in keys}
    return {key: dict(fields) for key, fields in found.items() if fields}


# What the databases say


def is_number(text):
    """Whether it is a count; `isdigit` takes more than the digits that `int` does."""
    return re.fullmatch("[0-9]{1,20}", text or "") is not None


class Look:
    """What the databases of one namespace say now."""

    def __init__(self, db, namespace):
        config, self.client = db.cfgdb_clients[namespace], db.db_clients[namespace]
        self.namespace, self.title = namespace, title(namespace)
        # A key of two parts is no job's; the agent rejects it by its text.
        self.config = {
            "|".join(key) if isinstance(key, tuple) else key: row
            for key, row in config.get_table("TELEGEN_JOB").items()}
        self.settings = config.get_entry("TELEGEN", "global")
        self.ports = config.get_table("PORT") if clicommon.get_interface_naming_mode() == "alias" else {}
        self.agent = rows(self.client, "TELEGEN_AGENT_TABLE").get("global", {})
        self.state = rows(self.client, "TELEGEN_JOB_TABLE")
        self.now = datetime.datetime.now(datetime.timezone.utc)

    # Of hundreds of jobs these are thousands of rows, and most commands need none.
    @functools.cached_property
    def statistics(self):
        return split(rows(self.client, "TELEGEN_STATS_TABLE"))

    @functools.cached_property
    def flows(self):
        return split(rows(self.client, "TELEGEN_FLOW_TABLE"))

    @functools.cached_property
    def names(self):
        """Of the jobs that were asked for, and of those that the agent tells of."""
        return natsorted(set(self.config) | set(self.state))

    @property
    def heartbeat_age(self):
        """In seconds; none without a heartbeat."""
        try:
            heartbeat = datetime.datetime.strptime(self.agent.get("heartbeat", "")[:19], "%Y-%m-%dT%H:%M:%S")
        except ValueError:
            return None
        return max(0, int((self.now - heartbeat.replace(tzinfo=datetime.timezone.utc)).total_seconds()))

    @property
    def agent_status(self):
        """`running`, `stale` or `absent`, as `telegen-sonic check` judges."""
        if self.heartbeat_age is None:
            return "absent"
        interval = self.settings.get("status_interval", "")
        limit = 3 * (int(interval) if is_number(interval) else 5)
        return "stale" if self.heartbeat_age > limit else "running"

    def port(self, name):
        """As the user's naming mode has it."""
        return self.ports.get(name, {}).get("alias", name)

    def note(self):
        """What is to be known of the agent before the rest is read; none when it runs."""
        # asic0's container is telegen0.
        help_text = f"see `show feature status telegen` and `docker logs telegen{self.namespace[4:]}`"
        if self.agent_status == "absent":
            return f"No agent has written into STATE_DB: {help_text}"
        if self.agent_status == "stale":
            return f"The agent's last heartbeat was {self.heartbeat_age} s ago, and this is what it said last: {help_text}"
        return None


def split(table):
    """Rows by the name of their job, then by the last part of their key."""
    jobs = {}
    for key, fields in table.items():
        name, _, last = key.rpartition("|")
        jobs.setdefault(name, {})[last] = fields
    return jobs


# What a user has cleared


def saved_baselines():
    """The user's zeros by `<namespace>|<job>`, and a sentence when they cannot be read."""
    path = os.path.join(clicommon.UserCache(CACHE).get_directory(), FILE)
    try:
        with open(path, encoding="utf-8") as file:
            found = dict(json.load(file))
        for each in found.values():
            (each["cleared_at"] + each["started_at"], {key: dict(row) for key, row in each["directions"].items()})
        return found, None
    except FileNotFoundError:
        return {}, None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}, f"{path} cannot be read, and all counts are shown: `sonic-clear telegen counters` makes it anew"


def is_counter(name):
    """Whether a field of TELEGEN_STATS_TABLE only grows."""
    if name.startswith("flow_other_") or name == "burst_peak_bytes":
        return False
    return name.endswith(("_packets", "_bytes", "_sizes")) or name.startswith("copies_") or name in (
        "parse_errors", "filtered", "burst_windows")


def difference(text, zero):
    """Numbers, also with commas between, less others; none when a counter would be negative."""
    left, right = text.split(","), zero.split(",")
    if not all(map(is_number, left + right)) or len(left) != len(right):
        return None
    parts = [int(a) - int(b) for a, b in zip(left, right)]
    return None if min(parts) < 0 else ",".join(map(str, parts))


def since(directions, baseline):
    """Statistics of a job by direction, counted from the baseline on; none when that was of another life."""
    result = {}
    for direction, fields in directions.items():
        result[direction] = dict(fields)
        zero = baseline["directions"].get(direction, {})
        for name in filter(is_counter, fields):
            # What is empty is not known; what the zero lacks has begun since.
            if not fields[name] or not zero.get(name):
                continue
            result[direction][name] = difference(fields[name], zero[name])
            if result[direction][name] is None:
                return None
    return result


class Counts:
    """The statistics of one job, as this user counts them."""

    def __init__(self, look, name, baselines):
        self.directions = look.statistics.get(name, {})
        self.cleared_at = self.restarted_since = None
        baseline = baselines.get(f"{look.namespace}|{name}")
        if baseline is None or not self.directions:
            return
        started_at = look.state.get(name, {}).get("started_at", "")
        is_same = not started_at or not baseline["started_at"] or started_at == baseline["started_at"]
        counted = since(self.directions, baseline) if is_same else None
        if counted is None:
            self.restarted_since = baseline["cleared_at"]
        else:
            self.directions, self.cleared_at = counted, baseline["cleared_at"]

    def note(self, name):
        if self.cleared_at:
            return f"{name}: since it was cleared at {self.cleared_at}"
        if self.restarted_since:
            return f"{name}: began anew after it was cleared at {self.restarted_since}; all counts of its new life"
        return None


# How it is printed


def shown(text):
    """For a terminal: N/A for nothing, and escapes for what would not show as itself."""
    if isinstance(text, list):
        text = ",".join(text)
    safe = "".join(
        each if each == " " or unicodedata.category(each)[0] not in "CZ" else "\\u{%X}" % ord(each)
        for each in text or "")
    return safe or "N/A"


def count(text):
    """A number with commas between the thousands."""
    return f"{int(text):,}" if is_number(text) else shown(text)


def total(parts):
    """The sum, unless one is not known."""
    return str(sum(map(int, parts))) if all(map(is_number, parts)) else ""


def table(header, body, align="right"):
    # A job may be called 007 or 1e5, which tabulate would take for numbers.
    return tabulate(body, header, tablefmt="simple", stralign=align, disable_numparse=True) if body else ""


def details(fields, header):
    """Fields and their values, those that say something."""
    body = [(shown(name), count(text) if name in NUMBERS else shown(text)) for name, text in fields if text]
    return table(header, body, align="left")


def page(parts):
    """Paragraphs with an empty line between."""
    return "\n\n".join(part for part in parts if part)


def typed(fields):
    """For JSON: numbers as numbers, lists of them as lists, what is not known as null."""
    def value(name, text):
        if isinstance(text, list):
            return text
        is_list = name.endswith(("_sizes", "_bounds", "_windows", "_bounds_percent")) or name in (
            "dscp_packets", "ecn_packets")
        if is_list:
            return [int(part) for part in text.split(",") if is_number(part)]
        if name in NUMBERS | NUMERALS or is_counter(name) or name.startswith(("burst_", "flow_other_")):
            return int(text) if is_number(text) else (None if text == "" else text)
        return text
    return {name: value(name, text) for name, text in fields.items()}


def emit(db, namespace, as_json, watch, body):
    """Prints what `body` makes of the looks into the namespaces: an object for JSON, else text; again and again to watch."""
    while True:
        looks = [Look(db, name) for name in (namespaces() if namespace is None else [namespace])]
        # The host of several ASICs need not have an agent.
        if namespace is None and len(looks) > 1 and not looks[0].agent and not looks[0].names:
            del looks[0]
        content = body(looks)
        if as_json:
            agents = [dict(typed(look.agent), namespace=look.namespace, status=look.agent_status) for look in looks]
            content = json.dumps(dict({"agents": agents}, **content), indent=None if watch else 2, sort_keys=True)
        else:
            notes = [label(look, look.note()) for look in looks if look.note()]
            content = page(notes + [content])
        if watch and not as_json and sys.stdout.isatty():
            click.clear()
        click.echo(content)
        if not watch:
            return
        sys.stdout.flush()
        try:
            time.sleep(WATCH_SECONDS)
        except KeyboardInterrupt:
            return


def label(look, text):
    return f"{look.title}: {text}" if look.title else text


def with_namespace(looks, header, body):
    """The table of rows that begin with the namespace; that column is for switches that have some."""
    has_some = any(look.title for look in looks)
    return table(["Namespace"] + header if has_some else header, body if has_some else [row[1:] for row in body])


def require(looks, name):
    if name is not None and not any(name in look.names for look in looks):
        raise click.ClickException(f"there is no job {shown(name)}: `show telegen jobs` lists them")


def trouble(look, name):
    """Sentences on a job that is not simply running."""
    state, notes = look.state.get(name, {}), []
    if not state and look.agent_status == "running":
        notes.append(f"{name}: no status yet; the agent has not come to it")
    if name not in look.config:
        notes.append(f"{name}: deleted; the agent has not come to it")
    if state.get("reason"):
        notes.append(f"{name}: {state.get('oper_status', '')}: {state['reason']}")
    if state.get("warnings"):
        notes.append(f"{name}: warning: {state['warnings']}")
    return [label(look, shown(note)) for note in notes]


# Commands


def options(command):
    """Those of every command."""
    for each in (
            click.option("--watch", "-w", is_flag=True, help=f"Print again every {WATCH_SECONDS} seconds"),
            click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON"),
            namespace_option("Namespace name or all")):
        command = each(command)
    return clicommon.pass_db(command)


def job_argument(required=False):
    metavar = "<job_name>" if required else "[job_name]"
    return click.argument("name", metavar=metavar, required=required, **completing(job_names))


@click.group(name="telegen", cls=clicommon.AliasedGroup)
def telegen():
    """Packet telemetry of ports (telegen-sonic)"""


@telegen.command()
@options
def jobs(db, namespace, as_json, watch):
    """All jobs, and how they are"""
    def body(looks):
        if as_json:
            return {"jobs": [job_object(look, name) for look in looks for name in look.names]}
        lines = []
        for look in looks:
            for name in look.names:
                config, state = look.config.get(name, {}), look.state.get(name, {})
                lines.append(
                    [look.title, shown(name), shown(look.port(config.get("port") or state.get("port", "")))]
                    + [shown(text) for text in (
                        config.get("direction") or state.get("direction") or "ingress",
                        config.get("admin_state", "up") if config else "", state.get("oper_status"), state.get("mode"))]
                    + [count(state.get(key)) for key in ("packets", "bytes", "pps", "bps")])
        notes = [note for look in looks for name in look.names for note in trouble(look, name)]
        if not lines:
            return "There are no jobs: `config telegen job add` makes one"
        header = ["Job", "Port", "Direction", "Admin", "Oper", "Mode", "Packets", "Bytes", "PPS", "BPS"]
        return page([with_namespace(looks, header, lines), "\n".join(notes)])
    emit(db, namespace, as_json, watch, body)


def job_object(look, name):
    return {
        "job": name, "namespace": look.namespace, "config": look.config.get(name),
        "state": typed(look.state[name]) if name in look.state else None}


@telegen.command()
@job_argument(required=True)
@options
def job(db, name, namespace, as_json, watch):
    """One job: what is asked for, and what is"""
    def body(looks):
        require(looks, name)
        having = [look for look in looks if name in look.names]
        if as_json:
            return {"jobs": [job_object(look, name) for look in having]}
        parts = []
        for look in having:
            parts.append(look.title)
            parts.append(details(natsorted(look.config.get(name, {}).items()), ["Configuration", "Value"]))
            parts.append(details(natsorted(look.state.get(name, {}).items()), ["State", "Value"]))
            parts.append("\n".join(trouble(look, name)))
        return page(parts)
    emit(db, namespace, as_json, watch, body)


@telegen.command()
@job_argument()
@options
def statistics(db, name, namespace, as_json, watch):
    """What jobs have counted, since this user cleared it; sizes and details of one job"""
    def body(looks):
        require(looks, name)
        baselines, problem = saved_baselines()
        counted = [
            (look, each, Counts(look, each, baselines))
            for look in looks for each in (look.names if name is None else [name]) if each in look.names]
        if as_json:
            return {"statistics": [
                dict(typed(counts.directions[direction]), job=each, namespace=look.namespace, direction=direction,
                     cleared_at=counts.cleared_at)
                for look, each, counts in counted for direction in sorted(counts.directions)]}
        notes = [problem] if problem else []
        for look, each, counts in counted:
            status = look.state.get(each, {}).get("oper_status") or "no status"
            note = counts.note(each) if counts.directions else f"{each}: nothing is counted: {status}"
            notes += [label(look, shown(note))] if note else []
        if not counted:
            notes.append("There are no jobs: `config telegen job add` makes one")
        tables = [summary(looks, counted)] if name is None else [
            part for look, each, counts in counted for part in full(look, each, counts)]
        return page(["\n".join(notes)] + tables)
    emit(db, namespace, as_json, watch, body)


def summary(looks, counted):
    """A line for each job and direction."""
    lines = []
    for look, name, counts in counted:
        for direction, fields in sorted(counts.directions.items()):
            packets, octets = ([fields.get(each + what) for each in CLASSES] for what in ("_packets", "_bytes"))
            texts = [total(packets), total(octets)] + packets + [fields.get("parse_errors"), fields.get("filtered")]
            lines.append([look.title, shown(name), shown(direction)] + [count(each) for each in texts])
    header = ["Job", "Direction", "Packets", "Bytes", "IPv4", "IPv6", "ICMPv6", "Other", "Errors", "Filtered"]
    return with_namespace(looks, header, lines)


def full(look, name, counts):
    """All fields of a job's statistics."""
    for direction, fields in sorted(counts.directions.items()):
        yield label(look, shown(f"{name} {direction}"))
        lines = [[what] + [fields.get(f"{each}_{what}") for each in CLASSES] for what in ("packets", "bytes")]
        bounds = shown(fields.get("size_bounds", "")).split(",")
        titles = ["<= " + bound for bound in bounds] + ["> " + bounds[-1]]
        sizes = zip(titles, *(fields.get(each + "_sizes", "").split(",") for each in CLASSES))
        lines += [list(row) for row in sizes if set(row[1:]) != {"0"}]
        body = [[title] + [count(each) for each in parts + [total(parts)]] for title, *parts in lines]
        yield table([shown(direction), "IPv4", "IPv6", "ICMPv6", "Other", "Total"], body)
        known = {f"{each}_{what}" for each in CLASSES for what in ("packets", "bytes", "sizes")}
        rest = [
            (shown(each), numbers(each, text)) for each, text in natsorted(fields.items())
            if text and each not in known and each != "size_bounds"]
        yield table(["Field", "Value"], rest, align="left")


def numbers(name, text):
    """A counter, or several: of DSCP and ECN those that are not zero, with their code point."""
    parts = text.split(",")
    if name in ("dscp_packets", "ecn_packets"):
        return "  ".join(f"{code}: {count(part)}" for code, part in enumerate(parts) if part != "0") or "0"
    return " ".join(map(count, parts))


@telegen.command()
@job_argument()
@options
def flows(db, name, namespace, as_json, watch):
    """The largest flows of jobs whose detail has flows"""
    def body(looks):
        require(looks, name)
        found = [
            (look, each, rank, flow)
            for look in looks for each in natsorted(look.flows) if name in (None, each)
            for rank, flow in natsorted(look.flows[each].items(), key=lambda item: item[0])]
        if as_json:
            return {"flows": [
                dict(typed(flow), job=each, namespace=look.namespace, rank=int(rank) if is_number(rank) else rank)
                for look, each, rank, flow in found]}
        if not found:
            return "No flows are reported: `config telegen job update <job_name> --detail flows` asks for them"
        lines = [
            [look.title, shown(each), shown(rank)] + [shown(text) for text in (
                flow.get("direction"), flow.get("proto"), end(flow, "source"), end(flow, "destination"))]
            + [count(flow.get(key)) for key in ("packets", "bytes", "error_packets", "error_bytes")]
            for look, each, rank, flow in found]
        header = [
            "Job", "Rank", "Direction", "Proto", "Source", "Destination", "Packets", "Bytes", "Error Packets", "Error Bytes"]
        return with_namespace(looks, header, lines)
    emit(db, namespace, as_json, watch, body)


def end(flow, which):
    """Address and port; without the port for what has none."""
    address, port = flow.get(which, ""), flow.get(which + "_port", "0")
    if port in ("", "0"):
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@telegen.command()
@options
def agent(db, namespace, as_json, watch):
    """The agent: version, heartbeat, export, settings"""
    def body(looks):
        if as_json:
            return {"settings": [dict(look.settings, namespace=look.namespace) for look in looks]}
        parts = []
        for look in looks:
            parts.append(look.title)
            said = dict(look.agent)
            if look.heartbeat_age is not None:
                said["heartbeat"] = f"{said['heartbeat']} ({look.heartbeat_age} s ago)"
            parts.append(details([("status", look.agent_status)] + natsorted(said.items()), ["Agent", "Value"]))
            parts.append(details(natsorted(look.settings.items()), ["Setting", "Value"]))
        return page(parts)
    emit(db, namespace, as_json, watch, body)


def register(cli):
    """Adds the commands to SONiC's `show`."""
    if telegen.name in cli.commands:
        raise Exception(f"{telegen.name} already exists in CLI")
    cli.add_command(telegen)
