"""The programs of the public CI: scripts/scan-report and scripts/find-bpftool."""
from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: object, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **environment})


class Folder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name: str, text: str, executable: bool = False) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755 if executable else 0o644)
        return path


class ScanReportTests(Folder):
    """A report in SARIF as Trivy makes it, of one run with a rule for each weakness."""

    def report(self, name: str, *severities: str) -> Path:
        rules = [{"id": f"CVE-2026-{index}", "properties": {"tags": ["vulnerability", "security", severity]}}
                 for index, severity in enumerate(severities)]
        results = [{"ruleId": rule["id"], "message": {"text": f"Package: libx\nInstalled Version: {rule['id']}"}}
                   for rule in rules]
        document = {"runs": [{"tool": {"driver": {"rules": rules}}, "results": results + results[:1]}]}
        return self.file(name, json.dumps(document))

    def test_a_grave_finding_is_named_and_fails(self) -> None:
        answer = run(ROOT / "scripts/scan-report", "check", self.report("a.sarif", "LOW"), self.report("b.sarif", "HIGH", "LOW"))
        self.assertEqual(answer.returncode, 1)
        self.assertEqual(answer.stdout, f"{self.folder}/b.sarif: HIGH: CVE-2026-0: Package: libx Installed Version: CVE-2026-0\n")

    def test_others_do_not_fail(self) -> None:
        answer = run(ROOT / "scripts/scan-report", "check", self.report("a.sarif", "MEDIUM", "UNKNOWN"), self.report("b.sarif"))
        self.assertEqual((answer.returncode, answer.stdout), (0, "scan-report: nothing critical or high\n"))

    def test_the_section_of_readme_gets_a_line_for_each_report_and_the_rest_is_kept(self) -> None:
        original = (ROOT / "README.md").read_text("utf-8")
        readme = self.file("README.md", original)
        reports = [self.report("image.sarif", "LOW", "LOW"), self.report("dependencies.sarif", "CRITICAL")]
        for _ in range(2):
            answer = run(ROOT / "scripts/scan-report", "write", readme, *reports)
            self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        text = readme.read_text("utf-8")
        self.assertIn("| scanned | critical | high | medium | low | unknown |\n|---|---|---|---|---|---|\n"
                      "| dependencies | 1 | 0 | 0 | 0 | 0 |\n| image | 0 | 0 | 0 | 2 | 0 |\n<!-- The end", text)
        begin, end = "<!-- From the last weekly scan", "<!-- The end of the scan"
        self.assertEqual(text.split(begin)[0], original.split(begin)[0])
        self.assertEqual(text.split(end)[1], original.split(end)[1])

    def test_what_is_no_report_and_a_readme_without_marks_are_errors(self) -> None:
        for text in ["", "{}", '{"runs": [{}]}', "[]"]:
            answer = run(ROOT / "scripts/scan-report", "check", self.file("x.sarif", text))
            self.assertEqual(answer.returncode, 1, text)
            self.assertIn("is no report of Trivy's in SARIF", answer.stderr)
        answer = run(ROOT / "scripts/scan-report", "write", self.file("README.md", "# x\n"), self.report("a.sarif"))
        self.assertEqual(answer.returncode, 1)
        self.assertIn("has not both marks once", answer.stderr)
        self.assertEqual((self.folder / "README.md").read_text("utf-8"), "# x\n")
        self.assertEqual(run(ROOT / "scripts/scan-report").returncode, 2)


class FindBpftoolTests(Folder):
    """Ubuntu's wrapper fails for a kernel without its package; the tools of other kernels are below linux-tools."""

    WRAPPER = "#!/bin/sh\necho 'WARNING: bpftool not found for kernel 6.17.0-1015' >&2\nexit 2\n"
    WORKS = "#!/bin/sh\n[ \"$1\" = version ] && echo bpftool v7.4.0\n"

    def find(self) -> subprocess.CompletedProcess:
        # No apt-get: in PATH is what is asked for here, and what the script itself needs.
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        for name in ["bash", "env", "find", "sort", "sh"]:
            if not (tools / name).exists():
                (tools / name).symlink_to(f"/usr/bin/{name}")
        for name in ["id", "apt-get"]:
            self.file(f"bin/{name}", "#!/bin/sh\necho 1000\n" if name == "id" else "#!/bin/sh\nexit 9\n", executable=True)
        return run(ROOT / "scripts/find-bpftool", self.folder / "lib", PATH=str(tools))

    def test_one_that_runs_is_taken(self) -> None:
        path = self.file("bin/bpftool", self.WORKS, executable=True)
        self.file("lib/linux-tools/6.8.0-31-generic/bpftool", self.WORKS, executable=True)
        self.assertEqual(self.find().stdout, f"{path}\n")

    def test_instead_of_one_for_the_very_kernel_that_of_another_is_taken(self) -> None:
        self.file("bin/bpftool", self.WRAPPER, executable=True)
        self.file("lib/linux-tools/6.14.0-1012-azure/bpftool", self.WRAPPER, executable=True)
        for name in ["lib/linux-tools-6.8.0-31/bpftool", "lib/linux-tools/6.11.0-9-generic/bpftool"]:
            path = self.file(name, self.WORKS, executable=True)
            answer = self.find()
            self.assertEqual((answer.returncode, answer.stdout), (0, f"{path}\n"))

    def test_without_one_it_says_what_to_install(self) -> None:
        self.file("bin/bpftool", self.WRAPPER, executable=True)
        answer = self.find()
        self.assertEqual((answer.returncode, answer.stdout), (1, ""))
        self.assertIn("as root: apt-get install bpftool (Ubuntu: linux-tools-generic)", answer.stderr)


if __name__ == "__main__":
    unittest.main()
