"""Operators and actions as text: what is written is what is built, and nothing else passes."""

from __future__ import annotations

import json
import pickle
import textwrap
import warnings

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as some

from sensing_theorems import _usage, files, groups, operators, specs

pytestmark = pytest.mark.compiled


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current directory, from which functions are imported too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture
def matrix(rng):
    # Some exact zeros, so that sparse files differ from dense ones.
    return rng.standard_normal((4, 6)) * (rng.random((4, 6)) < 0.7)


def test_table_of_contents():
    assert set(specs.ACTIONS) == {
        *("shifts", "reflections", "quarter_turns", "dihedral", "polar_rotations"),
        *("symmetric", "subsets", "hyperoctahedral", "polygon", "wallpaper", "cube_rotations"),
        *("kravchuk_rotations", "disk_rotations", "ball_rotations"),
        *("trivial", "permutations", "matrices"),
    }
    assert set(specs.OPERATORS) <= set(operators.__all__)


def test_usage_shows_every_action_with_its_keys():
    assert list(_usage.ACTIONS) == list(specs.ACTIONS)
    _, _, rest = _usage.CHECK.partition("\nsymmetries")
    shown, _, _ = rest.partition("\nexamples:")
    for name, form in specs.ACTIONS.items():
        example, keys, words = _usage.ACTIONS[name]
        assert (example, keys.split()) == (form.example, list(form.takes))
        assert example in shown and words in " ".join(shown.split())
        assert not keys or f"[{', '.join(keys.split())}]" in shown


@pytest.mark.parametrize("name", sorted(set(specs.ACTIONS) - {"permutations", "matrices"}))
def test_every_example_of_an_action_is_read(name):
    assert isinstance(specs.parse_action(specs.ACTIONS[name].example), groups.GroupAction)


def test_what_is_refused_as_no_group_is_none():
    assert set(specs._NO_GROUPS) <= set(groups.__all__)
    assert isinstance(groups.scalings(5), groups.TransformSet)
    assert isinstance(groups.interpolated_rotations(5, 4), groups.TransformSet)


