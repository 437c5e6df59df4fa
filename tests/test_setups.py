"""The table of classical setups: written anew, and in the order that theory asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.compiled

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def setups():
    sys.path.insert(0, str(DOCS))
    try:
        import setups as module
    finally:
        sys.path.remove(str(DOCS))
    return module


def test_the_page_shows_what_the_code_finds(setups):
    # To renew it: python docs/setups.py
    page = setups.PAGE.read_text(encoding="utf-8")
    assert page.split(setups.MARKS[0])[1].split(setups.MARKS[1])[0] == setups.table()


def test_a_dozen_of_them(setups):
    assert len(list(setups.setups())) >= 12


def test_exact_answers_lie_between_the_bounds(setups):
    for setup in setups.setups():
        necessary, published = setups.bounds(setup)
        exact = setups.exact(setup)
        assert necessary <= exact
        assert published is None or exact <= published
