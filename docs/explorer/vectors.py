"""Setups with what `sensing_theorems` says of them: the explorer must say the same."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isinf
from typing import Any

import numpy as np

import sensing_theorems as st
from sensing_theorems import evidence
from sensing_theorems.model_dims import max_model_dims
from sensing_theorems.specs import parse_action
from sensing_theorems.tasks import bounds, group_bounds

__all__ = ["operators", "vectors"]

# Modality, symmetry as in the address, size, amount, k; None: k unknown.
ONE = (
    ("inpainting", "shifts", "28x28", 64, 12),
    ("inpainting", "shifts", "8x8", 5, 1),
    ("inpainting", "shifts", "8x8", 64, 2),
    ("inpainting", "shifts", "30", 4, 1),
    ("inpainting", "shifts", "5x6", 7, "2.5"),
    ("inpainting", "shifts&stride=2", "8x8", 3, 2),
    ("inpainting", "shifts&stride=2", "8x8", 20, 2),
    ("inpainting", "shifts&stride=2&channels=3", "6x10", 30, 4),
    ("inpainting", "shifts&channels=3", "7x9", 21, 8),
    ("inpainting", "shifts&stride=4", "16", 4, 0),
    ("inpainting", "shifts&stride=4", "16", 9, 2),
    ("inpainting", "trivial", "6x6", 30, 2),
    ("inpainting", "trivial", "36", 36, 2),
    ("inpainting", "trivial", "4x3x5", 60, None),
    ("inpainting", "reflections&axis=0", "7x4", 15, 1),
    ("inpainting", "reflections&axis=1", "7x4", 15, 3),
    ("inpainting", "reflections&axis=0", "9", 4, 1),
    ("inpainting", "quarter_turns", "6x6", 8, 1),
    ("inpainting", "quarter_turns", "6x6", 15, 2),
    ("inpainting", "quarter_turns", "7x7", 13, 0),
    ("inpainting", "quarter_turns", "7x7", 40, 4),
    ("inpainting", "quarter_turns", "1x1", 1, 0),
    ("inpainting", "dihedral", "6x6", 5, 1),
    ("inpainting", "dihedral", "6x6", 17, 3),
    ("inpainting", "dihedral", "7x7", 20, "1.25"),
    ("inpainting", "dihedral", "2x2", 2, 1),
    ("inpainting", "dihedral", "1x1", 1, 1),
    ("inpainting", "kravchuk_rotations", "8x8", 20, 3),
    ("inpainting", "polar_rotations", "4x9", 6, 1),
    ("inpainting", "polar_rotations", "5x8", 5, None),
    ("inpainting", "symmetric", "12", 3, 1),
    ("inpainting", "symmetric", "2", 1, 1),
    ("mri_cartesian", "shifts", "8x8", 2, 1),
    ("mri_cartesian", "shifts", "8x6", 5, 3),
    ("mri_cartesian", "shifts", "7x4", 4, 1),
    ("mri_cartesian", "quarter_turns", "8x8", 2, 2),
    ("mri_cartesian", "trivial", "6x5", 3, 1),
    ("mri_radial", "shifts", "8x8", 2, 1),
    ("mri_radial", "dihedral", "7x7", 3, 2),
    ("ct", "quarter_turns", "8x8", 4, 1),
    ("ct", "quarter_turns", "8x8", 3, 1),
    ("ct", "dihedral", "9x9", 2, 1),
    ("ct", "kravchuk_rotations", "12x12", 5, 4),
    ("ct", "shifts", "9x9", 7, 6),
    ("ct", "reflections&axis=1", "8x8", 5, 2),
    ("blur", "shifts", "8x8", 21, 3),
    ("blur", "quarter_turns", "8x8", 33, 3),
    ("superres", "shifts", "8x8", 2, 3),
    ("superres", "shifts&stride=2", "8x8", 2, 3),
    ("superres", "quarter_turns", "9x9", 3, 1),
    ("superres", "shifts", "12", 3, "0.5"),
    ("single_pixel", "shifts", "6x6", 12, 2),
    ("single_pixel", "dihedral", "8x8", 9, 1),
    ("gaussian", "shifts", "30", 10, 3),
    ("gaussian", "shifts", "30", 8, 3),
    ("gaussian", "shifts", "8x8", 21, 6),
    ("gaussian", "shifts", "8x8", 64, 6),
    ("gaussian", "trivial", "20", 19, 4),
    ("gaussian", "quarter_turns", "6x6", 9, None),
    ("gaussian", "quarter_turns", "6x6", 15, 2),
    ("gaussian", "quarter_turns", "6x6", 14, 2),
    ("gaussian", "polar_rotations", "5x12", 14, 4),
    ("gaussian", "disk_rotations", "16", 20, 5),
    ("gaussian", "disk_rotations", "2", 1, 1),
    ("gaussian", "disk_rotations", "64", 40, 3),
    ("gaussian", "ball_rotations", "4", 3, 1),
    ("gaussian", "ball_rotations", "6", 60, 4),
    ("gaussian", "ball_rotations", "2", 2, 1),
    ("gaussian", "symmetric", "9", 4, 1),
    ("gaussian", "symmetric", "1", 1, 0),
    ("gaussian", "kravchuk_rotations", "7x7", 14, 3),
    ("matrix", "disk_rotations", "9", 5, 2),
)
# Size, operators, rows of each, k.
SEVERAL = (
    ("several", "28x28", 40, 32, 12),
    ("several", "28x28", 40, 20, 12),
    ("several", "5x10", 10, 16, 10),
    ("several", "50", 10, 15, 10),
    ("several", "50", 10, 14, 10),
    ("several", "50", 5, 9, 4),
    ("several", "12", 4, 2, 1),
    ("several", "12", 5, 4, "1.5"),
    ("several", "7", 2, 7, 3),
    ("several", "4x4", 3, 6, None),
    ("several_masks", "6x6", 5, 14, 4),
    ("several_masks", "6x6", 5, 7, 4),
)


def operators(look: str, shape: tuple[int, ...], n: int, amount: int, count: int = 1) -> Any:
    """Operators of a modality that give as many independent measurements as any can."""
    ops = st.operators
    if look in ("inpainting", "several_masks"):
        # Each mask starts where the one before ends, so that they see as much as they can.
        places = (np.arange(amount) + i * amount for i in range(count))
        masks = [np.isin(np.arange(n), p % n) for p in places]
        return [ops.inpainting(mask) for mask in masks]
    if look == "mri_cartesian":
        # A line and its mirror image say the same of a real image; 0 mirrors itself.
        order = sorted(range(shape[0]), key=lambda i: (2 * i > shape[0], (2 * i) % shape[0] == 0))
        lines = np.isin(np.arange(shape[0]), order[:amount])
        return [ops.fourier(lines[:, None] & np.ones(shape, bool))]
    if look == "ct":
        return [ops.tomography(shape[0], np.arange(amount) * (np.pi / amount))]
    if look == "superres":
        return [ops.downsample(shape, amount)]
    rng = np.random.default_rng(0)
    return [ops.gaussian(amount, n, rng) for _ in range(count)]


def measured(look: str, shape: tuple[int, ...], n: int, amount: int, A: Any) -> int:
    """Rows m that the explorer is to count with."""
    size = shape[0]
    if look == "ct":
        return min(n, int(A.shape[0]) - (amount - 1))
    if look == "mri_radial":
        return min(n, amount * (size - size % 2) + 1)
    return evidence.measurements(st.Problem(A))[0]


def vectors() -> Iterator[dict[str, Any]]:
    """Addresses, and the numbers that the page must show there."""
    for look, symmetry, size, amount, k in ONE:
        group, *keys = symmetry.split("&")
        yield _one(look, group, dict(key.split("=") for key in keys), size, amount, k)
    for look, size, count, amount, k in SEVERAL:
        yield _several(look, size, count, amount, k)


def _one(
    look: str, group: str, keys: dict[str, str], size: str, amount: int, k: int | str | None
) -> dict[str, Any]:
    shape = tuple(map(int, size.split("x")))
    square = group in ("quarter_turns", "dihedral", "kravchuk_rotations")
    head = str(shape[0]) if square else size
    if group == "trivial":
        head = str(int(np.prod(shape)))
    action = parse_action(",".join([f"{group}:{head}", *(f"{a}={b}" for a, b in keys.items())]))
    A = operators(look, shape, action.n, amount)[0]
    m = measured(look, shape, action.n, amount, A)
    if A.shape[0] != m or look.startswith("mri"):
        A = st.operators.gaussian(m, action.n, 0)
    dim = None if k is None else float(k)
    problem = st.Problem(A, action, dim)
    named = ["measurement_count"]
    if action.order > 1:
        named.append("irrep_multiplicity")
    if k is not None:
        named.append("known_model")
    if k is not None and action.order > 1:
        named += ["any_group", *(["cyclic_group"] if action.is_cyclic else [])]
    address = {"look": look, "group": group, "size": size, "amount": amount, **keys}
    found = _expected(problem, named, 1)
    if (
        found.pop("linear ok")
        and action.order > 1
        and 0 < dim <= action.n - action.irreps.max_ratio
    ):
        found["bounds"]["linear"] = _linear(problem, m)
    order = "∞" if isinf_order(action.order) else str(action.order)
    return {"address": _with(address, k), "n": action.n, "m": m, "order": order, **found}


def isinf_order(order: float) -> bool:
    """Whether a group is infinite; n! may be beyond floating point."""
    return isinstance(order, float) and isinf(order)


def _several(look: str, size: str, count: int, amount: int, k: int | str | None) -> dict[str, Any]:
    shape = tuple(map(int, size.split("x")))
    n = int(np.prod(shape))
    dim = None if k is None else float(k)
    problem = st.Problem(operators(look, shape, n, amount, count), None, dim)
    named = [
        "measurement_count",
        *(["known_model", "generic_operators"] if dim is not None else []),
    ]
    found = _expected(problem, named, count)
    if found.pop("linear ok"):
        cell = {"n": n, "k": int(dim), "G": count}
        exact = next(b for b in bounds.subspace(cell, "m") if b.kind == "exact")
        found["bounds"]["linear"] = _row(exact.value, amount >= exact.value, None)
    address = {"look": look, "size": size, "operators": count, "amount": amount}
    return {"address": _with(address, k), "n": n, "m": amount, "order": str(count), **found}


def _with(address: dict[str, Any], k: int | str | None) -> dict[str, str]:
    return {name: str(value) for name, value in {**address, "k": "" if k is None else k}.items()}


def _expected(problem: st.Problem, named: list[str], count: int) -> dict[str, Any]:
    """Both sides of the theorems, as conditions on the rows of one operator."""
    covers = max_model_dims(problem)
    rows = {}
    for key in named:
        check = st.theorems.THEOREMS[key].function(problem)
        # Without an action, the package counts the rows of all operators together.
        share = count if key == "measurement_count" else 1
        strict = check.kind == "sufficient"
        met = check.margin > 0 if strict else check.margin >= 0
        if check.holds is not None and check.holds is not met:
            raise ValueError(f"{key} must hold as its sides say; got {check}.")
        value = Fraction(check.rhs) / share
        if key == "generic_operators":
            value = problem.exact_dim + Fraction(problem.n, count)
        rows[key] = _row(value, met, covers.get(key))
    k = problem.exact_dim
    return {"bounds": rows, "linear ok": k is not None and k.denominator == 1 and k < problem.n}


def _linear(problem: st.Problem, m: int) -> dict[str, Any]:
    """Exact for invariant subspaces in which no signal is invariant, so that all c copies miss."""
    k, table = int(problem.exact_dim), problem.action.irreps
    own = group_bounds.multiplicities(problem.action)
    value: Any = k + table.max_ratio
    if own.cyclic:
        found = group_bounds.invariant_subspace(k, table.max_multiplicity, own)
        value = next(b for b in found if b.kind == "exact").value
    return _row(value, m >= value, None)


def _row(value: Any, met: bool, covers: int | None) -> dict[str, Any]:
    return {"value": str(Fraction(value)), "met": bool(met), "covers": covers}
