"""Reads the texts of Swift sources: string literals, whole, with `…` for what is put in."""
from __future__ import annotations

from pathlib import Path
from typing import Iterator, NamedTuple

HOLE = "…"


class Text(NamedTuple):
    """A literal, or several that a plus joins: where it begins, and what stands before it in the source."""
    line: int
    before: str
    text: str


def texts(source: str) -> list[Text]:
    """All texts of a source, without those inside of other texts' holes."""
    found: list[Text] = []
    end_of_last = None
    for start, end, content in _literals(source):
        before = source[:start].rstrip()
        joined = end_of_last is not None and source[end_of_last:start].strip() == "+"
        if joined:
            found[-1] = found[-1]._replace(text=found[-1].text + content)
        else:
            found.append(Text(source.count("\n", 0, start) + 1, before[-120:], content))
        end_of_last = end
    return found


def of_file(path: Path) -> list[Text]:
    """All texts of a file."""
    return texts(path.read_text("utf-8"))


def _literals(source: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    while at < len(source):
        if source.startswith("//", at):
            at = _line_end(source, at)
        elif source.startswith("/*", at):
            at = source.index("*/", at) + 2
        elif source[at] == '"':
            end, content = _literal(source, at)
            yield at, end, content
            at = end
        else:
            at += 1


def _line_end(source: str, at: int) -> int:
    end = source.find("\n", at)
    return len(source) if end < 0 else end


def _literal(source: str, at: int) -> tuple[int, str]:
    """Where the literal that begins there ends, and what it says."""
    mark = '"""' if source.startswith('"""', at) else '"'
    start = at
    at += len(mark)
    parts: list[str] = []
    while not source.startswith(mark, at):
        if at >= len(source) or mark == '"' and source[at] == "\n":
            raise ValueError(f"line {source.count(chr(10), 0, start) + 1}: a text without an end")
        if source.startswith("\\(", at):
            at = _closing(source, at + 2)
            parts.append(HOLE)
        elif source.startswith("\\\n", at):
            at += 2
        elif source[at] == "\\":
            parts.append({"n": "\n", "t": "\t"}.get(source[at + 1], source[at + 1]))
            at += 2
        else:
            parts.append(source[at])
            at += 1
    content = "".join(parts)
    return at + len(mark), " ".join(content.split()) if mark == '"""' else content


def _closing(source: str, at: int) -> int:
    """Behind the parenthesis that closes what is put in."""
    depth = 1
    while depth:
        if source[at] == '"':
            at = _literal(source, at)[0]
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
    return at
