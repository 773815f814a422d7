"""Tests on a student's own machine: what they would submit, in a plain subprocess, beside the stage's probes."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import UsageError
from autograder.hostiletext import visible
from autograder.model import BudgetKind, BudgetUse, Finding, FindingKind, Usage, Visibility, Workspace
from autograder.runner.assembly import assemble, is_given
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Limits, Reply, Session, StudentFault
from autograder.testing.assertions import CheckFailed
from autograder.testing.faults import fault_finding
from autograder.testing.forms import Form, form_finding
from autograder.testing.harness import matching
from autograder.testing.home_budget import Yardstick, estimate, require_in_budget, require_right
from autograder.testing.packing import Packed, Packer
from autograder.testing.public_course import COURSE_FILE, PublicCourse, PublicStage, read_public_course
from autograder.testing.seeds import public_seed
from autograder.testing.values import Outputs, normalise

PROBES = "probes.py"
PROBES_OF = "{}/probes.py"
NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '(?P<name>\w+)'")
PRINTED_CHARACTERS = 8192


def bundle_root(folder: Path, otherwise: Path) -> Path:
    """The nearest folder above a stage's that holds ``course.json``."""
    return next((above for above in folder.parents if (above / COURSE_FILE).is_file()), otherwise)


@dataclass(frozen=True)
class HomeStage:
    """One stage in a student's folder: what would be sent, and what grading would make of it.

    Attributes:
        packed: what goes into the zip.
        workspace: what the student's process imports: the packed files, beside the modules that grading adds.
        others: modules of other stages that are imported, with their stage and whose they are here.
    """

    course: PublicCourse
    stage: PublicStage
    packed: Packed
    workspace: Workspace
    others: Mapping[str, tuple[str, str]]

    def explain(self, finding: Finding) -> Finding:
        """The finding, with a hint where another stage's file is at fault, or a module that grading does not have."""
        path = finding.place.path if finding.place is not None else ""
        if path in self.others:
            owner, whose = self.others[path]
            if whose == "yours":
                hint = f"{path} belongs to {owner}. When {self.stage.name} is graded, our {path} is used, not yours."
            else:
                hint = f"{path} is a stand-in with a few parts of {owner}. Grading has all of {owner}."
            return replace(finding, hint=hint)
        foreign = next((item for item in self.packed.foreign if item.place == finding.place), None)
        if foreign is not None:
            hint = f"{foreign.path} belongs to {foreign.stage}; it is not there when {self.stage.name} is graded."
            return replace(finding, hint=hint)
        package = NO_MODULE.fullmatch(finding.detail)
        if package is not None and package["name"] not in self.workspace.modules:
            packages = " and ".join(self.stage.packages)
            hint = f"Only Python's standard library and {packages} are there when your code is graded."
            return replace(finding, hint=hint)
        return finding


def home_stage(root: Path, name: str, instead: Mapping[str, bytes] | None = None) -> HomeStage:
    """Pack a stage's files in memory and open them as grading opens them.

    Args:
        root: the bundle's folder.
        name: the stage's.
        instead: contents that count in place of what the folder has, by path.

    Raises:
        UsageError: ``course.json`` or the probes are not there.
    """
    course = read_public_course(root)
    stage = course.stage(name)
    probes = root / stage.name / PROBES
    if not probes.is_file():
        raise UsageError(f"{probes} is missing: it is part of the course; unpack the starter again")
    packer = Packer(course, stage, instead)
    packed = packer.pack()
    library = dict.fromkeys((*(f"{package}/__init__.py" for package in course.packages), *course.library_sha256))
    given = {path: packer.read(path) or b"" for path in library if is_given(path, stage.files)}
    at_home = packer.given_at_home()
    given |= {path: data for path, (data, _) in at_home.items()}
    given[PROBES] = probes.read_bytes()
    workspace = assemble(stage.files, packed.files, given, course.packages, wanted=stage.resource_filter)
    used = packer.used_of(at_home, [PROBES_OF.format(stage.name), *(file.path for file in packed.files)])
    others = {path: (packer.given[path], whose) for path, (_, whose) in at_home.items() if path in used}
    own = {path for path, (_, whose) in others.items() if whose != "released"}
    # a line of another stage's file may be shown, too: it is the student's own, or a stand-in that they can read
    workspace = replace(workspace, student_paths=workspace.student_paths | own, lazy=frozenset(own))
    return HomeStage(course, stage, packed, workspace, others)


