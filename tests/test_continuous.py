"""Laws of the continuous rotations, against brute force, quadrature and closed forms."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from fractions import Fraction
from math import isqrt

import numpy as np
import oracles
import pytest
from scipy.special import jn_zeros, jv, spherical_jn

import sensing_theorems as st
from sensing_theorems.groups.ball_harmonics import BallHarmonics
from sensing_theorems.groups.ball_rotation import BallRotation
from sensing_theorems.groups.bessel import bessel_zeros
from sensing_theorems.groups.continuous import (
    ball_rotations,
    disk_rotations,
    kravchuk_rotations,
    restrict_rotations,
)
from sensing_theorems.groups.disk_harmonics import DiskHarmonics
from sensing_theorems.groups.frequencies import FrequencyTransform
from sensing_theorems.groups.kravchuk import KravchukModes, kravchuk_matrices, quarter_turn_matrices
from sensing_theorems.groups.plane_rotation import Rotation
from sensing_theorems.groups.shells import ShellTransform, class_function_multiplicities

SMALL = {
    "one pixel": kravchuk_rotations(1),
    "four pixels": kravchuk_rotations(2),
    "odd": kravchuk_rotations(5),
    "even": kravchuk_rotations(6),
    "quarter turns": kravchuk_rotations(5, order=4),
    "half turns": kravchuk_rotations(4, order=2),
    "no turns": kravchuk_rotations(3, order=1),
    "many turns": kravchuk_rotations(6, order=12),
    "disk": disk_rotations(8),
    "disk, six": disk_rotations(8, order=6),
    "ball": ball_rotations(3),
    "ball about z": restrict_rotations(ball_rotations(3), 8),
}
every_small = pytest.mark.parametrize("action", SMALL.values(), ids=SMALL.keys())
TINY = {name: SMALL[name] for name in ("four pixels", "half turns", "no turns")} | {
    "odd": kravchuk_rotations(3),
    "quarter turns": kravchuk_rotations(4, order=4),
    "disk": disk_rotations(4),
    "ball": ball_rotations(2),
}
every_tiny = pytest.mark.parametrize("action", TINY.values(), ids=TINY.keys())


def rotation_matrix(rng: np.random.Generator) -> np.ndarray:
    """Haar-random element of SO(3)."""
    Q, R = np.linalg.qr(rng.standard_normal((3, 3)))
    Q = Q * np.sign(np.diag(R))
    return Q * np.linalg.det(Q)


def about(axis: int, angle: float) -> np.ndarray:
    """Rotation about a coordinate axis, by the right-hand rule."""
    R = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    R[i, i] = R[j, j] = math.cos(angle)
    R[i, j], R[j, i] = -math.sin(angle), math.sin(angle)
    return R


def parameters(action, rng, count: int) -> list:
    """Random parameters of elements, of whatever kind the group has."""
    if action.kind == "so3":
        return [rotation_matrix(rng) for _ in range(count)]
    if action.finite:
        return [int(g) for g in rng.integers(action.order, size=count)]
    return rng.uniform(-7, 7, count).tolist()


def coordinates(action) -> np.ndarray:
    """The unitary W with isotypic coordinates x W, families one after the other."""
    parts = action.transform.analyze(np.eye(action.n))
    return np.concatenate([part.reshape(action.n, -1) for part in parts], axis=1)


def eigenvalue_multiplicities(T: np.ndarray) -> Counter:
    """How many eigenvalues, on the circle, come how often."""
    phases = np.sort(np.angle(np.linalg.eigvals(T)) % (2 * np.pi))
    starts = np.flatnonzero(np.diff(phases, prepend=phases[-1] - 2 * np.pi) > 1e-6)
    if starts.size == 0:
        return Counter([phases.size])
    sizes = np.diff(np.append(starts, starts[0] + phases.size))
    return Counter(sizes.tolist())


class TestElements:
    @every_small
    def test_homomorphism(self, action, rng):
        x = rng.standard_normal((2, action.n)) + 1j * rng.standard_normal((2, action.n))
        listed = parameters(action, rng, 6)
        for g, h in zip(listed[::2], listed[1::2], strict=True):
            first, second = action.element(g), action.element(h)
            np.testing.assert_allclose((first @ second)(x), first(second(x)), atol=1e-12)

    @every_small
    def test_orthogonal_and_inverse(self, action, rng):
        for g in parameters(action, rng, 3):
            element = action.element(g)
            T = element.matrix()
            np.testing.assert_allclose(T.T @ T, np.eye(action.n), atol=1e-12)
            np.testing.assert_allclose(element.inverse().matrix(), T.T, atol=1e-12)
            assert (element @ element.inverse()).is_identity()
            assert element.equals(element)

    @every_small
    def test_matrix_apply_and_pull_back_are_one_map(self, action, rng):
        x = rng.standard_normal((2, 3, action.n))
        for g in parameters(action, rng, 2):
            element = action.element(g)
            T = element.matrix()
            np.testing.assert_allclose(element(x), x @ T.T, atol=1e-12)
            np.testing.assert_allclose(element.pull_back(x), x @ T, atol=1e-12)
            np.testing.assert_allclose(element(x[0, 0]), T @ x[0, 0], atol=1e-12)

    @every_small
    def test_powers(self, action):
        for generator in action.generators:
            T = generator.matrix()
            for exponent in (-3, 0, 1, 5):
                expected = np.linalg.matrix_power(T if exponent >= 0 else T.T, abs(exponent))
                np.testing.assert_allclose(generator.power(exponent).matrix(), expected, atol=1e-12)
        assert action.identity.is_identity()

    @every_small
    def test_largest_eigenspace(self, action, rng):
        special = [0.0, math.pi, 2 * math.pi / 3, math.pi / 2, 1e-3]
        elements = [*action.generators, *map(action.element, parameters(action, rng, 2))]
        if action.kind == "so3":
            elements += [action.element(about(axis, w)) for axis in (0, 2) for w in special]
        elif not action.finite:
            elements += [action.element(w) for w in special]
        for element in elements:
            assert element.largest_eigenspace() == max(eigenvalue_multiplicities(element.matrix()))

    def test_keys_of_a_finite_group_are_those_of_the_maps(self):
        for action in SMALL.values():
            if action.finite:
                listed = list(action.elements())
                assert len(listed) == action.order
                distinct = {np.rint(1e6 * g.matrix()).astype(int).tobytes() for g in listed}
                assert len({g.key() for g in listed}) == len(distinct)

    def test_keys_of_a_continuous_group(self):
        action = kravchuk_rotations(4)
        assert action.element(0.3).key() == action.element(0.3 + 2 * math.pi).key()
        assert action.element(0.3).key() != action.element(0.3 + 1e-9).key()
        assert action.element(-1e-16).is_identity()
        assert not action.element(1e-9).is_identity()
        # Even frequencies alone cannot tell θ from θ + π.
        even = FrequencyTransform(1, [2, 4])
        assert Rotation(even, 0.3).key() == Rotation(even, 0.3 + math.pi).key()
        assert Rotation(even, math.pi).is_identity()

    def test_golden_powers_come_near_every_angle(self):
        turn = kravchuk_rotations(3).generators[0]
        angles = np.sort([turn.power(k).angle for k in range(200)])
        assert np.diff(angles, append=angles[0] + 2 * math.pi).max() < 4 * math.pi / 200

    def test_the_same_map_of_another_action(self):
        mine, yours = kravchuk_rotations(4), kravchuk_rotations(4)
        assert mine.element(0.5).equals(yours.element(0.5))
        assert not mine.element(0.5).equals(yours.element(0.6))
        assert mine.same_as(yours)
        third = kravchuk_rotations(4, order=3).element(1)
        assert third.equals(mine.element(2 * math.pi / 3))
        assert not third.equals(mine.element(2 * math.pi / 3 + 1e-6))
        assert not mine.element(0.5).equals(st.groups.quarter_turns(4).element(1))
        balls = ball_rotations(2), ball_rotations(2)
        assert balls[0].same_as(balls[1])
        assert not balls[0].generators[0].equals(balls[0].generators[1])

    @pytest.mark.parametrize("far", [math.nan, math.inf])
    def test_refuses_angles_that_are_none(self, far):
        with pytest.raises(ValueError, match="must be finite and at most"):
            kravchuk_rotations(3).element(far)
        with pytest.raises(TypeError, match="an angle must be a real number; got str"):
            kravchuk_rotations(3).element("left")
        with pytest.raises(ValueError, match=r"must lie in 0, …, \|G\| - 1"):
            kravchuk_rotations(3, order=4).element(4)
        with pytest.raises(TypeError, match="exponents are integers; got float"):
            Rotation(kravchuk_rotations(3, order=4).parts, 0.5)

    def test_refuses_to_compose_across_actions(self):
        with pytest.raises(ValueError, match="belong to one action"):
            _ = kravchuk_rotations(3).element(1.0) @ disk_rotations(8).element(1.0)
        with pytest.raises(ValueError, match="belong to one action"):
            _ = ball_rotations(2).generators[0] @ ball_rotations(3).generators[0]

    @pytest.mark.parametrize(
        "matrix, words",
        [
            (np.diag([1.0, 1.0, -1.0]), "determinant -1"),
            (2 * np.eye(3), "defect of .* from orthogonality"),
            (np.full((3, 3), np.nan), r"finite, real \(3, 3\) matrix"),
            (np.eye(2), r"real \(3, 3\) matrix"),
            (1j * np.eye(3), r"real \(3, 3\) matrix"),
        ],
    )
    def test_refuses_matrices_that_are_no_rotation(self, matrix, words):
        with pytest.raises(ValueError, match=words):
            ball_rotations(2).element(matrix)

    def test_large_matrices_are_refused(self):
        with pytest.raises(ValueError, match="Apply it to signals instead"):
            kravchuk_rotations(100).element(0.1).matrix()
        with pytest.raises(ValueError, match="Apply it to signals instead"):
            ball_rotations(17).generators[0].matrix()

    def test_a_continuous_group_is_not_listed(self):
        with pytest.raises(ValueError, match="cannot be listed"):
            list(kravchuk_rotations(3).elements())


class TestTransform:
    @every_small
    def test_unitary_with_its_inverse(self, action, rng):
        x = rng.standard_normal((3, action.n)) + 1j * rng.standard_normal((3, action.n))
        parts = action.transform.analyze(x)
        energy = sum(np.sum(np.abs(part) ** 2, axis=(1, 2, 3)) for part in parts)
        np.testing.assert_allclose(energy, np.sum(np.abs(x) ** 2, axis=1), rtol=1e-12)
        np.testing.assert_allclose(action.transform.synthesize(parts), x, atol=1e-12)
        for part, family in zip(parts, action.transform.families, strict=True):
            assert part.shape == (3, family.count, family.dim, family.multiplicity)

    @every_small
    def test_real_signals(self, action, rng):
        x = rng.standard_normal((3, action.n))
        transform = action.transform
        for part, family in zip(transform.analyze(x), transform.families, strict=True):
            np.testing.assert_allclose(part[:, family.partners], part.conj(), atol=1e-12)
            own = family.partners == np.arange(family.count)
            np.testing.assert_array_equal(family.indicators, own)
            np.testing.assert_allclose(part[:, own].imag, 0, atol=1e-12)
        half = transform.analyze_real(x)
        for part, whole, view in zip(half, transform.analyze(x), transform.views, strict=True):
            np.testing.assert_allclose(part, whole[:, view.positions], atol=1e-14)
        np.testing.assert_allclose(transform.synthesize_real(half), x, atol=1e-12)

    @every_small
    def test_elements_act_as_one_matrix_on_all_copies(self, action, rng):
        W = coordinates(action)
        for g in parameters(action, rng, 2):
            M = W.T @ action.element(g).matrix() @ W.conj()
            start = 0
            for family in action.transform.families:
                s, c = family.dim, family.multiplicity
                for _ in range(family.count):
                    here = slice(start, start + s * c)
                    block = M[here, here].reshape(s, c, s, c)
                    D = block[:, 0, :, 0]
                    np.testing.assert_allclose(
                        block, np.einsum("ij,kl->ikjl", D, np.eye(c)), atol=1e-12
                    )
                    M[here, here] = 0
                    start += s * c
            np.testing.assert_allclose(M, 0, atol=1e-12)

    @every_small
    def test_labels_name_the_characters(self, action, rng):
        if action.kind == "so3":
            assert [f.label(0) for f in action.transform.families] == [
                f"degree {degree}" for degree in range(len(action.parts.multiplicities))
            ]
            return
        x = rng.standard_normal((1, action.n))
        for g in parameters(action, rng, 2):
            element = action.element(g)
            before, after = action.transform.analyze(x), action.transform.analyze(element(x))
            for family, part, moved in zip(action.transform.families, before, after, strict=True):
                numbers = [int(family.label(i).split()[1]) for i in range(family.count)]
                phases = np.exp(-1j * np.array(numbers) * element.angle)
                np.testing.assert_allclose(moved, part * phases[:, None, None], atol=1e-12)

    def test_agrees_with_quarter_turns_up_to_a_basis(self):
        # For odd size the finite oscillator contains numpy's quarter turn itself.
        mine, known = kravchuk_rotations(5, order=4), st.groups.quarter_turns(5)
        assert mine.irreps == known.irreps
        np.testing.assert_allclose(
            mine.generators[0].matrix(), known.generators[0].matrix().toarray(), atol=1e-12
        )

    def test_refuses_what_is_no_frequency(self):
        with pytest.raises(ValueError, match="at least 1; got 0"):
            FrequencyTransform(1, [2, 0])
        with pytest.raises(ValueError, match="there must be coordinates"):
            FrequencyTransform(0, [])
        with pytest.raises(ValueError, match="one of them positive"):
            ShellTransform([0, 0])

    def test_shells_may_skip_a_degree(self, rng):
        space = ShellTransform([2, 0, 1])
        assert [f.label(0) for f in space.families] == ["degree 0", "degree 2"]
        g, h = (BallRotation(space, rotation_matrix(rng)) for _ in range(2))
        np.testing.assert_allclose((g @ h).matrix(), g.matrix() @ h.matrix(), atol=1e-12)


class TestMultiplicities:
    @every_tiny
    def test_commutant_dimension_by_its_equations(self, action):
        eye = np.eye(action.n)
        equations = np.concatenate(
            [np.kron(T, eye) - np.kron(eye, T.T) for T in (g.matrix() for g in action.generators)]
        )
        # Not relative to the largest: of the trivial action all of it is rounding.
        rank = np.count_nonzero(np.linalg.svd(equations, compute_uv=False) > 1e-9)
        assert action.irreps.commutant_dim == action.n**2 - rank

    @every_small
    def test_eigenvalues_of_the_generator(self, action):
        if not action.is_cyclic:
            return
        table = Counter()
        for row in action.irreps.complex:
            table[row.multiplicity] += row.count
        assert table == eigenvalue_multiplicities(action.generators[0].matrix())

    @every_small
    def test_dimensions_and_indicators_add_up(self, action):
        assert action.irreps.n == action.n
        T = [g.matrix() for g in action.generators]
        if action.finite:
            # The second Frobenius-Schur sum over all elements counts symmetric invariant forms.
            group = [g.matrix() for g in action.elements()]
            traces = sum(np.trace(M @ M) for M in group) / len(group)
            found = sum(r.indicator * r.multiplicity * r.count for r in action.irreps.complex)
            assert found == round(traces)
        assert len(T) == (1 if action.is_cyclic else 2)

    @pytest.mark.parametrize("size", [1, 2, 5, 8])
    def test_kravchuk(self, size):
        found = kravchuk_rotations(size).parts.multiplicities
        assert found == {mu: size - abs(mu) for mu in range(1 - size, size)}
        assert kravchuk_rotations(size).irreps.max_ratio == isqrt(size**2)

    @pytest.mark.parametrize("size", [4, 9, 20])
    def test_disk(self, size):
        limit = math.pi * size / 2
        found = disk_rotations(size).parts.multiplicities
        for nu in range(60):
            count = int(np.sum(jn_zeros(nu, size + 2) < limit))
            assert found.get(nu, 0) == found.get(-nu, 0) == count

    def test_published_sizes(self):
        # theory.md, section 2: 64 x 64 pixels, and a ball of radius 16.
        disk, ball = disk_rotations(64).irreps, ball_rotations(16).irreps
        assert (disk.n, disk.max_multiplicity) == (2474, 32)
        assert (ball.n, ball.max_ratio) == (8254, Fraction(15))
        for radius in (8, 32):
            assert ball_rotations(radius).irreps.max_ratio == radius - 1
        assert all(row.indicator == 1 and row.dim % 2 for row in ball.complex)

    @pytest.mark.parametrize("order", [1, 2, 3, 4, 7, 12, 100])
    @pytest.mark.parametrize("build", [lambda: kravchuk_rotations(6), lambda: disk_rotations(9)])
    def test_restriction_adds(self, build, order):
        whole = build()
        part = restrict_rotations(whole, order)
        expected = Counter()
        for mu, c in whole.parts.multiplicities.items():
            expected[mu % order] += c
        assert part.parts.multiplicities == expected
        assert part.order == order and part.periods == (order,) and part.is_cyclic
        step = part.element(1 % order)
        np.testing.assert_allclose(
            step.matrix(), whole.element(2 * math.pi / order).matrix(), atol=1e-12
        )

    def test_restriction_of_the_ball_to_an_axis(self):
        ball = ball_rotations(4)
        part = restrict_rotations(ball, 9)
        expected = Counter()
        for degree, c in enumerate(ball.harmonics.multiplicities):
            for m in range(-degree, degree + 1):
                expected[m % 9] += c
        assert part.parts.multiplicities == expected
        np.testing.assert_allclose(
            part.element(2).matrix(), ball.element(about(2, 4 * math.pi / 9)).matrix(), atol=1e-12
        )

    def test_names_and_refusals(self):
        assert kravchuk_rotations(17).name == "kravchuk_rotations(17)"
        assert kravchuk_rotations(17, order=12).name == "kravchuk_rotations(17,order=12)"
        assert restrict_rotations(disk_rotations(8), 5).name == "disk_rotations(8,order=5)"
        with pytest.raises(ValueError, match=r"restricted to C_N; got shifts\(4\)"):
            restrict_rotations(st.groups.shifts(4), 2)
        assert restrict_rotations(kravchuk_rotations(3, order=4), 2).order == 2
        with pytest.raises(ValueError, match="N that divides 4; got 3"):
            restrict_rotations(kravchuk_rotations(3, order=4), 3)
        with pytest.raises(ValueError, match="`order` must be a positive integer"):
            kravchuk_rotations(3, order=0)
        for build in (disk_rotations, ball_rotations):
            with pytest.raises(ValueError, match="at least 2"):
                build(1)


class TestKravchuk:
    def test_matrices(self):
        for size, K in enumerate(kravchuk_matrices(40), start=1):
            np.testing.assert_allclose(K, K.T, atol=1e-13)
            np.testing.assert_allclose(K @ K, np.eye(size), atol=1e-13)
            np.testing.assert_allclose(
                K[:, ::-1], K * (-1.0) ** np.arange(size)[:, None], atol=1e-13
            )
            # First row: square roots of binomial probabilities.
            binomial = [math.comb(size - 1, q) / 2 ** (size - 1) for q in range(size)]
            np.testing.assert_allclose(K[0], np.sqrt(binomial), atol=1e-13)
            # Columns: eigenvectors of twice the spin component across the axis.
            k = np.arange(1, size)
            M = np.diag(np.sqrt(k * (size - k)), 1)
            M = M + M.T
            np.testing.assert_allclose(M @ K, K * (size - 1 - 2 * np.arange(size)), atol=1e-11)

    @pytest.mark.parametrize("size", range(1, 11))
    def test_quarter_turn_is_rot90_where_it_can_be(self, size):
        T = kravchuk_rotations(size).element(math.pi / 2).matrix()
        R = st.groups.quarter_turns(size).generators[0].matrix().toarray()
        *_, K = kravchuk_matrices(size)
        modes = np.kron(K, K)
        shell = np.add.outer(np.arange(size), np.arange(size)).reshape(-1)
        lower = shell < size
        signs = np.where(lower | (size % 2 == 1), 1.0, (-1.0) ** (shell - size + 1))
        np.testing.assert_allclose(T @ modes, (R @ modes) * signs, atol=1e-12)

    @pytest.mark.parametrize("size", range(1, 13))
    def test_what_forbids_rot90(self, size):
        # A real action of SO(2) has the eigenvalue -1 of a quarter turn in pairs ±μ, μ = 2 mod 4.
        R = st.groups.quarter_turns(size).generators[0].matrix().toarray()
        minus = size**2 - oracles.rank(R + np.eye(size**2))
        assert (minus % 2 == 1) == (size % 4 == 2)

    @pytest.mark.parametrize("size", [32, 33])
    @pytest.mark.parametrize("angle", [0.5, 2.0, -1.2])
    def test_turns_a_blob_counter_clockwise(self, size, angle):
        line = np.arange(size) - (size - 1) / 2
        x, y = np.meshgrid(line, -line)

        def blob(at: float) -> np.ndarray:
            u, v = 0.1 * size * math.cos(at), 0.1 * size * math.sin(at)
            return np.exp(-((x - u) ** 2 + (y - v) ** 2) / (0.02 * size**2)).reshape(-1)

        turned = kravchuk_rotations(size).apply(angle, blob(0))
        scale = np.linalg.norm(blob(0))
        assert np.linalg.norm(turned - blob(angle)) < 0.03 * scale
        assert np.linalg.norm(turned - blob(-angle)) > 0.3 * scale

    def test_no_defect_at_image_size(self, rng):
        action = kravchuk_rotations(256)
        a, b = action.element(0.7), action.element(1.1)
        both = action.element(0.7 + 1.1)
        v = rng.standard_normal(action.n)
        defect = 1.0
        for _ in range(4):
            v /= np.linalg.norm(v)
            wrong = a(b(v)) - both(v)
            v = b.pull_back(a.pull_back(wrong)) - both.pull_back(wrong)
            defect = math.sqrt(np.linalg.norm(v))
        assert defect < 1e-11
        w = rng.standard_normal(action.n)
        assert abs(np.linalg.norm(a(w)) / np.linalg.norm(w) - 1) < 1e-12
        assert action.irreps.max_multiplicity == 256

    def test_modes_are_orthonormal(self, rng):
        modes = KravchukModes(7)
        Q = modes.to_modes(np.eye(49))
        np.testing.assert_allclose(Q @ Q.T, np.eye(49), atol=1e-13)
        y = rng.standard_normal((2, 49))
        np.testing.assert_allclose(modes.from_modes(y), y @ Q.T, atol=1e-13)


class TestDiskHarmonics:
    @pytest.mark.parametrize("first", [0, 0.5])
    def test_zeros(self, first):
        found = bessel_zeros(first, 40.0)
        for nu, zeros in enumerate(found):
            order = first + nu
            assert np.all(np.diff(zeros) > 0) and zeros[-1] < 40
            slope = np.abs(jv(order + 1, zeros))
            assert np.max(np.abs(jv(order, zeros)) / slope) < 1e-12
            # Up to the limit the sign changes at every zero and nowhere else.
            fine = np.linspace(1e-9 + order / 2, 40, 8000)
            assert np.count_nonzero(np.diff(np.sign(jv(order, fine)))) == zeros.size
        # The first zero lies beyond the order: no later order has one below the limit.
        assert jv(first + len(found), np.linspace(1, 40, 5000)).min() > -1e-300

    def test_a_zero_at_the_limit_is_not_below_it(self):
        for radius in (2, 3, 5, 7, 11, 13, 20):
            assert bessel_zeros(0.5, math.pi * radius)[0].size == radius - 1
        assert bessel_zeros(0.5, math.pi) == []

    @staticmethod
    def direct(harmonics: DiskHarmonics, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """All functions at points (p,), by the formula: (p, n)."""
        r, phi, R = np.hypot(x, y), np.arctan2(y, x), harmonics.radius
        columns, sines = [], []
        for nu, zeros in enumerate(harmonics.zeros):
            for zero in zeros:
                radial = np.where(r < R, jv(nu, zero * r / R), 0) / abs(jv(nu + 1, zero))
                radial /= R * math.sqrt(math.pi)
                if nu == 0:
                    columns.append(radial)
                else:
                    columns.append(math.sqrt(2) * radial * np.cos(nu * phi))
                    sines.append(math.sqrt(2) * radial * np.sin(nu * phi))
        return np.stack(columns + sines, axis=1)

    @pytest.mark.parametrize("size", [2, 3, 12, 13])
    def test_synthesis_is_the_formula(self, size, rng):
        harmonics = DiskHarmonics(size)
        line = np.arange(size) - (size - 1) / 2
        x, y = np.meshgrid(line, -line)
        S = self.direct(harmonics, x.reshape(-1), y.reshape(-1))
        c = rng.standard_normal((2, 3, harmonics.n)) + 1j * rng.standard_normal((2, 3, harmonics.n))
        images = harmonics.synthesis(c)
        np.testing.assert_allclose(images.reshape(2, 3, -1), c @ S.T, atol=1e-12)
        back = harmonics.adjoint(images)
        np.testing.assert_allclose(back, images.reshape(2, 3, -1) @ S, atol=1e-11)
        np.testing.assert_allclose(harmonics.operator.to_dense(), S, atol=1e-13)
        np.testing.assert_allclose(harmonics.operator.rmatmat(S), S.T @ S, atol=1e-12)
        assert np.all(images[..., x**2 + y**2 >= size**2 / 4] == 0)

    def test_orthonormal_on_the_disk(self):
        harmonics = DiskHarmonics(10)
        nodes, weights = np.polynomial.legendre.leggauss(60)
        r = (nodes + 1) * harmonics.radius / 2
        phi = 2 * math.pi * np.arange(64) / 64
        points = np.multiply.outer(r, np.exp(1j * phi)).reshape(-1)
        area = np.repeat(weights * r * harmonics.radius / 2, 64) * (2 * math.pi / 64)
        S = self.direct(harmonics, points.real, points.imag)
        np.testing.assert_allclose((S.T * area) @ S, np.eye(harmonics.n), atol=1e-12)

    @pytest.mark.parametrize("size", [8, 9])
    def test_action_rotates_the_functions(self, size, rng):
        action = disk_rotations(size)
        harmonics = action.harmonics
        c = rng.standard_normal(action.n)
        quarter = harmonics.synthesis(action.apply(math.pi / 2, c))
        np.testing.assert_allclose(quarter, np.rot90(harmonics.synthesis(c)), atol=1e-12)
        x, y = rng.uniform(-size / 3, size / 3, (2, 40))
        back = (x + 1j * y) * np.exp(-0.8j)
        turned = self.direct(harmonics, x, y) @ action.apply(0.8, c)
        expected = self.direct(harmonics, back.real, back.imag) @ c
        np.testing.assert_allclose(turned, expected, atol=1e-12)

    @pytest.mark.parametrize("size", [2, 7, 16, 32])
    def test_analysis_is_a_left_inverse(self, size, rng):
        harmonics = DiskHarmonics(size)
        c = rng.standard_normal((2, harmonics.n))
        np.testing.assert_allclose(harmonics.analysis(harmonics.synthesis(c)), c, atol=1e-12)
        assert not harmonics.analysis(np.zeros((size, size))).any()

    def test_analysis_is_the_least_squares_fit(self, rng):
        harmonics = DiskHarmonics(10)
        S = harmonics.operator.to_dense()
        images = rng.standard_normal((2, 10, 10)) + 1j * rng.standard_normal((2, 10, 10))
        expected = np.linalg.lstsq(S, images.reshape(2, -1).T, rcond=None)[0].T
        np.testing.assert_allclose(harmonics.analysis(images), expected, atol=1e-12)

    def test_conditioning(self):
        for size in (8, 16, 24):
            values = np.linalg.svd(DiskHarmonics(size).operator.to_dense(), compute_uv=False)
            assert values[0] / values[-1] < 3

    def test_refuses_other_shapes(self):
        harmonics = DiskHarmonics(8)
        with pytest.raises(
            ValueError, match=r"of shape \(\.\.\., 34\); got float64, shape \(8, 8\)"
        ):
            harmonics.synthesis(np.zeros((8, 8)))
        with pytest.raises(ValueError, match=r"of shape \(\.\.\., 8, 8\)"):
            harmonics.analysis(np.zeros(8))


class TestBallHarmonics:
    @staticmethod
    def quadrature(radius: float, degree: int) -> tuple[np.ndarray, np.ndarray]:
        """Points in the ball and their weights."""
        nodes, weights = np.polynomial.legendre.leggauss(40)
        heights, areas = np.polynomial.legendre.leggauss(degree + 2)
        r, phi = (
            (nodes + 1) * radius / 2,
            2 * math.pi * np.arange(2 * degree + 3) / (2 * degree + 3),
        )
        r, cos, phi = (a.reshape(-1) for a in np.meshgrid(r, heights, phi, indexing="ij"))
        sin = np.sqrt(1 - cos**2)
        points = np.stack([r * sin * np.cos(phi), r * sin * np.sin(phi), r * cos], axis=1)
        volume = np.multiply.outer(weights * radius / 2, areas * 2 * math.pi / (2 * degree + 3))
        return points, np.repeat(volume.reshape(-1), 2 * degree + 3) * r**2

    def test_orthonormal_on_the_ball(self):
        harmonics = BallHarmonics(3)
        points, volume = self.quadrature(3, 2 * len(harmonics.zeros))
        values = harmonics.evaluate(np.eye(harmonics.n), points)
        np.testing.assert_allclose((values * volume) @ values.T, np.eye(harmonics.n), atol=1e-12)

    def test_low_degrees_are_the_formulas(self, rng):
        harmonics = BallHarmonics(4)
        points = rng.uniform(-2, 2, (30, 3))
        r = np.linalg.norm(points, axis=1)
        first, second = (harmonics.blocks(np.eye(harmonics.n))[degree] for degree in (0, 1))
        zero = harmonics.zeros[0][0]
        values = harmonics.evaluate(first[:, 0, 0], points)
        flat = spherical_jn(0, zero * r / 4)
        np.testing.assert_allclose(values, values[0] * flat / flat[0], atol=1e-12)
        # In degree 1 the order m = -1, 0, 1 is y, z, x, and all signs are positive.
        for m, axis in enumerate((1, 2, 0)):
            values = harmonics.evaluate(second[:, m, 0], points)
            ratio = values / points[:, axis] * r / spherical_jn(1, harmonics.zeros[1][0] * r / 4)
            np.testing.assert_allclose(ratio, ratio[0], rtol=1e-10)
            assert ratio[0] > 0

    @pytest.mark.parametrize("radius", [2, 5])
    def test_rotation_of_coefficients_is_rotation_of_space(self, radius, rng):
        action = ball_rotations(radius)
        c = rng.standard_normal((2, action.n)) + 1j * rng.standard_normal((2, action.n))
        points = rng.uniform(-radius, radius, (50, 3))
        flip = about(0, math.pi) @ about(2, 0.4)
        nearly = about(0, 3e-8) @ about(2, 1.0) @ about(0, 3e-8)
        special = [np.eye(3), about(0, math.pi), about(1, math.pi), flip, nearly, flip @ nearly]
        for R in [*special, *(rotation_matrix(rng) for _ in range(3))]:
            moved = action.harmonics.evaluate(action.apply(R, c), points)
            np.testing.assert_allclose(moved, action.harmonics.evaluate(c, points @ R), atol=1e-12)

    def test_quarter_turns_take_z_to_y(self):
        for degree, W in enumerate(quarter_turn_matrices(12)):
            np.testing.assert_allclose(W @ W.T, np.eye(2 * degree + 1), atol=1e-12)
        # Columns y, z, x of the rotation about x by -π/2.
        np.testing.assert_allclose(
            quarter_turn_matrices(1)[1], [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], atol=1e-14
        )

    def test_zero_outside(self):
        harmonics = BallHarmonics(2)
        assert not harmonics.evaluate(
            np.ones(harmonics.n), np.array([[2.0, 0, 0], [0, 3, 0]])
        ).any()
        with pytest.raises(ValueError, match=r"`points` must have shape \(p, 3\)"):
            harmonics.evaluate(np.ones(harmonics.n), np.zeros(3))
        with pytest.raises(ValueError, match=r"must have shape \(\.\.\., 9\)"):
            harmonics.evaluate(np.ones(8), np.zeros((1, 3)))

    @pytest.mark.parametrize("pixels", [None, 3])
    def test_projection_is_a_line_integral(self, pixels):
        harmonics = BallHarmonics(3)
        count = pixels or 6
        line = np.arange(count) - (count - 1) / 2
        u, v = (grid.reshape(-1) for grid in np.meshgrid(line, -line))
        inside = np.hypot(u, v) < 3
        expected = []
        for x, y in zip(u[inside], v[inside], strict=True):
            # Simpson's rule, for another rule than the one under test.
            half = math.sqrt(9 - x * x - y * y)
            z, step = np.linspace(-half, half, 2001, retstep=True)
            weights = np.where(np.arange(2001) % 2, 4.0, 2.0)
            weights[[0, -1]] = 1.0
            points = np.stack([np.full(2001, x), np.full(2001, y), z], axis=1)
            expected.append(harmonics.evaluate(np.eye(harmonics.n), points) @ weights * step / 3)
        found = harmonics.projection(pixels).to_dense()
        np.testing.assert_allclose(found, expected, atol=1e-9)

    @pytest.mark.parametrize("pixels, blind", [(1, True), (2, True), (3, False)])
    def test_projection_stack_by_degree(self, pixels, blind, rng):
        action = ball_rotations(3)
        A = action.harmonics.projection(pixels)
        stack = [action.element(rotation_matrix(rng)).pull_back(A.to_dense()) for _ in range(150)]
        result = st.stacked_rank(A, action)
        assert result.clear and result.full != blind
        assert result.rank == oracles.rank(np.concatenate(stack))
        lost = {d.label: d.multiplicity - d.rank for d in result.deficient}
        ends = np.cumsum([0, *(part.size for part in action.harmonics.blocks(np.zeros(action.n)))])
        for degree, (low, high) in enumerate(itertools.pairwise(ends)):
            values = np.linalg.svd(np.concatenate(stack)[:, low:high], compute_uv=False)
            own = np.count_nonzero(values > 1e-9)
            assert own == high - low - (2 * degree + 1) * lost.get(f"degree {degree}", 0)

    def test_the_central_line_is_blind_to_odd_degrees(self):
        action = ball_rotations(4)
        result = st.stacked_rank(action.harmonics.projection(1), action)
        for deficit in result.deficient:
            odd = int(deficit.label.split()[1]) % 2
            assert deficit.rank == (0 if odd else 1)

    def test_all_pixels_see_everything(self):
        action = ball_rotations(6)
        assert st.stacked_rank(action.harmonics.projection(), action).full

    def test_large_projections_are_refused(self):
        with pytest.raises(ValueError, match="Choose a smaller radius"):
            BallHarmonics(40).projection()


class TestClassFunctions:
    @pytest.mark.parametrize("power", range(6))
    def test_tensor_powers(self, power):
        # 3 x (2l+1) contains l-1, l, l+1, except that 3 x 1 = 3.
        counts = [1] + [0] * (power + 1)
        for _ in range(power):
            step = [0] * len(counts)
            for degree, c in enumerate(counts):
                for other in {0: (1,)}.get(degree, (degree - 1, degree, degree + 1)):
                    if other < len(step):
                        step[other] += c
            counts = step
        found = class_function_multiplicities(lambda w: (1 + 2 * np.cos(w)) ** power, power + 1)
        assert list(found) == counts
        assert sum((2 * degree + 1) * c for degree, c in enumerate(found)) == 3**power

    def test_shells_have_the_multiplicities_they_were_built_of(self, rng):
        action = ball_rotations(4)
        highest = len(action.harmonics.zeros) - 1
        x = np.eye(action.n)

        def character(angles: np.ndarray) -> np.ndarray:
            return np.array([np.trace(action.element(about(1, w))(x)) for w in angles])

        found = class_function_multiplicities(character, highest)
        assert found == action.harmonics.multiplicities

    def test_one_shell_of_degrees_up_to_three(self):
        def character(angles: np.ndarray) -> np.ndarray:
            return sum((4 - m) * (1 if m == 0 else 2) * np.cos(m * angles) for m in range(4))

        assert class_function_multiplicities(character, 3) == (1, 1, 1, 1)

    def test_what_is_no_character(self):
        with pytest.raises(ArithmeticError, match="character of a representation"):
            class_function_multiplicities(lambda w: np.cos(w), 3)
        with pytest.raises(ArithmeticError, match="of degree at most 1"):
            class_function_multiplicities(lambda w: (1 + 2 * np.cos(w)) ** 2, 1)


class TestStacks:
    @every_small
    def test_generic_rank_by_explicit_stacking(self, action, rng):
        for m in (1, 2, action.irreps.max_multiplicity):
            A = rng.standard_normal((m, action.n))
            group = (
                action.elements()
                if action.finite
                else map(action.element, parameters(action, rng, 60))
            )
            expected = oracles.rank(np.concatenate([g.pull_back(A) for g in group]))
            assert action.irreps.generic_rank(m) == expected

    @every_small
    def test_methods_agree_on_a_blind_operator(self, action, rng):
        # What lies in some of the isotypic components only, mixed at random.
        W = coordinates(action)
        kept = rng.random(action.n) < 0.5
        kept[0] = True
        real = (rng.standard_normal((kept.sum(), kept.sum())) @ W[:, kept].T).real
        for A in (real, real[:2], real[:1] + 1j * rng.standard_normal((1, action.n))):
            fields = ("real", "complex") if np.iscomplexobj(A) else ("real",)
            for field in fields:
                found = {
                    method: st.stacked_rank(A, action, method=method, field=field)
                    for method in ("auto", "blocks", "sketch", "spin")
                }
                # Spinning loses digits with every step, and says so.
                assert all(found[method].clear for method in ("auto", "blocks", "sketch"))
                assert len({result.rank for result in found.values()}) == 1
                group = (
                    action.elements()
                    if action.finite
                    else map(action.element, parameters(action, rng, 60))
                )
                stack = [g.pull_back(oracles.realified(A, field)) for g in group]
                assert found["blocks"].rank == oracles.rank(np.concatenate(stack))
                witness = found["sketch"].witness()
                if witness is not None:
                    seen = [S @ witness for S in stack]
                    assert np.abs(seen).max() < 1e-10 * max(1, np.abs(A).max())
                    assert np.isrealobj(witness) == (field == "real")

    @every_small
    def test_spectrum_is_that_of_the_average(self, action, rng):
        A = rng.standard_normal((3, action.n))
        found = st.stacked_rank(A, action, method="blocks").spectrum.values
        if action.finite:
            group = list(action.elements())
            stack = np.concatenate([g.pull_back(A) for g in group])
            values = np.linalg.svd(stack, compute_uv=False)
            expected = np.zeros(action.n)
            expected[: min(values.size, action.n)] = values[: action.n]
        elif action.kind == "so2":
            # Equal steps, more than twice the highest frequency: the average over all angles.
            steps = 2 * len(action.parts.multiplicities) + 1
            turns = [action.element(2 * math.pi * k / steps) for k in range(steps)]
            stack = np.concatenate([g.pull_back(A) for g in turns]) / math.sqrt(steps)
            expected = np.sqrt(np.clip(np.linalg.eigvalsh(stack.T @ stack)[::-1], 0, None))
            np.testing.assert_allclose(found**2, expected**2, atol=1e-10)
            return
        else:
            # Schur: the average over the group is the Gram matrix of the blocks, over s_j.
            W = coordinates(action)
            gram = np.zeros(action.n)
            start = 0
            for family in action.transform.families:
                size = family.dim * family.multiplicity
                part = (A @ W[:, start : start + size].conj()).reshape(3 * family.dim, -1)
                values = np.linalg.svd(part, compute_uv=False)
                gram[start : start + values.size * family.dim] = np.repeat(
                    values / math.sqrt(family.dim), family.dim
                )
                start += size
            expected = np.sort(gram)[::-1]
        np.testing.assert_allclose(found, expected, atol=1e-7)

    @pytest.mark.parametrize("name", ["odd", "many turns", "disk", "ball", "ball about z"])
    @pytest.mark.parametrize("share", [0.3, 2.0])
    def test_reports(self, name, share):
        action = SMALL[name]
        m = max(1, int(share * action.irreps.max_ratio))
        camera = st.operators.gaussian(m, action.n, rng=0)
        report = st.analyze(st.Problem(camera, action, model_dim=1))
        assert report.rank.full == (share > 1)
        assert action.name in str(report)
        assert ("∞" in str(report)) == (not action.finite)
        assert json.loads(json.dumps(report.to_dict()))["setup"]
        assert action.name in report.to_html()

    def test_necessary_number_of_measurements_turns_at_the_root(self, rng):
        # max c = sqrt(n) = 9: eight generic measurements are blind somewhere, nine are not.
        action = kravchuk_rotations(9)
        A = rng.standard_normal((9, 81))
        assert st.stacked_rank(A, action).full
        result = st.stacked_rank(A[:8], action)
        assert [d.label for d in result.deficient] == ["frequency 0"]

    def test_an_invariant_operator_is_equivariant(self):
        action = disk_rotations(8)
        rings = np.eye(action.n)[: action.harmonics.invariant]
        assert st.is_equivariant(rings, action)
        assert st.stacked_rank(rings, action).rank == action.harmonics.invariant
        assert not st.is_equivariant(np.eye(action.n)[3:5], action)

    @pytest.mark.slow
    def test_a_mask_on_an_image(self, rng):
        action = kravchuk_rotations(96)
        mask = rng.random((96, 96)) < 0.3
        assert st.stacked_rank(st.operators.inpainting(mask), action).full

    @pytest.mark.slow
    def test_cryo_em_at_the_radius_of_the_tables(self):
        action = ball_rotations(16)
        result = st.stacked_rank(action.harmonics.projection(), action)
        assert result.full and result.clear


class TestPictures:
    def test_the_witness_of_a_disk_is_an_image(self):
        from sensing_theorems.render import pictures

        disk = st.groups.disk_rotations(8)
        pixels = np.zeros((8, 8), bool)
        pixels[4, 4:6] = True
        functions = disk.harmonics.synthesis(np.eye(disk.n)).reshape(disk.n, -1)
        report = st.analyze(st.Problem(functions.T[pixels.reshape(-1)], disk))
        assert not report.rank.full
        (figure,) = pictures.witness(report)
        (shown,) = figure.axes[0].images
        expected = disk.harmonics.synthesis(report.witness)
        np.testing.assert_allclose(shown.get_array(), expected, atol=1e-12)


class TestNoMixing:
    def test_rotations_of_different_actions_are_not_composed(self):
        pixels = st.groups.kravchuk_rotations(3, order=5).element(1)
        space = restrict_rotations(ball_rotations(2), 5).element(1)
        with pytest.raises(ValueError, match="belong to one action"):
            pixels @ space

    def test_nor_with_permutations(self):
        turns, pixels = st.groups.kravchuk_rotations(4), st.groups.quarter_turns(4)
        with pytest.raises(TypeError):
            pixels.element(1) @ turns.element(1.0)
        with pytest.raises(ValueError, match="of type Rotation; got SignedPermutation"):
            turns.apply(pixels.element(1), np.zeros(16))

    def test_elements_say_what_they_are(self):
        assert (
            repr(st.groups.kravchuk_rotations(3).element(np.pi / 6)) == "<Rotation by 30° of R^9>"
        )
        half = np.diag([1.0, -1.0, -1.0])
        assert repr(ball_rotations(2).element(half)).startswith("<BallRotation by 180°")

    @pytest.mark.parametrize("angle", [True, 1e300])
    def test_angles_that_mean_nothing(self, angle):
        with pytest.raises((TypeError, ValueError), match="an angle must be"):
            st.groups.kravchuk_rotations(3).element(angle)


class TestChannels:
    @pytest.mark.parametrize("order", [None, 5])
    def test_colours_turn_together(self, order, rng):
        one, disk = kravchuk_rotations(4, order=order), disk_rotations(5, order=order)
        for a, b in ((one, one), (one, disk)):
            both = st.groups.direct_sum(a, b)
            assert both.n == a.n + b.n and both.order == a.order
            x = rng.standard_normal((3, both.n))
            g = 0.7 if order is None else 3
            expected = np.concatenate([a.apply(g, x[:, : a.n]), b.apply(g, x[:, a.n :])], axis=1)
            np.testing.assert_allclose(both.apply(g, x), expected, atol=1e-12)
            np.testing.assert_allclose(both.isotypic(x).signal(), x, atol=1e-12)
        assert st.groups.direct_sum(one, one).irreps.max_multiplicity == (
            2 * one.irreps.max_multiplicity
        )

    def test_ranks_against_listed_turns(self, rng):
        one = kravchuk_rotations(3, order=7)
        rgb = st.groups.direct_sum(st.groups.direct_sum(one, one), one)
        for m in (2, 5, 9):
            A = rng.standard_normal((m, 27))
            stack = np.concatenate([g.pull_back(A) for g in rgb.elements()])
            expected = np.linalg.matrix_rank(stack, tol=1e-9 * np.linalg.norm(stack))
            assert st.stacked_rank(A, rgb).rank == expected == rgb.irreps.generic_rank(m)

    def test_of_one_group_only(self):
        with pytest.raises(ValueError, match="the same C_N"):
            st.groups.direct_sum(kravchuk_rotations(3), kravchuk_rotations(3, order=4))
        with pytest.raises(ValueError, match="acts otherwise"):
            st.groups.direct_sum(kravchuk_rotations(3), st.groups.trivial(2))
