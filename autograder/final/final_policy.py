"""What the final grade is made of: the weights of ``grading.yml``, and a student's marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from autograder.course import Configuration


@dataclass(frozen=True)
class FinalPolicy:
    """Weights in per cent, the homework by weight (stages and items of Moodle), and the letters from the best one."""

    engagement: Decimal
    attendance_share: Decimal
    homework_share: Decimal
    drop_lowest: int
    project: Decimal
    stages: Mapping[str, Decimal]
    letters: tuple[tuple[str, Decimal], ...]

    def counts(self, name: str) -> bool:
        """Whether a mark can change the final grade: of ``attendance``, ``project``, a stage or an item of Moodle."""
        if name == "project":
            return self.project > 0
        return self.engagement > 0 and (self.attendance_share if name == "attendance" else self.homework_share) > 0


@dataclass(frozen=True)
class StudentMarks:
    """What somebody has, in per cent; None where there is nothing.

    Attributes:
        homework: stage, or item of Moodle's gradebook, to per cent; one that is missing or None counts as 0.
        attendance, project: None means not known yet, and leaves the final grade open.
        unknown: stage, item, ``attendance`` or ``project`` to why there is no mark that counts; each leaves the final
            grade open.
        unclear: those of them for which there is something that cannot be read, so that they are never 0.
    """

    id_number: str
    name: str = ""
    attendance: Decimal | None = None
    homework: Mapping[str, Decimal | None] = field(default_factory=dict)
    project: Decimal | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()

    def value(self, name: str) -> Decimal | None:
        """What there is of ``attendance``, ``project``, a stage or an item."""
        own = {"attendance": self.attendance, "project": self.project}
        return own[name] if name in own else self.homework.get(name)

    def with_value(self, name: str, percent: Decimal | None) -> StudentMarks:
        """The same with one mark changed; one that was unknown is known then."""
        unknown = {key: why for key, why in self.unknown.items() if key != name}
        if name == "attendance":
            return replace(self, attendance=percent, unknown=unknown)
        if name == "project":
            return replace(self, project=percent, unknown=unknown)
        return replace(self, homework={**self.homework, name: percent}, unknown=unknown)

    def without_value(self, name: str, why: str, *, unclear: bool = False) -> StudentMarks:
        """The same without one mark, and why; ``unclear`` as in the attributes."""
        changed = self.with_value(name, None)
        more = frozenset({name} if unclear else ())
        return replace(changed, unknown={**changed.unknown, name: why}, unclear=self.unclear | more)


def policy_of(configuration: Configuration, stages: Iterable[str] | None = None) -> FinalPolicy:
    """Return the policy of ``grading.yml``.

    Args:
        configuration: all of it.
        stages: those that count as homework beside the items of Moodle's gradebook; all but the project's if None.
    """
    engagement, own = configuration.components.engagement, configuration.components.project.stage
    counted = [name for name in configuration.stages if name != own] if stages is None else list(stages)
    return FinalPolicy(
        engagement=Decimal(str(engagement.weight_percent)),
        attendance_share=Decimal(str(engagement.attendance_percent)),
        homework_share=Decimal(str(engagement.homework_percent)),
        drop_lowest=engagement.drop_lowest,
        project=Decimal(str(configuration.components.project.weight_percent)),
        stages={
            **{name: Decimal(str(configuration.stages[name].weight)) for name in counted},
            **{name: Decimal(str(item.weight)) for name, item in engagement.moodle_items.items()},
        },
        letters=tuple((one.letter, Decimal(str(one.from_percent))) for one in configuration.letter_grades),
    )
