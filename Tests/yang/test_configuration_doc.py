"""docs/configuration.md says what the YANG model and the sources say."""
from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from validators import ROOT

DOCUMENT = ROOT / "docs/configuration.md"


def generate(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Runs the generator of a copy of the project."""
    return subprocess.run(
        [root / "scripts/configuration-doc", *arguments], capture_output=True, text=True, timeout=60, check=False)


class ConfigurationDocTests(unittest.TestCase):
    """The generated part is fresh, and the other one is whole."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = Path(folder.name)
        for file in ["scripts/configuration-doc", "scripts/yang_statements.py", "yang/sonic-telegen.yang",
                     "Tests/yang/configurations.jsonl", "docs/configuration.md"]:
            (self.copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.copy / file)

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.copy / file).read_text("utf-8")
        self.assertIn(old, text)
        (self.copy / file).write_text(text.replace(old, new), "utf-8")

    def test_the_file_is_what_the_model_says(self) -> None:
        answer = generate(ROOT, "--check")
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))

    def test_a_file_that_is_stale_is_told_and_made_anew(self) -> None:
        self.edit("yang/sonic-telegen.yang", 'range "1..4094"', 'range "1..4000"')
        stale = generate(self.copy, "--check")
        self.assertEqual(stale.returncode, 1)
        self.assertIn("is not what the model says: make docs", stale.stderr)
        self.assertEqual(generate(self.copy).returncode, 0)
        self.assertIn("1 to 4000", (self.copy / "docs/configuration.md").read_text("utf-8"))
        self.assertEqual(generate(self.copy, "--check").returncode, 0)

    def test_what_is_written_by_hand_is_kept(self) -> None:
        self.edit("docs/configuration.md", "# Configuration\n", "# Configuration\n\nBy hand.\n")
        self.edit("docs/configuration.md", "## Environment\n", "## Environment\n\nBy hand too.\n")
        self.edit("docs/configuration.md", "### erspan_key\n", "### erspan_clef\n")
        self.assertEqual(generate(self.copy).returncode, 0)
        text = (self.copy / "docs/configuration.md").read_text("utf-8")
        original = DOCUMENT.read_text("utf-8")
        self.assertEqual(text.replace("By hand.\n\n", "").replace("By hand too.\n\n", ""), original)

    def test_a_file_without_its_marks_and_a_field_without_an_example_are_errors(self) -> None:
        self.edit("docs/configuration.md", "<!-- From", "<!-- from")
        self.assertIn("the two marks are not there", generate(self.copy).stderr)
        shutil.copy(DOCUMENT, self.copy / "docs/configuration.md")
        self.edit("Tests/yang/configurations.jsonl", '"erspan_ttl"', '"erspan_tll"')
        self.assertIn("no accepted row has the field erspan_ttl", generate(self.copy).stderr)

    def test_each_variable_that_the_sources_read_is_in_the_table_of_the_environment(self) -> None:
        sources = "".join(file.read_text("utf-8") for file in (ROOT / "Sources").rglob("*.swift"))
        read = set(re.findall(r'"((?:TELEGEN_(?!\w+_TABLE"|JOB")[A-Z_]+)|NAMESPACE_ID)"', sources))
        told = set(re.findall(r"`([A-Z_]+)`", DOCUMENT.read_text("utf-8").split("## Environment")[1]))
        self.assertGreater(len(read), 20)
        self.assertEqual(read - told, set())
        self.assertEqual({name for name in told if name.startswith("TELEGEN_")} - read, set())


if __name__ == "__main__":
    unittest.main()
