"""What `make validate` stored: complete, tabled and drawn as it stands, and explained."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "figures"))

import make  # noqa: E402
import validate  # noqa: E402
import validation_table  # noqa: E402

import sensing_theorems as st  # noqa: E402
from sensing_theorems.prediction import Outcome  # noqa: E402

TITLES = json.loads((validate.FOLDER / "titles.json").read_text(encoding="utf-8"))
STORED = {key: st.Comparison.load(validate.FOLDER / f"{key}.json") for key in TITLES}
CLEAN = [key for key in STORED if STORED[key].about["noise"] is None]
every_clean_setup = pytest.mark.parametrize("key", CLEAN)


@every_clean_setup
class TestStored:
    def test_levels_are_in_order(self, key):
        found = STORED[key]
        # Of several operators each sees its own signals, and the prediction is a mean over all.
        off = 1e-2 if len(found.about["operators"]) == 1 else 0.1
        assert found.psnr["pinv"] == pytest.approx(found.prediction.pinv_psnr, abs=off)
        assert found.psnr["supervised"] > found.psnr["pinv"] + 2

    def test_what_is_not_learnable_is_not_learned(self, key):
        found = STORED[key]
        if found.prediction.outcome is Outcome.NOT_LEARNABLE:
            (loss,) = set(found.psnr) & {"ei", "moi"}
            assert abs(found.psnr[loss] - found.psnr["pinv"]) < 0.05
            # Equal operators make the loss vanish: there is no gradient to forget by.
            if key != "moi-same":
                assert abs(found.warm_psnr[loss] - found.prediction.stack_psnr) < 0.5

    def test_every_disagreement_is_explained(self, key):
        page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
        assert STORED[key].agrees is not False or TITLES[key] in page


class TestTraining:
    """Against the setups themselves, which need PyTorch."""

    pytestmark = pytest.mark.torch

    def test_nothing_is_missing(self):
        pytest.importorskip("torch")
        from sensing_theorems.equivariant_imaging import experiments

        every = (*experiments.SETUPS, *experiments.NOISY, experiments.LOW_DOSE)
        assert {each.key: each.title for each in every} == TITLES

    @every_clean_setup
    def test_predictions_are_those_of_the_setups(self, key):
        pytest.importorskip("torch")
        from sensing_theorems.equivariant_imaging import experiments

        (experiment,) = (each for each in experiments.SETUPS if each.key == key)
        given, found = experiment.build(), STORED[key].prediction
        maps = given.action if given.predicted_by is None else given.predicted_by
        if isinstance(maps, st.GroupAction) or maps is None:
            again = st.predict(st.Problem(given.operators, maps), given.test_signals)
        else:
            again = st.predict(st.Problem(given.operators), given.test_signals, transforms=maps)
        assert (again.outcome, again.stack_rank) == (found.outcome, found.stack_rank)
        assert again.pinv_psnr == pytest.approx(found.pinv_psnr, abs=1e-6)
        assert again.stack_psnr == pytest.approx(found.stack_psnr, abs=1e-6)


class TestNoise:
    def test_sure_holds_where_noise_grows(self):
        levels = {float(key.rpartition("-")[2]): STORED[key] for key in STORED if "-noise-" in key}
        strongest = levels[max(levels)]
        assert strongest.psnr["rei"] > strongest.psnr["ei"] + 1
        gaps = [levels[level].psnr["rei"] - levels[level].psnr["ei"] for level in sorted(levels)]
        assert gaps[-1] > gaps[0]

    def test_nothing_is_judged(self):
        assert all(STORED[key].agrees is None for key in set(STORED) - set(CLEAN))


class TestTold:
    """What the guide, the notebook and the gallery say in numbers."""

    GUIDE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")

    def test_how_many_forget(self):
        near, limited = validation_table.forgetting(validate.tabled())
        said = (
            f"Of {limited} setups that are not or only partly learnable, {near} end within 0.5 dB"
        )
        assert said in self.GUIDE
        (notebook,) = (ROOT / "notebooks" / "src").glob("06_*.py")
        text = " ".join(notebook.read_text(encoding="utf-8").replace("\n# ", " ").split())
        assert f"of {limited} setups that are not or only partly learnable, {near} end" in text

    def test_what_seven_views_gain(self):
        found = STORED["ct-odd"].psnr
        captions = (ROOT / "figures" / "gallery.toml").read_text(encoding="utf-8")
        assert f"training gains {round(found['ei'] - found['pinv'])} dB" in captions

    def test_what_exceeds_the_level(self):
        found = STORED["mri2-turns"]
        assert found.psnr["ei"] > found.prediction.stack_psnr + 4
        assert f"EI reaches {found.psnr['ei']:.1f} dB, 4 dB *above*" in self.GUIDE
        assert f"keeps {found.warm_psnr['ei']:.1f}." in self.GUIDE

    def test_what_is_gained_below_the_exact_threshold(self):
        found = validate.gains()
        n, k = int(found["n"]), int(found["k"])
        many = found["gain"][:, found["G"] > 1]
        threshold = k + (n - k) / found["G"][found["G"] > 1]
        below = many[found["m"][:, None] < threshold]
        assert below.max() < 3 < many.max()
        assert f"between −{-below.min():.1f} and {below.max():.1f} dB" in self.GUIDE


class TestGains:
    def test_rise_with_what_is_measured(self):
        found = validate.gains()
        assert found["gain"].shape == (len(found["m"]), len(found["G"]))
        n, k = int(found["n"]), int(found["k"])
        below, above = [], []
        for (i, j), gain in np.ndenumerate(found["gain"]):
            enough = found["m"][i] >= k + (n - k) / found["G"][j]
            (above if enough else below).append(gain)
        assert np.median(above) > np.median(below) + 3

    def test_one_operator_teaches_nothing(self):
        found = validate.gains()
        assert np.abs(found["gain"][:, list(found["G"]).index(1)]).max() < 0.05


class TestDrawn:
    def test_the_table_is_that_of_the_stored_runs(self):
        written = (validate.FOLDER / "README.md").read_text(encoding="utf-8")
        assert written == validation_table.markdown(validate.tabled())

    def test_the_front_page_quotes_it(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        quoted = readme.split("<!-- validation -->\n")[1].split("<!-- /validation -->")[0]
        assert quoted == validation_table.excerpt(validate.tabled())

    @pytest.mark.parametrize("name", validate.PICTURES)
    def test_every_picture_is_there(self, name):
        text = (validate.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert text.startswith("<?xml")
        if make.versions() in text:
            assert validate.drawn(name) == text

    def test_every_level_is_a_number(self):
        for found in STORED.values():
            assert all(math.isfinite(value) for value in found.psnr.values())
