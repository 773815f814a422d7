"""Small changes of Python code, as mutation testing makes them: one change, the rest of the text as it was.

The operators are those of the usual tools (Offutt et al. 1996: operator, operand, constant, statement, comparison,
branch) and those of numerical code: axes, copies, dtypes, roots, reductions, defaults.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "//", ast.Pow: "*"}
SYMBOL: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
COMPARISON: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}  # fmt: skip
OTHER_FUNCTION = {
    "mean": "sum", "sum": "mean", "max": "min", "min": "max", "argmax": "argmin", "maximum": "minimum",
    "minimum": "maximum", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like",
    "var": "std", "std": "var", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor", "cumsum": "cumprod",
    "float64": "float32",
}  # fmt: skip
UNWRAPPED = frozenset({"sqrt", "abs", "exp", "log", "tanh", "copy", "array", "ascontiguousarray", "sorted", "reversed"})


@dataclass(frozen=True)
class Span:
    """Characters of a text from ``start`` up to ``end``, and what takes their place."""

    kind: str
    start: int
    end: int
    new: str


Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class _Text:
    """Places of a tree's nodes as indices into the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._raw = [line.encode() for line in text.splitlines()]

    def _index(self, line: int, column: int) -> int:
        """The parser counts columns in bytes."""
        return self._lines[line - 1] + len(self._raw[line - 1][:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._index(node.lineno, node.col_offset), self._index(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def grouped(self, node: ast.expr) -> str:
        """The node's text, in parentheses where it is more than a name, a call or a number."""
        simple = isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript)
        return self.of(node) if simple else f"({self.of(node)})"

    def between(self, left: ast.expr, right: ast.expr, symbol: str) -> tuple[int, int]:
        start = self.text.index(symbol, self.span(left)[1], self.span(right)[0])
        return start, start + len(symbol)


def spans(text: str) -> Iterator[Span]:
    """Every change of the text that an operator makes, in the order of the text.

    Left out are docstrings, annotations, messages of exceptions, and texts: no test looks at them.

    Raises:
        SyntaxError: the text is not Python.
    """
    source = _Text(text)
    found = [span for node in _looked_at(ast.parse(text)) for span in _of(node, source)]
    yield from sorted(found, key=lambda span: (span.start, span.end, span.kind, span.new))


def _looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is below it, without annotations, decorators, messages, f-strings and zip's ``strict``."""
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return  # nothing changes where lengths agree
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases") or isinstance(node, ast.Raise):
            continue
        if isinstance(node, ast.Call) and name == "args" and getattr(node.func, "attr", "") == "reshape":
            value = [one for one in value if not _is_minus_one(one)]  # any negative size means "the rest"
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom):
                yield from _looked_at(child)


def _is_minus_one(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant) and node.operand.value == 1


def _of(node: ast.AST, source: _Text) -> Iterator[Span]:
    if isinstance(node, ast.BinOp):
        yield from _arithmetic(node, source)
    elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        start, end = source.between(node.target, node.value, SYMBOL[type(node.op)] + "=")
        yield Span("operator", start, end, ARITHMETIC[type(node.op)] + "=")
        yield Span("operator", start, end, "=")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield Span("operator", *source.span(node), source.grouped(node.operand))
    elif isinstance(node, ast.Compare):
        yield from _comparison(node, source)
    elif isinstance(node, ast.BoolOp):
        yield from _boolean(node, source)
    elif isinstance(node, ast.Constant):
        yield from _constant(node, source)
    elif isinstance(node, ast.Call):
        yield from _call(node, source)
    elif isinstance(node, ast.Attribute) and node.attr in OTHER_FUNCTION:
        _, end = source.span(node)
        kind = "dtype" if node.attr == "float64" else "reduction"
        yield Span(kind, end - len(node.attr), end, OTHER_FUNCTION[node.attr])
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield from _branch(node, source)
    if isinstance(node, ast.stmt):
        yield from _statement(node, source)


def _arithmetic(node: ast.BinOp, source: _Text) -> Iterator[Span]:
    if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return
    symbol = SYMBOL.get(type(node.op))
    if symbol is not None:
        yield Span("operator", *source.between(node.left, node.right, symbol), ARITHMETIC[type(node.op)])
    yield Span("operand", *source.span(node), source.grouped(node.left))
    if symbol is not None:
        yield Span("operand", *source.span(node), source.grouped(node.right))


def _comparison(node: ast.Compare, source: _Text) -> Iterator[Span]:
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        old, new = COMPARISON[type(operator)]
        first = old.split()[0]  # "is not" and "not in" may have any white space between
        start = source.between(left, right, first)[0]
        end = source.between(left, right, old.split()[-1])[1]
        yield Span("comparison", start, end, new)
        left = right


def _boolean(node: ast.BoolOp, source: _Text) -> Iterator[Span]:
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in zip(node.values, node.values[1:], strict=False):
        yield Span("branch", *source.between(left, right, old), new)


def _constant(node: ast.Constant, source: _Text) -> Iterator[Span]:
    place, value = source.span(node), node.value
    if isinstance(value, bool):
        yield Span("constant", *place, str(not value))
    elif isinstance(value, int):
        yield Span("constant", *place, str(value + 1))
        if value > 0:
            yield Span("constant", *place, str(value - 1))
    elif isinstance(value, float):
        yield Span("constant", *place, repr(value * 2 if value else 1.0))
        if value:
            yield Span("constant", *place, "0.0")


def _call(node: ast.Call, source: _Text) -> Iterator[Span]:
    place = source.span(node)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in UNWRAPPED:
        kind = "copy" if name in ("copy", "array", "ascontiguousarray") else "root"
        if node.args:
            yield Span(kind, *place, source.grouped(node.args[0]))
        elif isinstance(node.func, ast.Attribute) and not node.keywords:
            yield Span(kind, *place, source.of(node.func.value))
    for keyword in node.keywords:
        if keyword.arg in (None, "strict"):
            continue
        start, end = source.span(keyword.value)
        start = source.text.rindex(keyword.arg, 0, start)
        if keyword.arg == "axis":
            yield Span("axis", *source.span(keyword.value), _other_axis(keyword.value))
        while source.text[end : end + 1] in (" ", ","):  # what follows, else the call would begin with a comma
            end += 1
        yield Span("default", start, end, "")


def _other_axis(value: ast.expr) -> str:
    return "-1" if isinstance(value, ast.Constant) and value.value == 0 else "0"


def _branch(node: ast.If | ast.IfExp | ast.While, source: _Text) -> Iterator[Span]:
    place = source.span(node.test)
    yield Span("branch", *place, "False")
    if not isinstance(node, ast.While):  # it might never end
        yield Span("branch", *place, "True")


def _statement(node: ast.stmt, source: _Text) -> Iterator[Span]:
    value = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    text = isinstance(value, ast.Constant) and isinstance(value.value, str)  # a docstring or a written answer
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Break | ast.Continue) and not text:
        yield Span("statement", *source.span(node), "pass")
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield Span("statement", *source.span(node), "return None")
