# %% [markdown]
# # 7. Your own setup
#
# **Question.** You have a scanner, some images, and a belief about their symmetry. Can the images
# be learned from the measurements alone? And if not, what would have to change?
#
# This notebook is a template. It runs as it is, with an MRI scanner that takes half of the lines
# and an MR slice that ships with matplotlib. Then change four variables, and run it again.
#
# *Ten minutes to read, a quarter of a minute to run.*

# %%
try:
    import sensing_theorems as st
except ModuleNotFoundError:  # on Colab
    # %pip install -q sensing-theorems
    import sensing_theorems as st
import matplotlib.pyplot as plt
import numpy as np

# %matplotlib inline

# %% [markdown]
# ## The four variables
#
# They are `operator`, `action`, `model_dim` and `images`, in the second cell below. If files called
# `my_operator.npy` (a matrix of shape $(m, n)$) and `my_images.npy` (of shape $(N, h, w)$ or
# $(N, n)$, square) lie beside this notebook, they are taken; or write there what you like.
# `st.operators` has masks, Fourier samples, tomography, blur and more, and `st.as_operator` takes
# those of other libraries.
#
# Parts 1, 2 and 5 use your four variables. Parts 3 and 4 draw masks of 16 × 16 frequencies, which
# quarter turns turn, whatever you choose: there the draw is yours to change, too. The design of
# part 4 takes part in part 5 only where your images and your action are of its kind. What the text
# says of numbers and pictures is said of the example.
#
# The example's images are windows of 64 × 64 pixels of the slice, averaged down to 16 × 16. Those
# for training lie left of column 152 and those for testing right of it, so that they share no
# pixel. All four quarter turns of each are taken, which makes that symmetry exactly true.

# %%
lines = np.isin(np.arange(16), [0, 1, 2, 3, 6, 13, 14, 15])
lines_mask = np.repeat(lines[:, None], 16, axis=1)  # of k-space, in the order of NumPy's FFT

from numpy.lib.stride_tricks import sliding_window_view

from sensing_theorems.demo.images import mr_slice


def windows(part):
    """Windows with enough tissue, 16 x 16 pixels, in all four quarter turns."""
    small = sliding_window_view(part, (64, 64))[::4, ::4].reshape(-1, 16, 4, 16, 4).mean((2, 4))
    small = small[np.mean(small > 0.05, axis=(1, 2)) > 0.5]
    return np.concatenate([np.rot90(small, turn, axes=(1, 2)) for turn in range(4)])


left, right = windows(mr_slice()[:, :152]), windows(mr_slice()[:, 152:])

# %%
from pathlib import Path


def mine(name, example):
    """Array of a file, where there is one."""
    return np.load(name) if Path(name).exists() else example


operator = mine("my_operator.npy", st.operators.fourier(lines_mask))
images = mine("my_images.npy", left)
side = round(np.sqrt(images[0].size))
action = st.groups.quarter_turns(side)  # a symmetry that your signals really have
model_dim = None  # the dimension k of the set of your signals, where you know it

test = right if images is left else None  # images to test on; None keeps some of yours for it
images = images.reshape(-1, *action.shape).astype(float)

# %%
alone, together = st.stacked_rank(operator), st.stacked_rank(operator, action)
x = images[700 % len(images)].ravel()
seen, unseen = alone.visible_part(x), together.invisible_part(x)
parts = {"x": x, "A sees": seen, "symmetry adds": x - seen - unseen, "nobody sees": unseen}
fig, axes = plt.subplots(1, 4, figsize=(6, 1.9), layout="constrained")
for ax, (title, part) in zip(axes, parts.items(), strict=True):
    ax.imshow(part.reshape(action.shape), cmap="gray", vmin=-0.2, vmax=0.8)
    ax.set_title(title, fontsize="medium")
    ax.set_axis_off()

