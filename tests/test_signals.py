"""Laws that are claimed to be invariant are, and users' signals are taken or refused in words."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

import sensing_theorems as st

# The signals are of NumPy alone, but live in a package that needs torch.
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from sensing_theorems.equivariant_imaging import signals  # noqa: E402
from sensing_theorems.equivariant_imaging.signals import moves  # noqa: E402

IMAGES = {
    "shapes": lambda count, size, rng: signals.shapes(count, size, rng),
    "phantoms": lambda count, size, rng: signals.phantoms(count, size, rng),
    "mr_patches": lambda count, size, rng: signals.mr_patches(count, size, rng),
}


class Numbered(np.random.Generator):
    """A generator whose integers are given: every outcome of a finite draw can be listed."""

    def __new__(cls, values):
        return super().__new__(cls, np.random.PCG64(0))

    def __init__(self, values):
        super().__init__(np.random.PCG64(0))
        self.values = [np.asarray(value) for value in values]

    def integers(self, low, high=None, size=None, **options):
        assert high is None
        value = self.values.pop(0)
        assert (0 <= value).all() and (value < low).all()
        return np.broadcast_to(value, size if np.iterable(size) else (size,))


def orbit(image, listed):
    return sorted(np.asarray(x).tobytes() for x in listed)


class TestMoves:
    """The finite law over all draws is that of a uniform element: listed, not sampled."""

    def test_dihedral_moves_are_the_eight_elements_once_each(self):
        image = np.arange(9.0).reshape(1, 3, 3)
        found = [
            moves.dihedral_moves(image, Numbered([np.reshape(bits, (3, 1, 1, 1))]))
            for bits in np.ndindex(2, 2, 2)
        ]
        action = st.groups.dihedral(3)
        wanted = [element(image.reshape(1, 9)) for element in action.elements()]
        assert orbit(image, found) == orbit(image, wanted)

    def test_shift_moves_are_all_shifts_once_each(self):
        image = np.arange(12.0).reshape(1, 3, 4)
        found = [moves.shift_moves(image, Numbered([[[i]], [[j]]])) for i, j in np.ndindex(3, 4)]
        wanted = [element(image.reshape(1, 12)) for element in st.groups.shifts(3, 4).elements()]
        assert orbit(image, found) == orbit(image, wanted)

    def test_together_they_are_the_wallpaper_group(self):
        image = np.arange(16.0).reshape(1, 4, 4)
        found = [
            moves.shift_moves(
                moves.dihedral_moves(image, Numbered([np.reshape(bits, (3, 1, 1, 1))])),
                Numbered([[[i]], [[j]]]),
            )
            for bits in np.ndindex(2, 2, 2)
            for i, j in np.ndindex(4, 4)
        ]
        action = st.groups.wallpaper(4, "p4m")
        wanted = [element(image.reshape(1, 16)) for element in action.elements()]
        assert orbit(image, found) == orbit(image, wanted)


def moment_defect(x, element):
    """How far the empirical E x x^T is from commuting with a map, relative to its norm."""
    moment = x.T @ x / len(x)
    moved = element(x)
    return np.linalg.norm(moved.T @ moved / len(x) - moment) / np.linalg.norm(moment)


class TestInvariantLaws:
    """Moments agree up to the noise of the sample; a law that is not invariant is told apart."""

    COUNT = 4000

    def assert_invariant(self, x, action, *, but_not=None):
        x = x.reshape(len(x), -1)
        half = len(x) // 2
        # What two samples of one law differ by.
        noise = np.linalg.norm(
            x[:half].T @ x[:half] / half - x[half:].T @ x[half:] / half
        ) / np.linalg.norm(x.T @ x / len(x))
        for element in action.generators:
            assert moment_defect(x, element) < 1.5 * noise
            assert abs(element(x).mean(0) - x.mean(0)).max() < 6 * x.std(0).max() / half**0.5
        if but_not is not None:
            assert moment_defect(x, but_not.generators[0]) > 3 * noise

    def test_shapes(self):
        x = signals.shapes(self.COUNT, 10, 0)
        self.assert_invariant(x, st.groups.shifts(10, 10))
        self.assert_invariant(x, st.groups.dihedral(10))

    def test_digits(self):
        pytest.importorskip("sklearn")
        x = signals.digits(self.COUNT, 10, 0)
        self.assert_invariant(x, st.groups.shifts(10, 10), but_not=st.groups.quarter_turns(10))

    def test_phantoms(self):
        x = signals.phantoms(self.COUNT, 10, 0)
        self.assert_invariant(x, st.groups.dihedral(10), but_not=st.groups.shifts(10, 10))

    def test_phantoms_before_the_last_quarter_turn(self, monkeypatch):
        module = sys.modules[signals.phantoms.__module__]

        monkeypatch.setattr(module, "dihedral_moves", lambda images, rng: images)
        x = module.phantoms(self.COUNT, 10, 0)
        self.assert_invariant(x, st.groups.quarter_turns(10))

    def test_mr_patches(self):
        x = signals.mr_patches(self.COUNT, 8, 0)
        self.assert_invariant(x, st.groups.dihedral(8))

    def test_invariant_subspace(self):
        action = st.groups.dihedral(4)
        basis, _ = signals.invariant_subspace(action, 3, 0)
        x = signals.subspace(self.COUNT, basis, 1)
        self.assert_invariant(x, action, but_not=st.groups.shifts(4, 4))

    def test_invariant_union(self):
        action = st.groups.shifts(8)
        bases = signals.invariant_union(np.random.default_rng(0).standard_normal((8, 2)), action)
        x = signals.union(self.COUNT, bases, 1)
        self.assert_invariant(x, action)
        assert moment_defect(signals.subspace(self.COUNT, bases[0], 1), action.generators[0]) > 0.3


class TestImages:
    @pytest.mark.parametrize("name", IMAGES)
    @pytest.mark.parametrize("size", [8, 13, 20])
    def test_shape_and_range(self, name, size):
        x = IMAGES[name](40, size, 0)
        assert x.shape == (40, size, size) and x.dtype == np.float64
        assert x.min() >= 0 and x.max() <= 1
        assert (x.reshape(40, -1).std(1) > 0).mean() > 0.9

    @pytest.mark.parametrize("name", IMAGES)
    def test_the_seed_decides(self, name):
        first, again, other = (IMAGES[name](5, 9, seed) for seed in (0, 0, 1))
        assert np.array_equal(first, again) and not np.array_equal(first, other)

    @pytest.mark.parametrize("name", IMAGES)
    def test_refusals(self, name):
        with pytest.raises(ValueError, match="`count` must be a positive integer; got 0"):
            IMAGES[name](0, 20, 0)
        with pytest.raises(TypeError, match="`rng` must be"):
            IMAGES[name](2, 20, None)

    def test_sizes_out_of_range(self):
        with pytest.raises(ValueError, match=r"`size` must be at least 8.*got 7"):
            signals.shapes(2, 7, 0)
        with pytest.raises(ValueError, match=r"`size` must be at least 8.*got 7"):
            signals.phantoms(2, 7, 0)
        with pytest.raises(ValueError, match="`size` must be at most 64; got 65"):
            signals.mr_patches(2, 65, 0)

    def test_edges_of_phantoms_are_a_pixel_along_the_short_axis_and_wider_along_the_long_one(self):
        module = sys.modules[signals.phantoms.__module__]
        size, pixels = 40, np.linspace(-1, 1, 40001)
        axes = np.array([[0.8], [0.2]])
        for along, expected in ((0, 0.8 / 0.2), (1, 1.0)):
            u = pixels if along == 0 else 0 * pixels
            v = pixels if along == 1 else 0 * pixels
            ramp = module._ellipse(u, v, axes, size)
            width = np.mean((ramp > 0) & (ramp < 1)) * size / 2  # of one of two edges
            assert width == pytest.approx(expected, abs=0.01)

    def test_phantoms_stay_in_the_disc(self):
        x = signals.phantoms(300, 24, 0)
        grid = (2 * np.arange(24) + 1) / 24 - 1
        outside = np.hypot(grid[:, None], grid[None, :]) > 1
        assert outside.any() and np.all(x[:, outside] == 0)

    def test_shapes_wrap_around(self):
        x = signals.shapes(4000, 12, 0)
        both = (x[:, :, 0] > 0) & (x[:, :, 0] == x[:, :, -1])
        inner = (x[:, :, 5] > 0) & (x[:, :, 5] == x[:, :, 6])
        # Neighbours across the border agree as often as neighbours in the middle.
        assert both.mean() == pytest.approx(inner.mean(), rel=0.1)


class TestParts:
    def test_digits_for_training_and_testing_are_different_ones(self):
        pytest.importorskip("sklearn")

        def seen(part):
            x = signals.digits(4000, 8, 0, part=part)
            spectra = np.abs(np.fft.fft2(x)).round(6)  # does not see shifts
            return {spectrum.tobytes() for spectrum in spectra}

        train, test = seen("train"), seen("test")
        assert len(train) > 1000 and len(test) > 400
        # Two different digits with one spectrum would be equal up to shifts and mirror images.
        assert len(train & test) <= 1

    def test_digits_are_those_of_scikit_learn(self):
        datasets = pytest.importorskip("sklearn.datasets")
        x = signals.digits(30, 14, 0)
        known = {image.tobytes() for image in datasets.load_digits().images}
        for image in x:
            windows = (np.roll(image, (-i, -j), (0, 1))[:8, :8] * 16 for i, j in np.ndindex(14, 14))
            assert any(np.ascontiguousarray(w).tobytes() in known for w in windows)

    def test_without_scikit_learn(self, monkeypatch):
        module = sys.modules[signals.digits.__module__]

        module._stored.cache_clear()
        monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
        with pytest.raises(ImportError, match="pip install scikit-learn"):
            signals.digits(2, 10, 0)

    def test_patches_share_no_pixel(self):
        from sensing_theorems.demo.images import mr_slice
        from sensing_theorems.equivariant_imaging.signals import patches

        assert np.array_equal(patches._slice(), mr_slice())
        for size in (8, 64):
            seen = {}
            for part in ("train", "test"):
                mask = np.zeros((256, 256), dtype=bool)
                corners = patches._corners(size, part)
                assert len(corners) > 100
                for i, j in corners[:: max(1, len(corners) // 500)]:
                    mask[i : i + size, j : j + size] = True
                    assert (mr_slice()[i : i + size, j : j + size] > 0.05).mean() >= 0.5
                seen[part] = mask
            assert not (seen["train"] & seen["test"]).any()

    def test_unknown_part(self):
        with pytest.raises(ValueError, match="`part` must be 'train' or 'test'; got 'val'"):
            signals.mr_patches(2, 8, 0, part="val")


ORTHOGONAL = {
    "shifts": lambda: st.groups.shifts(12),
    "D4": lambda: st.groups.dihedral(4),
    "S5": lambda: st.groups.symmetric(5),
    "SO(2)": lambda: st.groups.kravchuk_rotations(6),
}


class TestLinear:
    @pytest.mark.parametrize("name", ORTHOGONAL)
    @pytest.mark.parametrize("copies", [1, 3])
    def test_the_group_keeps_the_subspace(self, name, copies):
        action = ORTHOGONAL[name]()
        copies = min(copies, 2) if name == "S5" else copies
        for seed in range(4):
            basis, k = signals.invariant_subspace(action, copies, seed)
            assert basis.shape == (action.n, k)
            np.testing.assert_allclose(basis.T @ basis, np.eye(k), atol=1e-12)
            for element in action.generators:
                moved = element(basis.T).T
                assert np.linalg.norm(moved - basis @ (basis.T @ moved)) < 1e-9

    def test_dimensions_are_those_of_irreps(self):
        # R^5 is a line and a standard representation of dimension 4, nothing else.
        found = {signals.invariant_subspace(st.groups.symmetric(5), 1, s)[1] for s in range(12)}
        assert found == {1, 4}
        assert signals.invariant_subspace(st.groups.symmetric(5), 2, 0)[1] == 5
        with pytest.raises(ValueError, match=r"`copies` must be at most 2.*got 3"):
            signals.invariant_subspace(st.groups.symmetric(5), 3, 0)

    def test_a_subspace_that_is_not_invariant_is_rare(self):
        action = st.groups.shifts(12)
        random = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 3)))[0]
        moved = action.generators[0](random.T).T
        assert np.linalg.norm(moved - random @ (random.T @ moved)) > 0.1

    @pytest.mark.parametrize("field", ["real", "complex"])
    def test_covariance_is_the_projector(self, field):
        rng = np.random.default_rng(0)
        basis = rng.standard_normal((6, 2))
        if field == "complex":
            basis = basis + 1j * rng.standard_normal((6, 2))
        x = signals.subspace(40_000, basis, 1)
        assert x.dtype.kind == ("c" if field == "complex" else "f")
        projector = basis @ np.linalg.pinv(basis)
        np.testing.assert_allclose(x.T @ x.conj() / len(x), projector, atol=0.03)
        np.testing.assert_allclose(x @ projector.T, x, atol=1e-12)

    def test_union_is_on_its_pieces_evenly(self):
        bases = [np.eye(5)[:, :2], np.eye(5)[:, 2:3], np.eye(5)[:, 3:]]
        x = signals.union(9000, bases, 0)
        on = np.stack([np.linalg.norm(x - x @ B @ B.T, axis=1) < 1e-12 for B in bases])
        assert (on.sum(0) == 1).all()
        np.testing.assert_allclose(on.mean(1), 1 / 3, atol=0.025)

    def test_orbit_of_a_subspace_is_permuted(self):
        action = st.groups.dihedral(3)
        start = np.random.default_rng(0).standard_normal((9, 2))
        bases = signals.invariant_union(start, action)
        assert bases.shape == (8, 9, 2)
        projectors = [B @ np.linalg.pinv(B) for B in bases]
        for element in action.generators:
            T = element(np.eye(9)).T
            for P in projectors:
                moved = T @ P @ T.T
                assert sum(np.allclose(moved, Q) for Q in projectors) == 1

    def test_refusals(self):
        with pytest.raises(ValueError, match="`bases` must have at least one piece; got none"):
            signals.union(3, [], 0)
        with pytest.raises(ValueError, match="columns of length n = 4"):
            signals.union(3, [np.eye(4), np.eye(5)], 0)
        skew = st.groups.from_matrices([np.array([[1.0, 1.0], [0.0, -1.0]])])
        with pytest.raises(ValueError, match="`action` must be orthogonal"):
            signals.invariant_subspace(skew, 1, 0)


class TestMakeInvariant:
    @pytest.mark.parametrize(
        "action", [st.groups.shifts(3, 4), st.groups.dihedral(3), st.groups.symmetric(4)], ids=str
    )
    def test_every_element_as_often(self, action):
        """A signal with trivial stabiliser shows which element moved it: chi-squared test."""
        x = np.arange(1.0, action.n + 1)
        moved = signals.make_invariant(np.tile(x, (200 * action.order, 1)), action, 0)
        found, counts = np.unique(moved, axis=0, return_counts=True)
        listed = np.unique([element(x[None])[0] for element in action.elements()], axis=0)
        assert np.array_equal(found, listed)
        excess = ((counts - 200) ** 2 / 200).sum() - (action.order - 1)
        assert excess < 5 * (2 * (action.order - 1)) ** 0.5

    def test_rotations_of_the_plane(self):
        action = st.groups.kravchuk_rotations(6)
        x = np.random.default_rng(0).standard_normal(36)
        moved = signals.make_invariant(np.tile(x, (3000, 1)), action, 1)
        np.testing.assert_allclose(np.linalg.norm(moved, axis=1), np.linalg.norm(x))
        # Haar average of one signal is its invariant part.
        invariant = action.equivariant_average(np.eye(36) * 0 + np.outer(x, x))
        second = moved.T @ moved / len(moved)
        assert np.linalg.norm(second - invariant) < 0.1 * np.linalg.norm(invariant)

    def test_rotations_of_space(self):
        action = st.groups.ball_rotations(3)
        x = np.random.default_rng(0).standard_normal(action.n)
        moved = signals.make_invariant(np.tile(x, (1500, 1)), action, 1)
        np.testing.assert_allclose(np.linalg.norm(moved, axis=1), np.linalg.norm(x))
        wanted = action.equivariant_average(np.outer(x, x))
        second = moved.T @ moved / len(moved)
        assert np.linalg.norm(second - wanted) < 0.2 * np.linalg.norm(wanted)

    def test_keeps_shape_and_field(self):
        x = np.random.default_rng(0).standard_normal((7, 3, 4)) * (1 + 2j)
        moved = signals.make_invariant(x, st.groups.shifts(3, 4), 0)
        assert moved.shape == x.shape and moved.dtype == x.dtype
        np.testing.assert_allclose(moved.sum((1, 2)), x.sum((1, 2)))

    def test_scalings_close_the_set_and_not_the_law(self):
        maps = st.groups.scalings(9, direction="in")
        assert maps.closed
        x = np.random.default_rng(0).standard_normal((1, 9))
        moved = signals.make_invariant(np.tile(x, (2000, 1)), maps, 0)
        orbit = np.stack([T(x)[0] for T in maps])
        index = [int(np.argmin(np.linalg.norm(orbit - row, axis=1))) for row in moved]
        np.testing.assert_allclose(moved, orbit[index], atol=1e-12)
        np.testing.assert_allclose(np.bincount(index) / 2000, 1 / len(maps), atol=0.05)
        for T in maps:
            assert all(np.linalg.norm(orbit - row, axis=1).min() < 1e-12 for row in T(orbit))
        assert not np.allclose(maps.apply(2, moved).mean(0), moved.mean(0), atol=0.1)

    def test_refusals(self):
        shifts = st.groups.shifts(3, 4)
        with pytest.raises(ValueError, match=r"12 entries each.*got shape \(5, 11\)"):
            signals.make_invariant(np.zeros((5, 11)), shifts, 0)
        with pytest.raises(TypeError, match="must be a GroupAction or a TransformSet; got str"):
            signals.make_invariant(np.zeros((5, 12)), "shifts", 0)
        with pytest.raises(ValueError, match="too many to"):
            signals.make_invariant(np.zeros((5, 30)), st.groups.symmetric(30), 0)


class Listed:
    """A Dataset as torch's are: a length and items."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class TestCheckedSignals:
    X = np.random.default_rng(0).standard_normal((5, 3, 4))

    @pytest.mark.parametrize(
        "given",
        [
            X,
            X.reshape(5, 12),
            X.reshape(5, 1, 3, 4),
            X.tolist(),
            list(X),
            Listed(list(X)),
            Listed([(x, 7) for x in X]),
            Listed([[x[None], "label"] for x in X]),
        ],
    )
    def test_forms(self, given):
        found = signals.checked_signals(given, (3, 4))
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, self.X)

    def test_vectors(self):
        x = self.X.reshape(5, 12)
        np.testing.assert_array_equal(signals.checked_signals(x, (12,)), x)
        np.testing.assert_array_equal(signals.checked_signals(x.tolist(), 12), x)

    def test_complex_integers_and_copies(self):
        assert signals.checked_signals(1j * self.X, (3, 4)).dtype == np.complex128
        counted = signals.checked_signals(np.full((2, 3), 255, np.uint8), (3,))
        assert counted.dtype == np.float64 and counted.max() == 255
        own = self.X.copy()
        signals.checked_signals(own, (3, 4))[:] = 0
        np.testing.assert_array_equal(own, self.X)

    def test_tensors_and_datasets(self):
        x = torch.tensor(self.X, requires_grad=True)
        np.testing.assert_array_equal(signals.checked_signals(x, (3, 4)), self.X)
        dataset = torch.utils.data.TensorDataset(x, torch.arange(5))
        np.testing.assert_array_equal(signals.checked_signals(dataset, (3, 4)), self.X)

    @pytest.mark.parametrize(
        ("given", "error", "words"),
        [
            (X[:1], ValueError, "at least 2 signals; got 1"),
            (X[:0], ValueError, "at least 2 signals; got 0"),
            ([], ValueError, "at least 2 signals; got 0"),
            (np.array(3.0), ValueError, "at least 2 signals; got a single number"),
            (X[:, :2], ValueError, r"shape \(N, 3, 4\), or \(N, 12\); got \(5, 2, 4\)"),
            (X.swapaxes(1, 2), ValueError, r"got \(5, 4, 3\)"),
            (np.where(X > 1, np.nan, X), ValueError, "must be finite; got"),
            ([X[0], X[1, :2]], ValueError, r"one shape; got \(2, 4\), \(3, 4\)"),
            (np.array([["a"] * 12] * 3), TypeError, "must hold numbers; got dtype <U1"),
            ("images", TypeError, "must be an array, a tensor, or a Dataset.*got str"),
            (7, TypeError, "must be an array, a tensor, or a Dataset.*got int"),
            (iter(X), TypeError, "must be an array, a tensor, or a Dataset"),
        ],
    )
    def test_refusals(self, given, error, words):
        with pytest.raises(error, match=words):
            signals.checked_signals(given, (3, 4))


def test_nothing_heavy_is_loaded_before_it_is_needed():
    folder = Path(signals.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            roots = {name.split(".")[0] for name in names}
            assert not roots & {"torch", "matplotlib", "sklearn"}, path.name
