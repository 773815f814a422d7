"""Every hostile and benign submission under every backend that this machine has.

Usage: python -m tests.hostile [--quick] [--only WORD] [--backend NAME]
The last line reads ``hostile contained N / N, benign full marks M / M``; the exit code is 0 if those are all.
"""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import importlib.util
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder.runner.runtimes import NUMPY, TORCH, Runtime
from autograder.sandbox.select import DoctorReport, build, doctor
from tests.hostile.as_user import run_as_user
from tests.hostile.cases import Case, read_cases
from tests.hostile.judge import Surroundings, judge_benign, judge_hostile, survey

Totals = list[int]  # contained, hostile, full marks, benign


def run_backend(report: DoctorReport, title: str, pattern: str) -> Totals:
    """Run both corpora under one backend, print every problem, return the totals."""
    secret = f"SECRET-{secrets.token_hex(8)}"
    start = time.monotonic()
    with tempfile.NamedTemporaryFile("w", prefix="gradebook-", suffix=".sqlite") as file:
        file.write(secret)
        file.flush()
        Path(file.name).chmod(0o644)
        contained, hostile, full, benign = _run(report, NUMPY, ("corpus", "benign"), pattern, secret)
        if importlib.util.find_spec("torch") is not None:
            more = _run(report, TORCH, ("torch_corpus",), pattern, secret)
            contained, hostile = contained + more[0], hostile + more[1]
    print(
        f"{title}: hostile contained {contained} / {hostile}, benign full marks {full} / {benign}"
        f" ({time.monotonic() - start:.0f} s)",
        flush=True,
    )
    return [contained, hostile, full, benign]


def _run(report: DoctorReport, runtime: Runtime, folders: Sequence[str], pattern: str, secret: str) -> Totals:
    """A hostile corpus, and benign ones after it, in one sandbox; none is started where nothing is wanted."""
    chosen = [[case for case in read_cases(one) if fnmatch.fnmatch(case.name, pattern)] for one in folders]
    hostile, benign = chosen[0], [case for cases in chosen[1:] for case in cases]
    if not hostile + benign:
        return [0, 0, 0, 0]
    sandbox = build(report, runtime)
    try:
        around = survey(sandbox, secret)
        return [*_count("hostile", hostile, judge_hostile, around), *_count("benign", benign, judge_benign, around)]
    finally:
        sandbox.close()


def _count(
    kind: str, chosen: list[Case], judge: Callable[[Case, Surroundings], list[str]], around: Surroundings
) -> tuple[int, int]:
    good = 0
    for case in chosen:
        problems = judge(case, around)
        good += not problems
        for problem in problems:
            print(f"  {kind} {case.name}: {problem}", flush=True)
    return good, len(chosen)


def backends() -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Yield the name of each backend and what runs it, the strongest first."""
    me = "root" if os.getuid() == 0 else "user"
    report = doctor()
    if report.strength == "full":
        yield f"full-{me}", lambda pattern: run_backend(report, f"full, as {me}", pattern)
    if report.strength != "plain":
        weaker = dataclasses.replace(report, strength="container", namespaces="", user_base=0)
        yield f"container-{me}", lambda pattern: run_backend(weaker, f"container, as {me}", pattern)
    if me == "root":
        yield "full-user", lambda pattern: run_as_user(lambda: _as_ordinary_user("full", pattern))
        yield "container-user", lambda pattern: run_as_user(lambda: _as_ordinary_user("container", pattern))


def _as_ordinary_user(strength: str, pattern: str) -> Totals:
    report = doctor()
    if strength == "full" and report.strength != "full":
        print("full, as user: this machine gives no user namespaces to ordinary users", flush=True)
        return [0, 0, 0, 0]
    if strength == "container":
        report = dataclasses.replace(report, strength="container", namespaces="", user_base=0)
    return run_backend(report, f"{strength}, as user", pattern)


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("--quick", action="store_true", help="the strongest backend only")
    parser.add_argument("--only", default="*", help="names of submissions, with * and ?")
    parser.add_argument("--backend", default="*", help="full-root, container-root, full-user, container-user; with *")
    options = parser.parse_args(arguments)
    totals = [0, 0, 0, 0]
    for name, run in backends():
        if fnmatch.fnmatch(name, options.backend):
            totals = [total + more for total, more in zip(totals, run(options.only), strict=True)]
            if options.quick:
                break
    contained, hostile, full, benign = totals
    print(f"hostile contained {contained} / {hostile}, benign full marks {full} / {benign}")
    return 0 if (contained, full) == (hostile, benign) and hostile + benign else 1


if __name__ == "__main__":
    sys.exit(main())
