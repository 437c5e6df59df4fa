"""Titles: folded to the room that there is, and refused where they could not be drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.cbook import is_math_text
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from .style import room

__all__ = ["set_title", "write_title"]

# Formulas are not broken at the spaces in them, nor is "k = 4".
_WORD = re.compile(r"(?:(?<!\\)\$.*?(?<!\\)\$|[^ \t]| (?=[=<>≤≥] )|(?<= [=<>≤≥]) )+")
# Letters are drawn at whole pixels, which takes up to so much more than their outlines.
_PIXELS = 1.08


def set_title(ax: Axes, title: str | None, wider: float = 1.1) -> None:
    """Give axes a title, or none, as wide as they are with what stands beside them."""
    if title is not None:
        write_title(ax.title, title, wider * room(ax))


def write_title(artist: Text, title: str, points: float) -> None:
    """Make an artist a title, in lines of at most so many points.

    Raises
    ------
    TypeError
        If it is no string.
    ValueError
        If it holds a formula that Matplotlib cannot read.
    """
    if not isinstance(title, str):
        raise TypeError(f"a title must be a string; got {type(title).__name__}.")
    font, formulas = artist.get_fontproperties(), artist.get_parse_math() and is_math_text(title)

    def width(text: str) -> float:
        math = formulas and is_math_text(text) and not rcParams["text.usetex"]
        return _PIXELS * float(text_to_path.get_text_width_height_descent(text, font, math)[0])

    try:
        lines = [line for part in title.split("\n") for line in _lines(part, width, points)]
    except ValueError:
        text = f"a title must be plain text, or formulas that Matplotlib can read; got {title!r}."
        raise ValueError(text) from None
    # Two of three dollars may have come into one line.
    artist.set_parse_math(formulas or not any(map(is_math_text, lines)))
    artist.set_text("\n".join(lines))


def _lines(text: str, width: Callable[[str], float], points: float) -> list[str]:
    lines = [""]
    for word in _WORD.findall(text):
        for piece in _pieces(word, width, points):
            longer = f"{lines[-1]} {piece}".lstrip(" ")
            if width(longer) <= points or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, width: Callable[[str], float], points: float) -> Iterator[str]:
    """Break a word that is too long for any line; a formula stays whole."""
    while width(word) > points and len(word) > 1 and "$" not in word:
        end = next((i for i in range(2, len(word)) if width(word[:i]) > points), len(word)) - 1
        yield word[:end]
        word = word[end:]
    yield word
