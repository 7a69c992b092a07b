"""The public CI: workflow files that GitHub understands, with few rights and nothing that can change under them."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Iterator

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROGRAMS = Path(sys.executable).parent


def run(program: str, *arguments: object) -> subprocess.CompletedProcess:
    """A program of the environment that `scripts/setup docs` makes, or of this machine."""
    path = shutil.which(program, path=f"{PROGRAMS}:{os.environ['PATH']}")
    if not path:
        if os.environ.get("TELEGEN_REQUIRE_ALL"):
            raise AssertionError(f"needs {program}: scripts/setup docs")
        raise unittest.SkipTest(f"needs {program}: scripts/setup docs")
    return subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)


class WorkflowTests(unittest.TestCase):
    """`.github/workflows`."""

    def setUp(self) -> None:
        self.assertEqual([path.stem for path in FILES], ["ci", "release", "scan"])
        self.workflows = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in FILES}

    def jobs(self) -> Iterator[tuple[str, dict]]:
        for name, workflow in self.workflows.items():
            yield from ((f"{name}: {job}", body) for job, body in workflow["jobs"].items())

    def steps(self) -> Iterator[tuple[str, dict]]:
        for name, job in self.jobs():
            yield from ((name, step) for step in job["steps"])

    def test_they_are_what_the_schema_of_workflows_allows(self) -> None:
        answer = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *FILES)
        self.assertEqual(answer.returncode, 0, answer.stdout)

    def test_the_auditor_of_workflows_finds_nothing(self) -> None:
        answer = run("zizmor", "--offline", "--no-progress", *FILES)
        self.assertEqual(answer.returncode, 0, answer.stdout)

    def test_their_scripts_are_good_shell(self) -> None:
        scripts = [(name, step["run"]) for name, step in self.steps() if "run" in step]
        self.assertGreater(len(scripts), 10)
        files = [ROOT / ".github/try-image", ROOT / "scripts/find-bpftool"]
        texts = [(str(file.relative_to(ROOT)), file.read_text("utf-8")) for file in files]
        for name, text in scripts + texts:
            text = re.sub(r"\$\{\{.*?\}\}", "expression", text)
            if not text.startswith("#!"):
                text = "#!/usr/bin/env bash\nset -eo pipefail\n" + text
            shellcheck = shutil.which("shellcheck", path=f"{PROGRAMS}:{os.environ['PATH']}")
            answer = subprocess.run([shellcheck or self.fail("needs shellcheck: scripts/setup docs"), "-"], input=text,
                                    capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(answer.returncode, 0, f"{name}:\n{text}\n{answer.stdout}")

    def test_actions_are_pinned_by_commit_and_say_their_version(self) -> None:
        used = re.findall(r"uses: (.*)", "".join(path.read_text("utf-8") for path in FILES))
        self.assertGreater(len(used), 10)
        wrong = [each for each in used if not re.fullmatch(r"[\w-]+(/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)]
        self.assertEqual(wrong, [])
        pins: dict[str, set[str]] = {}
        for each in used:
            pins.setdefault("/".join(each.partition("@")[0].split("/")[:2]), set()).add(each.partition("@")[2])
        self.assertEqual({name: pin for name, pin in pins.items() if len(pin) > 1}, {}, "several versions of one action")

    def test_a_workflow_has_no_right_and_a_job_names_each_that_it_has(self) -> None:
        for name, workflow in self.workflows.items():
            self.assertEqual(workflow["permissions"], {}, name)
        writes = {name: sorted(right for right, level in job["permissions"].items() if level != "read")
                  for name, job in self.jobs()}
        self.assertEqual({name: rights for name, rights in writes.items() if rights}, {
            "scan.yml: dependencies": ["security-events"], "scan.yml: image": ["security-events"],
            "scan.yml: report": ["contents", "pull-requests"], "release.yml: build": ["packages"],
            "release.yml: publish": ["attestations", "contents", "id-token", "packages"]})

    def test_jobs_end_and_checkouts_leave_no_credentials(self) -> None:
        self.assertEqual([name for name, job in self.jobs() if not 0 < job.get("timeout-minutes", 0) <= 240], [])
        checkouts = [step for _, step in self.steps() if step.get("uses", "").startswith("actions/checkout@")]
        self.assertGreater(len(checkouts), 5)
        self.assertTrue(all(step["with"]["persist-credentials"] is False for step in checkouts))

    def test_no_expression_stands_in_a_script(self) -> None:
        self.assertEqual([(name, step["run"]) for name, step in self.steps() if "${{" in step.get("run", "")], [])

    def test_the_toolchain_is_that_of_the_dockerfile(self) -> None:
        wanted = re.search(r"^ARG SWIFT_IMAGE=docker\.io/library/(\S+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
        self.assertIsNotNone(wanted)
        used = set(re.findall(r"\bswift:[\w.-]+", "".join(path.read_text("utf-8") for path in FILES)))
        self.assertEqual(used, {wanted[1]})

    def test_targets_and_files_that_are_called_are_there(self) -> None:
        text = "".join(path.read_text("utf-8") for path in FILES)
        makefile = (ROOT / "Makefile").read_text("utf-8")
        targets = set(re.findall(r"(?:run: |^ +)make ([a-z-]+)", text, re.MULTILINE))
        self.assertEqual(targets, {"docker"})
        self.assertTrue(all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets))
        called = set(re.findall(r"(?:(?:run:|sudo|^) +)((?:scripts|\.github|\.ci)/[\w-]+)", text, re.MULTILINE))
        self.assertIn(".ci/run", called)
        self.assertEqual({each for each in called if not os.access(ROOT / each, os.X_OK)}, set())
        for file in re.search(r"cp -r (.*) \"\$folder/\"", text)[1].split():
            self.assertTrue((ROOT / file).exists(), file)

    def test_actionlint_finds_nothing(self) -> None:
        # Its package downloads the program; where that cannot be had, ci.yml runs it.
        path = shutil.which("actionlint", path=f"{PROGRAMS}:{os.environ['PATH']}")
        if not path:
            self.skipTest("needs actionlint, which ci.yml runs")
        answer = subprocess.run([path, *map(str, FILES)], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(answer.returncode, 0, answer.stdout)


if __name__ == "__main__":
    unittest.main()
