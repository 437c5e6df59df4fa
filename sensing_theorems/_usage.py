"""What `--help` says after the list of arguments."""

from __future__ import annotations

from textwrap import wrap

__all__ = ["ACTIONS", "CHECK", "CODES", "IRREPS", "PLOT", "PROG", "SWEEP", "TASKS", "TRAIN"]

PROG = "sensing-theorems"

CODES = """\
exit codes:
  0  identifiable            1  not identifiable
  3  undecided               2  bad usage or input, with one line on stderr
"""
# Example, optional keys, and what it is, for the actions of `specs`, without importing them.
ACTIONS = {
    "shifts": ("shifts:28x28,stride=2", "stride channels", "cyclic shifts; 2x1 strides per axis"),
    "reflections": ("reflections:28x28,axis=0", "axis", "the flip of one axis"),
    "quarter_turns": ("quarter_turns:28", "", "C4 on size x size pixels"),
    "dihedral": ("dihedral:28", "", "D4: quarter turns, and the flip of the last axis"),
    "polar_rotations": ("polar_rotations:16x32", "", "a polar grid of radii x angles"),
    "symmetric": ("symmetric:12", "", "every order of the coordinates"),
    "subsets": ("subsets:8x2", "", "every order of 8 things, on their subsets of 2"),
    "hyperoctahedral": ("hyperoctahedral:12", "", "every order, and every sign, of coordinates"),
    "polygon": ("polygon:12", "", "turns and flips of a ring of samples"),
    "wallpaper": ("wallpaper:32,kind=p4m", "kind", "shifts and p2, pmm, p4 or p4m, on a square"),
    "cube_rotations": ("cube_rotations:16", "", "24 rotations of a cube of voxels"),
    "kravchuk_rotations": (
        "kravchuk_rotations:32,order=8",
        "order",
        "pixels by any angle, exactly; with order=N, C_N alone",
    ),
    "disk_rotations": ("disk_rotations:64,order=8", "order", "functions on a disk, band-limited"),
    "ball_rotations": ("ball_rotations:16", "", "functions on a ball, band-limited"),
    "trivial": ("trivial:64", "", "no symmetry"),
    "permutations": (
        "permutations:generators.json",
        "",
        'a list of 0-based one-line forms, or an object with such lists as "generators" and lists '
        'of 1 and -1 as "signs"',
    ),
    "matrices": ("matrices:generators.npy", "tol", "invertible, of a finite group: (count, n, n)"),
}


def _action_lines() -> str:
    """One action after the other, its example before what it is."""
    lines = []
    for example, keys, words in ACTIONS.values():
        said = f"{words} [{', '.join(keys.split())}]" if keys else words
        first, *rest = wrap(said, 66)
        lines += [f"  {example:<30}  {first}", *(f"{'':<34}{line}" for line in rest)]
    return "\n".join(lines)


