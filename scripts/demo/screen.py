"""What the user sees while it runs."""
from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time

from .counts import CLASSES, View, total
from .sandbox import Sandbox


class Screen:
    """Redraws in place on a terminal; elsewhere prints a compact block every five seconds."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.is_live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.height = 0
        self.due = time.monotonic()
        self.block = "#"
        with contextlib.suppress(UnicodeEncodeError):
            "\u2588".encode(sys.stdout.encoding)
            self.block = "\u2588"
        if self.is_live:
            sandbox.stack.callback(self.show_cursor)
            print("\x1b[?25l")

    @staticmethod
    def show_cursor() -> None:
        """Also tries when the terminal is gone."""
        with contextlib.suppress(OSError):
            print("\x1b[?25h", end="", flush=True)

    def draw(self, view: View, progress: str, is_last: bool) -> None:
        """The job's state, the table and the histogram."""
        status = (f"{field} {view.job.get(field, '?')}" for field in ("oper_status", "interface", "attach_type"))
        rate = f"{int(view.job.get('pps', 0)):,} packets/s, {int(view.job.get('bps', 0)) / 1e6:,.1f} Mbit/s"
        lines = [f"job demo: {', '.join(status)}", f"{progress}; STATE_DB: {rate}"] + table(view)
        if self.is_live or is_last:
            lines += histogram(view, self.block)
        if self.is_live:
            self.redraw(lines)
        elif is_last or time.monotonic() >= self.due:
            self.due += 5
            print("\n".join(["", *lines]))

    def redraw(self, lines: list[str]) -> None:
        """Over what was drawn last; lines that the terminal cannot show would move it."""
        columns, rows = shutil.get_terminal_size()
        shown = [line[:columns] for line in lines[:rows - 1]]
        up = f"\x1b[{self.height}F" if self.height else ""
        print(up + "".join(f"{line}\x1b[K\n" for line in shown) + "\x1b[J", end="", flush=True)
        self.height = len(shown)


def table(view: View) -> list[str]:
    """The classes, a line each, with what was sent, counted and exported."""
    sides = (view.sent, view.counted, view.exported)
    groups = [[side[name] for side in sides] for name in CLASSES] + [[total(side) for side in sides]]
    packets = max(10, *(len(f"{count.packets:,}") for count in groups[-1]))
    octets = max(12, *(len(f"{count.bytes:,}") for count in groups[-1]))
    titles = ("sent", "counted: STATE_DB", "exported: collector")
    lines = [
        "     " + "".join(f"{title:>{packets + octets + 2}}" for title in titles),
        "     " + f" {'packets':>{packets}} {'bytes':>{octets}}" * 3]
    for name, group in zip((*CLASSES, "total"), groups):
        cells = (f" {count.packets:>{packets},} {count.bytes:>{octets},}" for count in group)
        lines.append(f"{name:5}{''.join(cells)}")
    return lines


def histogram(view: View, block: str) -> list[str]:
    """The packet sizes that STATE_DB has seen, a line each."""
    labels = [f"up to {bound:,}" for bound in view.bounds] + ["above"]
    sizes = [(label, size) for label, size in zip(labels, total(view.counted).sizes) if size]
    most = max((size for _, size in sizes), default=1)
    lines = [f"{label:>12} {size:>12,}  {block * max(1, round(50 * size / most))}" for label, size in sizes]
    return [f"{'bytes':>12} {'packets':>12}"] + lines
