"""Files that come in and go out: arrays without pickles, outputs whole or not at all."""

from __future__ import annotations

import gzip
import os
import re
import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["is_array_file", "known", "listed", "read_array", "replaced"]

Array = NDArray[Any]

_FILE = re.compile(r"(?P<path>.+\.(?P<kind>npy|npz|mtx|mtx\.gz|mat))(?::(?P<key>[^:/\\]+))?", re.I)
_PICKLED = "it holds pickled objects, which are refused because loading them can run code."
_LISTED = 12
_MOST = 2**26  # rows or columns: the pointers of a sparse matrix are allocated before its entries


def is_array_file(text: str) -> bool:
    """Whether `text` has the form of an array file, with or without the name of an array in it."""
    return _FILE.fullmatch(text) is not None


def listed(names: Iterable[str]) -> str:
    """Return names for an error line, the first few where they are many."""
    names = list(names)
    return ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")


def known(name: str, names: Iterable[str], what: str, *, every: bool = False) -> None:
    """Refuse a name that is none of `names`; say which it may have been meant to be.

    With `every`, all names are listed, however many: for tables of ours, not for what users bring.
    """
    names = list(names)
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    said = ", ".join(names) if every else listed(names)
    raise ValueError(f"unknown {what} {name!r}{meant} Known: {said or 'none'}.")


def read_array(text: str) -> Any:
    """Return the array in a file, dense or sparse, as it is stored.

    Parameters
    ----------
    text : str
        A path that ends in .npy, .npz, .mtx, .mtx.gz or .mat. For .npz and .mat, ``path:name``
        chooses one of several arrays.

    Returns
    -------
    ndarray, sparse array or sparse matrix

    Raises
    ------
    ValueError
        If there is no such file or array, if the file is damaged, or if it holds pickled objects.
    """
    found = _FILE.fullmatch(text)
    if found is None:
        raise ValueError(f"an array file must end in .npy, .npz, .mtx or .mat; got {text!r}.")
    path, key = found["path"], found["key"]
    if key and found["kind"].lower() not in ("npz", "mat"):
        raise ValueError(f"only .npz and .mat files hold named arrays; got {text!r}.")
    if not os.path.isfile(path):
        what = "is not a file" if os.path.exists(path) else "does not exist"
        raise ValueError(f"{path} {what}.")
    try:
        array = _READERS[found["kind"].lower()](path, key)
        return _sound(array)
    except (_Refused, MemoryError) as error:
        raise ValueError(f"{path}: {str(error) or 'too large for the memory'}") from error
    except Exception as error:
        # Damaged files raise whatever the first failing step raises: of zlib, struct, zipfile, ...
        raise ValueError(f"{path} cannot be read: {_reason(error)}") from error


class _Refused(ValueError):
    """A file that was read well enough to know what is wrong."""


def _reason(error: Exception) -> str:
    text = str(error)
    if "Object arrays" in text:
        return _PICKLED
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"it is damaged, or of another format ({text or type(error).__name__})."


def _sound(array: Any) -> Any:
    if not hasattr(array, "shape"):
        raise _Refused(f"it holds no array there; got {type(array).__name__}.")
    if max(array.shape, default=0) > _MOST:
        raise _Refused(f"at most {_MOST} rows or columns are taken; got shape {array.shape}.")
    if hasattr(array, "check_format"):
        # SciPy trusts stored indices; one out of range would write outside of the memory.
        array.check_format(full_check=True)
    return array


def _chosen(arrays: Mapping[str, Any], key: str | None, path: str) -> Any:
    if key is not None:
        with _as_refusal():
            known(key, arrays, "array")
        return arrays[key]
    if len(arrays) != 1:
        names = f" ({listed(arrays)})" if arrays else ""
        raise _Refused(f"it holds {len(arrays)} arrays{names}; name one, as in {path}:A.")
    return arrays[next(iter(arrays))]


@contextmanager
def _as_refusal() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise _Refused(str(error)) from None


def _read_npy(path: str, key: str | None) -> Any:
    with open(path, "rb") as stream:
        if stream.read(1) == b"\x80":
            raise _Refused(_PICKLED)
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False)


