"""Reads the statements of a YANG module: what the documentation and the tests of the models need of it."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterator

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>[^']*)'
      | (?P<mark>[{};+]) | (?P<word>[^\s{};"']+)""",
    re.DOTALL | re.VERBOSE)


@dataclass
class Statement:
    """A keyword, its argument (the text between quotes as one line) and the statements inside."""
    keyword: str
    argument: str
    inside: list["Statement"] = field(default_factory=list)

    def all(self, *keywords: str) -> list["Statement"]:
        """The statements inside with one of these keywords."""
        return [statement for statement in self.inside if statement.keyword in keywords]

    def one(self, keyword: str, argument: str | None = None) -> "Statement":
        """The first statement inside with this keyword, and this argument when one is given."""
        for statement in self.all(keyword):
            if argument in (None, statement.argument):
                return statement
        raise LookupError(f"{self.keyword} {self.argument}: no {keyword} {argument or ''}".rstrip())

    def value(self, keyword: str) -> str | None:
        """The argument of the first statement inside with this keyword."""
        return next((statement.argument for statement in self.all(keyword)), None)

    def flattened(self) -> Iterator["Statement"]:
        """This statement and all below it."""
        yield self
        for statement in self.inside:
            yield from statement.flattened()


def parse(text: str) -> Statement:
    """The module in `text`; ValueError says what is not YANG about it."""
    tokens = list(_tokens(text))
    statement, end = _statement(tokens, 0)
    if end != len(tokens):
        raise ValueError("there is something behind the module")
    return statement


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ValueError(f"line {text.count(chr(10), 0, position) + 1}: no YANG: {text[position:position + 20]!r}")
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "double":
            unescaped = re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), match[kind])
            yield "text", re.sub(r"[ \t]*\n\s*", " ", unescaped).strip()
        elif kind == "single":
            yield "text", match[kind]
        elif kind != "space":
            yield kind, match[kind]


def _statement(tokens: list[tuple[str, str]], at: int) -> tuple[Statement, int]:
    def token(index: int) -> tuple[str, str]:
        return tokens[index] if index < len(tokens) else ("end", "end")

    kind, keyword = token(at)
    if kind != "word":
        raise ValueError(f"a keyword was expected, not {keyword!r}")
    at += 1
    argument = ""
    if token(at)[0] in ("word", "text"):
        argument = token(at)[1]
        at += 1
        while token(at) == ("mark", "+"):
            argument += token(at + 1)[1]
            at += 2
    statement = Statement(keyword, argument)
    if token(at) == ("mark", ";"):
        return statement, at + 1
    if token(at) != ("mark", "{"):
        raise ValueError(f"{keyword} {argument}: ; or {{ was expected, not {token(at)[1]!r}")
    at += 1
    while token(at) != ("mark", "}"):
        inner, at = _statement(tokens, at)
        statement.inside.append(inner)
    return statement, at + 1
