r"""Where outcomes are kept: a file that only grows, whose every line is whole or cut off."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .lock import Lock
from .outcomes import Outcomes
from .specification import differences, digest
from .store_file import CELLS, Stored, header, read_store

__all__ = ["Memory", "Store", "kept"]


class Store:
    """A store that is open for writing, by one process at a time.

    Where all that is asked for is there already, a store that cannot be written to will do.

    Parameters
    ----------
    folder : path
        Made where it does not exist.
    specification : dict
        Of the sweep; a store of another one is refused.

    Raises
    ------
    ValueError
        If another process uses the store, or it belongs to another sweep or is damaged.
    """

    def __init__(self, folder: str | os.PathLike[str], specification: Mapping[str, Any]) -> None:
        self.folder, self._path = Path(folder), Path(folder) / CELLS
        self._own = dict(specification)
        self._lock: Lock | None = None
        self._descriptor = -1
        self._refusal = self._open()
        try:
            self._stored = (
                read_store(folder)
                if os.path.exists(self._path)
                else Stored(None, [], Outcomes(), 0)
            )
            own = self._stored.specification
            # Not by ==, to which true, 1 and 1.0 are the same.
            if own is not None and digest(own) != digest(self._own):
                raise ValueError(
                    f"{folder} is the store of another sweep; "
                    f"{'; '.join(differences(own, specification))}. "
                    "Name another store, or go on with what this one was made with."
                )
            if self._refusal is None:
                self._begin()
        except BaseException:
            self.close()
            raise

    @property
    def specification(self) -> dict[str, Any]:
        """Of the sweep."""
        return self._own

    @property
    def outcomes(self) -> Outcomes:
        """What is stored."""
        return self._stored.outcomes

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """Who computed it, and with what."""
        return self._stored.sessions

    def _open(self) -> str | None:
        """Take the store; return why nothing can be written, if so."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.folder / "lock")
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self._path, flags, 0o666)
        except BlockingIOError:
            raise ValueError(
                f"{self.folder} is in use by another sweep. Wait for it, or name another store."
            ) from None
        except OSError as error:
            self.close()
            return str(error.strerror)
        return None

    def _begin(self) -> None:
        """Cut off what was torn, and write the header of a new store."""
        if os.fstat(self._descriptor).st_size != self._stored.length:
            os.ftruncate(self._descriptor, self._stored.length)
        if self._stored.specification is None:
            self._write(json.dumps(header(self._own)) + "\n")
            _sync_folder(self.folder)

    def require_writable(self) -> None:
        """Refuse, before any work is done, a store that cannot take its results."""
        if self._refusal is not None:
            raise ValueError(f"cannot write to the store {self.folder}: {self._refusal}.")

    def note_session(self, session: Mapping[str, Any]) -> None:
        """Write down who goes on here, and with what."""
        self._write(json.dumps({"session": session}) + "\n")
        self._stored.sessions.append(dict(session))

    def append(self, blocks: Sequence[tuple[Mapping[str, int], int, str]]) -> None:
        """Write outcomes down for good: after it returns, they survive the machine.

        Raises
        ------
        ValueError
            If they cannot be written, for example because the disk is full. What was written
            before is not touched.
        """
        lines = [
            json.dumps({"cell": dict(cell), "first": first, "outcomes": outcomes}) + "\n"
            for cell, first, outcomes in blocks
        ]
        self._write("".join(lines))
        for cell, first, outcomes in blocks:
            self.outcomes.add(cell, first, outcomes)

    def _write(self, text: str) -> None:
        self.require_writable()
        raw, own = text.encode(), os.fstat(self._descriptor)
        end = own.st_size
        if not os.path.exists(self._path) or not os.path.samestat(own, os.stat(self._path)):
            raise ValueError(f"the store {self.folder} was removed or replaced while in use.")
        written = 0
        try:
            try:
                while written < len(raw):
                    written += os.write(self._descriptor, raw[written:])
            finally:
                # Also where Ctrl-C comes in between: what follows must begin a line.
                if written < len(raw):
                    with suppress(OSError):
                        os.ftruncate(self._descriptor, end)
            os.fsync(self._descriptor)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, end)
            raise ValueError(
                f"cannot write to the store {self.folder}: {error.strerror}. What was stored "
                "before is kept; run the same sweep again to go on."
            ) from error

    def look_again(self) -> None:
        """Take what is written for what is known: Ctrl-C may have come between the two."""
        self._stored = read_store(self.folder)

    def close(self) -> None:
        """Let others have the store."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self._lock is not None:
            self._lock.release()
            self._lock = None


class Memory:
    """Stands for a store where none was asked for."""

    folder = None

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self.specification = dict(specification)
        self.outcomes = Outcomes()
        self.sessions: list[dict[str, Any]] = []

    def require_writable(self) -> None:
        """Return, as memory can always be written to."""

    def note_session(self, session: Mapping[str, Any]) -> None:
        """Remember who computes, and with what."""
        self.sessions.append(dict(session))

    def append(self, blocks: Sequence[tuple[Mapping[str, int], int, str]]) -> None:
        """Remember outcomes."""
        for cell, first, outcomes in blocks:
            self.outcomes.add(cell, first, outcomes)

    def look_again(self) -> None:
        """Return, as all that is known is here."""

    def close(self) -> None:
        """Return, as nothing is open."""


@contextmanager
def kept(
    folder: str | os.PathLike[str] | None, specification: Mapping[str, Any]
) -> Iterator[Store | Memory]:
    """Open a store for the time of a sweep; without a folder, outcomes are kept in memory."""
    keep = Memory(specification) if folder is None else Store(folder, specification)
    try:
        yield keep
    finally:
        keep.close()


def _sync_folder(folder: Path) -> None:
    """Make sure that the name of a new file survives, where folders can be synced at all."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
