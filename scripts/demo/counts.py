"""What was sent, counted and exported."""


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


def total(counts: dict[str, Count]) -> Count:
    """All classes together."""
    sizes = tuple(map(sum, zip(*(count.sizes for count in counts.values() if count.sizes))))
    return Count(sum(c.packets for c in counts.values()), sum(c.bytes for c in counts.values()), sizes)


class Collector:
    """A real OpenTelemetry collector (rotel) and the latest that it received of the job."""

    def __init__(self, demo: Demo) -> None:
        self.points: dict[tuple[str, str], dict[str, str]] = {}
        self.metric = ""
        self.point: dict[str, str] | None = None
        # Behind a collector that has ended there is nothing more to read.
        reader = threading.Thread(target=self.read, daemon=True)
        demo.stack.callback(lambda: reader.ident and reader.join(2))
        self.process = demo.start(
            "collector", os.path.relpath(programs()["rotel-agent"], ROOT), "start",
            "--otlp-grpc-endpoint", "127.0.0.1:4317", "--otlp-http-endpoint", "127.0.0.1:4318",
            "--debug-log", "metrics", "--debug-log-verbosity", "detailed", "--exporter", "blackhole", piped=True)
        reader.start()
        if not demo.until(lambda: self.process.poll() is not None or self.listens(), 20) or self.process.poll():
            raise Failure(f"the collector does not start:{demo.log('collector')}")

    def listens(self) -> bool:
        """Whether 127.0.0.1:4317 is taken in its namespace."""
        with open(f"/proc/{self.process.pid}/net/tcp", encoding="ascii") as table:
            return " 0100007F:10DD 00000000:0000 0A " in table.read()

    def read(self) -> None:
        """Follows its debug output; a point ends where another line begins, or nothing more comes."""
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


def look(demo: Demo, collector: Collector) -> View:
    """Reads the generator's tally, STATE_DB and what the collector received; the first of them first."""
    with open(demo.path("sent.json"), encoding="utf-8") as file:
        tally = json.load(file)
    job = demo.row("TELEGEN_JOB_TABLE|demo")
    row = demo.row("TELEGEN_STATS_TABLE|demo|ingress")
    sent = {name: Count(tally[name]["packets"], tally[name]["bytes"], tuple(tally[name]["sizes"])) for name in CLASSES}
    counted = {
        name: Count(int(row.get(f"{name}_packets", 0)), int(row.get(f"{name}_bytes", 0)),
                    tuple(map(int, filter(None, row.get(f"{name}_sizes", "").split(",")))))
        for name in CLASSES}
    bounds = [int(bound) for bound in row.get("size_bounds", "").split(",") if bound]
    return View(job, bounds, sent, counted, collector.counts())


def differences(view: View, collector: Collector) -> list[str]:
    """Where sent, counted and exported are not the same, to the packet, the byte and the bucket."""
    result = []
    for name in CLASSES:
        for field, *values in zip(Count._fields, view.sent[name], view.counted[name], view.exported[name]):
            if len(set(values)) > 1:
                result.append("{} {}: sent {}, counted {}, exported {}".format(name, field, *values))
    whole = total(view.counted)
    if (view.job.get("packets"), view.job.get("bytes")) != (str(whole.packets), str(whole.bytes)):
        result.append("the job's row and its statistics differ")
    return result + list(collector.problems(view.bounds))
