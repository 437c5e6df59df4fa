"""The one place that asks Numba to compile."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar, overload

import numba

__all__ = ["njit"]

CACHE_SWITCH = "SENSING_THEOREMS_NUMBA_CACHE"

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


@overload
def njit(kernel: Kernel) -> Kernel: ...
@overload
def njit(**options: Any) -> Callable[[Kernel], Kernel]: ...
def njit(kernel: Kernel | None = None, **options: Any) -> Any:
    """Compile a kernel at its first call, without the GIL, cached on disk where that is possible.

    Parameters
    ----------
    kernel : callable
        The function to compile; left out when used as ``@njit(fastmath=True)``.
    **options
        Further options of `numba.njit`. ``cache`` is decided here and cannot be given.

    Returns
    -------
    callable
        The compiled kernel, or `kernel` itself under ``NUMBA_DISABLE_JIT=1``.

    Notes
    -----
    Numba renews a cached kernel when its own file changes, and only then: a kernel may call
    kernels of its own file, and takes tolerances as arguments instead of importing constants.
    The environment variable ``SENSING_THEOREMS_NUMBA_CACHE=0`` turns the cache off.
    """
    if "cache" in options:
        raise TypeError(
            f"`cache` is decided by njit and the variable {CACHE_SWITCH}; leave it out."
        )
    if kernel is None:
        return lambda function: njit(function, **options)
    options = {"nogil": True, **options}
    if os.environ.get(CACHE_SWITCH, "1") != "0":
        try:
            return numba.njit(kernel, cache=True, **options)
        except RuntimeError:
            # Numba looks for a writable directory while decorating, so without this a read-only
            # installation and no home would make the import itself fail.
            pass
    return numba.njit(kernel, **options)
