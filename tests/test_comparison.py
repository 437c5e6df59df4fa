"""Comparisons: the rules at their margins, the table, and files that survive or are refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg

import sensing_theorems as st
from sensing_theorems.comparison import LEARNED, NEAR, UNCHANGED, Comparison, History
from sensing_theorems.prediction import Outcome, predict

PINV, LEVEL, SUPERVISED = 16.0, 20.5, 24.0


def predicted(outcome, level=LEVEL):
    found = predict(st.Problem(np.eye(8)[:4], st.groups.shifts(8, stride=4)))
    assert found.operator_rank < found.n
    level = {Outcome.NOT_LEARNABLE: PINV, Outcome.LEARNABLE: math.inf}.get(outcome, level)
    return replace(found, outcome=outcome, pinv_psnr=PINV, stack_psnr=level)


def run(*psnr):
    steps = np.arange(len(psnr)) * 10
    return History(steps, np.exp(-steps / 10), np.array(psnr))


def compared(outcome, ei, warm=None, **changes):
    return Comparison(
        psnr={"pinv": PINV, "mc": PINV + 0.1, "ei": ei, "supervised": SUPERVISED},
        prediction=predicted(outcome),
        warm={} if warm is None else {"ei": run(SUPERVISED, warm)},
        **changes,
    )


@pytest.fixture
def whole():
    return Comparison(
        psnr={"pinv": PINV, "ei": 19.0, "mc+ei": math.nan, "supervised": SUPERVISED},
        prediction=predicted(Outcome.PARTLY),
        history={"ei": run(15.0, math.nan, 19.0), "supervised": run(15.0, 23.0, 24.0)},
        split={"ei": (0.43, 0.86), "supervised": (math.nan, math.inf)},
        warm={"ei": run(SUPERVISED, 21.0, 20.3)},
        seconds={"ei": 41.5},
        about={
            "operators": ["Cartesian ×4"],
            "action": "quarter turns",
            "settings": {"order": math.inf, "sizes": (8, np.int64(8)), "rate": np.float32(0.5)},
            "seed": None,
        },
    )


class TestHistory:
    def test_last_is_the_last_that_is_known(self):
        assert run(1.0, 2.0, math.nan).last == 2.0
        assert math.isnan(run(math.nan).last)
        assert math.isnan(History([0, 1], [1.0, math.nan], [20.0, math.nan]).last)
        assert History([0, 1], [math.nan, math.nan], [20.0, 21.0]).last == 21.0

    @pytest.mark.parametrize(
        "step, words",
        [
            ([], "at least one"),
            ([0, 0], "ascend"),
            ([-1, 0], "ascend"),
            ([0.5, 1.5], "integers"),
            ([[0, 1]], "integers"),
        ],
    )
    def test_refuses_steps(self, step, words):
        with pytest.raises(ValueError, match=words):
            History(np.array(step), np.zeros(2), np.zeros(2))

    def test_refuses_other_sizes(self):
        with pytest.raises(ValueError, match="one value per step, 2"):
            History(np.arange(2), np.zeros(2), np.zeros(3))

    def test_does_not_follow_changes_of_its_input(self):
        values = np.zeros(2)
        found = History(np.arange(2), values, values)
        values[:] = 5.0
        assert found.psnr.tolist() == [0.0, 0.0]


class TestLevels:
    def test_gap_closed_by_hand(self, whole):
        # (19 - 16) / (24 - 16)
        assert whole.gap_closed["ei"] == pytest.approx(3 / 8)
        assert set(whole.gap_closed) == {"ei", "mc+ei"}

    def test_is_nan_without_supervised_or_gap(self):
        cases = [{}, {"supervised": 1.0}, {"supervised": 0.5}]
        for psnr in ({"pinv": 1.0, "ei": 2.0, **more} for more in cases):
            found = Comparison(psnr=psnr, prediction=predicted(Outcome.PARTLY))
            assert math.isnan(found.gap_closed["ei"])

    def test_warm_psnr_is_the_end(self, whole):
        assert whole.warm_psnr == {"ei": 20.3}


class TestKept:
    """The level of the supervised network without what nobody sees."""

    def dense(self, rng):
        """Return a problem, signals (N, n), and projectors on null A and on that of the stack."""
        action = st.groups.shifts(12, stride=4)
        basis = scipy.linalg.null_space(np.tile(np.eye(4), 3))[:, :6]
        # Rows out of an invariant space, so that the stack stays deficient.
        A = rng.standard_normal((2, 6)) @ basis.T + np.tile(rng.standard_normal((2, 4)), 3)
        stack = np.concatenate([g.pull_back(A) for g in action.elements()])
        nulls = [scipy.linalg.null_space(rows) for rows in (A, stack)]
        return st.Problem(A, action), rng.random((9, 12)), *(null @ null.T for null in nulls)

    @pytest.mark.parametrize("scale", [0.0, 0.3, 1.0, 2.0])
    def test_is_that_of_the_estimates_without_their_unseen_part(self, rng, scale):
        problem, x, alone, nobody = self.dense(rng)
        found = predict(problem, x)
        assert found.outcome is Outcome.PARTLY
        # Measurement consistent, wrong in all of null A.
        wrong = scale * rng.standard_normal(x.shape) @ alone
        x_hat = x + wrong
        comparison = Comparison(
            psnr={"pinv": found.pinv_psnr},
            prediction=found,
            split={"supervised": found.split(x, x_hat)},
        )
        error = np.mean((x_hat - x_hat @ nobody - x) ** 2)
        expected = 10 * np.log10(x.max() ** 2 / error)
        assert comparison.kept_psnr == pytest.approx(expected, abs=1e-8)
        if scale == 0.0:
            assert comparison.kept_psnr == pytest.approx(found.stack_psnr, abs=1e-8)
        pseudo = replace(comparison, split={"supervised": found.split(x, x - x @ alone)})
        assert pseudo.kept_psnr == pytest.approx(found.pinv_psnr, abs=1e-8)

    def test_of_full_rank_is_the_level_of_the_network(self, rng):
        A, x = rng.standard_normal((6, 12)), rng.random((9, 12))
        found = predict(st.Problem(A, st.groups.shifts(12)), x)
        assert found.stack_psnr == math.inf
        alone = scipy.linalg.null_space(A)
        wrong = 0.1 * rng.standard_normal(x.shape) @ alone @ alone.T
        split = {"supervised": found.split(x, x + wrong)}
        comparison = Comparison({"pinv": found.pinv_psnr}, found, split=split)
        expected = 10 * np.log10(x.max() ** 2 / np.mean(wrong**2))
        assert comparison.kept_psnr == pytest.approx(expected, abs=1e-8)

    def test_where_nothing_is_identifiable_is_the_predicted_level(self):
        found = compared(Outcome.NOT_LEARNABLE, PINV, split={"supervised": (math.nan, 0.4)})
        assert found.kept_psnr == pytest.approx(PINV)

    @pytest.mark.parametrize("error", [math.nan, math.inf])
    def test_is_not_known_of_a_network_that_broke_down(self, error):
        found = compared(Outcome.PARTLY, PINV, warm=0.0, split={"supervised": (error, 1.0)})
        assert found.kept_psnr is None
        assert found.agrees is False

    def test_is_not_known_without_levels_or_supervised(self):
        assert compared(Outcome.PARTLY, PINV).kept_psnr is None
        found = compared(Outcome.PARTLY, PINV, split={"supervised": (0.5, 1.0)})
        for name in ("pinv_psnr", "stack_psnr"):
            bare = replace(found, prediction=replace(found.prediction, **{name: None}))
            assert bare.kept_psnr is None


def keeping(warm):
    """A supervised network that lacks some of the identifiable part: kept at 17.99 dB."""
    found = compared(Outcome.PARTLY, PINV + 1, warm=warm, split={"supervised": (0.4, 0.5)})
    mse, best = 10 ** (-PINV / 10), 10 ** (-LEVEL / 10)
    return found, -10 * math.log10(0.4 * (mse - best) + best)


class TestAgrees:
    EPS = 1e-6

    def test_warm_runs_end_between_what_is_kept_and_the_level(self):
        _, kept = keeping(0.0)
        assert PINV + NEAR < kept < LEVEL - 2 * NEAR
        for warm, agrees in (
            (kept - NEAR - self.EPS, False),
            (kept - NEAR + self.EPS, True),
            ((kept + LEVEL) / 2, True),
            (LEVEL + NEAR - self.EPS, True),
            (LEVEL + NEAR + self.EPS, False),
        ):
            found, _ = keeping(warm)
            assert found.agrees is agrees
            assert all(f"{kept:.2f} to {LEVEL:.2f} dB" in said for said in found.disagreements)

    @pytest.mark.parametrize("above", [True, False])
    def test_not_learnable_turns_at_no_gain(self, above):
        gain = UNCHANGED + (self.EPS if above else -self.EPS)
        assert compared(Outcome.NOT_LEARNABLE, PINV + gain).agrees is not above

    def test_a_loss_below_the_pseudo_inverse_is_no_agreement(self):
        assert compared(Outcome.NOT_LEARNABLE, PINV - 1).agrees is False
        assert compared(Outcome.PARTLY, PINV - 1, warm=LEVEL).agrees is False

    def test_says_nothing_of_training_that_was_too_short(self):
        for taught, agrees in ((LEARNED - self.EPS, None), (LEARNED + self.EPS, True)):
            found = compared(Outcome.LEARNABLE, PINV + 0.1, warm=PINV + taught)
            psnr = {**found.psnr, "supervised": PINV + taught}
            assert replace(found, psnr=psnr).agrees is agrees

    def test_says_nothing_of_noise(self):
        found = compared(Outcome.NOT_LEARNABLE, PINV + 3)
        assert found.agrees is False
        assert replace(found, about={"noise": "GaussianNoise(0.1)"}).agrees is None

    def test_learnable_must_not_lead_below_where_it_leads_by_itself(self):
        cold = PINV + LEARNED + 1
        assert compared(Outcome.LEARNABLE, cold, warm=cold - NEAR).agrees is True
        assert compared(Outcome.LEARNABLE, cold, warm=cold - NEAR - self.EPS).agrees is False

    @pytest.mark.parametrize("off", [-1, 1])
    @pytest.mark.parametrize("near", [True, False])
    def test_warm_runs_end_at_the_level(self, off, near):
        shift = off * (NEAR - self.EPS if near else NEAR + self.EPS)
        assert compared(Outcome.PARTLY, PINV + 1, warm=LEVEL + shift).agrees is near
        assert compared(Outcome.NOT_LEARNABLE, PINV, warm=PINV + shift).agrees is near

    @pytest.mark.parametrize("above", [True, False])
    def test_partly_without_warm_turns_at_any_gain(self, above):
        gain = UNCHANGED + (self.EPS if above else -self.EPS)
        assert compared(Outcome.PARTLY, PINV + gain).agrees is above

    @pytest.mark.parametrize("above", [True, False])
    def test_learnable_turns_at_a_clear_gain(self, above):
        gain = LEARNED + (self.EPS if above else -self.EPS)
        assert compared(Outcome.LEARNABLE, PINV + gain).agrees is above

    def test_learnable_by_what_is_kept(self):
        for warm, kept in ((SUPERVISED - NEAR, True), (SUPERVISED + 3, True), (23.4, False)):
            assert compared(Outcome.LEARNABLE, PINV + 1, warm=warm).agrees is kept

    def test_says_nothing_where_nothing_was_predicted(self):
        assert compared(Outcome.OPEN, 30.0, warm=0.0).agrees is None
        assert compared(Outcome.OPEN, 30.0, warm=0.0).disagreements == ()
        trivial = replace(predict(st.Problem(np.eye(4))), pinv_psnr=math.inf, stack_psnr=math.inf)
        found = Comparison(psnr={"pinv": math.inf, "ei": math.inf}, prediction=trivial)
        assert found.agrees is None

    def test_only_equivariance_is_asked(self):
        high = dict.fromkeys(("mc", "sure", "unsure", "splitting", "mc+sure", "supervised"), 40.0)
        alone = Comparison(psnr={"pinv": PINV, **high}, prediction=predicted(Outcome.NOT_LEARNABLE))
        assert alone.agrees is None
        for loss in ("ei", "moi", "rei", "es", "mc+ei", "sure + ei"):
            found = Comparison(
                psnr={"pinv": PINV, loss: 40.0}, prediction=predicted(Outcome.NOT_LEARNABLE)
            )
            assert found.agrees is False

    def test_denoising_is_no_gain_of_equivariance(self):
        psnr = {"pinv": PINV, "rei": 18.0}
        found = Comparison(psnr=psnr, prediction=predicted(Outcome.NOT_LEARNABLE))
        assert found.agrees is False
        assert replace(found, psnr=psnr | {"sure": 18.0}).agrees is True

    @pytest.mark.parametrize("outcome", [Outcome.NOT_LEARNABLE, Outcome.PARTLY, Outcome.LEARNABLE])
    def test_a_run_that_broke_down_is_no_agreement_on_what_is_learned(self, outcome):
        broken = History([0, 10], [1.0, math.nan], [SUPERVISED, math.nan])
        found = replace(compared(outcome, math.nan), warm={"ei": broken})
        assert found.agrees is not True

    def test_a_warm_run_alone_is_enough(self):
        warm = {"ei": run(SUPERVISED, LEVEL)}
        found = Comparison({"pinv": PINV}, predicted(Outcome.PARTLY), warm=warm)
        assert found.agrees is True
        assert replace(found, warm={"ei": run(SUPERVISED, PINV)}).agrees is False

    def test_tells_a_breakdown_from_a_gain(self):
        found = compared(Outcome.LEARNABLE, math.nan, warm=20.0)
        assert [said.split()[1] for said in found.disagreements] == ["broke", "did"]

    def test_names_every_loss_that_is_off(self):
        psnr = {"pinv": PINV, "ei": 20.0, "moi": 16.0, "rei": 21.0}
        found = Comparison(psnr=psnr, prediction=predicted(Outcome.NOT_LEARNABLE))
        said = found.disagreements
        assert [sentence.split()[0] for sentence in said] == ["EI", "REI"]
        assert "4.00 dB" in said[0]


class TestTable:
    def test_has_prediction_and_outcome_from_low_to_high(self, whole):
        text = str(whole)
        lines = text.splitlines()
        assert lines[0] == "Cartesian ×4, quarter turns"
        assert "PARTLY" in text
        (at,) = [i for i, line in enumerate(lines) if line.startswith("---")]
        names = ["MC + EI", "pseudo-inverse", "EI", "predicted level, rank", "supervised"]
        for line, name in zip(lines[at + 1 :], names, strict=False):
            assert line.startswith(name)

    def test_has_what_is_kept_of_the_supervised_network_if_it_is_another_level(self):
        name = "supervised, without the unseen"
        found, kept = keeping(19.0)
        lines = str(found).splitlines()
        (at,) = [i for i, line in enumerate(lines) if line.startswith(name)]
        assert lines[at].removeprefix(name).split() == [f"{kept:.2f}"]
        assert lines[at + 1].startswith("predicted level")
        assert name not in str(replace(found, warm={}))
        assert name not in str(replace(found, split={"supervised": (1e-4, 0.5)}))
        assert name in str(replace(found, split={"supervised": (1e-2, 0.5)}))
        full = compared(Outcome.LEARNABLE, 19.0, warm=23.0, split={"supervised": (0.4, 0.5)})
        assert name not in str(full)

    def test_columns_stand_below_their_heads(self, whole):
        lines = str(whole).splitlines()
        (at,) = [i for i, line in enumerate(lines) if line.startswith("---")]
        head, width = lines[at - 1], len(lines[at])
        end = head.index("PSNR/dB") + len("PSNR/dB")
        for line in lines[at + 1 : lines.index("", at)]:
            assert len(line) <= width
            assert line[end - 1] in "0123456789∞–t"
            assert line[end : end + 2].strip() == ""
        assert width <= 100

    def test_leaves_out_columns_without_anything(self):
        text = str(compared(Outcome.PARTLY, 19.0))
        assert "gap closed" in text
        assert "warm" not in text
        assert "unseen" not in text

    def test_says_whether_it_agrees(self):
        assert "agrees with" in str(compared(Outcome.PARTLY, 19.0))
        assert "disagrees with" in str(compared(Outcome.NOT_LEARNABLE, 19.0))
        assert "cannot agree or disagree" in str(compared(Outcome.OPEN, 19.0))

    def test_full_rank_has_no_limit(self):
        assert "no limit" in str(compared(Outcome.LEARNABLE, 19.0))


class TestFiles:
    def test_there_and_back(self, whole, tmp_path):
        path = tmp_path / "found.json"
        whole.save(path)
        again = Comparison.load(path)
        assert again.to_dict() == whole.to_dict()
        assert str(again) == str(whole)
        assert again.agrees is whole.agrees
        assert math.isnan(again.psnr["mc+ei"])
        assert again.split["supervised"][1] == math.inf
        np.testing.assert_array_equal(again.history["ei"].psnr, whole.history["ei"].psnr)
        assert again.about["settings"] == {"order": "inf", "sizes": [8, 8], "rate": 0.5}
        # What is written is JSON for every reader.
        json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)

    def test_truncated_anywhere(self, whole, tmp_path):
        path = tmp_path / "found.json"
        whole.save(path)
        content = path.read_bytes()
        for end in range(0, len(content) - 1, 97):
            path.write_bytes(content[:end])
            with pytest.raises(ValueError, match="is no comparison"):
                Comparison.load(path)

    @pytest.mark.parametrize(
        "content, words",
        [
            ("[]", "must be a dict"),
            ("{}", "kind"),
            ('{"kind": "sensing_theorems.Comparison"}', "schema_version"),
            ('{"kind": "sensing_theorems.Comparison", "schema_version": 1}', "must hold"),
            ("\x00", "truncated"),
            ("[" * 100000, "truncated"),
        ],
    )
    def test_foreign_files(self, content, words, tmp_path):
        path = tmp_path / "other.json"
        path.write_text(content)
        with pytest.raises(ValueError, match=words):
            Comparison.load(path)

    @pytest.mark.parametrize("name", ["psnr", "history", "split", "warm", "seconds", "prediction"])
    @pytest.mark.parametrize("value", [None, 3, "x", [1], {"ei": "x"}, {"ei": [1, 2, 3]}])
    def test_foreign_values(self, whole, name, value, tmp_path):
        path = tmp_path / "found.json"
        path.write_text(json.dumps(whole.to_dict() | {name: value}))
        with pytest.raises(ValueError, match="is no comparison"):
            Comparison.load(path)

    def test_no_file_no_path(self, whole, tmp_path):
        with pytest.raises(ValueError, match="cannot read"):
            Comparison.load(tmp_path / "none.json")
        for call in (whole.save, Comparison.load):
            with pytest.raises(TypeError, match="must be a path"):
                call(3)

    def test_a_failed_write_leaves_the_old_file(self, whole, tmp_path, monkeypatch):
        path = tmp_path / "found.json"
        whole.save(path)
        before = path.read_bytes()
        monkeypatch.setattr(json, "dumps", lambda *_, **__: (_ for _ in ()).throw(MemoryError()))
        with pytest.raises(MemoryError):
            whole.save(path)
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["found.json"]


class TestRefusals:
    def test_what_a_comparison_must_be(self):
        good = {"psnr": {"pinv": 1.0}, "prediction": predicted(Outcome.PARTLY)}
        for change, kind, words in (
            ({"psnr": {"ei": 1.0}}, ValueError, "must hold 'pinv'"),
            ({"psnr": [1.0]}, TypeError, "dict with names"),
            ({"psnr": {"pinv": "high"}}, TypeError, "must be a number"),
            ({"psnr": {"pinv": True}}, TypeError, "must be a number"),
            ({"prediction": None}, TypeError, "must be a Prediction"),
            ({"warm": {"ei": [1.0]}}, TypeError, "a History"),
            ({"split": {"ei": 0.5}}, TypeError, "two numbers"),
            ({"about": {"network": object()}}, TypeError, "plain JSON"),
        ):
            with pytest.raises(kind, match=words):
                Comparison(**(good | change))

    def test_numpy_numbers_are_numbers(self):
        found = Comparison(
            psnr={"pinv": np.float32(1.5)},
            prediction=predicted(Outcome.PARTLY),
            split={"ei": np.array([0.5, 1.0])},
        )
        assert type(found.psnr["pinv"]) is float
        assert found.split["ei"] == (0.5, 1.0)
