"""Reads what the tests ask of a Markdown file: anchors, links, blocks of code and texts in backticks."""
from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
# Folders of Markdown that is not the project's.
FOREIGN = (".build", ".venv", ".git/")


class Block(NamedTuple):
    """A block of code: the line of its first one, its language and its text."""
    line: int
    language: str
    text: str


class Found(NamedTuple):
    """A text and its line."""
    line: int
    text: str


class Document:
    """A Markdown file as GitHub shows it."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        self.name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
        self.blocks: list[Block] = []
        self.anchors: set[str] = set()
        self._read(path.read_text("utf-8") if text is None else text)

    def _read(self, text: str) -> None:
        prose, fence, block = [], "", Block(0, "", "")
        for number, line in enumerate(text.splitlines(), 1):
            mark = re.match(r"( *)(```+|~~~+)(.*)", line)
            if fence:
                if mark and mark[2] == fence and not mark[3].strip():
                    self.blocks.append(block)
                    fence = ""
                else:
                    block = block._replace(text=block.text + line[indent:] + "\n")
                prose.append("")
            elif mark:
                fence, indent = mark[2], len(mark[1])
                block = Block(number + 1, mark[3].strip(), "")
                prose.append("")
            else:
                prose.append(line)
                if heading := re.match(r"#{1,6} +(.*?) *#*$", line):
                    self._add_anchor(heading[1])
        if fence:
            raise ValueError(f"{self.name}:{block.line}: a block without an end")
        # Paragraphs, rows and items alike: what is in backticks may go on in the next line, but not beyond an empty one.
        joined = "\n".join(prose)
        self.spans = [
            Found(self._line(joined, match.start()), " ".join(match[2].split()))
            for match in re.finditer(r"(?<!`)(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", joined, re.DOTALL)]
        bare = re.sub(r"(?<!`)(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", lambda match: re.sub(r"\S", "x", match[0]), joined,
                      flags=re.DOTALL)
        self.links = [
            Found(self._line(bare, match.start()), match[1])
            for match in re.finditer(r"\]\(<?([^()\s>]+)>?(?:\s+\"[^\"]*\")?\)", bare)]

    @staticmethod
    def _line(text: str, position: int) -> int:
        return text.count("\n", 0, position) + 1

    def _add_anchor(self, heading: str) -> None:
        """As GitHub makes it: letters, digits, hyphens and underscores, a number behind one that is there already."""
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        found, count = slug, 0
        while found in self.anchors:
            count += 1
            found = f"{slug}-{count}"
        self.anchors.add(found)


def documents() -> list[Document]:
    """All of the project's Markdown files."""
    paths = [path for path in ROOT.rglob("*.md") if not str(path.relative_to(ROOT)).startswith(FOREIGN)]
    return [Document(path) for path in sorted(paths)]
