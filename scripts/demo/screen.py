"""What the user sees while it runs."""


def table(view: View) -> list[str]:
    """The classes, a line each, with what was sent, counted and exported."""
    sides = (view.sent, view.counted, view.exported)
    groups = [[side[name] for side in sides] for name in CLASSES] + [[total(side) for side in sides]]
    whole = groups[-1]
    packets = max(10, *(len(f"{count.packets:,}") for count in whole))
    octets = max(12, *(len(f"{count.bytes:,}") for count in whole))
    titles = ("sent", "counted: STATE_DB", "exported: collector")
    lines = ["     " + "".join(f"{title:>{packets + octets + 2}}" for title in titles)]
    lines.append("     " + f" {'packets':>{packets}} {'bytes':>{octets}}" * 3)
    for name, group in zip((*CLASSES, "total"), groups):
        cells = "".join(f" {count.packets:>{packets},} {count.bytes:>{octets},}" for count in group)
        lines.append(f"{name:5}{cells}")
    return lines


def histogram(view: View, block: str) -> list[str]:
    """The packet sizes that STATE_DB has seen, a line each."""
    labels = [f"up to {bound:,}" for bound in view.bounds] + ["above"]
    sizes = [(label, size) for label, size in zip(labels, total(view.counted).sizes) if size]
    most = max((size for _, size in sizes), default=1)
    lines = [f"{label:>12} {size:>12,}  {block * max(1, round(50 * size / most))}" for label, size in sizes]
    return [f"{'bytes':>12} {'packets':>12}"] + lines


class Screen:
    """Redraws in place on a terminal; elsewhere prints a compact block now and then."""

    def __init__(self, demo: Demo) -> None:
        self.is_live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.height = 0
        self.due = time.monotonic()
        self.block = "#"
        with contextlib.suppress(UnicodeEncodeError):
            self.block = "\u2588".encode(sys.stdout.encoding) and "\u2588"
        if self.is_live:
            demo.stack.callback(self.show_cursor)
            print(HIDE_CURSOR, end="")

    @staticmethod
    def show_cursor() -> None:
        """Also when the terminal is gone."""
        with contextlib.suppress(OSError):
            print(SHOW_CURSOR, end="", flush=True)

    def draw(self, view: View, progress: str, is_last: bool = False) -> None:
        """The job's state, the table and the histogram."""
        state = ", ".join(f"{field} {view.job.get(field, '?')}" for field in ("oper_status", "interface", "attach_type"))
        rate = f"{int(view.job.get('pps', 0)):,} packets/s, {int(view.job.get('bps', 0)) / 1e6:,.1f} Mbit/s"
        lines = [f"job demo: {state}", f"{progress}; STATE_DB: {rate}"] + table(view)
        if self.is_live or is_last:
            lines += histogram(view, self.block)
        if self.is_live:
            columns, rows = shutil.get_terminal_size()
            lines = [line[:columns] for line in lines[:rows - 1]]
            up = f"\x1b[{self.height}F" if self.height else ""
            print(up + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J", end="", flush=True)
            self.height = len(lines)
        elif is_last or time.monotonic() >= self.due:
            self.due += 5
            print("\n".join(["", *lines]))
