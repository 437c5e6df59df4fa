r"""The learnability Gram matrix of a mask in isotypic coordinates, for any orthogonal action.

With rows :math:`a_u` of A and their blocks :math:`B_{j,u} \in \mathbb{C}^{s_j \times c_j}`,

.. math:: M(S) = \frac{1}{|G|} \sum_g T_g^\top A^\top A\, T_g
          \cong \bigoplus_j I_{s_j} \otimes \frac{1}{s_j} \sum_{u \in S} B_{j,u}^H B_{j,u}

by Schur's orthogonality (derived here): additive in u, and positive definite exactly if the stack
has rank n. See `sensing_theorems.block_engines` for the block form of the stack itself.
"""

from __future__ import annotations

import numpy as np

from ..groups.action import GroupAction
from ..operators import fourier, real_form
from .orbit_gram import SOFT
from .units import Units

__all__ = ["BlockGram", "check_cost"]

_ENTRIES = 2**25
_WORK = 2e10
_AT_ONCE = 256


def check_cost(units: Units, action: GroupAction, budget: int) -> None:
    """Refuse a search in isotypic blocks that would take more than about a minute.

    Raises
    ------
    ValueError
        If the coordinates of all rows have more than 2**25 entries, or the search takes more than
        2e10 multiplications; or if the action has no isotypic coordinates.
    """
    if not action.has_transform:
        raise ValueError(
            f"a mask for {action.name} needs isotypic coordinates, or entries that the group "
            "permutes; it has neither."
        )
    rows = units.n * (2 if units.frequencies else 1)
    wide = sum(r.count * r.dim * r.multiplicity**2 for r in action.irreps.complex) / 2
    entries, work = rows * units.n / 2, rows * wide * min(budget, units.count)
    if entries > _ENTRIES or work > _WORK:
        raise ValueError(
            f"{action.name} does not permute {'frequencies' if units.frequencies else 'pixels'}, "
            f"and masks for such actions are searched with at most {_ENTRIES:.1e} coordinates and "
            f"{_WORK:.1e} multiplications; {units.text(budget)} would take {entries:.1e} and "
            f"{work:.1e}. Take a smaller array or budget."
        )


class BlockGram:
    """Blocks of M for masks whose entries the group mixes.

    Parameters
    ----------
    units : Units
    action : GroupAction
        Orthogonal, with isotypic coordinates.
    share : float
        As for `OrbitGram`.
    """

    exact = False

    def __init__(self, units: Units, action: GroupAction, share: float) -> None:
        self.n = units.n
        self.soft = SOFT * share
        families, views = action.transform.families, action.transform.views
        found: list[list[np.ndarray]] = [[] for _ in families]
        for rows in self._rows(units):
            parts = action.transform.analyze_real(rows.reshape(-1, self.n))
            for kept, part, view in zip(found, parts, views, strict=True):
                part = part.real if view.real.all() else part
                _, k, s, c = part.shape
                own = part.reshape(*rows.shape[:2], k, s, c).transpose(2, 0, 1, 3, 4)
                kept.append(own.reshape(k, rows.shape[0], -1, c) / np.sqrt(s))
        # Per family: (k, n, rows of an entry, c).
        self._blocks = [np.concatenate(kept, axis=1) for kept in found]
        self._weights = [
            view.weights * family.dim for family, view in zip(families, views, strict=True)
        ]
        self.work = sum(
            k * c * c * (share * n * q + 10.0 * c) for k, n, q, c in map(np.shape, self._blocks)
        )

    def _rows(self, units: Units) -> list[np.ndarray]:
        """Real rows of every entry, (n, 1 or 2, n), a few at a time."""
        if not units.frequencies:
            starts = range(0, self.n, _AT_ONCE)
            return [np.eye(min(_AT_ONCE, self.n - s), self.n, s)[:, None] for s in starts]
        whole = real_form(fourier(np.ones(units.shape, dtype=bool))).to_dense()
        pairs = whole.reshape(2, self.n, self.n).transpose(1, 0, 2)
        return [pairs[s : s + _AT_ONCE] for s in range(0, self.n, _AT_ONCE)]

    def _gram(self, mask: np.ndarray) -> list[np.ndarray]:
        """Blocks of M, (k, c, c) per family."""
        grams = []
        for block in self._blocks:
            own = block[:, mask].reshape(block.shape[0], -1, block.shape[3])
            grams.append(own.conj().transpose(0, 2, 1) @ own)
        return grams

    def _spectra(self, mask: np.ndarray) -> list[np.ndarray]:
        """Eigenvalues of the blocks, (k, c) per family; what rounding explains is zero."""
        found = [np.linalg.eigvalsh(gram) for gram in self._gram(mask)]
        largest = max(float(values.max()) for values in found)
        small = 64 * self.n * np.finfo(float).eps * largest
        return [np.where(values > small, values, 0.0) for values in found]

    def eigenvalues(self, mask: np.ndarray) -> np.ndarray:
        """All n eigenvalues of M, increasing."""
        parts = [
            np.repeat(values, weights, axis=0).reshape(-1)
            for values, weights in zip(self._spectra(mask), self._weights, strict=True)
        ]
        return np.sort(np.concatenate(parts))

    def scores(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least eigenvalue, and log det of M + soft I, of masks (b, n)."""
        least, volume = np.empty(len(masks)), np.empty(len(masks))
        for i, mask in enumerate(masks):
            spectra = self._spectra(mask)
            least[i] = min(float(values.min()) for values in spectra)
            volume[i] = sum(
                float(weights @ np.log(self.soft + values).sum(axis=1))
                for values, weights in zip(spectra, self._weights, strict=True)
            )
        return least, volume

    def pull(self, mask: np.ndarray, power: int) -> np.ndarray:
        """What each entry would add to first order, tr (M + soft I)^-power M_u, shape (n,)."""
        gains = np.zeros(self.n)
        for gram, block, weights in zip(self._gram(mask), self._blocks, self._weights, strict=True):
            k, n, q, c = block.shape
            inverse = np.linalg.inv(gram + self.soft * np.eye(c))
            own = block.reshape(k, n * q, c)
            moved = own @ np.linalg.matrix_power(inverse, power)
            energy = np.einsum("kic,kic->ki", moved, own.conj()).real.reshape(k, n, q)
            gains += weights @ energy.sum(axis=2)
        return gains