# %% [markdown]
# *A coarse image of tissue; the same, smoothed from top to bottom and with faint stripes; what
# turned views add, streaks along the rows; and a faint chequered rest that no view shows. The first
# is the sum of the others. Dark grey is zero.*
#
# ## 1. Check
#
# $A$ sees one part of an image. All its turns together see more: the rank of the stack of all
# $AT_g$ says how much ([`virtual_rank`](../explanation/statements.md#virtual-rank),
# `st.theorems.virtual_rank`).

# %%
problem = st.Problem(operator, action, model_dim)
report = st.analyze(problem)
print(report.headline, report.rank, report.explanation, sep="\n")

# %% [markdown]
# `report` alone in a cell shows all of it, with the pictures; `report.to_html()` is a page to send
# to a colleague. The command line does the same, without any Python, and says by its exit code what
# came out: 0 identifiable, 1 not, 3 undecided. Here it is for the example.

# %%
import subprocess
import sys
import tempfile

kept = tempfile.TemporaryDirectory()
folder = Path(kept.name)
np.save(folder / "mask.npy", lines_mask)
words = "check fourier:mask.npy --action quarter_turns:16 --html report.html".split()
command = [sys.executable, "-m", "sensing_theorems", *words]
done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
print("$ sensing-theorems", *words)
print(*done.stdout.splitlines()[:8], f"...\nexit code {done.returncode}", sep="\n")

# %% [markdown]
# ## 2. Identify
#
# `analyze` knows nothing of the model but its dimension. If you know more, say so: `st.identify`
# decides exactly, for *this* operator and *this* model. Here the model is a subspace, learnt from
# examples of the images: up to 20 principal components. It must be invariant, too. So all turns of
# all images take part, $C = \frac{1}{|G|} \sum_g T_g X^\top X T_g^\top$; and the cut comes where
# the eigenvalues have a gap, since it must not tear apart equal ones, which a turn would mix.

# %%
flat = images.reshape(len(images), -1)
values, vectors = np.linalg.eigh(action.equivariant_average(flat.T @ flat))
largest = np.maximum(values[::-1], 1e-9 * values[-1])[:21]  # what is below is rounding
gaps = np.flatnonzero(largest[1:] < 0.999 * largest[:-1]) + 1
cut = max(gaps, default=len(values))
model = st.models.Subspace(vectors[:, ::-1][:, :cut])
print("dimension of the model:", cut)
answer = st.identify(model, operator, action)
print(answer)

# %% [markdown]
# Two questions, two answers, in the example. *With* the model, each image follows from its
# measurements: that is recovery. *Without* it, the model cannot be learned: 49 dimensions can be
# added to it, and no measurement changes. Somebody had to show us true images. ([Exact
# identification](../identification.md) has unions, dictionaries, points and Gaussian laws.)

# %% [markdown]
# ## 3. Sweep
#
# Would more lines do? A task of your own is any function of a cell and a generator. This one draws
# lines at random and asks for full rank.


# %%
turns = st.groups.quarter_turns(16)


def full(cell, rng):
    """Whether random lines of k-space, and their turns, see every image."""
    drawn = np.isin(np.arange(16), rng.permutation(16)[: cell["lines"]])
    scanner = st.operators.fourier(np.repeat(drawn[:, None], 16, axis=1))
    return st.stacked_rank(scanner, turns).full


diagram = st.sweep(full, {"lines": range(4, 17)}, trials=20, seed=0, progress=False)
ax = st.plot.plot_transition_curve(diagram)
ax.set_ylabel("share of draws with full rank")
ax.figure

# %% [markdown]
# *The share of twenty draws with full rank is small up to eleven lines, climbs from there, and is
# one only where all sixteen lines are taken.*
#
# Lines are a poor match for quarter turns, and fewer than nine never do. The frequencies on the two
# diagonals, $(k, \pm k)$, lie on the lines $k$ and $-k$ alone, before a turn and after it. So each
# of the nine pairs $\pm k$ needs a line of its own, as without any symmetry. Counting the choices
# of lines that miss no pair gives the probability itself: 0.154, 0.308, 0.5, 0.7 and 0.875 for
# eleven to fifteen lines. So it is one half at thirteen, and the rest of the curve is the luck of
# twenty draws.