class TestAction:
    @pytest.mark.parametrize(
        "text, action",
        [
            ("shifts:6", groups.shifts(6)),
            ("shifts:4x6", groups.shifts(4, 6)),
            ("shifts:2x3x4", groups.shifts(2, 3, 4)),
            ("shifts:4x6,stride=2", groups.shifts(4, 6, stride=2)),
            ("shifts:4x6,stride=2x3", groups.shifts(4, 6, stride=(2, 3))),
            ("shifts:4x6,stride=2x1,channels=3", groups.shifts(4, 6, stride=(2, 1), channels=3)),
            (" shifts : 4x6 , channels = 3 ", groups.shifts(4, 6, channels=3)),
            ("reflections:4x6", groups.reflections(4, 6)),
            ("reflections:4x6,axis=0", groups.reflections(4, 6, axis=0)),
            ("reflections:4x6,axis=-2", groups.reflections(4, 6, axis=0)),
            ("quarter_turns:5", groups.quarter_turns(5)),
            ("dihedral:4", groups.dihedral(4)),
            ("polar_rotations:3x8", groups.polar_rotations(3, 8)),
            ("symmetric:5", groups.symmetric(5)),
            ("trivial:7", groups.trivial(7)),
            ("subsets:5x2", groups.subsets(5, 2)),
            ("hyperoctahedral:4", groups.hyperoctahedral(4)),
            ("polygon:7", groups.polygon(7)),
            ("wallpaper:5", groups.wallpaper(5)),
            ("wallpaper:4,kind=p2", groups.wallpaper(4, "p2")),
            ("cube_rotations:3", groups.cube_rotations(3)),
            ("kravchuk_rotations:4", groups.kravchuk_rotations(4)),
            ("kravchuk_rotations:4,order=6", groups.kravchuk_rotations(4, order=6)),
            ("disk_rotations:5,order=6", groups.disk_rotations(5, order=6)),
            ("ball_rotations:3", groups.ball_rotations(3)),
            ("shifts:6+shifts:6", groups.direct_sum(groups.shifts(6), groups.shifts(6))),
            ("dihedral:3 + trivial:2", groups.direct_sum(groups.dihedral(3), groups.trivial(2))),
            (
                "reflections:4x6,axis=0*reflections:4x6,axis=1",
                groups.product(groups.reflections(4, 6, axis=0), groups.reflections(4, 6)),
            ),
        ],
    )
    def test_mirrors_the_constructor(self, text, action):
        found = specs.parse_action(text)
        assert found.same_as(action)
        assert (found.order, found.shape) == (action.order, action.shape)

    def test_product_binds_more_tightly_than_sum(self):
        rows, columns = "reflections:2x3,axis=0", "reflections:2x3,axis=1"
        both = groups.product(groups.reflections(2, 3, axis=0), groups.reflections(2, 3))
        found = specs.parse_action(f"{rows}*{columns}+{rows}*{columns}")
        assert found.same_as(groups.direct_sum(both, both))

    def test_permutations_from_a_file(self, folder):
        images, signs = [[1, 2, 0, 3], [0, 1, 2, 3]], [[1, 1, 1, -1], [-1, -1, -1, 1]]
        (folder / "plain.json").write_text(json.dumps(images))
        (folder / "signed.json").write_text(json.dumps({"generators": images, "signs": signs}))
        plain = specs.parse_action("permutations:plain.json")
        signed = specs.parse_action("permutations:signed.json")
        assert plain.same_as(groups.from_permutations(images))
        assert signed.same_as(groups.from_permutations(images, signs))

    def test_matrices_from_a_file(self, folder):
        turn = np.array([[[0.0, -1.0], [1.0, -1.0]]])
        np.save(folder / "turn.npy", turn)
        found = specs.parse_action("matrices:turn.npy,tol=1e-6")
        assert found.order == 3
        with pytest.raises(ValueError, match="positive number"):
            specs.parse_action("matrices:turn.npy,tol=x")

    def test_a_path_may_hold_the_signs_of_the_notation(self, folder):
        (folder / "c++,a*b=1.json").write_text("[[1, 0]]")
        assert specs.parse_action("permutations:c++,a*b=1.json+shifts:2").n == 4

    @pytest.mark.parametrize(
        "text, said",
        [
            ("", "unknown action ''"),
            ("shift:4x4", "did you mean 'shifts'"),
            ("Dihedral:4", "did you mean 'dihedral'"),
            ("scaling:4", "Known: shifts, reflections"),
            ("scaling:4", rf"Known: {', '.join(specs.ACTIONS)}\.$"),
            ("scalings:15", r"group action, which scalings is not.* st\.groups\.scalings\("),
            ("scalings", "group action, which scalings is not"),
            ("shifts:4+interpolated_rotations:9", "which interpolated_rotations is not"),
            ("approximate_action:9", "which approximate_action is not"),
            ("28x28", "unknown action"),
            ("shifts", "needs an argument, as in shifts:28x28"),
            ("shifts:", "needs an argument"),
            ("shifts:4x", "positive integers joined by x"),
            ("shifts:0x4", "positive integers joined by x"),
            ("shifts:4x-4", "positive integers joined by x"),
            ("shifts:4x4.0", "positive integers joined by x"),
            ("shifts:4×4", "positive integers joined by x"),
            ("shifts:1e2", "got '1e2'"),
            ("shifts:٤", "positive integers joined by x"),  # a digit to str.isdigit
            ("shifts:4x4,stride", "got '4x4,stride'"),
            ("shifts:4x4,", "got '4x4,'"),
            ("shifts:4x4+", "got '4x4\\+'"),
            ("shifts:4x4,stride=", "`stride` must be positive"),
            ("shifts:4x4,stride=3", "stride must divide its axis"),
            ("shifts:4x4,stride=2x2x2", "one entry per axis"),
            ("shifts:4x4,strid=2", "unknown key 'strid'; did you mean 'stride'"),
            ("shifts:4x4,stride=2,stride=2", "must be given once"),
            ("shifts:4x4,channels=0", "`channels` must be a positive integer"),
            ("shifts:4x4,axis=0", "unknown key 'axis'. Known: stride, channels"),
            ("shifts:99999x99999", "at most 67108864 entries"),
            ("shifts:8x8,channels=99999999", "at most 67108864 entries"),
            ("shifts:" + "9" * 10_000, "positive integers joined by x"),
            ("reflections:4x4,axis=2", "axis must lie in -2, …, 1"),
            ("reflections:4x4,axis=x", "`axis` must be an integer"),
            ("quarter_turns:4x4", "must be one size, as in quarter_turns:28"),
            ("quarter_turns:4,axis=1", "unknown key 'axis'. Known: none"),
            ("polar_rotations:4", "must be 2 sizes joined by x"),
            ("symmetric:99999", "at most 10000 entries"),
            ("shifts:4+shifts:2x2", "pairs the generators of one group"),
            ("shifts:4+dihedral:2", "pairs the generators of one group"),
            ("shifts:4*shifts:5", "two actions on one R\\^n"),
            ("shifts:3*symmetric:3", "needs commuting actions"),
        ],
    )
    def test_refuses(self, text, said):
        with pytest.raises(ValueError, match=said):
            specs.parse_action(text)

    @pytest.mark.parametrize(
        "content, said",
        [
            ("[[1, 0]", "must be a JSON file"),
            ("[" * 100_000, "must be a JSON file"),
            ("3", "must hold lists of integers"),
            ("[1, 0]", "must hold lists of integers"),
            ("[[1.0, 0.0]]", "must hold lists of integers"),
            ("[[true, false]]", "must hold lists of integers"),
            ('[["1", "0"]]', "must hold lists of integers"),
            (f"[[{10**400}, 0]]", "must hold lists of integers"),
            ('{"signs": [[1]]}', "must hold lists of integers"),
            ('{"generators": [[1, 0]], "signs": 1}', "must hold lists of integers"),
            ('{"generator": [[1, 0]]}', "did you mean 'generators'"),
            ('{"generators": [[1, 0]], "signs": [[1, 2]]}', "must be \\+1 or -1"),
            ('{"generators": [[1, 0]], "signs": [[1]]}', "one entry per coordinate"),
            ('{"generators": [[1, 0]], "signs": []}', "one list per generator"),
            ("[]", "at least one generator"),
            ("[[]]", "non-empty"),
            ("[[0, 0]]", "each of 0, …, 1 once"),
            ("[[1, 2]]", "each of 0, …, 1 once"),
            ("[[1, 0], [0, 1, 2]]", "must act on the same R\\^n"),
        ],
    )
    def test_refuses_generators(self, folder, content, said):
        (folder / "g.json").write_text(content)
        with pytest.raises(ValueError, match=said):
            specs.parse_action("permutations:g.json")

    def test_refuses_generators_that_are_no_text(self, folder):
        (folder / "g.json").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ValueError, match="must be a JSON file"):
            specs.parse_action("permutations:g.json")

    @pytest.mark.parametrize("path, said", [("none.json", "No such file"), (".", "directory")])
    def test_refuses_a_file_that_is_none(self, folder, path, said):
        with pytest.raises(ValueError, match=said):
            specs.parse_action(f"permutations:{path}")

    @given(
        some.lists(
            some.sampled_from(
                [
                    *("shifts", "trivial", "dihedral", "reflections", "stride", "axis"),
                    *"23x:,=+*- \né",
                ]
            ),
            max_size=9,
        )
    )
    def test_any_text_gives_an_action_or_a_value_error(self, pieces):
        try:
            action = specs.parse_action("".join(pieces))
        except ValueError as error:
            assert str(error)
        else:
            assert isinstance(action, groups.GroupAction)


