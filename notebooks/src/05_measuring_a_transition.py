# %% [markdown]
# # 5. Measuring a transition
#
# **Question.** Notebook 4 said from how many measurements on a model *can* be learned. Does an
# experiment turn at that very number? And how sure can anybody be who has only counted?
#
# We draw random models and random operators, decide each draw exactly, and count. You will need
# three things that every phase diagram rests on: an interval for a proportion, an honest answer to
# "where does it turn?", and counts that survive a crash.
#
# *Ten minutes to read, ten seconds to run.*

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
# ## A trial
#
# A trial draws a subspace of dimension $k = 10$ in $\mathbb{R}^{50}$ and $G = 10$ operators of $m$
# rows each, all with normal entries. Then it asks one question of *these* draws: do the measured
# sets determine the subspace? The answer is a rank, not a training run, so it is yes or no.

# %%
task = st.tasks.SubspaceIdentification(n=50, k=10)
for m in (12, 13, 14, 15):
    print(m, task({"m": m, "G": 10}, np.random.default_rng(0)))

# %% [markdown]
# ## The picture
#
# Now twenty trials in each cell of a grid: $m$ rows, $G$ operators. White is *always*, black is
# *never*. `st.sweep` counts, `st.plot` draws, and `task.thresholds` knows what theory says.

# %%
grid = {"m": range(11, 41), "G": range(2, 21)}
diagram = st.sweep(task, grid, trials=20, seed=0, progress=False)
ax = st.plot.plot_phase_diagram(
    diagram, x="G", y="m", thresholds=lambda cell: task.thresholds(cell, "m")
)
ax.figure

# %% [markdown]
# Black lies below, white above, and no grey between: in every cell all twenty draws agree, as the
# next cell counts. (Pale green is the bracket of each column, of which more below.) Three curves
# fall from left to right:
#
# * The *necessary* one, $m \ge n/G$
#   ([`measurement_count`](../explanation/statements.md#measurement-count),
#   `st.theorems.measurement_count`), runs deep in the black: it is met long before anything works.
# * The *published sufficient* one, $m > k + n/G$
#   ([`generic_operators`](../explanation/statements.md#generic-operators),
#   `st.theorems.generic_operators`), runs in the white. It holds for every model of dimension $k$,
#   and pays for that with some rows.
# * The *exact* one for subspaces, $m \ge k + (n-k)/G$, passes through the step in every column. It
#   was derived here, and is exact for almost every draw, not for whatever $A$ comes along: counts
#   cannot prove it, but they could have refuted it.

# %%
print("all draws of a cell agree:", np.isin(diagram.successes, [0, 20]).all())
for bound in task.thresholds({"G": 10}, "m"):
    print(bound)

# %% [markdown]
# ## A step has a bracket and no curve
#
# Where does the column $G = 10$ turn? At 13 rows nothing succeeds, at 14 everything does. There is
# no trial at 13.4 rows. The honest answer is a **bracket**: between 13 and 14. Ten times as many
# trials do not make it narrower.

# %%
few = diagram.select(G=10)
many = st.sweep(task, {"m": range(11, 18), "G": [10]}, trials=200, seed=1, progress=False)
print("20 trials :", few.transition("m"))
print("200 trials:", many.select(G=10).transition("m"))

# %% [markdown]
# It is tempting to fit a logistic curve here and to report its centre with three decimals. Its
# maximum likelihood does not even exist: the steeper the curve, the better it fits a perfect step,
# without end. **Firth's** penalty (half the logarithm of the determinant of the information) keeps
# the slope finite, so that a fit always exists. But no place inside the bracket is better than
# another: `transition` reports its middle, and widens the band until it holds the bracket.
#
# ## A transition that does have a shape
#
# Some transitions are wide. Let $G$ random masks show 5 of 20 pixels each. When have all pixels
# been seen? That is the rank condition `st.theorems.stacked_rank`
# ([statement](../explanation/statements.md#stacked-rank)) for masks, and a matter of luck.

# %%
masks = st.tasks.FullRank(n=20, m=5, law="masks")
curve = st.sweep(masks, {"G": range(1, 36)}, trials=40, seed=0, progress=False)
turn = curve.transition("G")
print(turn, f"\nfrom 10 % to 90 % in {turn.width:.1f} masks")

