"""How many bits about hidden inputs a submission can send to its author's page: docs/sandbox.md has these numbers.

Each channel is a way in which a submission that knows a secret number ends a hidden test. The texts that the student
gets are counted over many secrets; what is not bounded by a list is bounded by rounding.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from autograder.model import Finding, FindingKind, Usage, Visibility, Workspace
from autograder.report import moodle_comment, student_page
from autograder.report.redaction import redact
from autograder.runner import exchange
from autograder.runner.child import wire
from autograder.runner.protocol import StudentFault
from autograder.tester.judge import judge
from autograder.testing.assertions import CheckFailed, assert_close
from autograder.testing.budget_words import OVER
from autograder.testing.digits import two_digits
from autograder.testing.faults import KNOWN_EXCEPTIONS
from autograder.testing.gradient import assert_gradient
from autograder.testing.values import structure_finding
from tests.report import samples

ROOT = Path(__file__).parents[2]
SOURCE = b"x = 1\n" * 20_000
WORKSPACE = Workspace({"scratch/optim.py": SOURCE}, frozenset({"scratch/optim.py"}), packages=("scratch",))
VALUES = 1000  # of the array that a test compares
EXPECTED = np.linspace(1.0, 2.0, VALUES)


@dataclass(frozen=True)
class Channel:
    """One way to send a number.

    Attributes:
        bits: what docs/sandbox.md says that it carries at most, in one case of a hidden test.
        send: what the test raises, for a secret in [0, 1).
    """

    bits: float
    send: Callable[[float], BaseException]


def raised(check: Callable[[], object]) -> BaseException:
    """What a check raises."""
    try:
        check()
    except BaseException as error:
        return error
    raise RuntimeError("the check passed")


def spread(secret: float) -> float:
    """A number with any digits, from far below to far above what is shown."""
    return float(10 ** (-18 + 26 * secret))


def compared(result: np.ndarray, expected: np.ndarray = EXPECTED) -> BaseException:
    """A comparison that fails."""
    return raised(lambda: assert_close({"y": result}, {"y": expected}, rtol=1e-9, label="y"))


def with_one(value: float, expected: np.ndarray = EXPECTED) -> np.ndarray:
    """The right result but for one value."""
    result = expected.copy()
    result[0] = value
    return result


def structure(actual: object, expected: object) -> BaseException:
    """A result of another form."""
    finding = structure_finding("y", actual, expected, shapes=True)
    assert finding is not None
    return CheckFailed(finding)


def any_shape(secret: float) -> tuple[int, ...]:
    """Sizes up to 10**18: an array without values has no bytes, whatever its other sizes."""
    number = int(secret * 10**18)
    return (0, size_of(secret)) if number % 2 else (number % 1009, 0, number % 10_007)


def size_of(secret: float) -> int:
    """A size of up to 13 digits."""
    return int(10 ** (13 * secret))


def wrong_at(secret: float) -> np.ndarray:
    """Wrong from one place on, the largest error at another."""
    number = int(secret * VALUES**3)
    result = EXPECTED.copy()
    count, first, worst = number % VALUES, number // VALUES % VALUES, number // VALUES**2
    result[first : first + count + 1] += 1e-3
    result[worst] += 0.5
    return result


def slope(secret: float) -> BaseException:
    """A gradient of any size."""
    x = np.array([1.0, 2.0, 3.0])
    inputs = {"x": x}
    return raised(
        lambda: assert_gradient(
            lambda x: {"y": x},
            inputs,
            {"x": np.array([spread(secret), 1.0, 1.0])},
            np.ones(3),
            np.random.default_rng(0),
        )
    )


def class_name(secret: float) -> str:
    """A class of Python's, or one whose name is the secret."""
    names = sorted(KNOWN_EXCEPTIONS)
    return names[int(secret * 2 * len(names))] if secret < 0.5 else f"C{secret:.9f}".replace(".", "_")


def over_budget(secret: float) -> BaseException:
    """Slower by any factor."""
    words = OVER[FindingKind.TIME].format(two_digits(1 + spread(secret)))
    return CheckFailed(Finding(FindingKind.TIME, f"y: {words}; the limit is 4 times"))


def fault(**fields: object) -> StudentFault:
    """What a forged report of a fault becomes."""
    return exchange._fault(fields, WORKSPACE.student_paths, "printed", Usage())


