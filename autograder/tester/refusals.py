"""Which collected tests are refused: those with state of their own.

A test is not run again for a submission whose answers are the reference's, and one that needs a test that did not
pass is not run at all. So no test may depend on another one having been run, or leave anything behind.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from autograder.course.textfiles import read_python
from autograder.errors import ConfigurationError, ConfigurationFault
from autograder.testing import plugin

ALLOWED_MARKERS = ("needs", "parametrize")
ALLOWED = "allowed: plain functions, parametrize, needs, our fixtures, and fixtures of this file with function scope"
NO_STATE = "allowed: values that no test changes; make the value within the test, or in a fixture with function scope"
HOOKS = frozenset(
    f"{when}{what}" for when in ("setup", "teardown") for what in ("", "_module", "_function", "_class", "_method")
) | {"setUpModule", "tearDownModule"}  # fmt: skip
MUTATORS = frozenset(
    {"add", "append", "clear", "discard", "extend", "fill", "insert", "pop", "popitem", "put", "remove", "resize"}
    | {"reverse", "setdefault", "sort", "update"}
)
GENERATORS = frozenset({"default_rng", "RandomState", "Random", "iter", "count", "cycle"})
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def refused_by_text(files: Iterable[Path], root: Path) -> list[ConfigurationFault]:
    """What the text of test files shows, as ``file:line: test: what; what is allowed``; nothing is run.

    Args:
        files: test files; one that Python cannot parse is left to pytest.
        root: of the course; paths are shown relative to it.
    """
    found: list[ConfigurationFault] = []
    for path in files:
        with contextlib.suppress(ConfigurationError):
            found += _in_file(_shown(path, root), read_python(path, _shown(path, root)))
    return sorted(set(found))


def refused_by_fixtures(items: Iterable[pytest.Item], root: Path) -> list[ConfigurationFault]:
    """What only pytest knows, of tests as it collected them: markers and fixtures."""
    found: set[ConfigurationFault] = set()
    for item in items:
        name = str(getattr(item, "originalname", None) or item.name)
        line = (item.location[1] or 0) + 1
        found |= {ConfigurationFault(_shown(item.path, root), line, name, what, ALLOWED) for what in _in_item(item)}
    return sorted(found)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _in_item(item: pytest.Item) -> Iterator[str]:
    """What pytest knows of a test and will not do."""
    if not isinstance(item, pytest.Function) or item.cls is not None:
        yield "a test in a class"
        return
    for marker in item.iter_markers():
        if marker.name not in ALLOWED_MARKERS:
            yield f"the marker {marker.name}"
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    definitions = item._fixtureinfo.name2fixturedefs
    for name in item.fixturenames:
        fixtures = definitions.get(name, ())
        if name == "request" or (not fixtures and name in parameters):
            continue
        for fixture in fixtures:
            home = fixture.func.__module__
            if home not in (plugin.__name__, item.module.__name__) and name not in parameters:
                yield f"the fixture {name} of {home.removeprefix('_pytest.')}"
            elif fixture.scope != "function" and name not in parameters:
                yield f"the fixture {name} with scope {fixture.scope}"


def _in_file(shown: str, tree: ast.Module) -> Iterator[ConfigurationFault]:
    """What the text of a test file shows: hooks, classes with tests, values that are changed."""
    data = dict(_module_values(tree))
    for node in tree.body:
        if isinstance(node, FunctionNode) and node.name in HOOKS:
            yield ConfigurationFault(shown, node.lineno, node.name, "code that is run around the tests", ALLOWED)
        elif isinstance(node, ast.ClassDef) and _holds_tests(node):
            yield ConfigurationFault(shown, node.lineno, node.name, "a class with tests or set-up methods", ALLOWED)
        elif isinstance(node, FunctionNode):
            yield from _in_function(shown, node, data)
        elif isinstance(node, ast.Assign) and any(ast.unparse(target) == "pytest_plugins" for target in node.targets):
            yield ConfigurationFault(shown, node.lineno, "pytest_plugins", "other plugins", ALLOWED)


def _holds_tests(node: ast.ClassDef) -> bool:
    inner = {part.name for part in node.body if isinstance(part, FunctionNode)}
    return node.name.startswith("Test") or bool(inner & HOOKS) or any(name.startswith("test") for name in inner)


def _module_values(tree: ast.Module) -> Iterator[tuple[str, ast.expr | None]]:
    """Names that the file gives to values, functions and classes; not those that it imports."""
    for node in tree.body:
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield node.name, None
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For | ast.With | ast.If | ast.Try):
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id, value


def _in_function(
    shown: str, function: FunctionNode, data: Mapping[str, ast.expr | None]
) -> Iterator[ConfigurationFault]:
    def fault(node: ast.AST, what: str) -> ConfigurationFault:
        return ConfigurationFault(shown, getattr(node, "lineno", function.lineno), function.name, what, NO_STATE)

    for decorator in function.decorator_list:
        if any(_is_cache(part) for part in ast.walk(decorator)):
            yield fault(decorator, "results that are kept from one call to the next")
    arguments = function.args
    if any(isinstance(value, ast.List | ast.Dict | ast.Set) for value in (*arguments.defaults, *arguments.kw_defaults)):
        yield fault(function, "a default value that can be changed")
    inner = [part for statement in function.body for part in ast.walk(statement)]
    stored = _stored_names(inner)
    outside = (data.keys() - stored - _argument_names(function)) | (_parametrised_names(function) - stored)
    for node in inner:
        if isinstance(node, ast.Global):
            yield fault(node, f"global {', '.join(node.names)}")
        elif isinstance(node, ast.Name) and node.id in outside and _keeps_a_position(data.get(node.id)):
            yield fault(node, f"{node.id} gives other values each time that it is used")
        for changed in _changed(node):
            root = _root(changed)
            if root in outside:
                yield fault(node, f"{root} is changed")


def _is_cache(node: ast.AST) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("cache", "lru_cache")


def _keeps_a_position(value: ast.expr | None) -> bool:
    """Whether it is a generator of numbers or an iterator, made once for the file."""
    if isinstance(value, ast.GeneratorExp):
        return True
    if not isinstance(value, ast.Call):
        return False
    name = value.func.id if isinstance(value.func, ast.Name) else getattr(value.func, "attr", "")
    return name in GENERATORS


def _argument_names(function: FunctionNode) -> set[str]:
    return {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)}


def _stored_names(inner: Iterable[ast.AST]) -> set[str]:
    """Names that are local because the function gives them a value."""
    return {part.id for part in inner if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _parametrised_names(function: FunctionNode) -> set[str]:
    """Names of arguments whose values ``parametrize`` gives: the same objects for every submission."""
    names: set[str] = set()
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") == "parametrize" and decorator.args:
            for part in ast.walk(decorator.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    names |= {name.strip() for name in part.value.split(",")}
    return names


def _changed(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions whose values a statement or call changes in place."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
        targets = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        yield node.func.value
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del):
                yield part


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