class TestOperatorFile:
    @pytest.mark.parametrize(
        "path",
        [
            *("A.npy", "A.npz", "A.npz:A", "two.npz:B", "A.mtx", "S.mtx", "A.mat", "two.mat:B"),
            *("csr.npz", "csc.npz", "coo.npz", "dia.npz", "bsr.npz", "UPPER.NPY"),
        ],
    )
    def test_every_format_gives_the_matrix(self, folder, matrix, path):
        np.save("A.npy", matrix)
        with open("UPPER.NPY", "wb") as stream:
            np.save(stream, matrix)
        np.savez("A.npz", A=matrix)
        np.savez("two.npz", A=-matrix, B=matrix)
        scipy.io.mmwrite("A.mtx", matrix)
        scipy.io.mmwrite("S.mtx", sp.coo_array(matrix))
        scipy.io.savemat("A.mat", {"A": matrix})
        scipy.io.savemat("two.mat", {"A": -matrix, "B": sp.csc_array(matrix)})
        for kind in ("csr", "csc", "coo", "dia", "bsr"):
            sp.save_npz(f"{kind}.npz", sp.csr_array(matrix).asformat(kind))
        operator = specs.load_operator(path)
        np.testing.assert_allclose(operator.to_dense(), matrix, rtol=1e-14)
        assert operator.name == path

    def test_nothing_is_taken_for_generic(self, folder, rng):
        np.save("A.npy", rng.standard_normal((2, 3)))
        assert specs.load_operator("A.npy").generic is None

    @pytest.mark.parametrize(
        "array, said",
        [
            (np.full((2, 3), np.nan), "must be finite; got 6"),
            (np.array([[1.0, np.inf]]), "must be finite; got 1"),
            (np.zeros((0, 3)), "must have rows and columns"),
            (np.zeros((3, 0)), "must have rows and columns"),
            (np.float64(1.5), "must be two-dimensional"),
            (np.arange(3.0), "must be two-dimensional"),
            (np.ones((2, 2, 2)) / 2, "must be two-dimensional"),
            (np.array([["a", "b"]]), "must hold real or complex numbers"),
            (np.array([["2026-01-01"]], dtype="datetime64[D]"), "must hold real or complex"),
            (np.zeros((2, 2), dtype=[("x", float)]), "must hold real or complex"),
        ],
    )
    def test_refuses_what_is_no_matrix(self, folder, array, said):
        np.save("A.npy", array)
        with pytest.raises(ValueError, match=f"^A.npy: .*{said}"):
            specs.load_operator("A.npy")

    def test_never_loads_pickles(self, folder):
        objects = np.array([[1, None]], dtype=object)
        np.save("object.npy", objects, allow_pickle=True)
        np.savez("object.npz", A=objects)
        (folder / "raw.npy").write_bytes(pickle.dumps(np.ones((2, 2))))
        for path in ("object.npy", "object.npz", "object.npz:A", "raw.npy"):
            with pytest.raises(ValueError, match="pickled objects, which are refused"):
                specs.load_operator(path)

    # A last number that lost its last digits is a number still: -40 loses a line of the text.
    @pytest.mark.parametrize("kept", [0, 5, 9, 100, -40])
    @pytest.mark.parametrize("path", ["A.npy", "A.npz", "sparse.npz", "A.mtx", "A.mat"])
    def test_refuses_truncated_files(self, folder, matrix, path, kept):
        np.save("A.npy", matrix)
        np.savez("A.npz", A=matrix)
        sp.save_npz("sparse.npz", sp.csr_array(matrix))
        scipy.io.mmwrite("A.mtx", matrix)
        scipy.io.savemat("A.mat", {"A": matrix})
        whole = (folder / path).read_bytes()
        (folder / path).write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=f"^{path}"):
            specs.load_operator(path)

    def test_a_damaged_type_does_not_crash_us(self, folder, matrix):
        scipy.io.savemat("A.mat", {"A": matrix})
        content = bytearray((folder / "A.mat").read_bytes())
        # The type of the entries, which SciPy takes for an index of its table of types.
        content[176] = 255
        (folder / "A.mat").write_bytes(content)
        with pytest.raises(ValueError, match=r"^A\.mat: it is damaged"):
            specs.load_operator("A.mat")

    def test_refuses_sparse_indices_outside_of_the_matrix(self, folder, matrix):
        # Without the check, multiplying by it reads and writes outside of the arrays.
        sp.save_npz("S.npz", sp.csr_array(matrix))
        stored = dict(np.load("S.npz"))
        stored["indices"] = stored["indices"] + 1_000_000
        np.savez("S.npz", **stored)
        with pytest.raises(ValueError, match="indices must be < 6"):
            specs.load_operator("S.npz")

    @pytest.mark.parametrize(
        "path, said",
        [
            ("missing.npy", "does not exist"),
            ("folder.npy", "is not a file"),
            ("A.npy:x", "only .npz and .mat files hold named arrays"),
            ("two.npz", r"holds 2 arrays \(first, second\); name one"),
            ("two.npz:firts", "did you mean 'first'"),
            ("none.npz", "holds 0 arrays"),
            ("two.mat", r"holds 2 arrays \(first, second\); name one"),
            ("two.mat:third", "Known: first, second"),
            ("hdf.mat", "HDF5"),
            ("new.mat", "save it with the option -v7"),
            ("text.npz", "damaged, or no .npz file"),
            ("wide.mtx", "at most 67108864 rows or columns"),
            ("huge.npy", "huge.npy"),
            ("raw.npz", "holds no array there"),
        ],
    )
    def test_refuses_files(self, folder, path, said):
        import zipfile

        (folder / "folder.npy").mkdir()
        pair = {"first": np.eye(2), "second": np.eye(2)}
        np.save("A.npy", np.eye(2))
        np.savez("two.npz", **pair)
        np.savez("none.npz")
        scipy.io.savemat("two.mat", pair)
        (folder / "hdf.mat").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
        (folder / "new.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(200))
        (folder / "text.npz").write_text("not a zip file")
        coordinate = "%%MatrixMarket matrix coordinate real general\n"
        (folder / "wide.mtx").write_text(f"{coordinate}{10**12} {10**12} 1\n1 1 1.0\n")
        small = (folder / "A.npy").read_bytes()
        (folder / "huge.npy").write_bytes(small.replace(b"(2, 2)", b"(9999999999, 99999)"))
        with zipfile.ZipFile("raw.npz", "w") as archive:
            archive.writestr("A", "not an array")
        with pytest.raises(ValueError, match=said):
            specs.load_operator(path)

    def test_masks_are_recognised(self, folder):
        np.save("mask.npy", np.eye(3, dtype=bool))
        np.save("volume.npy", np.ones((2, 2, 2), bool))
        np.save("A.npy", 2 * np.eye(3))
        mask, other = (specs.load_operator(path) for path in ("mask.npy", "A.npy"))
        assert "inpainting:mask.npy or fourier:mask.npy" in specs.mask_hint("mask.npy", mask, 9)
        assert specs.mask_hint("mask.npy", mask, 3) == ""
        assert specs.mask_hint("A.npy", other, 9) == ""
        for text in ("inpainting:mask.npy", " inpainting : mask.npy"):
            assert specs.mask_hint(text, specs.load_operator(text), 16) == ""
        with pytest.raises(ValueError, match=r"inpainting:volume\.npy"):
            specs.load_operator("volume.npy")


class TestMatrixMarket:
    @pytest.fixture
    def kinds(self, rng):
        """One matrix of every kind and symmetry, dense and sparse."""
        square = rng.standard_normal((4, 4))
        hermitian = square + square.T + 1j * (square - square.T)
        dense = [
            *(square, square[:2], square[:, :2], square + 1j * square.T, hermitian),
            *(square + square.T, square - square.T, np.rint(9 * square).astype(int)),
        ]
        return [*dense, *map(sp.coo_array, dense), sp.coo_array((3, 2)), np.zeros((2, 2))]

    def test_agrees_with_scipy_on_sound_files(self, folder, kinds):
        for number, matrix in enumerate(kinds):
            scipy.io.mmwrite("A.mtx", matrix, comment="über\nalles")
            found = files.read_array("A.mtx")
            with warnings.catch_warnings():
                # SciPy 1.18 announces another sparse type, which is all one here.
                warnings.simplefilter("ignore", DeprecationWarning)
                expected = scipy.io.mmread("A.mtx")
            assert sp.issparse(found) == sp.issparse(expected), number
            if sp.issparse(found):
                found, expected = found.toarray(), expected.toarray()
            np.testing.assert_allclose(found, expected, rtol=1e-15, err_msg=str(number))

    def test_patterns_and_compression(self, folder, rng):
        import gzip

        matrix = sp.coo_array(rng.standard_normal((3, 5)) * (rng.random((3, 5)) < 0.5))
        scipy.io.mmwrite("A.mtx", matrix, field="pattern")
        (folder / "A.mtx.gz").write_bytes(gzip.compress((folder / "A.mtx").read_bytes()))
        for path in ("A.mtx", "A.mtx.gz"):
            np.testing.assert_array_equal(files.read_array(path).toarray(), matrix.toarray() != 0)

    @pytest.mark.parametrize(
        "lines",
        [
            "\n",
            "%%MatrixMarket vector array real general\n1 1\n1\n",
            "%%MatrixMarket matrix array quaternion general\n1 1\n1\n",
            "%%MatrixMarket matrix array real general\n",
            "%%MatrixMarket matrix array real general\n1 2\n1\n",
            "%%MatrixMarket matrix array real general\n1 1\n1\n2\n",
            "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n",
            "%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n",
            "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 0 1\n",
            "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 nan 1\n",
        ],
    )
    def test_refuses_damage(self, folder, lines):
        (folder / "A.mtx").write_text(lines)
        with pytest.raises(ValueError, match=r"A\.mtx"):
            files.read_array("A.mtx")

    def test_refuses_a_file_cut_inside_its_last_number(self, folder, rng):
        scipy.io.mmwrite("A.mtx", rng.standard_normal((3, 4)))
        whole = (folder / "A.mtx").read_bytes()
        for cut in (1, 2, 5, 9):
            (folder / "A.mtx").write_bytes(whole[:-cut])
            with pytest.raises(ValueError, match="truncated"):
                files.read_array("A.mtx")


class TestBuiltIn:
    def test_mirrors_the_constructor(self, folder, rng):
        mask = rng.random((4, 6)) < 0.5
        kernel = rng.random((3, 2))
        np.save("mask.npy", mask)
        np.save("bytes.npy", mask.astype(np.uint8))
        np.savez("masks.npz", first=mask, second=~mask)
        sp.save_npz("sparse.npz", sp.csr_array(mask.astype(float)))
        np.save("kernel.npy", kernel)
        angles = np.array([0, 1, 2]) * np.pi / 3
        expected = {
            "inpainting:mask.npy": operators.inpainting(mask),
            "inpainting:bytes.npy": operators.inpainting(mask),
            "inpainting:masks.npz:second": operators.inpainting(~mask),
            "inpainting:sparse.npz": operators.inpainting(mask),
            "fourier:mask.npy": operators.fourier(mask),
            "fourier:mask.npy,centred=no": operators.fourier(mask),
            "fourier:mask.npy,centred=yes": operators.fourier(np.fft.ifftshift(mask)),
            "gaussian:m=3,n=5,seed=7": operators.gaussian(3, 5, rng=7),
            "gaussian:seed=7, n=5, m=3": operators.gaussian(3, 5, rng=7),
            "bernoulli:m=3,n=5,seed=0": operators.bernoulli(3, 5, rng=0),
            "tomography:size=4,views=3": operators.tomography(4, angles),
            "blur:kernel.npy,shape=4x6": operators.blur(kernel, (4, 6)),
            "downsample:shape=4x6,factor=2": operators.downsample((4, 6), 2),
            "downsample:shape=4x6,factor=2x3,kernel=kernel.npy": operators.downsample(
                (4, 6), (2, 3), kernel
            ),
        }
        for text, operator in expected.items():
            found = specs.load_operator(text)
            np.testing.assert_array_equal(found.to_dense(), operator.to_dense(), err_msg=text)
            assert (found.shape_in, found.generic) == (operator.shape_in, operator.generic)

    @pytest.mark.parametrize(
        "text, said",
        [
            ("fourier:", "needs an argument, as in fourier:mask.npy"),
            ("fourier:none.npy", "none.npy does not exist"),
            ("fourier:mask", "must end in .npy"),
            ("fourier:mask.npy,real=yes", "unknown key 'real'. Known: centred"),
            ("fourier:mask.npy,centred=1", "must be yes or no"),
            ("fourier:grey.npy", "booleans, or of 0 and 1; got .* values from 0 to 255"),
            ("inpainting:black.npy", "must be True somewhere"),
            ("inpainting:words.npy", "must hold booleans"),
            ("fourrier:mask.npy", "did you mean 'fourier'"),
            ("gausian:m=4,n=9,seed=0", "did you mean 'gaussian'"),
            ("gaussian:m=4,n=9", "needs seed, as in"),
            ("gaussian:", "must be written as in gaussian:m=64"),
            ("gaussian:4x9", "must be written as in gaussian:m=64"),
            ("gaussian:m=0,n=9,seed=0", "`m` must be a positive integer"),
            ("gaussian:m=-4,n=9,seed=0", "`m` must be a positive integer"),
            ("gaussian:m=4,n=9,seed=-1", "`seed` must be a non-negative integer"),
            ("gaussian:m=4,m=4,n=9,seed=0", "'m' must be given once"),
            ("gaussian:m=99999,n=99999,seed=0", "at most 67108864 entries"),
            ("tomography:size=4", "needs views"),
            ("blur:kernel.npy", "needs shape"),
            ("blur:kernel.npy,shape=2x2", "must fit into shape"),
            ("downsample:shape=4x4,factor=3", "must divide every side"),
            ("downsample:shape=4x4,factor=2,kernel=none.npy", "none.npy does not exist"),
            ("fourier", "an operator must be a file"),
            ("mask.txt", "an operator must be a file"),
            ("mask", "an operator must be a file"),
            ("", "an operator must be a file"),
            ("a:b:c", "an operator must be a file"),
        ],
    )
    def test_refuses(self, folder, text, said):
        np.save("mask.npy", np.eye(4, dtype=bool))
        np.save("grey.npy", 255 * np.eye(4, dtype=np.uint8))
        np.save("black.npy", np.zeros((4, 4), bool))
        np.save("words.npy", np.array(["yes", "no"]))
        np.save("kernel.npy", np.ones((3, 3)))
        with pytest.raises(ValueError, match=said):
            specs.load_operator(text)


class TestFunction:
    @pytest.fixture(autouse=True)
    def module(self, folder, monkeypatch, request):
        import sys

        source = """
            import sys
            import numpy as np
            import sensing_theorems as st

            number = 3

            class Kind: ...

            class Holder:
                @staticmethod
                def made():
                    return np.eye(2, 5)

            def made(): return np.eye(2, 5)
            def ours(): return st.operators.gaussian(2, 5, rng=0)
            def optional(rows=2): return np.eye(rows, 5)
            def needs(rows): return np.eye(rows, 5)
            def nothing(): return None
            def vector(): return np.ones(5)
            def leaves(): sys.exit(0)
            def fails(): raise RuntimeError("of its own\\nmaking")
            def two(): return [np.eye(2, 5), st.operators.gaussian(3, 5, rng=0)]
            def pair(): return (np.eye(1, 5), np.ones((4, 5)))
            def nested(): return [[1, 0, 0], [0, 1, 0]]
            def empty(): return []
            def numbers(): return [1.0, 2.0]
            def one_bad(): return [np.eye(2, 5), np.ones(5)]
            def curved(): return st.as_operator(np.square, shape_in=(5,))
            """
        (folder / "made_here.py").write_text(textwrap.dedent(source))
        (folder / "broken_here.py").write_text("1 / 0")
        (folder / "unreadable_here.py").write_text("def (")
        yield
        for name in ("made_here", "broken_here", "unreadable_here"):
            sys.modules.pop(name, None)

    @pytest.mark.parametrize("function", ["made", "optional", "Holder.made"])
    def test_gives_what_the_function_returns(self, function):
        operator = specs.load_operator(f"made_here:{function}")
        np.testing.assert_array_equal(operator.to_dense(), np.eye(2, 5))
        assert operator.name == f"made_here:{function}"

    def test_gives_all_that_the_function_returns(self):
        first, second = specs.load_operators("made_here:two")
        np.testing.assert_array_equal(first.to_dense(), np.eye(2, 5))
        expected = operators.gaussian(3, 5, rng=0)
        np.testing.assert_array_equal(second.to_dense(), expected.to_dense())
        assert (first.name, second.name) == ("made_here:two[0]", expected.name)
        assert (first.generic, second.generic) == (None, True)
        found = [A.shape for A in specs.load_operators("made_here:pair")]
        assert found == [(1, 5), (4, 5)]

    def test_a_nested_list_of_numbers_is_one_matrix(self):
        np.testing.assert_array_equal(
            specs.load_operator("made_here:nested").to_dense(), np.eye(2, 3)
        )

    def test_our_own_operators_keep_what_is_known_of_them(self):
        operator = specs.load_operator("made_here:ours")
        assert (operator.name, operator.generic) == ("gaussian(2 x 5)", True)

    @pytest.mark.parametrize(
        "text, said",
        [
            ("not_here:made", "importing not_here: ModuleNotFoundError"),
            ("broken_here:made", "importing broken_here: ZeroDivisionError"),
            ("unreadable_here:made", "importing unreadable_here: SyntaxError"),
            ("made_here:maed", "did you mean 'made'"),
            ("made_here:Holder.maed", "did you mean 'made'"),
            ("made_here:number", "must be a function without arguments; got int"),
            ("made_here:Kind", "must be a function without arguments; got type"),
            ("made_here:needs", "must be a function without arguments; got function needs"),
            ("made_here:nothing", "made_here:nothing: TypeError: an operator must be"),
            ("made_here:vector", "must be two-dimensional"),
            ("made_here:leaves", "made_here:leaves: SystemExit"),
            ("made_here:fails", "made_here:fails: RuntimeError: of its own"),
            ("made_here:curved", "must be linear"),
            ("made_here:empty", "made_here:empty: at least one operator must be returned"),
            ("made_here:numbers", "made_here:numbers: operator 1 of 2: an operator must be"),
            ("made_here:one_bad", "operator 2 of 2: .*must be two-dimensional"),
            ("made_here:two", "made_here:two must return one operator; got 2"),
        ],
    )
    def test_refuses(self, text, said):
        with pytest.raises(ValueError, match=said):
            specs.load_operator(text)


class TestReplaced:
    def test_content_takes_the_place_of_the_file(self, folder):
        (folder / "out").write_text("before")
        with files.replaced("out") as content:
            content.write(b"after")
            assert (folder / "out").read_text() == "before"
        assert (folder / "out").read_text() == "after"
        assert [path.name for path in folder.iterdir()] == ["out"]

    @pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
    def test_failed_work_leaves_everything_as_it_was(self, folder, error):
        (folder / "out").write_text("before")
        with pytest.raises(error, match="of its own"):
            with files.replaced("out") as content:
                content.write(b"half")
                raise error("of its own")
        assert (folder / "out").read_text() == "before"
        assert [path.name for path in folder.iterdir()] == ["out"]

    def test_links_are_followed_and_permissions_kept(self, folder):
        (folder / "out").write_text("before")
        (folder / "out").chmod(0o640)
        (folder / "link").symlink_to("out")
        with files.replaced("link") as content:
            content.write(b"after")
        assert (folder / "link").is_symlink()
        assert (folder / "out").read_text() == "after"
        assert (folder / "out").stat().st_mode & 0o777 == 0o640

    def test_devices_are_written_to_and_not_replaced(self):
        with files.replaced("/dev/null") as content:
            content.write(b"gone")
        from pathlib import Path

        assert Path("/dev/null").is_char_device()

    @pytest.mark.parametrize("path", ["", ".", "folder", "new/", "missing/out", "file/out"])
    def test_refuses_places_at_once(self, folder, path):
        (folder / "folder").mkdir()
        (folder / "file").write_text("")
        with pytest.raises(ValueError, match=r"^cannot write"):
            with files.replaced(path):
                pytest.fail("the work must not begin")
