"""Checkpoints: all that a training needs to go on, in a file that is whole or not there."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

import torch

from ..files import replaced

__all__ = ["Checkpoint", "fingerprint"]

_FORM = 2
_NONE: Mapping[str, str] = MappingProxyType({})


class Checkpoint:
    """A file with the state of one training, written after some steps and read when it goes on.

    Parameters
    ----------
    path : str or os.PathLike, optional
        Without one, nothing is kept.
    fingerprints : mapping of str to str
        Of everything that the outcome depends on, by what it is: a state of another training is
        refused.
    session : mapping, optional
        What trains now, see `training_session`.

    Attributes
    ----------
    sessions : list of dict
        All that a share of the steps was taken in, the first of them first.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        fingerprints: Mapping[str, str] = _NONE,
        session: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = None if path is None else os.fspath(path)
        self.fingerprints = dict(fingerprints)
        self.sessions: list[dict[str, Any]] = []
        self._session = None if session is None else dict(session)

    def write(self, state: dict[str, Any]) -> None:
        """Keep a state of tensors and plain values in place of the one before."""
        if self._session is not None and self._session not in self.sessions:
            self.sessions.append(self._session)
        if self.path is None:
            return
        os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
        content = {
            "form": _FORM,
            "fingerprints": self.fingerprints,
            "sessions": self.sessions,
            "state": state,
        }
        with replaced(self.path) as stream:
            torch.save(content, stream)

    def read(self) -> dict[str, Any] | None:
        """Return the state that was kept last; ``None`` if there is none.

        Raises
        ------
        ValueError
            If the file is damaged, or of another training.
        """
        if self.path is None or not os.path.exists(self.path):
            return None
        found = self._content(self.path)
        kept = found["fingerprints"]
        names = [*self.fingerprints, *(name for name in kept if name not in self.fingerprints)]
        other = [name for name in names if kept.get(name) != self.fingerprints.get(name)]
        if other:
            raise ValueError(
                f"a checkpoint must be of the same {', '.join(self.fingerprints)}; {self.path} is "
                f"of other {', '.join(other)}{_written_by(found['sessions'])}. Choose another "
                "store, or remove it."
            )
        self.sessions = list(found["sessions"])
        return dict(found["state"])

    @staticmethod
    def _content(path: str) -> dict[str, Any]:
        with open(path, "rb") as stream:
            content = stream.read()
        try:
            # Tensors and plain values only: a file may not run code.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
        except Exception as error:
            # Whatever the first failing step raises: of zip files, of unpickling, of tensors.
            raise ValueError(
                f"{path} must be a checkpoint; it is damaged, or of another format."
            ) from error
        if (
            not isinstance(found, dict)
            or found.get("form") != _FORM
            or not {"state", "fingerprints", "sessions"} <= set(found)
        ):
            raise ValueError(f"{path} must be a checkpoint of form {_FORM}; it is none.")
        return found


def _written_by(sessions: list[dict[str, Any]]) -> str:
    """Which code wrote a checkpoint: that of another version may round otherwise."""
    if not sessions:
        return ""
    last = sessions[-1]
    commit = f", commit {last['commit'][:12]}" if last["commit"] else ""
    return f" (written by version {last['versions']['sensing_theorems']}{commit})"


def fingerprint(*parts: Any) -> str:
    """Digest of tensors, of texts, and of lists of them."""
    digest = hashlib.sha256()
    for part in _leaves(parts):
        if isinstance(part, torch.Tensor):
            array = part.detach().cpu().resolve_conj().contiguous().numpy()
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(array.tobytes())
        else:
            digest.update(repr(part).encode())
        digest.update(b";")
    return digest.hexdigest()


def _leaves(part: Any) -> Any:
    if isinstance(part, list | tuple):
        for inner in part:
            yield from _leaves(inner)
    elif isinstance(part, dict):
        for key in sorted(part):
            yield key
            yield from _leaves(part[key])
    else:
        yield part
