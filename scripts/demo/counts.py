"""What was sent, counted and exported."""
from __future__ import annotations

import itertools
import json
import os
import select
import threading
from typing import Iterator, NamedTuple

from .sandbox import Failure, Sandbox

CLASSES = ("ipv4", "ipv6", "icmp6", "other")


class Count(NamedTuple):
    """What somebody says of one class of packets."""

    packets: int = 0
    bytes: int = 0
    sizes: tuple[int, ...] = ()


class View(NamedTuple):
    """What all say at one moment: the job's row, and by class what was sent, counted and exported."""

    job: dict[str, str]
    bounds: list[int]
    sent: dict[str, Count]
    counted: dict[str, Count]
    exported: dict[str, Count]


class Collector:
    """A real OpenTelemetry collector (rotel) and the latest that it received of the job."""

    def __init__(self, sandbox: Sandbox, program: str) -> None:
        """Starts it; it listens when this returns."""
        self.points: dict[tuple[str, str], dict[str, str]] = {}
        self.metric = ""
        self.point: dict[str, str] | None = None
        self.process = sandbox.start(
            "collector", program, "start", "--otlp-grpc-endpoint", "127.0.0.1:4317", "--otlp-http-endpoint",
            "127.0.0.1:4318", "--debug-log", "metrics", "--debug-log-verbosity", "detailed", "--exporter",
            "blackhole", piped=True)
        # It ends with the collector.
        threading.Thread(target=self.read, daemon=True).start()

        def listens() -> bool:
            sockets = sandbox.run(*sandbox.prefix, "cat", "/proc/net/tcp")
            return " 0100007F:10DD 00000000:0000 0A " in sockets

        is_up = sandbox.until(lambda: self.process.poll() is not None or listens(), 20)
        if not is_up or self.process.poll() is not None:
            raise Failure(f"the collector does not start:{sandbox.log('collector')}")

    def read(self) -> None:
        """Follows its debug output; a point ends where the next thing begins, or nothing more comes."""
        assert self.process.stdout
        source, rest = self.process.stdout.fileno(), b""
        while True:
            if not select.select([source], [], [], 0.1)[0]:
                self.finish()
                continue
            chunk = os.read(source, 65536)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.take(line.decode("utf-8", "replace"))

    def take(self, line: str) -> None:
        """One line of the debug output."""
        key, _, value = line.partition(": ")
        if line.startswith(("ResourceMetrics #", "Metric #")):
            self.finish()
            self.metric = ""
        elif "DataPoints #" in line:
            self.finish()
            self.point = {}
        elif self.point is not None:
            self.point[key] = value
        elif key == "     -> Name":
            self.metric = value

    def finish(self) -> None:
        """The point is complete: keeps it if it is the job's."""
        point, self.point = self.point, None
        if point and point.get("     -> telegen.job") == "Str(demo)":
            self.points[self.metric, point.get("     -> proto", "")[4:-1]] = point

    def counts(self) -> dict[str, Count]:
        """What arrived last, by class."""
        result = {}
        for name in CLASSES:
            packets, sizes = (self.points.get((metric, name), {}) for metric in ("bpf.packets", "bpf.bytes"))
            buckets = tuple(int(value) for key, value in sizes.items() if key.startswith("Buckets #"))
            result[name] = Count(int(packets.get("Value", 0)), int(float(sizes.get("Sum", 0))), buckets)
        return result

    def problems(self, bounds: list[int]) -> Iterator[str]:
        """Where a histogram contradicts its own counter, or its bounds those of STATE_DB."""
        for name in CLASSES:
            sizes = self.points.get(("bpf.bytes", name), {})
            if sizes.get("Count") != self.points.get(("bpf.packets", name), {}).get("Value"):
                yield f"{name}: bpf.bytes and bpf.packets have different counts"
            if [float(value) for key, value in sizes.items() if key.startswith("ExplicitBounds #")] != bounds:
                yield f"{name}: bpf.bytes has other size bounds than STATE_DB"


def numbers(text: str) -> list[int]:
    """A comma list of STATE_DB."""
    return [int(word) for word in text.split(",") if word]


def total(counts: dict[str, Count]) -> Count:
    """All classes together."""
    sizes = tuple(map(sum, zip(*(count.sizes for count in counts.values() if count.sizes))))
    return Count(sum(count.packets for count in counts.values()), sum(count.bytes for count in counts.values()), sizes)


def look(sandbox: Sandbox, collector: Collector) -> View:
    """Reads the generator's tally, STATE_DB and what the collector received."""
    with open(sandbox.path("sent.json"), encoding="utf-8") as file:
        tally = json.load(file)
    job = sandbox.row("TELEGEN_JOB_TABLE|demo")
    row = sandbox.row("TELEGEN_STATS_TABLE|demo|ingress")
    sent, counted = {}, {}
    for name in CLASSES:
        sent[name] = Count(tally[name]["packets"], tally[name]["bytes"], tuple(tally[name]["sizes"]))
        packets, octets = (int(row.get(f"{name}_{field}", 0)) for field in ("packets", "bytes"))
        counted[name] = Count(packets, octets, tuple(numbers(row.get(f"{name}_sizes", ""))))
    return View(job, numbers(row.get("size_bounds", "")), sent, counted, collector.counts())


def difference(view: View, name: str) -> str | None:
    """The first number of a class that is not the same everywhere."""
    labels = ["packets", "bytes", *(f"packets up to {bound:,} bytes" for bound in view.bounds), "packets above"]
    sides = (side[name] for side in (view.sent, view.counted, view.exported))
    rows = itertools.zip_longest(*((side.packets, side.bytes, *side.sizes) for side in sides), fillvalue=0)
    for label, (sent, counted, exported) in zip(labels, rows):
        if not sent == counted == exported:
            return f"{name} {label}: sent {sent:,}, counted {counted:,}, exported {exported:,}"
    return None


def differences(view: View, collector: Collector) -> list[str]:
    """Where sent, counted and exported are not the same, to the packet, the byte and the bucket."""
    result = [text for text in (difference(view, name) for name in CLASSES) if text]
    whole = total(view.counted)
    if (view.job.get("packets"), view.job.get("bytes")) != (str(whole.packets), str(whole.bytes)):
        result.append("the job's row and its statistics differ")
    return result or list(collector.problems(view.bounds))
