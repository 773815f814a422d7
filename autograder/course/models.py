"""The contents of ``grading.yml`` as frozen models; the editors' JSON schema is made from them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from autograder.course.due import due_moment, zone
from autograder.course.modulenames import package_name
from autograder.runner.assembly import ResourceFilter
from autograder.runner.runtimes import DeviceName, RuntimeName

Percent = Annotated[float, Field(ge=0, le=100)]
Points = Annotated[Decimal, Field(gt=0, le=1000, max_digits=6, decimal_places=2)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
PackageName = Annotated[Identifier, AfterValidator(package_name)]
ItemName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^\S(.*\S)?$")]
TestName = Annotated[str, StringConstraints(pattern=r"^test_[a-z0-9_]+$")]
Times = Annotated[float, Field(ge=1.5, le=100)]  # of what the reference takes
SubmittedPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*\.(py|ipynb)$")]
ResourcePattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+(/[A-Za-z0-9_.*-]+)+$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
Due = Annotated[datetime, BeforeValidator(due_moment)]
Zone = Annotated[str, AfterValidator(zone)]


class Frozen(BaseModel):
    """Unknown keys are faults and nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class ModulePolicy(Frozen):
    """The module as the university knows it."""

    code: str = Field(description="module code")
    title: str = Field(description="module title")
    time_zone: Zone = Field(description="IANA name; the zone of Moodle's pages and worksheets")
    starts: date = Field(description="first day of teaching; no due date may be before")
    ends: date = Field(description="last day of the trimester; no due date may be after")

    @property
    def zone(self) -> ZoneInfo:
        """The module's time zone."""
        return ZoneInfo(self.time_zone)


class MoodleItem(Frozen):
    """A quiz, VPL or CodeRunner activity that is marked in Moodle and counts as homework."""

    weight: float = Field(gt=0, le=100, description="relative to the weights of the stages and of other items")
    maximum: float | None = Field(
        None, gt=0, le=100000, description="its maximum grade; not needed where the export has its percentage"
    )


class EngagementPolicy(Frozen):
    """Attendance and homework."""

    weight_percent: Percent
    attendance_percent: Percent = Field(description="share of engagement")
    homework_percent: Percent = Field(description="share of engagement; stages and items of Moodle, by their weights")
    drop_lowest: int = Field(
        0, ge=0, le=10, description="stages or items of Moodle that do not count: those whose absence helps most"
    )
    moodle_items: dict[ItemName, MoodleItem] = Field(
        default_factory=dict,
        description="homework from Moodle's gradebook, by the item's name in its export without (Real): 'Quiz: Week 1'",
    )


class ProjectPolicy(Frozen):
    """The individual project."""

    weight_percent: Percent
    stage: Identifier = Field("project", description="whose mark is the project's; it is no homework")


class ComponentsPolicy(Frozen):
    """What the final mark is made of; the weights add up to 100."""

    engagement: EngagementPolicy
    project: ProjectPolicy


class LatePolicy(Frozen):
    """What a late submission loses."""

    grace_minutes: int = Field(ge=0, le=1440, description="no penalty up to here")
    percent_a_day: Percent = Field(description="of the stage's points, for each started day after the grace period")
    cap_percent: Percent = Field(description="lateness never costs more, until the last day")
    last_day: int = Field(ge=0, le=60, description="later than so many days: 0 points")


class LimitsPolicy(Frozen):
    """Bounds of a student's process."""

    cpu_seconds: float = Field(gt=0, le=600, description="for each call of a test")
    wall_seconds: float = Field(gt=0, le=1200, description="for each call of a test")
    memory_mib: int = Field(ge=64, le=65536)
    processes: int = Field(ge=1, le=256, description="threads, in fact: no process can be started")
    output_kib: int = Field(ge=1, le=10240, description="what it may print")
    files: int = Field(ge=8, le=1024, description="open at once")
    device_mib: int = Field(16384, ge=512, le=1 << 20, description="memory of the GPU, in stages that use one")
    submission_seconds: float = Field(
        60,
        gt=0,
        le=36000,
        description="for all calls of a submission together: time in which it does not compute; and four times as much "
        "processor time",
    )


class SandboxPolicy(Frozen):
    """The minimum isolation level for a mark."""

    minimum: Literal["full", "container"] = Field(
        "container",
        description="full: namespaces, Landlock, seccomp and limits; container: without namespaces",
    )


class GraderPolicy(Frozen):
    """The versions that marks are made with, shown to students before they submit; ``grade`` notes others."""

    python: Version | None = Field(None, description="such as '3.11'")
    numpy: Version | None = Field(None, description="such as '2.4'")
    torch: Version | None = Field(None, description="such as '2.13'")


class References(StrEnum):
    """Whether the bundle for students may hold the reference modules of earlier stages."""

    NEVER = "never"
    AFTER_LAST_MOMENT = "after_last_moment"


