"""`sonic-clear telegen`: a user's zero for the counters of telegen-sonic.

A plugin of SONiC's `clear`. As `sonic-clear counters` does, it keeps what was counted so far in the user's cache;
`show telegen statistics` subtracts that. What the agent counts, exports and writes stays as it is.
"""
import datetime
import json
import os

import click
import utilities_common.cli as clicommon
from show.plugins.telegen import CACHE, FILE, completing, job_names, namespace_option, namespaces, rows, shown


def baselines(client, namespace, now):
    """What is counted now, for each job."""
    found = {
        name: {"cleared_at": now, "started_at": fields.get("started_at", ""), "directions": {}}
        for name, fields in rows(client, "TELEGEN_JOB_TABLE").items()}
    for key, fields in rows(client, "TELEGEN_STATS_TABLE").items():
        name, _, direction = key.rpartition("|")
        if name in found:
            found[name]["directions"][direction] = fields
    return {f"{namespace}|{name}": baseline for name, baseline in found.items()}


def own_folder():
    """The user's cache folder."""
    folder = clicommon.UserCache(CACHE).get_directory()
    # It is below a folder that everybody may write to.
    if os.path.islink(folder) or os.stat(folder).st_uid != os.getuid():
        raise click.ClickException(f"{folder} is not yours: remove it, and clear again")
    return folder


@click.group(name="telegen", cls=clicommon.AliasedGroup)
def telegen():
    """Clear what telegen-sonic has counted"""


@telegen.command()
@click.argument("job", metavar="[job_name]", required=False, **completing(job_names))
@namespace_option("Namespace name or all")
@clicommon.pass_db
def counters(db, job, namespace):
    """Count from zero for `show telegen statistics`, of one job or of all, for this user

    The counters in STATE_DB, and what is exported, go on."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = {}
    for name in namespaces() if namespace is None else [namespace]:
        found.update(baselines(db.db_clients[name], name, now))
    if job is not None:
        found = {key: baseline for key, baseline in found.items() if key.partition("|")[2] == job}
        if not found:
            raise click.ClickException(f"STATE_DB has no job {shown(job)}: `show telegen jobs` lists them")
    folder = own_folder()
    path = os.path.join(folder, FILE)
    kept = {}
    # All jobs together begin a new file, without those that are gone.
    if job is not None or namespace is not None:
        try:
            with open(path, encoding="utf-8") as file:
                kept = dict(json.load(file))
        except (OSError, ValueError, TypeError):
            pass
    kept.update(found)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(kept, file)
    os.replace(f"{path}.new", path)
    click.echo("Cleared counters" if job is None else f"Cleared counters of {job}")


def register(cli):
    """Adds the commands to SONiC's `clear`."""
    if telegen.name in cli.commands:
        raise Exception(f"{telegen.name} already exists in CLI")
    cli.add_command(telegen)
