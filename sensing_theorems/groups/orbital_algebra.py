r"""Multiplicities of any group of signed permutations, from the algebra of its orbitals.

The matrices :math:`A_k` of the orbitals span the commutant
:math:`\mathrm{End}_G \cong \bigoplus_j M_{c_j}(\mathbb{C})`, of dimension
:math:`d = \sum_j c_j^2`. Multiplication from the left by a random Hermitian H of it is a
Hermitian :math:`d \times d` matrix: d may be 2 where n is thousands and |G| astronomical. Then

* H has :math:`c_j` eigenvalues in block j, and each occurs :math:`c_j` times;
* the eigenspace of one of them, :math:`\{E X\}` for a projector E of the commutant, holds the
  identity with squared length :math:`\operatorname{tr} E = s_j`;
* transposition has the trace :math:`\nu_j c_j` on block j, with the Frobenius–Schur indicator.

Everything is an integer, and the sums :math:`\sum_j c_j^2 = d`, :math:`\sum_j s_j c_j = n` and
:math:`\sum_j \nu_j c_j` are counted exactly: a draw that fails is drawn again.

Notes
-----
The second and third facts are derived here. *Sketch.* Left multiplication by E projects on
:math:`\{EX\}`; the projection of I is E itself, and
:math:`\langle I, E \rangle = \operatorname{tr} E`, which on :math:`W_j \otimes \mathbb{C}^{c_j}` is
:math:`s_j`. Transposition is an involution of the algebra that exchanges conjugate blocks, and on a
self-conjugate block is that of symmetric matrices for real type, with trace
:math:`c(c+1)/2 - c(c-1)/2 = c`, and the symplectic one for quaternionic type, with trace -c.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .irreps import ComplexIrrep, Irreps
from .orbit_classes import OrbitClasses, stacked
from .signed import SignedPermutation

__all__ = ["Orbitals", "irreps_by_orbitals"]

_DRAWS = 8
_SAME = 1e-8
_WHOLE = 1e-5


@dataclass(frozen=True, eq=False)
class Orbitals:
    """Orbitals of signed permutations, see `sensing_theorems._kernels.orbitals.label_pairs`.

    Attributes
    ----------
    labels, entries : ndarray, (n, n)
        Number of the orbital of each pair, and its sign.
    firsts, sizes : ndarray of int, (d,)
    """

    labels: np.ndarray
    entries: np.ndarray
    firsts: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, generators: Sequence[SignedPermutation]) -> Orbitals:
        """Orbitals of the group that the generators generate."""
        from .._kernels.orbitals import label_pairs

        return cls(*label_pairs(*stacked(generators)))

    @property
    def n(self) -> int:
        """Number of points."""
        return self.labels.shape[0]

    @property
    def count(self) -> int:
        r"""Dimension d of the commutant, :math:`\sum_j c_j^2`."""
        return self.firsts.size

    def transposed(self) -> tuple[np.ndarray, np.ndarray]:
        r"""k* and sign of :math:`A_k^\top = \tau_k A_{k^*}`."""
        p, q = np.divmod(self.firsts, self.n)
        return self.labels[q, p].astype(np.int64), self.entries[q, p].astype(np.int64)

    def multiplication(self, weights: np.ndarray, from_left: bool) -> np.ndarray:
        r"""Multiplication by :math:`\sum_k w_k A_k`, in the orthonormal basis of the orbitals."""
        from .._kernels.orbitals import products

        plain = products(
            self.labels, self.entries, self.firsts, weights.astype(np.complex128), from_left
        )
        root = np.sqrt(self.sizes)
        plain *= root[:, None]
        plain /= root
        return plain

    def sample(self, rng: np.random.Generator, real: bool) -> np.ndarray:
        r"""Draw a generic :math:`\sum_k w_k A_k`, (n, n), with real or complex weights."""
        weights = rng.standard_normal(self.count)
        if not real:
            weights = weights + 1j * rng.standard_normal(self.count)
        # The norm of A_k as an operator grows with its size; unscaled, large ones would dominate.
        return np.append(weights / np.sqrt(self.sizes), 0.0)[self.labels] * self.entries

    def identity(self, offsets: np.ndarray) -> np.ndarray:
        """Coordinates of the identity of each block of points, (blocks, d)."""
        out = np.zeros((len(offsets) - 1, self.count))
        for block, (low, high) in enumerate(itertools.pairwise(offsets)):
            number = self.labels[low, low]
            out[block, number] = np.sqrt(high - low)
        return out


@dataclass(frozen=True, eq=False)
class _Subject:
    """Whose multiplicities are asked for: invariant matrices, and how often each counts.

    Attributes
    ----------
    projectors : ndarray, (r, d)
        Coordinates of orthogonal projectors on invariant subspaces.
    copies : sequence of int, (r,)
    n : int
        Dimension, the sum of copies times ranks.
    """

    projectors: np.ndarray
    copies: Sequence[int]
    n: int


def irreps_by_orbitals(
    classes: OrbitClasses, orbitals: Orbitals, image: np.ndarray | None = None
) -> Irreps:
    """Table of the action, given its orbits and the orbitals of `classes.reduced`.

    Parameters
    ----------
    classes : OrbitClasses
    orbitals : Orbitals
    image : ndarray, (n, n), optional
        An orthogonal projector that commutes with the action on `classes.reduced`: then the table
        is that of its image, whatever the copies.

    Raises
    ------
    ArithmeticError
        If no draw passes its certificate.
    """
    identity = orbitals.identity(classes.offsets)
    subject = _Subject(identity, classes.copies, classes.generators[0].n)
    if image is not None:
        coordinates = image.reshape(-1)[orbitals.firsts] * np.sqrt(orbitals.sizes)
        subject = _Subject(coordinates[None], (1,), round(float(np.trace(image))))
    for seed in range(_DRAWS):
        rows = _draw(orbitals, identity.sum(axis=0), subject, np.random.default_rng(seed))
        if rows is not None:
            counts: dict[tuple[int, int, int], int] = {}
            for row in rows:
                counts[row] = counts.get(row, 0) + 1
            return Irreps(tuple(ComplexIrrep(*key, counts[key]) for key in sorted(counts)))
    raise ArithmeticError(
        f"no decomposition of this action passed its integer certificate (sum of c^2 must be "
        f"{orbitals.count} on one orbit of each type) in {_DRAWS} draws."
    )


def _draw(
    orbitals: Orbitals, identity: np.ndarray, subject: _Subject, rng: np.random.Generator
) -> list[tuple[int, int, int]] | None:
    """Rows (s, c, indicator), one per irrep, or ``None`` if they are not certified."""
    opposite, sign = orbitals.transposed()
    values, vectors = _spectrum(orbitals, opposite, sign, rng)
    cuts = np.flatnonzero(np.diff(values) > _SAME * max(np.abs(values).max(), 1e-300)) + 1
    edges = np.concatenate([[0], cuts, [values.size]])
    sizes = np.diff(edges)
    # Traces over every eigenspace: of transposition, and of each projector.
    moved = np.empty_like(vectors)
    moved[opposite] = sign[:, None] * vectors
    turned = np.add.reduceat(np.sum(vectors.conj() * moved, axis=0).real, edges[:-1])
    held = vectors.conj().T @ identity
    dims = np.add.reduceat(np.abs(held) ** 2, edges[:-1])
    shares = np.add.reduceat((subject.projectors @ vectors * held).real, edges[:-1], axis=1)
    rows, exact = [], 0
    for members in _grouped(orbitals, vectors, edges, rng):
        c = int(sizes[members[0]])
        if len(members) != c or np.any(sizes[members] != c):
            return None
        s = _integer(dims[members[0]])
        if s is None or s < 1 or np.abs(dims[members] - s).max() > _WHOLE:
            return None
        own = [_integer(share / s) for share in shares[:, members].sum(axis=1)]
        indicator = _integer(turned[members].sum() / c)
        if any(k is None or k < 0 for k in own) or indicator not in (-1, 0, 1):
            return None
        exact += indicator * c
        rows.append((s, int(np.dot(subject.copies, own)), indicator))  # type: ignore[arg-type]
    if exact != int(sign[opposite == np.arange(opposite.size)].sum()):
        return None
    if sum(s * c for s, c, _ in rows) != subject.n:
        return None
    return [row for row in rows if row[1]]


def _spectrum(
    orbitals: Orbitals, opposite: np.ndarray, sign: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of multiplication by a random Hermitian element."""
    d = orbitals.count
    symmetric = bool(np.all(opposite == np.arange(d)) and np.all(sign == 1))
    drawn = rng.standard_normal(d) + (0 if symmetric else 1j * rng.standard_normal(d))
    # The norm of A_k as an operator grows with its size; unscaled, large orbitals would dominate.
    drawn = drawn / np.sqrt(orbitals.sizes)
    weights = drawn.copy()
    weights[opposite] += drawn.conj() * sign
    left = orbitals.multiplication(weights, from_left=True)
    # All elements symmetric: they commute, and a real one tells as much.
    return np.linalg.eigh(left.real if symmetric else left)


def _grouped(
    orbitals: Orbitals, vectors: np.ndarray, edges: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Eigenspaces by irrep: multiplication from the right has equal traces on those of one."""
    sizes = np.diff(edges)
    groups = [np.array([at]) for at in np.flatnonzero(sizes == 1)]
    several = np.flatnonzero(sizes > 1)
    if not several.size:
        return groups
    drawn = rng.standard_normal(orbitals.count) + 1j * rng.standard_normal(orbitals.count)
    right = orbitals.multiplication(drawn / np.sqrt(orbitals.sizes), from_left=False)
    traces = np.add.reduceat(np.sum(vectors.conj() * (right @ vectors), axis=0), edges[:-1])
    spread = np.abs(traces[several]).max()
    while several.size:
        near = np.abs(traces[several] - traces[several[0]]) <= _SAME * spread
        groups.append(several[near])
        several = several[~near]
    return groups


def _integer(value: float) -> int | None:
    nearest = round(float(value))
    return nearest if abs(value - nearest) <= _WHOLE else None
