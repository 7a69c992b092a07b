"""`docs/sonic-cli.md` shows what really is."""
import os
import re

import click
import pytest

from conftest import HERE, ROOT


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


DOCUMENT = read(ROOT, "docs", "sonic-cli.md")
EXAMPLES = [block for block in re.findall(r"^```\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL) if block.startswith("$ ")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_an_example_is_a_part_of_the_session(example):
    assert "\n" + example.rstrip() + "\n\n" in "\n" + read(HERE, "session.txt")


def leaves(group, path):
    """All commands below a group, with their paths."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, path + [name])
        else:
            yield path + [name], command


def test_every_command_and_every_option_is_documented(cli):
    assert len(EXAMPLES) > 5
    found = [each for name, root in cli.roots.items() for each in leaves(root, [name])]
    assert len(found) > 15
    for path, command in found:
        text = " ".join(path).replace("clear telegen", "sonic-clear telegen")
        text = re.sub("otlp .*", "otlp endpoint", text)
        assert text in DOCUMENT and path[-1] in DOCUMENT, text
        for option in command.params:
            if isinstance(option, click.Option) and option.name != "namespace":
                assert "`" + max(option.opts, key=len) in DOCUMENT, (text, option.opts)
        assert command.help, text
    assert "`-n asic0`" in DOCUMENT
