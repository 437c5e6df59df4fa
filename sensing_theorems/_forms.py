"""The notation ``name:argument,key=value,...`` and the kinds of values in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._forward import MAX_ENTRIES
from .files import known

__all__ = [
    "Expected",
    "Form",
    "axes",
    "count",
    "integer",
    "natural",
    "one_or_more",
    "positive",
    "sizes",
    "word",
    "yes",
]

# A path may hold commas: only what looks like keys, at the end, is taken for keys.
_PIECES = re.compile(r"(?P<head>.*?)(?P<keys>(?:,\s*\w+\s*=[^,]*)*)", re.DOTALL)


class Expected(Exception):
    """Raised by the parser of a value; says in a few words what the value must be."""


def integer(text: str) -> int:
    """Read an integer."""
    # Nine digits exceed every size here, and a million of them would keep int() busy for long.
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise Expected("an integer")
    return int(text)


def natural(text: str) -> int:
    """Read a non-negative integer."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Expected("a non-negative integer")
    return int(text)


def count(text: str) -> int:
    """Read a positive integer."""
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise Expected("a positive integer")
    return int(text)


def sizes(text: str) -> tuple[int, ...]:
    """Read positive integers joined by x."""
    try:
        return tuple(count(side) for side in text.split("x"))
    except Expected:
        raise Expected("positive integers joined by x") from None


def one_or_more(text: str) -> int | tuple[int, ...]:
    """Read sizes; a single one stands for all axes."""
    found = sizes(text)
    return found if len(found) > 1 else found[0]


def axes(number: int) -> Callable[[str], tuple[int, ...]]:
    """Return a parser of exactly that many sizes."""

    def exactly(text: str) -> tuple[int, ...]:
        found = sizes(text)
        if len(found) != number:
            raise Expected("one size" if number == 1 else f"{number} sizes joined by x")
        return found

    return exactly


def word(text: str) -> str:
    """Read a name; the constructor says which ones there are."""
    if not re.fullmatch(r"[A-Za-z]\w*", text):
        raise Expected("a name")
    return text


def positive(text: str) -> float:
    """Read a positive number."""
    try:
        value = float(text)
    except ValueError:
        raise Expected("a positive number") from None
    if not 0 < value < float("inf"):
        raise Expected("a positive number")
    return value


def yes(text: str) -> bool:
    """Read yes or no."""
    if text not in ("yes", "no"):
        raise Expected("yes or no")
    return text == "yes"


@dataclass(frozen=True)
class Form:
    """How the call of one constructor is written.

    Attributes
    ----------
    build : callable
        The constructor; takes what `head` returns, one by one, and the keys.
    example : str
    head : callable, optional
        Parser of what stands before the first key.
    needs, takes : mapping of str to callable
        Keys that must, and keys that may be given, each with its parser.
    entries : callable, optional
        Takes what `build` takes; returns the size of the largest array that it will make.
    most : int
        Bound for `entries`.
    """

    build: Callable[..., Any]
    example: str
    head: Callable[[str], Sequence[Any]] | None = None
    needs: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    takes: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    entries: Callable[..., int] | None = None
    most: int = MAX_ENTRIES

    def read(self, text: str) -> Any:
        """Build what `text`, all that follows ``name:``, describes."""
        found = _PIECES.fullmatch(text if self.head else f",{text}")
        if found is None:
            raise ValueError(f"must be written as in {self.example}; got {text!r}.")
        if self.head is None:
            if found["head"]:
                raise ValueError(f"must be written as in {self.example}; got {text!r}.")
            head: Sequence[Any] = ()
        elif not (written := found["head"].strip()):
            raise ValueError(f"needs an argument, as in {self.example}.")
        else:
            head = self._value(self.head, "what follows the colon", written)
        keys = self._keys(found["keys"])
        self._check_size(text, head, keys)
        return self.build(*head, **keys)

    def _keys(self, text: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for piece in text.split(",")[1:]:
            key, _, value = (part.strip() for part in piece.partition("="))
            known(key, (*self.needs, *self.takes), "key")
            if key in values:
                raise ValueError(f"the key {key!r} must be given once; it was given again.")
            values[key] = self._value({**self.needs, **self.takes}[key], f"`{key}`", value)
        missing = [key for key in self.needs if key not in values]
        if missing:
            raise ValueError(f"needs {', '.join(missing)}, as in {self.example}.")
        return values

    def _value(self, parser: Callable[[str], Any], what: str, text: str) -> Any:
        try:
            return parser(text)
        except Expected as error:
            raise ValueError(
                f"{what} must be {error}, as in {self.example}; got {text!r}."
            ) from None

    def _check_size(self, text: str, head: Sequence[Any], keys: Mapping[str, Any]) -> None:
        entries = self.entries(*head, **keys) if self.entries else 0
        if entries > self.most:
            raise ValueError(f"at most {self.most} entries are taken; {text} has {entries}.")
