"""What code says: its text without comments, docstrings and layout, and the variables it uses."""

from __future__ import annotations

import ast
import dis
import hashlib
import linecache
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from types import CodeType
from typing import Any, NamedTuple

__all__ = ["Names", "code_digest", "names", "short_hash"]

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def short_hash(raw: bytes) -> str:
    """Return 64 bits of SHA-256, in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()[:16]


def code_digest(code: CodeType) -> str:
    """Return a hash of what code says.

    That is its text, if its file still holds what is run; otherwise its instructions, which are
    those of one version of Python. A lambda, whose text is that of the whole line, always counts by
    its instructions.
    """
    # Remembered, since a file may be edited while what it said before is still being run.
    return _digest(code.co_filename, code)


@cache
def _digest(filename: str, code: CodeType) -> str:
    text = None if code.co_name == "<lambda>" else _text(filename, code)
    return short_hash((repr(_instructions(code)) if text is None else text).encode())


def _text(filename: str, code: CodeType) -> str | None:
    linecache.checkcache(filename)
    wanted = _instructions(code)
    for candidate, node in _functions("".join(linecache.getlines(filename))):
        if candidate.co_qualname == code.co_qualname and _instructions(candidate) == wanted:
            return ast.unparse(node)
    return None


@lru_cache(maxsize=16)
def _functions(source: str) -> list[tuple[CodeType, ast.AST]]:
    """All functions of a file: as it is compiled now, and without docstrings."""
    try:
        tree = ast.parse(source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = compile(source, "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return []
    nodes = {}
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            nodes[first, node.name] = node
        if isinstance(node, _FUNCTIONS | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    keyed = [(code, nodes.get((code.co_firstlineno, code.co_name))) for code in _inside(compiled)]
    return [(code, node) for code, node in keyed if node is not None]


def _inside(code: CodeType) -> Iterator[CodeType]:
    """Code, and all that is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _inside(constant)


def _instructions(code: CodeType) -> tuple[Any, ...]:
    # With their arguments, not the places of those: a docstring shifts the places.
    steps = [(step.opname, _argument(step.argval)) for step in dis.get_instructions(code)]
    about = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_varnames)
    return (*about, code.co_flags, code.co_exceptiontable, tuple(steps))


def _argument(value: Any) -> Any:
    if isinstance(value, CodeType):
        return _instructions(value)
    if isinstance(value, tuple):
        return tuple(map(_argument, value))
    # Sets of strings come in another order in every process.
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


class Names(NamedTuple):
    """Variables of code that are not its own."""

    read: frozenset[str]
    assigned: frozenset[str]


@cache
def names(code: CodeType) -> Names:
    """Return the globals that code reads and the outer variables that it assigns.

    Those of functions, comprehensions and generator expressions within it are included.
    """
    read, assigned = set(), set()
    for part in _inside(code):
        for step in dis.get_instructions(part):
            name, outer = step.opname, step.argval in part.co_freevars
            if name.startswith("LOAD_") and ("GLOBAL" in name or name == "LOAD_NAME"):
                read.add(step.argval)
            if name == "STORE_GLOBAL" or (name == "STORE_DEREF" and outer):
                assigned.add(step.argval)
    return Names(frozenset(read), frozenset(assigned))
