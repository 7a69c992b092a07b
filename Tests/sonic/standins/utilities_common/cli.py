"""Stand-in for sonic-utilities' module: what the plugins use of it."""
import os
import sys

import click
from swsscommon.swsscommon import ConfigDBConnector, SonicV2Connector
from utilities_common.multi_asic import multi_asic_ns_choices


class Db:
    """The connections of a command, by namespace."""

    def __init__(self):
        self.cfgdb_clients, self.db_clients = {}, {}
        for namespace in {"", *multi_asic_ns_choices()}:
            config = ConfigDBConnector(namespace=namespace)
            config.connect()
            state = SonicV2Connector(namespace=namespace)
            for name in ("CONFIG_DB", "STATE_DB"):
                state.connect(name)
            self.cfgdb_clients[namespace], self.db_clients[namespace] = config, state
        self.cfgdb, self.db = self.cfgdb_clients[""], self.db_clients[""]


pass_db = click.make_pass_decorator(Db, ensure=True)


class AliasedGroup(click.Group):
    """Takes the beginning of a command's name, if it is of one alone."""

    def get_command(self, ctx, cmd_name):
        whole = click.Group.get_command(self, ctx, cmd_name)
        if whole is not None:
            return whole
        matches = [name for name in self.list_commands(ctx) if name.lower().startswith(cmd_name.lower())]
        if not matches:
            return None
        if len(matches) == 1:
            return click.Group.get_command(self, ctx, matches[0])
        return ctx.fail("Too many matches: " + ", ".join(sorted(matches)))


class AbbreviationGroup(AliasedGroup):
    """The original differs where one command's name begins another's, which none of `config telegen` does."""


def get_interface_naming_mode():
    return os.getenv("SONIC_CLI_IFACE_MODE") or "default"


class UserCache:
    """A folder for each program and user."""

    CACHE_DIR = "/tmp/cache/"

    def __init__(self, app_name=None, tag=None):
        name = os.path.basename(sys.argv[0]) if app_name is None else app_name
        suffix = str(os.getuid()) if tag is None else f"{os.getuid()}-{tag}"
        shared = os.path.join(os.environ.get("SONIC_CLI_CACHE_DIR", self.CACHE_DIR), name)
        umask = os.umask(0)
        try:
            os.makedirs(shared, exist_ok=True)
        finally:
            os.umask(umask)
        self.cache_directory = os.path.join(shared, suffix)
        os.makedirs(self.cache_directory, exist_ok=True)

    def get_directory(self):
        return self.cache_directory
