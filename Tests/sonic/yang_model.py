"""The project's YANG model, as far as the tests of the commands ask."""
import os
import re
import sys

from conftest import ROOT

sys.path.insert(0, os.path.join(ROOT, "scripts"))
from yang_statements import parse  # noqa: E402


class Model:
    """`yang/sonic-telegen.yang`."""

    def __init__(self):
        with open(os.path.join(ROOT, "yang", "sonic-telegen.yang"), encoding="utf-8") as file:
            self.module = parse(file.read())
        everything = list(self.module.flattened())
        self.typedefs = {each.argument: each.one("type") for each in everything if each.keyword == "typedef"}
        self.jobs = self.leaves(next(each for each in everything if each.argument == "TELEGEN_JOB_LIST"))
        self.settings = self.leaves(next(each for each in everything if each.argument == "global"))
        self.name = self.jobs.pop("name")

    @staticmethod
    def leaves(statement):
        return {each.argument: each for each in statement.all("leaf", "leaf-list")}

    def base(self, leaf):
        """The type behind a leaf's, and the statements that restrict it."""
        own = leaf.one("type")
        behind = self.typedefs.get(own.argument, own)
        return own, behind

    def words(self, leaf):
        """Those of an enumeration, by whatever name; empty for other types."""
        own, behind = self.base(leaf)
        if own.argument == "stypes:admin_status":
            return ["up", "down"]
        return [each.argument for each in behind.all("enum")]

    def accepts(self, leaf, text):
        """Whether the length, patterns and ranges of the leaf's type let a text through."""
        own, behind = self.base(leaf)
        if behind.argument == "union":
            behind = behind.all("type")[-1]
            behind = self.typedefs.get(behind.argument, behind)
        length = behind.value("length")
        if length and not bounds(length)[0] <= len(text) <= bounds(length)[1]:
            return False
        for pattern in behind.all("pattern"):
            expression = pattern.argument.replace(r"\P{Cc}", "[^\\x00-\\x1f\\x7f-\\x9f]")
            if (re.fullmatch(expression, text) is not None) == (pattern.value("modifier") == "invert-match"):
                return False
        return True


def bounds(text):
    """`1..4094` as two numbers."""
    first, _, last = text.partition("..")
    return int(first), int(last or first)
