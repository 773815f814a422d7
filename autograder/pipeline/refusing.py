"""Downloads that must not replace what an earlier run wrote: empty ones, and those of another assignment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autograder.course import StageFolder
from autograder.errors import UsageError
from autograder.intake import Person, SubmittedClass

KEPT = "nothing was graded, and the pages and files of the last run are as they were"


def refuse_foreign(stage: StageFolder, folder: Path, submitted: SubmittedClass, known: Mapping[str, Person]) -> None:
    """Stop before anything is written.

    Args:
        stage: what is to be graded.
        folder: where its pages and files are.
        submitted: the download.
        known: those whom earlier runs of the stage met.

    Raises:
        UsageError: the download holds nothing, or none of its people is known although others are.
    """
    there = {sent.participant_id for sent in submitted.submissions if sent.files or sent.findings}
    if not there:
        raise UsageError(f"the download contains no submission: is it the right file? {KEPT.capitalize()}")
    if (folder / "class.html").exists() and known and not there & known.keys():
        shown = ", ".join(sorted(there)[:3])
        raise UsageError(
            f"none of the {len(there)} participants of this download ({shown}{', …' if len(there) > 3 else ''}) was in "
            f"the last run of {stage.name}: is it another assignment's? {KEPT.capitalize()}; to grade it anyway, "
            "name another --out"
        )
