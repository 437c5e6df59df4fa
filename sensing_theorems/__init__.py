"""Decide whether a signal model can be learned from measurements alone.

Given forward operators A (m, n) and a group action g -> T_g under which the signals are invariant,
`analyze` decides what is decidable for these very operators, says which published theorem covers
the rest, and shows its evidence: a rank and its margin, a signal that nobody can see, a repair.

Names are bound at first use, so that importing the package costs next to nothing.
"""

import sys
from types import ModuleType

__version__ = "0.1.0"

_SUBMODULES = (
    "equivariant_imaging",
    "groups",
    "interop",
    "manifolds",
    "models",
    "noise",
    "nonlinear",
    "operators",
    "plot",
    "tasks",
    "theorems",
)

_HOME = {
    "Check": "check",
    "Comparison": "comparison",
    "Covering": "covering",
    "DimensionEstimate": "intrinsic_dimension",
    "ForwardOperator": "operators",
    "GroupAction": "groups.action",
    "Identification": "identification",
    "Irreps": "groups.irreps",
    "MaskDesign": "design",
    "Outcome": "prediction",
    "PhaseDiagram": "sweep",
    "Prediction": "prediction",
    "Problem": "problem",
    "RankResult": "stacked_rank",
    "Repair": "repair",
    "Report": "report",
    "SampleComplexity": "sample_complexity",
    "SubspaceBatch": "subspace_batches",
    "SweepError": "sweep",
    "SweepInterrupted": "sweep",
    "THEOREMS": "theorems",
    "Threshold": "thresholds",
    "Transition": "sweep",
    "Verdict": "report",
    "analyze": "report",
    "as_operator": "operators",
    "covering_condition": "covering",
    "design_mask": "design",
    "identify": "identification",
    "identify_subspaces": "subspace_batches",
    "induced_maps": "equivariance",
    "intrinsic_dimension": "intrinsic_dimension",
    "is_equivariant": "equivariance",
    "matrix_ranks": "batches",
    "measured_dimension": "intrinsic_dimension",
    "modular_rank": "modular",
    "modular_ranks": "batches",
    "predict": "prediction",
    "samples_needed": "sample_complexity",
    "stabiliser": "stabilisers",
    "stacked_rank": "stacked_rank",
    "suggest": "repairs",
    "sweep": "sweep",
}

__all__ = sorted([*_HOME, *_SUBMODULES])

# As type checkers know it; importing it from `typing` would cost more than all of this file.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from sensing_theorems import equivariant_imaging as equivariant_imaging
    from sensing_theorems import groups as groups
    from sensing_theorems import interop as interop
    from sensing_theorems import manifolds as manifolds
    from sensing_theorems import models as models
    from sensing_theorems import noise as noise
    from sensing_theorems import nonlinear as nonlinear
    from sensing_theorems import operators as operators
    from sensing_theorems import plot as plot
    from sensing_theorems import tasks as tasks
    from sensing_theorems import theorems as theorems
    from sensing_theorems.batches import matrix_ranks as matrix_ranks
    from sensing_theorems.batches import modular_ranks as modular_ranks
    from sensing_theorems.check import Check as Check
    from sensing_theorems.comparison import Comparison as Comparison
    from sensing_theorems.covering import Covering as Covering
    from sensing_theorems.covering import covering_condition as covering_condition
    from sensing_theorems.design import MaskDesign as MaskDesign
    from sensing_theorems.design import design_mask as design_mask
    from sensing_theorems.equivariance import induced_maps as induced_maps
    from sensing_theorems.equivariance import is_equivariant as is_equivariant
    from sensing_theorems.groups.action import GroupAction as GroupAction
    from sensing_theorems.groups.irreps import Irreps as Irreps
    from sensing_theorems.identification import Identification as Identification
    from sensing_theorems.identification import identify as identify
    from sensing_theorems.intrinsic_dimension import DimensionEstimate as DimensionEstimate
    from sensing_theorems.intrinsic_dimension import intrinsic_dimension as intrinsic_dimension
    from sensing_theorems.intrinsic_dimension import measured_dimension as measured_dimension
    from sensing_theorems.modular import modular_rank as modular_rank
    from sensing_theorems.operators import ForwardOperator as ForwardOperator
    from sensing_theorems.operators import as_operator as as_operator
    from sensing_theorems.prediction import Outcome as Outcome
    from sensing_theorems.prediction import Prediction as Prediction
    from sensing_theorems.prediction import predict as predict
    from sensing_theorems.problem import Problem as Problem
    from sensing_theorems.repair import Repair as Repair
    from sensing_theorems.repairs import suggest as suggest
    from sensing_theorems.report import Report as Report
    from sensing_theorems.report import Verdict as Verdict
    from sensing_theorems.report import analyze as analyze
    from sensing_theorems.sample_complexity import SampleComplexity as SampleComplexity
    from sensing_theorems.sample_complexity import samples_needed as samples_needed
    from sensing_theorems.stabilisers import stabiliser as stabiliser
    from sensing_theorems.stacked_rank import RankResult as RankResult
    from sensing_theorems.stacked_rank import stacked_rank as stacked_rank
    from sensing_theorems.subspace_batches import SubspaceBatch as SubspaceBatch
    from sensing_theorems.subspace_batches import identify_subspaces as identify_subspaces
    from sensing_theorems.sweep import PhaseDiagram as PhaseDiagram
    from sensing_theorems.sweep import SweepError as SweepError
    from sensing_theorems.sweep import SweepInterrupted as SweepInterrupted
    from sensing_theorems.sweep import Transition as Transition
    from sensing_theorems.sweep import sweep as sweep
    from sensing_theorems.theorems import THEOREMS as THEOREMS
    from sensing_theorems.thresholds import Threshold as Threshold
else:
    # Out of sight of type checkers, who would let every misspelt name pass.
    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _SUBMODULES:
            return import_module(f"{__name__}.{name}")
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """A package whose public names win over submodules that are called the same.

    Importing a submodule sets it as an attribute of its package. Without this, `stacked_rank`
    would mean the function or the module, depending on who imported what before. It now always
    means the function, even after ``import sensing_theorems.stacked_rank as name``; what else the
    module holds comes by ``from sensing_theorems.stacked_rank import ...``.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOME and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        # By name, as other modules travel: tasks that use this one are sent to workers.
        from importlib import import_module

        return import_module, (self.__name__,)


sys.modules[__name__].__class__ = _Package