CHECK = f"""\
operators (several of them are A_1, ..., A_G, and each signal is seen by one):
  A.npy  A.npz  A.npz:name  A.mtx  A.mat:name    a matrix, dense or sparse; never a pickle
  inpainting:mask.npy                            pixels where the mask is 1
  fourier:mask.npy                               frequencies where it is 1 (single-coil MRI), as
                                                 numpy.fft orders them; for a mask with frequency 0
                                                 in the middle add ,centred=yes
  gaussian:m=64,n=784,seed=0                     independent normal entries
  bernoulli:m=64,n=784,seed=0                    entries 0 and 1: a single-pixel camera
  tomography:size=64,views=50                    parallel beam, views spread evenly over 180 degrees
  blur:kernel.npy,shape=64x64                    circular convolution
  downsample:shape=64x64,factor=2                every second pixel; ,kernel=kernel.npy blurs before
  package.module:function                        what function() returns, one operator or a list.
                                                 THIS RUNS THE CODE of that module; the current
                                                 directory is importable

symmetries (keys in brackets may be left out):
{_action_lines()}
  a+b acts on two signals side by side, a*b joins two commuting actions on one signal

examples:
  {PROG} check inpainting:mask.npy --action shifts:256x256
  {PROG} check fourier:mask.npy --action quarter_turns:128 --html report.html
  {PROG} check gaussian:m=12,n=64,seed=0 --action shifts:64 --model-dim 3
  {PROG} check A1.npy A2.npy A3.npy --model-dim 5 --generic --json -

{CODES}"""
IRREPS = f"""\
examples:
  {PROG} irreps quarter_turns:28
  {PROG} irreps shifts:8x8+shifts:8x8 --json -
  {PROG} irreps kravchuk_rotations:32 --figure rotations.svg

`{PROG} check --help` lists the forms of SPEC.
"""
# Axes, and further parameters, of the tasks in `sensing_theorems.tasks`, without importing them.
TASKS = {
    "DictionaryIdentification": ("n atoms k G m", "budget"),
    "DictionaryLearning": ("n atoms k m G N", "update coding iterations restarts tolerance"),
    "FullRank": ("n m G", "law action"),
    "InvariantSubspaceIdentification": ("k m", "action"),
    "LowRankRecovery": ("n k m G N", "law algorithm iterations restarts tolerance"),
    "MatchingPursuit": ("n m k atoms", "law tolerance"),
    "MomentIdentification": ("n m G", ""),
    "OrbitIdentification": ("k m", "action budget"),
    "SampleIdentification": ("n k m N G", ""),
    "SubspaceIdentification": ("n k m G", ""),
    "UnionIdentification": ("n k pieces G m", "budget"),
}
_TASK_LINES = "\n".join(
    f"  {name:<32} {axes:<15}  {rest}".rstrip() for name, (axes, rest) in TASKS.items()
)
SWEEP = f"""\
SPEC is a TOML file, of which flags win over what it says:

  task = "SubspaceIdentification"   one of those below, or package.module:name for a function
                                    task(cell, rng) -> bool. THIS RUNS THE CODE of that module; the
                                    current directory is importable
  trials = 100                      per cell
  seed = 0                          equal seeds give equal counts, on any number of machines
  store = "runs/subspaces"          optional: a directory, from the current one. The same sweep goes
                                    on from what is there, also after Ctrl-C or a crash
  refine = "m"                      optional: an axis, along which the transition is then enclosed
                                    between neighbouring integers
  [parameters]                      of the task, or further arguments of the function
  n = 50
  k = 10
  [grid]                            all combinations are cells
  m = "11:40"                       from 11 up to 40; "11:40:3" in steps of 3
  G = [1, 2, 5, 10]                 or a list of integers, or a single one

The table that is printed says where success turns along the axis of --transition, or of refine.
Without them it is m, or else the first axis of more than one value, as in `{PROG} plot`.

tasks              with what is given in [parameters] or in [grid], and with further parameters:
{_TASK_LINES}

examples:
  {PROG} sweep subspaces.toml --jobs -1
  {PROG} sweep subspaces.toml --trials 1000 --refine m
  {PROG} sweep subspaces.toml --dask tcp://10.0.0.1:8786 --json subspaces.json

A sweep without a store that is interrupted, or whose task fails, leaves what was finished in the
file of --json.

exit codes: 0 done, 2 bad usage or input or a task that failed, 130 interrupted
"""
PLOT = f"""\
One axis of more than one value gives a curve with its intervals, two give a phase diagram, and with
--over a third has one panel per value. --delta-rho needs the axes m and k. A sweep that is still
running can be drawn. The theory of built-in tasks is drawn beside the counts.

examples:
  {PROG} plot runs/subspaces
  {PROG} plot runs/subspaces --x G --y m --out subspaces.pdf --title "n = 50, k = 10"
  {PROG} plot runs/subspaces --fix G=5
  {PROG} plot subspaces.json --transition G
"""
TRAIN = f"""\
Every loss trains the same network on the same measurements; what came out is printed beside what
theory says beforehand. SPEC is a TOML file, of which flags win over what it says:

  operators = "inpainting:mask.npy"   an OPERATOR of `{PROG} check`, or a list of them:
                                      signal i is seen by operator i modulo their number
  action = "shifts:20x20"             optional: symmetry of the signals, an --action of check
  signals = "shapes:size=20,count=2000,seed=0"
                                      ground truth, which only "supervised" trains on:
                                      shapes, digits, phantoms or mr_patches, as here; a file
                                      .npy .npz .mat with an array (N, ...); or
                                      package.module:function. THIS RUNS THE CODE of that module;
                                      the current directory is importable
  test_signals = "shapes:size=20,count=200,seed=1"
                                      optional: otherwise a tenth of the signals is set aside. For
                                      digits and mr_patches add ,part=test
  invariant = false                   true: every signal is moved by a random element of the action
  losses = ["pinv", "mc", "ei", "supervised"]
                                      without training: pinv. Without ground truth: mc ei moi moei
                                      sure rei unsure urei splitting es
  noise = 0.05                        optional: standard deviation; or {{ sigma = 0.05 }} or
                                      {{ gamma = 0.1 }} (Poisson) or both
  network = "unet-26k"                optional: auto unet-7k unet-26k unet-100k mlp
  steps = 500                         of Adam, for every loss
  batch_size = 32                     signals in a step
  learning_rate = 0.002               of the first steps; it falls to a tenth
  weight = 1.0                        of the second term of losses such as ei
  every = 25                          steps between two entries of the history, or two checkpoints
  warm_start = true                   also go on from the supervised network with every other loss:
                                      what a setup cannot identify is forgotten
  warm_steps = 400                    of that
  rcond = 0.01                        optional: smaller singular values, relative to the largest,
                                      are left out of the pseudo-inverse
  consistent = false                  whether outputs must meet the measurements exactly; left out:
                                      where there is no noise
  precision = "float32"               or float64, bfloat16
  compile = false                     hand networks to torch.compile
  device = "auto"                     or cpu, cuda, ...
  seed = 0                            equal seeds give equal bits, on a CPU with as many threads
  store = "runs/inpainting"           optional: a directory, from the current one. The same training
                                      goes on from what is there, also after Ctrl-C or a crash

A table [low_dose] with photons = 1e4 and, optionally, scale and floor makes tomography of low dose
of the operators: counts are photons * exp(-scale * A x); {{ gamma = 1.0 }} is their noise.

examples:
  {PROG} train inpainting.toml
  {PROG} train inpainting.toml --steps 2000 --store runs/long --json long.json
  {PROG} train inpainting.toml --figure training.svg --warm-start --forgetting kept.svg

exit codes: 0 done, 2 bad usage or input or a training that diverged, 130 interrupted
"""
