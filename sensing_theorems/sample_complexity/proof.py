r"""A proof that samples determine a model: the rank of their equations modulo a prime.

With integer codes, full rank modulo p is full rank for these codes over the rationals, and hence
for almost all codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._forward import ForwardOperator
from .._primes import is_prime
from ..batches import modular_ranks
from ..models import PieceModel, as_model
from ..modular import echelon
from ..problem import as_operators, check_action
from .residues import MODULI, Modular
from .tangents import Blocks, blocks_of

__all__ = ["Attempt", "SampleCertificate", "prove"]


@dataclass(frozen=True, eq=False)
class SampleCertificate:
    r"""Proof that N samples determine a model locally, for almost all codes.

    .. math:: \operatorname{rank}_p \bigl[C_t A_{g_t} \delta B_{S_t} c_t\bigr]_{t < N} = P

    with integer codes :math:`c_t`, entries read exactly, and P unknowns after the motions inside
    the pieces are taken off. A rank modulo p is at most the rank over the rationals: so these
    equations have no other solution than 0, for the stored entries of basis and operators.

    Attributes
    ----------
    prime : int
    n_operators : int
        L; sample t has operator t mod L.
    supports : ndarray of int, shape (N, s)
        Blocks of every sample: pieces, or atoms of a dictionary.
    codes : ndarray of int, shape (N, K)
        Coefficients of their columns, zeros behind.
    parameters : int
        P.
    counted : bool
        Whether the first N - 1 samples have fewer equations than unknowns, which proves that they
        are too few; another sequence of supports might do with fewer. Else they were found short
        of full rank modulo p for these codes; where almost all codes have full rank modulo p, that
        happens with probability at most P/p (Schwartz, Zippel).
    """

    prime: int
    n_operators: int
    supports: NDArray[np.int64] = field(repr=False)
    codes: NDArray[np.int64] = field(repr=False)
    parameters: int
    counted: bool

    @property
    def samples(self) -> int:
        """Number N of samples."""
        return len(self.supports)

    def verify(self, model: Any, operators: Any, action: Any = None) -> bool:
        """Check the proof against model and operators, in exact arithmetic.

        ``True`` proves that the samples determine the very model that is given here, by the very
        operators: nothing ties the proof to those that it was found for, and it may well hold for
        others. That one sample less is too few is proved where `counted`, and not checked
        elsewhere. The rank is found by another elimination than the one that found the proof.

        Parameters
        ----------
        model : Subspace, UnionOfSubspaces, SparseDictionary or FiniteSet
        operators : operator or sequence of operators
        action : GroupAction, optional
            The proof is of models without symmetry: ``False`` for all but the identity.

        Returns
        -------
        bool

        Raises
        ------
        TypeError
            If `model` is no model, or `action` no action.
        """
        listed, model = as_operators(operators), as_model(model)
        if action is not None:
            check_action(action, getattr(action, "n", model.n))
        still = action is None or all(g.is_identity() for g in action.generators)
        fits = isinstance(model, PieceModel) and all(A.shape[1] == model.n for A in listed)
        if not (still and fits and len(listed) == self.n_operators and _usable(self.prime)):
            return False
        try:
            system = Modular(blocks_of(model), listed, model.field, self.prime)
            dealt = system.checked(self.supports, self.codes)
        except (TypeError, ValueError):
            return False
        parts = system.parts(*dealt)
        proved = all(_rank(part.matrix, self.prime) == part.unknowns for part in parts)
        count = sum(part.unknowns for part in parts) == self.parameters
        return proved and count and (not self.counted or any(part.counted for part in parts))

    def __str__(self) -> str:
        short = "has too few equations" if self.counted else "has less modulo the prime"
        return (
            f"rank {self.parameters} of {self.parameters} modulo {self.prime} for "
            f"N = {self.samples}; this sequence without its last sample {short}"
        )


def _usable(prime: Any) -> bool:
    # With p = 1 mod 4 there is a root of -1, for real models as for complex ones.
    return isinstance(prime, int) and 2 < prime < 2**26 and prime % 4 == 1 and is_prime(prime)


def _rank(matrix: NDArray[np.int64], p: int) -> int:
    return int(modular_ranks(matrix[None], p)[0])


class Attempt(NamedTuple):
    """What exact arithmetic says about samples that floating point found to be enough.

    Attributes
    ----------
    certificate : SampleCertificate or None
        ``None`` where exact arithmetic says something else, or nothing.
    needed : int or None
        Number of samples that are enough modulo a prime; ``None`` if all are not.
    curve : ndarray of int, shape (N + 1,), or None
        Rank after 0, ..., N samples.
    silent : bool
        Whether operators lose a code of the model, of which the proof cannot speak.
    """

    certificate: SampleCertificate | None = None
    needed: int | None = None
    curve: NDArray[np.int64] | None = None
    silent: bool = False


def prove(
    blocks: Blocks,
    operators: Sequence[ForwardOperator],
    field: str,
    supports: Sequence[tuple[int, ...]],
    parameters: int,
    rng: np.random.Generator,
) -> Attempt:
    """Try to prove that samples determine a model, and that none can be spared."""
    attempt = Attempt()
    for p in MODULI[:2]:
        try:
            system = Modular(blocks, operators, field, p)
        except ValueError:
            continue
        attempt = _attempt(system, np.array(supports, np.int64), parameters, rng)
        if attempt.needed is not None or attempt.silent:
            break
    return attempt


def _attempt(
    system: Modular, supports: NDArray[np.int64], parameters: int, rng: np.random.Generator
) -> Attempt:
    codes, total = system.draw_codes(supports, rng), len(supports)
    parts = system.parts(supports, codes)
    if sum(part.unknowns for part in parts) != parameters:
        # Pieces overlap: the model has motions that leave it where it is, known in floats only.
        return Attempt(silent=True)
    gains = np.zeros(total + 1, np.int64)
    for part in parts:
        pivots = echelon(part.matrix.T, system.p).columns
        np.add.at(gains, part.samples[pivots] + 1, 1)
    curve = np.cumsum(gains)
    if curve[-1] < parameters:
        return Attempt(curve=curve, silent=system.skipped)
    needed = int(np.flatnonzero(curve == parameters)[0])
    if needed < total:
        return Attempt(needed=needed, curve=curve)
    counted = any(part.counted for part in parts)
    n_operators = len(system.operators)
    proof = SampleCertificate(system.p, n_operators, supports, codes, parameters, counted)
    return Attempt(proof, needed, curve)
