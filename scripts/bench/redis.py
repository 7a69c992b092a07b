"""A client of Redis; redis-cli would cost more than what is measured."""
from __future__ import annotations

import socket
import time
from typing import Callable

from demo.sandbox import Failure


class Redis:
    """One logical database over a Unix socket."""

    def __init__(self, path: str, database: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self.reader = self.socket.makefile("rb")
        self.call("SELECT", database)

    def call(self, *words: str) -> bytes | None:
        """A command's reply: a status, an integer or a string (RESP 2)."""
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        self.socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        line = self.reader.readline().rstrip()
        if line.startswith(b"-"):
            raise Failure(line.decode())
        if not line.startswith(b"$"):
            return line[1:]
        length = int(line[1:])
        return self.reader.read(length + 2)[:-2] if length >= 0 else None

    def is_running(self, job: str) -> bool:
        """What STATE_DB says of a job."""
        return self.call("HGET", f"TELEGEN_JOB_TABLE|{job}", "oper_status") == b"running"


def milliseconds_until(condition: Callable[[], bool], limit: float = 10, interval: float = 0.00025) -> float:
    """How long it takes until the condition is true, looked at in intervals; all but the result in seconds."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > limit:
            raise Failure(f"the agent did not act within {limit:.0f} s")
        time.sleep(interval)
    return (time.perf_counter() - start) * 1000