# %% [markdown]
# For masks there is a second route: inclusion and exclusion over the pixels that may have been
# missed gives the probability itself, without a single trial. We draw it with the counts.

# %%
from math import comb

G = np.arange(1.0, 36.0)
missed = [comb(20 - j, 5) / comb(20, 5) for j in range(16)]
exact = sum((-1) ** j * comb(20, j) * p**G for j, p in enumerate(missed))
fig, ax = plt.subplots(figsize=(5.2, 4.9))
fig.subplots_adjust(bottom=0.4, top=0.97)
ax.plot(G, exact, "k:", label=f"probability: one half at {np.interp(0.5, exact, G):.2f}")
ax = st.plot.plot_transition_curve(curve, ax)

# %% [markdown]
# The points climb from 0 to 1 over some fifteen masks, each with its Wilson interval, and the
# dotted probability runs through nearly all of them. But look at the green mark: the fit puts one
# half near 12.8, with a 95 % band from 12.3 to 13.3, and the probability passes one half at 12.0.
# **The band misses the truth.** Nothing is wrong with the counts. The band rests on the curve being
# about logistic, the same upwards as downwards, and this one is not: the last pixel keeps everybody
# waiting. More trials would make the band narrower, around the wrong place. An interval is as good
# as its assumptions. Wilson's, next, makes none about the shape of a curve.
#
# ## How sure is a count?
#
# With $s$ successes in $t$ trials, the naive interval $\hat p \pm z\sqrt{\hat p(1-\hat p)/t}$ has
# width zero at $s = 0$, as if twenty failures proved impossibility. **Wilson's** interval asks
# instead which $p$ would make $\hat p = s/t$ no surprise:
#
# $$|\hat p - p| \le z \sqrt{p(1-p)/t}
# \quad\Longleftrightarrow\quad
# p \in \frac{\hat p + z^2/2t \pm z\sqrt{\hat p(1-\hat p)/t + z^2/4t^2}}{1 + z^2/t}.$$

# %% [markdown]
# ### Exercise 1. Wilson by hand
#
# Compute `low` and `high` of the 95 % intervals ($z = 1.959964$) for all cells of `curve` at once,
# as arrays. `s` and `t` are given. *Hint:* solve the quadratic, or type in the formula above.

# %% tags=["exercise"]
s, t, z = curve.successes, curve.trials, 1.959964
low, high = ..., ...  # your turn

# %% tags=["solution", "hide-input"]
s, t, z = curve.successes, curve.trials, 1.959964
p = s / t
half = z * np.sqrt(p * (1 - p) / t + z**2 / (4 * t**2))
low = (p + z**2 / (2 * t) - half) / (1 + z**2 / t)
high = (p + z**2 / (2 * t) + half) / (1 + z**2 / t)

# %% tags=["check"]
assert np.shape(low) == np.shape(high) == s.shape, "`low` and `high` need one number per cell."
diagram_low, diagram_high = curve.interval()
hint = "Not yet. Mind that z²/2t is added to p before, and that all is divided by 1 + z²/t."
assert np.allclose([low, high], [diagram_low, diagram_high], atol=1e-6), hint

# %% [markdown]
# ### Exercise 2. How many failures make a "never"?
#
# A paper says that something "never" succeeds: 20 failures in 20 trials. Wilson's interval then
# still allows $p = 0.16$. How many trials, all failures, are needed until the upper end falls below
# 0.01?

# %% tags=["exercise"]
trials = ...  # your turn: the smallest such integer

# %% tags=["solution", "hide-input"]
# At s = 0 the upper end is z²/(t + z²), so t > z² (1/0.01 - 1) = 380.3.
trials = int(np.ceil(z**2 * (1 / 0.01 - 1)))

# %% tags=["check"]
hint = "Put s = 0 into the upper end, solve for t, and round up to a whole number."
assert np.ndim(trials) == 0 and np.asarray(trials).dtype.kind in "iuf", hint
assert float(trials).is_integer() and trials > 1, hint
count = int(trials)
never = st.PhaseDiagram({"t": [1, 2]}, [0, 0], [count - 1, count], [0, 0])
before, at = never.interval()[1]
assert at < 0.01, f"{count} trials still allow p = {at:.5f}."
assert before >= 0.01, f"Fewer will do: {count - 1} trials already give {before:.5f}."