# %% [markdown]
# ### Exercise 1. The same without a rank
#
# Take any mask of frequencies, not just lines. A real image shows with frequency $f$ also $-f$, and
# a quarter turn of the image turns its frequencies. So the rank is full exactly if every frequency
# is in the mask, up to sign and turns. Decide it for the twenty masks of `drawn` by this alone.
# *Hint:* for a mask `one`, `np.roll(np.flip(one), 1, (0, 1))` is the mask at $-f$, and
# `np.roll(np.rot90(one), 1, 0)` is the turned mask.

# %% tags=["exercise"]
rng = np.random.default_rng(0)
drawn = [rng.random((16, 16)) < share for share in np.repeat([0.3, 0.6, 0.8, 0.9], 5)]
answers = ...  # your turn: for each mask of `drawn`, True or False


# %% tags=["solution", "hide-input"]
def covers(one):
    either = one | np.roll(np.rot90(one), 1, 0)
    return np.all(either | np.roll(np.flip(either), 1, (0, 1)))


answers = [covers(one) for one in drawn]

# %% tags=["check"]
hint = "Unite a mask with its turn, then the two with both at -f, and see whether all is there."
assert np.shape(answers) == (len(drawn),), f"One answer for each of {len(drawn)} masks. {hint}"
full_ranks = [st.stacked_rank(st.operators.fourier(one), turns).full for one in drawn]
wrong = np.count_nonzero(np.array(answers, dtype=bool) != full_ranks)
assert not wrong, f"{wrong} of {len(drawn)} masks differ from their rank. {hint}"

# %% [markdown]
# ## 4. If the answer is no
#
# `st.suggest` lists what would make the rank full: each is analysed anew before it is shown. A
# symmetry among them is a question to you, and no choice: it must be true of your signals.

# %%
for repair in st.suggest(problem):
    print("-", repair)

# %% [markdown]
# A mask made of single frequencies costs as many measurements as the lines do. `st.design_mask`
# looks for the one that the symmetry makes the most of, as judged by the smallest singular value of
# the stack. We keep the middle of k-space, where images have most of their energy.

# %%
f = np.abs(np.fft.fftfreq(16, 1 / 16))
middle = np.maximum(f[:, None], f) <= 3
design = st.design_mask("fourier", turns, int(lines_mask.sum()), keep=middle)
print(design)

# %%
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
axes[0].set_ylabel("frequency")
turned = design.mask | np.roll(np.rot90(design.mask), 1, 0)
shown = {"8 lines": lines_mask, "the design": design.mask, "... and its turn": turned}
for ax, (title, one) in zip(axes, shown.items(), strict=True):
    ax.imshow(np.fft.fftshift(one), cmap="gray", extent=(-8.5, 7.5, 7.5, -8.5))
    ax.set(title=title, xlabel="frequency")

# %% [markdown]
# *k-space with the zero frequency in the middle; white is measured. Left, seven lines through the
# middle and one apart. Next, a white square with single points scattered around it. Right, together
# with its quarter turn: of each frequency and its opposite at least one is white.*
#
# Is a scanner able to take single points? That is for you to say. (In 3-D it is: the points are
# then the two phase-encoding directions.) Asked again, with the new mask:

# %%
print(st.analyze(st.Problem(design.operator, turns)).headline)
alike = action.same_as(turns) and images.shape[1:] == lines_mask.shape
if alike:
    print(st.identify(model, design.operator, turns))

# %% [markdown]
# UNDECIDED, and rightly so: full rank is necessary, and no theorem makes it sufficient for a mask
# ([`cyclic_group`](../explanation/statements.md#cyclic-group), `st.theorems.cyclic_group`, speaks
# of *almost every* operator). But the model of step 2 is now identified, exactly.

