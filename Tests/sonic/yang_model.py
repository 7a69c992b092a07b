"""Reads the project's YANG model, as far as the tests ask."""
import os
import re

from conftest import ROOT


class Statement:
    """A keyword, its argument and what stands in its braces."""

    def __init__(self, keyword, argument, inside):
        self.keyword, self.argument, self.inside = keyword, argument, inside

    def all(self, keyword):
        return [each for each in self.inside if each.keyword == keyword]

    def one(self, keyword):
        """The argument of the statement inside with that keyword; none when there is none."""
        return next((each.argument for each in self.all(keyword)), None)

    def flat(self):
        """This statement and all inside, however deep."""
        return [self] + [deep for each in self.inside for deep in each.flat()]


def parse(text):
    """The one statement that a file holds."""
    tokens = re.findall(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'[^']*'|[{};]|[^\s{};'"]+""", text, re.DOTALL)
    tokens = [token for token in tokens if not token.startswith(("//", "/*"))]

    def plain(token):
        return token[1:-1] if token[0] in "\"'" else token

    def statements(position):
        found = []
        while position < len(tokens) and tokens[position] != "}":
            keyword, argument, position = tokens[position], "", position + 1
            while tokens[position] not in "{;":
                # A plus joins two strings.
                if tokens[position] != "+":
                    argument += plain(tokens[position])
                position += 1
            inside = []
            if tokens[position] == "{":
                inside, position = statements(position + 1)
            found.append(Statement(keyword, argument, inside))
            position += 1
        return found, position
    return statements(0)[0][0]


class Model:
    """`yang/sonic-telegen.yang`."""

    def __init__(self):
        with open(os.path.join(ROOT, "yang", "sonic-telegen.yang"), encoding="utf-8") as file:
            self.module = parse(file.read())
        everything = self.module.flat()
        self.typedefs = {each.argument: each.all("type")[0] for each in everything if each.keyword == "typedef"}
        self.jobs = self.leaves(next(each for each in everything if each.argument == "TELEGEN_JOB_LIST"))
        self.settings = self.leaves(next(each for each in everything if each.argument == "global"))
        self.name = self.jobs.pop("name")

    @staticmethod
    def leaves(statement):
        return {each.argument: each for each in statement.inside if each.keyword in ("leaf", "leaf-list")}

    def base(self, leaf):
        """The type behind a leaf's, and the statements that restrict it."""
        own = leaf.all("type")[0]
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
        length = behind.one("length")
        if length and not bounds(length)[0] <= len(text) <= bounds(length)[1]:
            return False
        for pattern in behind.all("pattern"):
            expression = pattern.argument.replace(r"\P{Cc}", "[^\\x00-\\x1f\\x7f-\\x9f]")
            if (re.fullmatch(expression, text) is not None) == (pattern.one("modifier") == "invert-match"):
                return False
        return True


def bounds(text):
    """`1..4094` as two numbers."""
    first, _, last = text.partition("..")
    return int(first), int(last or first)