class LocalHarness:
    """Runs probes of one stage. See :class:`autograder.testing.harness.Harness`."""

    def __init__(self, root: Path, stage_folder: Path, limits: Limits | None = None) -> None:
        self.home = home_stage(root, stage_folder.name)
        self.sandbox, self._limits = PlainSandbox(self.home.stage.packages), limits or self.home.stage.limits
        self._session: Session | None = None
        self._cannot_load: StudentFault | None = None
        self._usage = Usage()
        self._yardstick = Yardstick(self.sandbox, self._limits)
        self.has_returned = False  # whether a call of this test returned something
        self._budget_use: BudgetUse | None = None  # of this test

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:  # noqa: ARG002  # without a reference there is no shape to compare with
        """Run a probe; a fault becomes a failed check with the student's line, without our frames."""
        return Outputs(_plain(self.reply(probe, inputs)), "your code")

    def call_formed(self, probe: str, inputs: Mapping[str, Any], form: Mapping[str, Form]) -> Outputs:
        """Run a probe and compare what it returns with a form."""
        outputs = _plain(self.reply(probe, inputs))
        finding = form_finding(outputs, form)
        if finding:
            raise CheckFailed(finding)
        return Outputs({name: outputs[name] for name in form}, "your code")

    def submitted(self, pattern: str) -> dict[str, bytes]:
        """What would be submitted now."""
        return matching(self.home.workspace.resources, pattern)

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:  # noqa: ARG002  # the Protocol's form
        """Not available on this machine.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{probe}: the reference is only available when grading, not on this machine")

    def seed(self, test_id: str) -> int:
        """The same on every machine."""
        return public_seed(test_id)

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, test_id: str) -> None:
        """Estimate the time of the code by what the course has measured of the reference.

        Memory, and a test that was not measured: the code must finish once on inputs of that size.
        """
        rng = np.random.default_rng(self.seed(test_id))
        outputs = _plain(self.reply(probe, inputs_of(rng)))
        title = test_id.partition("::")[2]
        reference = self.home.stage.reference_use.get(title)
        limit = times if times is not None else self.home.stage.budgets.get(title.partition("[")[0])
        if kind is FindingKind.MEMORY or reference is None or limit is None:
            return
        require_right(probe, outputs, reference.result)
        self._budget_use = estimate(lambda: self.reply(probe, inputs_of(rng)), self._yardstick, reference, limit)
        require_in_budget(probe, self._budget_use)

    def take_usage(self) -> Usage:
        """The usage of the student's code since the last call of this method; the next test begins."""
        usage, self._usage, self.has_returned = self._usage, Usage(), False
        return usage

    def take_budget_use(self) -> BudgetUse | None:
        """What the last test used of its time budget, if that was measured."""
        use, self._budget_use = self._budget_use, None
        return use

    def close(self) -> None:
        """End the process."""
        self.sandbox.close()

    def reply(self, probe: str, inputs: Mapping[str, Any]) -> Reply:
        """What one call returned; its usage and output count for this test.

        Raises:
            CheckFailed: the code failed.
        """
        try:
            reply = self._open().call(probe, inputs)
        except StudentFault as fault:
            self._record(fault.usage, fault.printed)
            finding = fault_finding(fault, self.home.workspace, Visibility.PUBLIC)
            raise CheckFailed(self.home.explain(finding)) from None
        self._record(reply.usage, reply.printed)
        self.has_returned = True
        return reply

    def _open(self) -> Session:
        """The running process; a failed import is not tried again, since a loop would cost every test."""
        if self._cannot_load is not None:
            raise self._cannot_load
        if self._session is None or not self._session.alive:
            try:
                self._session = self.sandbox.open(self.home.workspace, self._limits)
            except StudentFault as fault:
                self._cannot_load = fault
                raise
        return self._session

    def _record(self, usage: Usage, printed: str) -> None:
        self._usage = replace(
            self._usage,
            cpu_seconds=self._usage.cpu_seconds + usage.cpu_seconds,
            wall_seconds=self._usage.wall_seconds + usage.wall_seconds,
        )
        if printed:
            sys.stdout.write(visible(printed, limit=PRINTED_CHARACTERS))  # pytest shows it with a failed test


def _plain(reply: Reply) -> dict[str, Any]:
    outputs: dict[str, Any] = normalise(reply.outputs)
    return outputs