# %% [markdown]
# ### Exercise 2. How few frequencies can be enough?
#
# Under quarter turns of 16 × 16 pixels, one frequency shows itself, its opposite, and the turns of
# both. What is the smallest number of single frequencies that can see every image? *Hint:* all but
# a few of the 256 come in fours. Which do not? (On a periodic grid $8$ and $-8$ are the same.)

# %% tags=["exercise"]
fewest = ...  # your turn: an integer

# %% tags=["solution", "hide-input"]
# (0, 0) and (8, 8) are alone, (0, 8) and (8, 0) are a pair; the other 252 come in fours.
fewest = 1 + 1 + 1 + 252 // 4

# %% tags=["check"]
hint = "Count the sets that are closed under f → -f and quarter turns: one frequency of each."
assert np.ndim(fewest) == 0 and np.asarray(fewest).dtype.kind in "iuf", hint
count = int(fewest)
assert count == fewest and 0 < count <= 256, f"A whole number from 1 to 256. {hint}"
enough = st.design_mask("fourier", turns, count).learnable
assert enough, f"The best mask of {count} frequencies still leaves something unseen. {hint}"
less = count > 1 and st.design_mask("fourier", turns, count - 1).learnable
assert not less, f"{count - 1} frequencies can be enough already. {hint}"

# %% [markdown]
# ## 5. Predict and compare
#
# What should training reach? `st.predict` needs no PyTorch.

# %%
setups = {"operator": st.Problem(operator, action)}
setups |= {"design": st.Problem(design.operator, turns)} if alike else {}
for name, setup in setups.items():
    print(f"{name}\n{st.predict(setup, images)}\n")

# %% [markdown]
# Training does. A small network, few steps, on measurements alone; in the example, tested on the
# other half of the head.

# %%
try:
    from sensing_theorems import equivariant_imaging as ei
except ImportError as error:
    ei = None
    print(error)
found = {}
for name, setup in setups.items() if ei else ():
    how = {"network": "unet-7k", "steps": 100, "progress": False, "test_signals": test}
    found[name] = ei.compare(setup.operators, setup.action, images, ("ei",), **how)

# %%
fig, ax = plt.subplots(figsize=(5.4, 2.4), layout="constrained")
for place, one in enumerate(found.values()):
    level = one.prediction.stack_psnr
    ax.plot([one.psnr["pinv"], one.psnr["ei"]], [place] * 2, "-", color="#0072B2")
    ax.plot(one.psnr["pinv"], place, "o", color="#7A7A7A", label="A⁺y" if not place else None)
    ax.plot(one.psnr["ei"], place, "o", color="#0072B2", label="EI" if not place else None)
    ax.plot(level, place, "|", color="#D55E00", ms=16, label=None if place else "predicted limit")
ax.set(xlabel="PSNR (dB)", ylim=(1.6, -0.9), yticks=range(len(found)), yticklabels=found)
if found:
    ax.legend(ncols=3, loc="upper left", fontsize="small")

# %% [markdown]
# *Two rows, for the operator (the eight lines) and, below it, the design. In both, EI lies some
# four decibels to the right of the pseudo-inverse, and further right for the design. Only the lines
# have a limit, right of both.*
#
# Read it soberly. Both gain, since both have a stack that sees more than $A$, and after so short a
# training of so small a network the lines are still far from their limit. They can never pass it by
# what they measure; the design has none from linear algebra. That nothing stays unseen does not
# make it the best mask for your images, nor prove that they can be learned from it: look at levels,
# noise and singular values too (`design.condition`). [Training](../training.md) tells which setups
# came out otherwise than predicted.
#
# ## What to remember
#
# * **Check, identify, sweep, predict, compare:** from what needs no images to what needs a training
#   run.
# * **A no can be repaired,** by a symmetry that is true, by a few measurements, or by a better mask
#   of the same size.
# * **A yes carries its assumptions:** exact symmetry, no noise, samples without end. The report
#   lists them.
#
# **Back to** [1. The null space you cannot see](01_the_null_space.ipynb), or on to your own data:
# change the four variables.