# %% [markdown]
# ## Stopped, and taken up again
#
# Long sweeps die: a laptop sleeps, a cluster job runs out of time. We kill one on purpose. It runs
# in a process of its own, from the command line, and gets no chance to tidy up.

# %%
import pathlib
import subprocess
import sys
import tempfile

kept = tempfile.TemporaryDirectory()
folder = pathlib.Path(kept.name)
settings = """task = "SubspaceIdentification"
trials = 120
seed = 7
store = "runs"
parameters = {n = 50, k = 10}
grid = {m = "11:31", G = [2, 5, 10]}
"""
written = (folder / "sweep.toml").write_text(settings)

# %%
import time

store = folder / "runs"
command = [sys.executable, "-m", "sensing_theorems", "sweep", "sweep.toml"]
victim = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
outcomes = store / "cells.jsonl"
while victim.poll() is None and not (outcomes.exists() and outcomes.read_text().count("\n") > 9):
    time.sleep(0.01)
victim.kill()
victim.wait()
print(st.PhaseDiagram.load(store))

# %% [markdown]
# What was finished is in the store, and `load` reads it. The same sweep, now called from here, goes
# on from there. To see whether anything was lost or counted twice, we also run all of it afresh.

# %%
task = st.tasks.SubspaceIdentification(n=50, k=10)
grid = {"m": range(11, 31), "G": [2, 5, 10]}
resumed = st.sweep(task, grid, trials=120, seed=7, store=store, progress=False)
afresh = st.sweep(task, grid, trials=120, seed=7, progress=False)
print(resumed)
print("equal counts in all cells:", resumed.same_counts(afresh))

# %% [markdown]
# This is no luck. The random numbers of a trial follow from the seed, the cell and the number of
# the trial, and from nothing else: not from the order, nor from how many processes shared the work.
# [Phase transitions](../sweeps.md) has stores, clusters and the command line in full.

# %% [markdown]
# ### Exercise 3. Predict, then count
#
# Double everything: $n = 100$, $k = 20$. Where will the columns $G = 3, 7, 12$ turn? Write down the
# three numbers **before** you count. *Hint:* is it the exact line or the published one that passed
# through the steps? What does it do when $n$ and $k$ double?

# %% tags=["exercise"]
contour = ...  # your turn: three numbers, the m at which G = 3, 7 and 12 turn

# %% tags=["solution", "hide-input"]
n, k = 100, 20
contour = [k + (n - k) / G for G in (3, 7, 12)]  # twice the contour of n = 50, k = 10

# %% tags=["check"]
assert np.shape(contour) == (3,), "Three numbers: one m for each of G = 3, 7, 12."
assert np.asarray(contour).dtype.kind in "iuf", "Three numbers, and no words."
larger = st.tasks.SubspaceIdentification(n=100, k=20)
fresh = st.sweep(larger, {"m": range(24, 58), "G": [3, 7, 12]}, trials=5, seed=3, progress=False)
turn = fresh.transition("m")
for G, guess, low, high in zip((3, 7, 12), contour, turn.low, turn.high, strict=True):
    where = "lower" if guess > high else "higher"
    hint = f"G = {G}: you said {guess:.1f}, but it turns {where}."
    assert low <= guess <= high, f"{hint} Which of the three lines passed through the steps?"

# %% [markdown]
# The contour doubles with $n$ and $k$: in the ratios $m/n$ and $k/n$ the picture stays as it is,
# and only the steps become finer.
#
# ## What to remember
#
# * **Exact steps have brackets.** More trials make a proportion surer, not a step sharper; only a
#   finer grid could, and integers have none.
# * **Counts come with intervals.** No success in twenty still allows a probability of 0.16.
# * **Theory is three curves:** necessary (`st.theorems.measurement_count`), sufficient
#   (`st.theorems.generic_operators`), and for some models an exact one between them.
#
# **Next:** [6. Does training obey?](06_does_training_obey.ipynb)