def broken_frame(secret: float) -> BaseException:
    """A reply that breaks the wire format in one of many ways."""
    number = int(secret * 2**32)
    body = bytearray(b"".join(map(bytes, wire.encode(wire.OUTPUTS, 1, {"y": np.arange(3.0), "z": [1, "text", None]}))))
    body[number % len(body)] = number % 256
    body[number // 7 % len(body)] = number // 256 % 256
    stream = io.BytesIO(body)

    def receive(size: int) -> bytes:
        data = stream.read(min(size, 1 << 20))
        if len(data) < size:
            raise wire.WireError("closed")
        return data

    try:
        wire.read_frame(receive, wire.WireLimits())
    except wire.WireError as error:
        return exchange.protocol_breach(error, "", Usage())
    return exchange.protocol_breach(wire.WireError("shape"), "", Usage())


def ended(secret: float) -> BaseException:
    """Any exit code or signal."""
    outcome, reason = exchange.classify(int(secret * 320) - 64)
    return StudentFault(outcome, reason=reason)


CLASSES = ("memory", "exit", "refused", "any other")
CHANNELS = {
    "size of one error": Channel(11, lambda secret: compared(with_one(spread(secret)))),
    "size of one error where zero is expected": Channel(
        11, lambda secret: compared(with_one(spread(secret), np.zeros(VALUES)), np.zeros(VALUES))
    ),
    "number and places of errors": Channel(3 * math.log2(VALUES) + 11, lambda secret: compared(wrong_at(secret))),
    "factor": Channel(13, lambda secret: compared(EXPECTED * spread(secret) * (-1 if secret > 0.5 else 1))),
    "fraction as a factor": Channel(13, lambda secret: compared(EXPECTED / (2 + int(secret * 5000)))),
    "offset": Channel(13, lambda secret: compared(EXPECTED + (1e-6 + spread(secret)) * (-1 if secret > 0.6 else 1))),
    "not finite": Channel(20, lambda secret: compared(with_one(np.nan * secret))),
    "slope of a gradient": Channel(22, slope),
    "shape": Channel(33, lambda secret: structure(np.empty(any_shape(secret)), EXPECTED)),
    "one axis": Channel(8.2, lambda secret: structure(np.empty((0, size_of(secret))), EXPECTED)),
    "number of axes": Channel(3, lambda secret: structure(np.empty((1,) * int(2 + secret * 7)), EXPECTED)),
    "array for a number": Channel(33, lambda secret: structure(np.empty(any_shape(secret)), 1.0)),
    "items of a list": Channel(8.2, lambda secret: structure([0] * (2 + size_of(secret / 2.5)), [0])),
    "text of a result": Channel(0, lambda secret: raised(lambda: assert_close(str(secret), "right", rtol=0))),
    "names of results": Channel(0, lambda secret: structure({str(secret): 1}, {"y": 1})),
    "class of an exception": Channel(6.5, lambda secret: fault(type=class_name(secret), text=str(secret))),
    "text of an exception": Channel(1, lambda secret: fault(type="ValueError", text=f"read-only {secret}")),
    "line of an exception": Channel(
        13.3, lambda secret: fault(type="ValueError", path="scratch/optim.py", line=int(secret * 65_536))
    ),
    "file of an exception": Channel(0, lambda secret: fault(type="ValueError", path=f"scratch/{secret}.py", line=1)),
    "kind of a fault": Channel(3, lambda secret: fault(**{"class": CLASSES[int(secret * 4)], "type": "E"})),
    "time or memory beyond a budget": Channel(11, over_budget),
    "exit code or signal": Channel(3.5, ended),
    "broken reply": Channel(5, broken_frame),
}


def result_of(error: BaseException, test: str = "test_cosine_schedule"):
    """The result of a hidden test that raised this."""
    outcome, finding = judge(error, WORKSPACE, Visibility.HIDDEN, Path("test_hidden.py"), lambda: False)
    return samples.result(test, outcome, finding, printed=str(error))


def secrets(count: int) -> Iterator[float]:
    """Evenly over [0, 1), with digits that a rounding could not hide."""
    return ((index + 0.123456789) / count for index in range(count))


def texts_of(channel: Channel, count: int) -> set[str]:
    """What the student may see, over so many secrets."""
    found = set()
    for secret in secrets(count):
        shown = redact(result_of(channel.send(secret)))
        found.add(repr((shown.outcome, shown.findings, shown.printed)))
    return found


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_carries_no_more_bits_than_documented(name: str) -> None:
    """Over 3,000 secrets no more texts than two to the number of bits; nothing that is printed is among them."""
    channel = CHANNELS[name]
    found = texts_of(channel, 3000)

    assert len(found) <= 2**channel.bits + 1e-9
    assert not any("printed" in text and "printed=''" in text for text in found)


def test_the_bound_of_a_rounded_number_is_that_of_all_numbers() -> None:
    """Not only of those above: every text that two digits can become, of any float."""
    values = {two_digits(float(f"{digits}e{exponent}")) for digits in range(10, 100) for exponent in range(-330, 308)}
    values |= {two_digits(value) for value in (0.0, math.inf, math.nan)}

    assert len(values) <= 2**11


@pytest.mark.parametrize("name", ["size of one error", "line of an exception", "shape", "exit code or signal"])
def test_pages_and_comments_differ_by_no_more_than_the_findings(name: str) -> None:
    """The whole page, and the comment in Moodle: what else is in them does not follow the secret."""
    channel = CHANNELS[name]
    pages, comments, findings = set(), set(), set()
    base = samples.partly_right()
    for secret in secrets(60):
        one = result_of(channel.send(secret))
        one = replace(one, usage=replace(one.usage, cpu_seconds=secret, wall_seconds=secret, memory_mib=secret))
        graded = replace(base, results=(*base.results[:-1], one))
        pages.add(student_page(graded, samples.SUMMARY))
        comments.add(moodle_comment(graded, samples.SUMMARY))
        findings.add(repr(redact(one).findings))

    assert len(findings) == len(pages)
    assert len(comments) <= len(findings)


def documented() -> Iterable[tuple[str, str]]:
    """Rows of the table in docs/sandbox.md: channel and bits."""
    text = (ROOT / "docs" / "sandbox.md").read_text("utf-8").partition("## What a submission can send to its author")[2]
    for line in text.partition("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] not in ("channel", "---"):
            yield cells[0], cells[1]


def test_the_table_of_the_docs_is_that_of_the_tests() -> None:
    """Each channel with its bits; no channel is left out."""
    expected = {name: f"{channel.bits:.3g}" for name, channel in CHANNELS.items()}
    expected["number and places of errors"] = "3 log₂ n + 11"

    assert expected == dict(documented())


def test_public_tests_have_run_before_a_hidden_input_is_sent(course) -> None:
    """What a public test prints is shown: it must not come after a hidden one in the same process."""
    from autograder.tester.suite import suite_files

    for name in course.configuration.stages:
        assert [Visibility.PUBLIC, Visibility.HIDDEN] == list(suite_files(course.stage(name)).visibility.values())
