"""What the documents name is there: files, anchors, targets of make, variables; and their blocks of code can be read."""
from __future__ import annotations

import glob
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Iterator

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import yaml  # noqa: E402

from markdown import ROOT, Document, documents  # noqa: E402

# Files that are named before they are there; a name that is not needed any more is an error.
COMING: set[str] = set()
# Variables of our own, whose first words say so, and SONiC's; of OpenTelemetry's those of the specification.
OWN = re.compile(r"\b(?:TELEGEN|BENCH|SOAK|DEMO)_[A-Z][A-Z_]*\b|\bNAMESPACE_ID\b")
OPENTELEMETRY = re.compile(r"\bOTEL_[A-Z_]*[A-Z]\b")
SPECIFICATION = re.compile(
    r"OTEL_(SDK_DISABLED|SERVICE_NAME|RESOURCE_ATTRIBUTES|METRIC_EXPORT_(INTERVAL|TIMEOUT)"
    r"|EXPORTER_OTLP_(METRICS_)?(ENDPOINT|PROTOCOL|INSECURE|CERTIFICATE|CLIENT_CERTIFICATE|CLIENT_KEY|HEADERS|COMPRESSION"
    r"|TIMEOUT)|EXPORTER_OTLP_METRICS_(TEMPORALITY_PREFERENCE|DEFAULT_HISTOGRAM_AGGREGATION))")
# Where variables are read, and names of tables are made.
READERS = ["Sources", "scripts", "Tests", "bench", "sonic", "deploy", "yang", "Makefile", ".ci", ".github"]


def commands(text: str) -> str:
    """What was typed in a block that has the answers too: lines behind `$ `, with those that continue them."""
    typed, continues = [], False
    for line in text.splitlines():
        if continues or line.startswith("$ "):
            line = line.removeprefix("$ ")
            typed.append(line)
            continues = line.endswith("\\")
    return "\n".join(typed)


def block_problem(language: str, text: str) -> str | None:
    """Why a block cannot be read as its language; none when it can, or when nothing is known of the language."""
    try:
        if language == "json":
            json.loads(text)
        elif language in ("yaml", "yml"):
            list(yaml.safe_load_all(text))
        elif language in ("sh", "bash", "console", ""):
            script = text if language in ("sh", "bash") else commands(text)
            answer = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=20, check=False)
            return answer.stderr.strip() or None
    except (ValueError, yaml.YAMLError) as error:
        return str(error)
    return None


def link_problem(document: Document, target: str) -> str | None:
    """Why a link leads nowhere; none when it is right, or not ours."""
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    path = (document.path.parent / name).resolve() if name else document.path
    inside = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    if inside in COMING:
        return None
    if path != document.path and not (path.is_relative_to(ROOT) and path.exists()):
        return "there is no such file"
    if anchor and anchor not in (document if path == document.path else Document(path)).anchors:
        return "there is no such heading"
    return None


def repository_paths(document: Document) -> Iterator[tuple[int, str]]:
    """Texts in backticks that look like a path of the repository."""
    tops = [entry.name for entry in ROOT.iterdir() if entry.is_dir() and not re.match(r"\.(git$|build|venv)", entry.name)]
    for line, text in document.spans:
        if re.fullmatch(rf"(?:{'|'.join(map(re.escape, tops))})/[\w./*{{}},+-]*", text):
            yield line, text


def is_there(path: str) -> bool:
    """Whether a path exists; with `*` and `{a,b}` whether every one that is meant does."""
    if braces := re.search(r"\{([^{}]*)\}", path):
        return all(is_there(path[:braces.start()] + each + path[braces.end():]) for each in braces[1].split(","))
    return bool(glob.glob(str(ROOT / path)))


def code(document: Document) -> Iterator[tuple[int, str]]:
    """All code of a document: blocks, and texts in backticks."""
    yield from ((block.line, block.text) for block in document.blocks)
    yield from document.spans


