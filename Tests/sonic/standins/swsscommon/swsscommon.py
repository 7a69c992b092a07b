"""Stand-in for sonic-swss-common's Python: the calls that the plugins use, on the servers of a test.

TEST_DATABASES names a JSON file: namespace ('' without any) to the path of a redis-server's socket.
"""
import json
import os
import time

import redis

IDS = {"CONFIG_DB": 4, "STATE_DB": 6}


def sockets():
    """The servers' sockets by namespace."""
    with open(os.environ["TEST_DATABASES"], encoding="utf-8") as file:
        return json.load(file)


class SonicV2Connector:
    """Rows as they are, of any database."""

    def __init__(self, use_unix_socket_path=False, namespace="", **_):
        self.namespace = namespace or ""
        self.clients = {}
        for name in IDS:
            setattr(self, name, name)

    def connect(self, db_name, retry_on=True):
        client = redis.Redis(
            unix_socket_path=sockets()[self.namespace], db=IDS[db_name], decode_responses=True,
            encoding_errors="surrogateescape")
        # The original raises RuntimeError too.
        try:
            client.ping()
        except redis.exceptions.ConnectionError as error:
            raise RuntimeError(f"Unable to connect to redis: {error}") from error
        self.clients[db_name] = client

    def get_redis_client(self, db_name):
        return self.clients[db_name]

    def keys(self, db_name, pattern="*", blocking=False):
        return self.clients[db_name].keys(pattern)

    def get_all(self, db_name, _hash, blocking=False):
        return self.clients[db_name].hgetall(_hash)


class ConfigDBConnector(SonicV2Connector):
    """Rows of CONFIG_DB: lists behind a field's `@`, NULL for a row without fields."""

    INIT_INDICATOR = "CONFIG_DB_INITIALIZED"

    def connect(self, wait_for_init=True, retry_on=False):
        super().connect("CONFIG_DB", retry_on)
        self.client = self.clients["CONFIG_DB"]
        # The original waits for ever.
        deadline = time.monotonic() + 5
        while wait_for_init and not self.client.get(self.INIT_INDICATOR):
            if time.monotonic() > deadline:
                raise RuntimeError("the test's CONFIG_DB is not initialized")
            time.sleep(0.01)

    @staticmethod
    def raw_to_typed(raw):
        typed = {}
        # A map of C++ is in the order of its keys.
        for key in sorted(raw):
            if key.endswith("@"):
                typed[key[:-1]] = raw[key].split(",")
            elif key != "NULL":
                typed[key] = raw[key]
        return typed

    @staticmethod
    def typed_to_raw(typed):
        if typed is None:
            return {}
        if not typed:
            return {"NULL": "NULL"}
        return {
            f"{key}@" if type(value) is list else key: ",".join(value) if type(value) is list else str(value)
            for key, value in typed.items()}

    @staticmethod
    def serialize_key(key):
        return "|".join(key) if isinstance(key, tuple) else str(key)

    @staticmethod
    def deserialize_key(key):
        parts = key.split("|")
        return tuple(parts) if len(parts) > 1 else key

    def _row(self, table, key):
        return f"{table.upper()}|{self.serialize_key(key)}"

    def set_entry(self, table, key, data):
        row, raw = self._row(table, key), self.typed_to_raw(data)
        if not raw:
            self.client.delete(row)
            return
        before = self.client.hgetall(row)
        self.client.hset(row, mapping=raw)
        for field in before:
            if field not in raw:
                self.client.hdel(row, field)

    def mod_entry(self, table, key, data):
        row, raw = self._row(table, key), self.typed_to_raw(data)
        if raw:
            self.client.hset(row, mapping=raw)
        else:
            self.client.delete(row)

    def get_entry(self, table, key):
        return self.raw_to_typed(self.client.hgetall(self._row(table, key)))

    def get_keys(self, table, split=True):
        keys = self.client.keys(f"{table.upper()}|*")
        return [self.deserialize_key(key.partition("|")[2] if split else key) for key in keys]

    def get_table(self, table):
        keys = self.client.keys(f"{table.upper()}|*")
        return {
            self.deserialize_key(key.partition("|")[2]): self.raw_to_typed(self.client.hgetall(key)) for key in keys}

    def delete_table(self, table):
        for key in self.client.keys(f"{table.upper()}|*"):
            self.client.delete(key)

    def mod_config(self, data):
        for table, rows in data.items():
            if rows is None:
                self.delete_table(table)
            for key, row in (rows or {}).items():
                self.mod_entry(table, key, row)

    def get_config(self):
        config = {}
        for key in self.client.scan_iter("*|*"):
            table, _, row = key.partition("|")
            config.setdefault(table, {})[self.deserialize_key(row)] = self.raw_to_typed(self.client.hgetall(key))
        return config