class StarterPolicy(Frozen):
    """What ``autograder starter --at`` puts into the bundle; the checked-in ``starter/`` never has a reference."""

    references: References = Field(
        References.NEVER,
        description="after_last_moment: when nobody may hand in any more, extensions and late days included",
    )


class Collaboration(StrEnum):
    """How far students may work together on a stage."""

    DISCUSS = "discuss"
    PAIRS = "pairs"
    ALONE = "alone"


class GenerativeAi(StrEnum):
    """Whether students may use tools that write code or text."""

    FORBIDDEN = "forbidden"
    DECLARE = "declare"
    ALLOWED = "allowed"


class DeclareIn(StrEnum):
    """Where a student writes what help they had."""

    FILE_COMMENT = "file_comment"
    WRITTEN_ANSWER = "written_answer"
    MOODLE_COMMENT = "moodle_comment"


class ConductPolicy(Frozen):
    """Rules on working together and on generative AI, which ``POLICY.md`` and ``AGENTS.md`` of the bundle explain."""

    collaboration: Collaboration = Field(
        Collaboration.DISCUSS, description="discuss: ideas, not code; pairs: two write together; alone: neither"
    )
    generative_ai: GenerativeAi = Field(
        GenerativeAi.DECLARE, description="forbidden; declare: allowed where the student says so; allowed"
    )
    declare_in: DeclareIn = Field(
        DeclareIn.FILE_COMMENT, description="where help is declared: first lines of a file, written answer, Moodle"
    )


class LetterGrade(Frozen):
    """A letter and the lowest percentage that earns it."""

    letter: str
    from_percent: Percent


class MoodlePolicy(Frozen):
    """The Moodle assignments that the marks go to."""

    grade_maximum: Decimal = Field(gt=0, le=1000, description="'Maximum grade' of the assignments")
    language: str = Field("en", pattern=r"^[a-z]{2}$", description="UI language of the worksheets")


class StageTests(Frozen):
    """Points by test name."""

    public: dict[TestName, Points] = Field(default_factory=dict)
    hidden: dict[TestName, Points] = Field(default_factory=dict)


class StagePolicy(Frozen):
    """One stage: what is submitted, by when, and what each test is worth."""

    title: str
    week: int = Field(ge=1, le=12)
    due: Due = Field(description="'2027-02-12 17:00 Europe/Dublin'")
    opens: Due | None = Field(None, description="in a bundle from then on; without it, in every bundle")
    weight: float = Field(1.0, gt=0, le=100, description="in the homework, relative to the other stages")
    files: list[SubmittedPath] = Field(min_length=1, description="what a student submits")
    resources: list[ResourcePattern] = Field(
        default_factory=list, description="other files that a student submits, for the probes: project/runs/*"
    )
    resources_mib: float = Field(32.0, gt=0, le=200, description="limit of all resources of a submission together")
    needs: list[Identifier] = Field(default_factory=list, description="stages whose reference modules are given")
    runtime: RuntimeName = Field(RuntimeName.NUMPY, description="what the stage may import beside the standard library")
    device: DeviceName = Field(
        DeviceName.CPU,
        description="where it computes: cpu; gpu: graded only where there is one; any: on a GPU where there is one",
    )
    tests: StageTests
    rubric: dict[Identifier, Points] = Field(default_factory=dict, description="what a TA judges")
    budgets: dict[TestName, Times] = Field(
        default_factory=dict, description="allowed multiple of the reference's CPU time, by test"
    )
    memory_budgets: dict[TestName, Times] = Field(
        default_factory=dict, description="allowed multiple of the reference's peak memory beyond the inputs, by test"
    )
    limits: LimitsPolicy | None = Field(None, description="in place of the course's")

    @property
    def test_points(self) -> dict[str, Decimal]:
        """Points of every test, public ones first."""
        return {**self.tests.public, **self.tests.hidden}

    @property
    def resource_filter(self) -> ResourceFilter:
        """Which files other than Python go to a submission's process."""
        return ResourceFilter(tuple(self.resources), self.resources_mib)

    @property
    def out_of(self) -> Decimal:
        """The stage's points: tests and rubric."""
        return sum(self.test_points.values(), Decimal(0)) + sum(self.rubric.values(), Decimal(0))


class Configuration(Frozen):
    """All of ``grading.yml``."""

    module: ModulePolicy
    components: ComponentsPolicy
    late: LatePolicy
    limits: LimitsPolicy
    sandbox: SandboxPolicy
    grader: GraderPolicy = Field(default_factory=GraderPolicy)
    packages: list[PackageName] = Field(
        default=["scratch", "models"],
        min_length=1,
        description="the course's own packages: folders of solutions/ in which a student's files are",
    )
    starter: StarterPolicy = Field(default_factory=StarterPolicy)
    policy: ConductPolicy = Field(default_factory=ConductPolicy)
    letter_grades: list[LetterGrade] = Field(min_length=2, description="from the best to the worst")
    moodle: MoodlePolicy
    stages: dict[Identifier, StagePolicy]