class DocumentTests(unittest.TestCase):
    """The documents of the project."""

    documents: list[Document]

    @classmethod
    def setUpClass(cls) -> None:
        cls.documents = documents()

    def problems(self, found: Iterator[str], at_least: int, checked: int) -> None:
        self.assertGreater(checked, at_least, "the test has found next to nothing to look at")
        self.assertEqual(list(found), [])

    def test_each_link_leads_somewhere(self) -> None:
        links = [(document, line, target) for document in self.documents for line, target in document.links]
        self.problems((f"{document.name}:{line}: {target}: {problem}" for document, line, target in links
                       if (problem := link_problem(document, target))), 60, len(links))

    def test_each_document_is_linked_from_readme(self) -> None:
        readme = next(document for document in self.documents if document.name == "README.md")
        linked = {target.partition("#")[0] for _, target in readme.links}
        names = {document.name for document in self.documents} - {"README.md"}
        self.assertEqual({name for name in names if name.startswith("docs/") or "/" not in name} - linked, set())

    def test_each_block_of_code_can_be_read(self) -> None:
        blocks = [(document, block) for document in self.documents for block in document.blocks]
        self.problems((f"{document.name}:{block.line}: {problem}" for document, block in blocks
                       if (problem := block_problem(block.language, block.text))), 40, len(blocks))

    def test_each_target_of_make_is_there(self) -> None:
        makefile = (ROOT / "Makefile").read_text("utf-8")
        targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
        named = [(document.name, line, name) for document in self.documents for line, text in code(document)
                 for name in re.findall(r"^ *(?:\$ )?(?:sudo )?make ([a-z][a-z-]*)(?: [A-Z_]+=\S*)*(?: +#.*)?$", text, re.MULTILINE)]
        self.problems((f"{name}:{line}: make {target}" for name, line, target in named if target not in targets),
                      30, len(named))

    def test_each_variable_of_the_environment_is_read_somewhere(self) -> None:
        files = [path for reader in READERS
                 for path in ([ROOT / reader] if (ROOT / reader).is_file() else (ROOT / reader).rglob("*")) if path.is_file()]
        self.assertTrue(files)
        read = set(OWN.findall("".join(path.read_text("utf-8", "replace") for path in files if Path(__file__) != path)))
        named = [(document.name, line, name) for document in self.documents for line, text in code(document)
                 for name in OWN.findall(text)]
        self.problems((f"{document}:{line}: {name} is read nowhere" for document, line, name in named if name not in read),
                      60, len(named))

    def test_each_variable_of_opentelemetry_is_one_of_its_specification(self) -> None:
        named = [(document.name, line, name) for document in self.documents for line, text in code(document)
                 for name in OPENTELEMETRY.findall(text)]
        self.problems((f"{document}:{line}: {name}" for document, line, name in named if not SPECIFICATION.fullmatch(name)),
                      10, len(named))

    def test_each_path_of_the_repository_is_there(self) -> None:
        named = [(document.name, line, path) for document in self.documents for line, path in repository_paths(document)]
        self.problems((f"{document}:{line}: {path}" for document, line, path in named if not is_there(path)), 10, len(named))

    def test_nothing_is_waited_for_that_is_there(self) -> None:
        self.assertEqual([name for name in COMING if (ROOT / name).exists()], [])

    def test_examples_of_sonics_commands_are_a_part_of_the_session(self) -> None:
        session = "\n" + (ROOT / "Tests/sonic/session.txt").read_text("utf-8")
        start = next(document for document in self.documents if document.name == "docs/getting-started.md")
        examples = [block.text for block in start.blocks if block.language == "console"]
        self.assertGreater(len(examples), 2)
        self.assertEqual([text for text in examples if f"\n{text.rstrip()}\n\n" not in session], [])

    def test_the_numbers_of_readme_are_those_of_the_measurements(self) -> None:
        readme = (ROOT / "README.md").read_text("utf-8").split("## Why\n")[1].split("\n## ")[0]
        measured = (ROOT / "docs/performance.md").read_text("utf-8")
        claims = re.findall(r"\b\d[\d.,]* (?:ns|µs|ms|MB|%)", readme)
        self.assertGreater(len(claims), 4)
        values = set(re.findall(r"\d+(?:\.\d+)?", measured))
        self.assertEqual([claim for claim in claims if claim.split()[0] not in values], [])


class ReaderTests(unittest.TestCase):
    """That the tests above would find something."""

    def document(self, text: str) -> Document:
        return Document(ROOT / "docs/none.md", text)

    def test_a_link_without_a_file_or_a_heading_is_found(self) -> None:
        document = self.document(
            "# One\n\n[a](faq.md) [b](fax.md) [c](#one) [d](#two) [e](faq.md#none) [f](https://x.y/z) `[g](h)`\n")
        wrong = [target for _, target in document.links if link_problem(document, target)]
        self.assertEqual(wrong, ["fax.md", "#two", "faq.md#none"])

    def test_headings_have_the_anchors_that_github_gives_them(self) -> None:
        document = self.document("## What `reason` says\n## A|b: c_d, é?\n## A\n## A\n```\n# no\n```\n")
        self.assertEqual(document.anchors, {"what-reason-says", "ab-c_d-é", "a", "a-1"})

    def test_a_block_that_cannot_be_read_is_found(self) -> None:
        for language, good, bad in [
                ("json", '{"a": 1}', "{'a': 1}"), ("yaml", "a: [1]", "a: [1"), ("sh", "if a; then b; fi", "if a; then b"),
                ("console", "$ a 'b'\nit's", "$ a 'b\nc"), ("", "it's", "$ a $(b")]:
            self.assertIsNone(block_problem(language, good), good)
            self.assertIsNotNone(block_problem(language, bad), bad)

    def test_an_indented_block_and_a_path_with_braces_are_read(self) -> None:
        document = self.document("- a\n\n  ```json\n  {}\n  ```\n\n`sonic/cli/{config,show}/telegen.py` `docs/none.md` `a/b`\n")
        self.assertEqual(document.blocks[0].text, "{}\n")
        self.assertEqual([is_there(path) for _, path in repository_paths(document)], [True, False])


if __name__ == "__main__":
    unittest.main()
