"""Shared by all tests: one seed, and no time limit on examples that may compile a kernel."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest
from hypothesis import settings

# A plugin named by test modules comes too late where their neighbours are read for doctests.
pytest_plugins = ("browser",)

# A first call compiles for seconds, which is no defect of the example that happens to make it.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a generator in the same state for every test, whatever ran before."""
    return np.random.default_rng(0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Give back how NumPy prints, which importing ODL changes for everybody."""
    options = np.get_printoptions()
    try:
        return (yield)
    finally:
        np.set_printoptions(**options)