def _read_npz(path: str, key: str | None) -> Any:
    if not zipfile.is_zipfile(path):
        raise _Refused("it is damaged, or no .npz file.")
    with np.load(path, allow_pickle=False) as arrays:
        if key is None and {"format", "shape", "data"} <= set(arrays.files):
            return sparse.load_npz(path)
        return _chosen(arrays, key, path)


def _read_mtx(path: str, key: str | None) -> Any:
    with gzip.open(path) if path.lower().endswith(".gz") else open(path, "rb") as stream:
        if not stream.read().endswith(b"\n"):
            # SciPy takes what is left of a number that was cut off for the number.
            raise _Refused("its last line does not end, so it seems to be truncated.")
    return _isolated(_mtx, path, key)


def _read_mat(path: str, key: str | None) -> Any:
    with open(path, "rb") as stream:
        start = stream.read(128)
    if start.startswith((b"MATLAB 7.3", b"\x89HDF")):
        raise _Refused("MATLAB 7.3 (HDF5) files are not read; save it with the option -v7.")
    return _isolated(_mat, path, key)


def _mtx(path: str, key: str | None) -> Any:
    from scipy import io

    return io.mmread(path)


def _mat(path: str, key: str | None) -> Any:
    from scipy import io

    found = io.loadmat(path, appendmat=False)
    arrays = {name: value for name, value in found.items() if not name.startswith("__")}
    return _chosen(arrays, key, path)


def _isolated(read: Callable[[str, str | None], Any], path: str, key: str | None) -> Any:
    """Read in a process of its own: on some damaged files SciPy's readers crash."""
    from multiprocessing import get_context

    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    reader = context.Process(target=_send, args=(read, path, key, theirs), daemon=True)
    reader.start()
    theirs.close()
    with ours:
        try:
            found = ours.recv()
        except EOFError:
            raise _Refused("it is damaged.") from None
        finally:
            reader.join()
    if isinstance(found, Exception):
        raise found
    return found


def _send(
    read: Callable[[str, str | None], Any], path: str, key: str | None, parent: Connection
) -> None:
    try:
        parent.send(read(path, key))
    except _Refused as error:
        parent.send(error)
    except Exception as error:
        # As text, since not every exception survives the way to another process.
        parent.send(ValueError(str(error) or type(error).__name__))


_READERS = {
    "npy": _read_npy,
    "npz": _read_npz,
    "mtx": _read_mtx,
    "mtx.gz": _read_mtx,
    "mat": _read_mat,
}


@contextmanager
def replaced(path: str) -> Iterator[BytesIO]:
    """Yield a buffer whose content takes the place of the file `path` once the work is done.

    A temporary file is made at once, so that an unwritable place is found before the work. Where
    the work fails, `path` is left as it was.

    Parameters
    ----------
    path : str
        A file that may exist; a device or pipe is written to directly.

    Raises
    ------
    ValueError
        If there cannot be such a file.
    """
    target = _target(path)
    # Asked of the path itself: what /dev/stdout stands for may have no name of its own.
    device = os.path.exists(path) and not os.path.isfile(path)
    # Beside the target, since only within one file system is replacing it a single step.
    part = os.path.join(os.path.dirname(target), f".{secrets.token_hex(8)}.part")
    try:
        stream = open(path, "wb") if device else open(part, "xb")
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}.") from error
    try:
        content = BytesIO()
        yield content
        try:
            _write(stream, content)
            if not device:
                _put_in_place(part, target)
        except OSError as error:
            raise ValueError(f"cannot write {path}: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            stream.close()
        if not device:
            with suppress(OSError):
                os.unlink(part)


def _target(path: str) -> str:
    target = os.path.realpath(path)
    if not path or path.endswith(os.sep) or os.path.isdir(target):
        raise ValueError(f"cannot write {path!r}: it is not the name of a file.")
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise ValueError(f"cannot write {path}: it is write-protected.")
    return target


def _write(stream: BinaryIO, content: BytesIO) -> None:
    with stream:
        stream.write(content.getbuffer())


def _put_in_place(part: str, target: str) -> None:
    if os.path.exists(target):
        shutil.copymode(target, part)
    os.replace(part, target)
