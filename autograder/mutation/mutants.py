"""The mutants of a stage's reference: each is one small change within a marked region."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.course.regions import region_lines
from autograder.mutation.operators import Span, spans

ID_CHARACTERS = 12


@dataclass(frozen=True)
class Mutant:
    """One change of the reference.

    Attributes:
        mutant_id: by content, so that it stays while other lines of the file change.
        path: of the file, as submitted.
        line: where the change begins.
        function: the function or method around it, ``Adam.step``; "" outside of all.
        kind: of operator: operator, operand, constant, axis, ...
        old: the statement as it was, on one line.
        new: the statement as it is now, on one line.
        text: the whole file with the change.
    """

    mutant_id: str
    path: str
    line: int
    function: str
    kind: str
    old: str
    new: str
    text: str

    def __str__(self) -> str:
        return f"{self.mutant_id} {self.path}:{self.line}: {self.function}: {self.kind}: {self.old} → {self.new}"


def mutants_of(files: Mapping[str, str]) -> list[Mutant]:
    """Every mutant of a reference, in the order of its files and lines.

    A change is left out if its file is then no Python, or the same program.

    Args:
        files: text by path; only what is within marked regions changes.

    Raises:
        ConfigurationError: marked regions do not fit.
    """
    return [mutant for path, text in files.items() for mutant in _of_file(path, text)]


def choose(mutants: Sequence[Mutant], count: int) -> list[Mutant]:
    """At most ``count`` of the mutants: of each kind and function in turn, always the same for the same reference."""
    groups: dict[tuple[str, str, str], list[Mutant]] = defaultdict(list)
    for mutant in sorted(mutants, key=lambda one: one.mutant_id):
        groups[mutant.path, mutant.function, mutant.kind].append(mutant)
    order = sorted(groups.values(), key=lambda group: group[0].mutant_id)
    turns = max(map(len, order), default=0)
    return [group[turn] for turn in range(turns) for group in order if turn < len(group)][:count]


def _of_file(path: str, text: str) -> Iterator[Mutant]:
    tree = ast.parse(text)
    before = ast.dump(tree)
    inside = region_lines(text, path)
    scopes = _Scopes(tree)
    count: Counter[str] = Counter()
    seen: set[str] = set()
    for span in spans(text):
        line = text.count("\n", 0, span.start) + 1
        last = text.count("\n", 0, max(span.start, span.end - 1)) + 1
        changed = text[: span.start] + span.new + text[span.end :]
        if changed in seen or not inside.issuperset(range(line, last + 1)):
            continue
        after = _parsed(changed)
        if after is None or ast.dump(after) == before:
            continue
        seen.add(changed)
        function = scopes.function(line)
        old, new = scopes.statement(line), _Scopes(after).statement(line)
        content = "\n".join((path, function, span.kind, old, new))
        count[content] += 1
        mutant_id = hashlib.sha256(f"{content}\n{count[content]}".encode()).hexdigest()[:ID_CHARACTERS]
        yield Mutant(mutant_id, path, line, function, span.kind, *_shortened(old, new, text, span), changed)


def _parsed(text: str) -> ast.Module | None:
    try:
        compile(tree := ast.parse(text), "mutant", "exec")
    except (SyntaxError, ValueError):
        return None
    return tree


def _shortened(old: str, new: str, text: str, span: Span) -> tuple[str, str]:
    """A compound statement's texts are long; the characters that change say more."""
    if "\n" not in old and "\n" not in new:
        return old, new
    return " ".join(text[span.start : span.end].split()), span.new


class _Scopes:
    """Which function and which statement a line is in."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions: list[tuple[int, int, str]] = []
        self._statements: list[tuple[int, int, ast.stmt]] = []
        self._enter(tree, "")

    def _enter(self, node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}.{child.name}".lstrip(".")
                self._functions.append((child.lineno, child.end_lineno or child.lineno, name))
            elif isinstance(child, ast.stmt):
                self._statements.append((child.lineno, child.end_lineno or child.lineno, child))
            self._enter(child, name)

    def function(self, line: int) -> str:
        """The innermost function or class."""
        around = [(end - start, name) for start, end, name in self._functions if start <= line <= end]
        return min(around)[1] if around else ""

    def statement(self, line: int) -> str:
        """The innermost statement's text, comments and white space aside."""
        around = [(end - start, -start, node) for start, end, node in self._statements if start <= line <= end]
        return ast.unparse(min(around, key=lambda one: one[:2])[2]) if around else ""
