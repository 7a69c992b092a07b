"""What the packet path costs, as telegen-bench measures it."""
from __future__ import annotations

import os

from demo.sandbox import ROOT, Failure, Sandbox

BINARY = os.path.join(ROOT, ".build-release", "release", "telegen-bench")


def measure(sandbox: Sandbox, instances: str, bursts: str) -> None:
    """Prints everything that it can measure; its table of packets takes more than a minute."""
    run(sandbox, "packets", "--instances", instances, "--bursts", bursts)
    for command in ("programs", "readout", "swap", "copies"):
        run(sandbox, command)


def run(sandbox: Sandbox, *arguments: str) -> None:
    """Prints what one command says."""
    name = f"telegen-bench {arguments[0]}"
    process = sandbox.start(arguments[0], BINARY, *arguments, piped=True)
    if not sandbox.until(lambda: process.poll() is not None, 600):
        raise Failure(f"{name} does not end")
    if process.returncode != 0:
        raise Failure(f"{name} failed:{sandbox.log(arguments[0])}")
    print(process.stdout.read().decode(), flush=True)
