# %% [markdown]
# # 3. Counting with irreps
#
# **Question.** A symmetry turns one operator into many, as notebook 2 showed. How many rows must
# an operator have, so that all of them together can see everything? The answer depends on the
# symmetry alone, through a handful of integers. Where do they come from?
#
# *Ten minutes to read, a few seconds to run.*

# %%
try:
    import sensing_theorems as st
except ModuleNotFoundError:  # on Colab
    # %pip install -q sensing-theorems
    import sensing_theorems as st
import matplotlib.pyplot as plt
import numpy as np

# %matplotlib inline

# %%
actions = {
    "shifts": st.groups.shifts(16, 16),
    "shifts by 2": st.groups.shifts(16, 16, stride=2),
    "polar rotations": st.groups.polar_rotations(16, 16),
    "quarter turns": st.groups.quarter_turns(16),
    "turns and flips": st.groups.dihedral(16),
    "disk rotations": st.groups.disk_rotations(16),
}


# %%
def bars(ax, name, rows):
    """One bar for each irrep, as high as its multiplicity; orange where its dimension is not 1."""
    c = np.concatenate([np.full(row.count, row.multiplicity) for row in rows])
    s = np.concatenate([np.full(row.count, row.dim) for row in rows])
    colours, width = np.where(s > 1, "#D55E00", "#0072B2"), 0.8 if c.size < 20 else 1.1
    st.plot.tidy(ax).bar(range(1, c.size + 1), c, width=width, color=colours)
    ax.set_title(f"{name}\nmax c {c.max()}, max c/s {(c / s).max():g}", fontsize=9)
    ax.locator_params(integer=True, nbins=4)


# %%
fig, axes = plt.subplots(2, 3, figsize=(6, 4), layout="constrained")
fig.supxlabel("number of the irrep", fontsize=10)
fig.supylabel("multiplicity c", fontsize=10)
for ax, (name, action) in zip(axes.flat, actions.items(), strict=True):
    bars(ax, name, action.irreps.complex)

# %% [markdown]
# *Six bar charts. Shifts have 256 bars of height 1, shifts by two 64 bars of height 4, polar
# rotations 16 bars of height 16, quarter turns four bars of height 64. Turns and flips have five
# bars, two of height 28, two of 36 and one of 64; that one is orange, since its irrep has dimension
# 2. The bars of disk rotations climb from 1 to 8.*
#
# ## What the bars count
#
# A group action splits the space of signals into pieces that no element mixes, and that cannot be
# split further: **irreducible representations**, irreps for short. For shifts they are the
# frequencies. Irrep number $j$ has a dimension $s_j$ and occurs $c_j$ times, so that
#
# $$n = \sum_j s_j\, c_j .$$
#
# The first four groups are commutative, and their elements, but for the identity, leave no pixel
# where it is. Of such groups every $s_j$ is 1, and all bars are equally high: the more elements,
# the more irreps, and the lower the bars. Of 16·16 pixels, 256 = 256·1 = 64·4 = 16·16 = 4·64. Turns
# and flips are no such group: with twice the elements of turns, their highest bar is as high.
# (A disk of 16 pixels across holds fewer than 256.)
#
# Why should a measurer care? In the coordinates of the irreps the stack of all $AT_g$ falls into
# blocks, one for each irrep. Of an operator with $m$ rows the block has $m\,s_j$ rows and $c_j$
# columns. Where $m\,s_j < c_j$, something is lost. Hence
#
# $$m \ge \max_j c_j/s_j .$$
#
# This is [`irrep_multiplicity`](../explanation/statements.md#irrep-multiplicity), in the code
# `st.theorems.irrep_multiplicity`: a *necessary* condition, and the shadow of a rank condition.

# %% [markdown]
# ## Three ways to the same integers
#
# Quarter turns of 5·5 pixels have four elements, $T^0$ to $T^3$. The irreps of this group are the
# four characters $\chi_j(T^a) = i^{ja}$.
#
# **Characters.** The multiplicity is an average of traces, $c_j = \tfrac14 \sum_a
# \overline{\chi_j(T^a)}\, \operatorname{tr} T^a$. For a cyclic group this is a Fourier transform.

# %%
turns = st.groups.quarter_turns(5)
T = np.stack([turns.apply(a, np.eye(25)).T for a in range(4)])
traces = np.trace(T, axis1=1, axis2=2)
by_characters = np.fft.fft(traces).real / 4
print("traces", traces, "multiplicities", by_characters)

# %% [markdown]
# The trace of a permutation counts the pixels that stay where they are. Here a turn keeps the one
# in the middle, so that the trivial irrep, $j = 0$, occurs once more than the others.
#
# ### Exercise 1. Projectors
#
# The second way: $P_j = \tfrac14 \sum_a \overline{\chi_j(T^a)}\, T^a$ projects on all copies of
# irrep $j$, where a turn is a factor: $T P_j = i^j P_j$. Its rank is $s_j\,c_j$, here $c_j$.
# Compute the four projectors. (`T[a]` is the matrix of $T^a$.) The check compares their ranks with
# the numbers above.

# %% tags=["exercise"]
P = ...  # your turn: a list of four matrices, P_0 to P_3

# %% tags=["solution", "hide-input"]
P = [sum(1j ** (-j * a) * T[a] for a in range(4)) / 4 for j in range(4)]

# %% tags=["check"]
assert P is not ..., "Each P_j is a mean of the four matrices T[a], each with a factor."
assert np.shape(P) == (4, 25, 25), "Four irreps, four matrices of 25·25 numbers."
by_projectors = [np.linalg.matrix_rank(one) for one in P]
for j, one in enumerate(P):
    assert np.allclose(one @ one, one), f"P_{j} is no projector: twice must be the same as once."
    assert np.allclose(T[1] @ one, 1j**j * one), f"P_{j} is another one's. Mind the conjugate."
assert np.array_equal(by_projectors, by_characters.round()), "The ranks differ from the traces."

# %% [markdown]
# **The third way** is `action.irreps`. It needs no list of elements, and so it reaches groups and
# images of any size. The table over ℂ comes first, the one over ℝ second.

# %%
print(turns.irreps)
large = st.groups.dihedral(1024)
print(large.name, "has max c/s =", large.irreps.max_ratio, "of n =", large.n)

# %% [markdown]
# ## Does the number of rows turn where the bound says?
#
# Draw an operator with $m$ random rows for each $m$, and compute the rank of the stack under
# turns and flips of 8·8 pixels.

# %%
flips = st.groups.dihedral(8)
rng = np.random.default_rng(0)
ranks = [st.stacked_rank(st.operators.gaussian(m, 64, rng), flips) for m in range(1, 17)]
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
st.plot.plot_rank_curve(ranks, ax, bound=flips.irreps.max_ratio)
table = flips.irreps
print("max c =", table.max_multiplicity, " max c/s =", table.max_ratio)

# %% [markdown]
# *The rank climbs to 64 and reaches it at m = 10, at the vertical line of the bound.*
#
# The two maxima belong to different irreps. The largest multiplicity, 16, is that of the irrep of
# dimension 2, and each row of $A$ gives two rows of its block: $16/2 = 8$. The one that asks for
# most rows is a one-dimensional irrep with $c = 10$. The *necessary* bound has $c/s$ in it; the
# *sufficient* one of the next notebook has $c$ alone, and is stated for cyclic groups, where every
# $s$ is 1.
#
# ### Exercise 2. Predict
#
# Signals are images of 12·12 pixels, and may be shifted by multiples of 3 along either axis. How
# many rows does an operator need at least?

# %% tags=["exercise"]
least = ...  # your turn: a number

# %% tags=["solution", "hide-input"]
least = 9

# %% tags=["check"]
hint = "How many shifts are there, how many irreps, and how do these share the pixels?"
assert least is not ..., hint
strided = st.groups.shifts(12, 12, stride=3)
assert np.ndim(least) == 0 and least == strided.irreps.max_ratio, f"Not {least}. {hint}"

# %% [markdown]
# ## Three traps
#
# **The bound is not the condition.** On a polar grid of 6 radii and 24 angles every multiplicity
# is 6. Measure the four inner rings, 96 values, or one spoke, 6 values:

# %%
polar = st.groups.polar_rotations(6, 24)
rings, spoke = np.zeros((2, 6, 24), dtype=bool)
rings[:4], spoke[:, 0] = True, True
for name, mask in {"four rings": rings, "one spoke": spoke}.items():
    print(f"{name}: m = {mask.sum()},", st.stacked_rank(st.operators.inpainting(mask), polar))

# %% [markdown]
# Both meet $m \ge 6$. The rings never see the outer two, however one turns; the spoke sweeps over
# everything. Counting rows can rule an operator out. Only the rank of *this* operator lets it
# pass.
#
# **Real irreps.** Over ℝ a pair of conjugate irreps becomes one, of twice the dimension. Put into
# $c/s$, it gives half of the truth. Take the quarter turn of a plane, four copies of it:

# %%
copies = st.groups.from_matrices([np.kron([[0, -1], [1, 0]], np.eye(4))])
print(copies.irreps)
ranks = [st.stacked_rank(st.operators.gaussian(m, 8, rng), copies).rank for m in range(1, 5)]
print("rank for m = 1, 2, 3, 4:", ranks)

# %% [markdown]
# The real table has $c/s = 4/2 = 2$, and two rows are not enough: it takes four, as the complex
# table says. All bounds of this package use complex multiplicities.
#
# **Rotations of pixels.** It is often said that rotations have $\max_j c_j \approx \sqrt n$. That
# is true of polar grids and of functions on a disk, where one can turn by any angle. Of square
# pixels only four turns are permutations, and these have $\max_j c_j \approx n/4$. Interpolated
# rotations are no group action, and have no multiplicities at all.
#
# ### Exercise 3. As few pixels as possible
#
# Choose pixels of the polar grid `polar`, so that their mask has rank 144 with as few pixels as
# possible, and is *not* a straight spoke.

# %% tags=["exercise"]
chosen = ...  # your turn: a boolean array of shape (6, 24)

# %% tags=["solution", "hide-input"]
chosen = np.zeros((6, 24), dtype=bool)
chosen[range(6), [0, 4, 8, 12, 16, 20]] = True

# %% tags=["check"]
assert chosen is not ..., "A rotation moves a pixel around its ring. What does every ring need?"
assert np.shape(chosen) == (6, 24), "The mask must have shape (6, 24): radii, then angles."
assert np.asarray(chosen).dtype == bool, "The mask must be boolean: True where a pixel is measured."
assert np.any(chosen), "Nothing is measured. A rotation moves a pixel around its ring."
seen = st.stacked_rank(st.operators.inpainting(chosen), polar)
assert seen.full, f"Rank {seen.rank} of 144: some rings have no pixel."
assert np.sum(chosen) == 6, f"Full rank, with {np.sum(chosen)} pixels; the bound allows 6."
assert np.ptp(np.argwhere(chosen)[:, 1]) > 0, "That is a spoke: move a pixel along its ring."

# %% [markdown]
# ## What to remember
#
# * An action has irreps of dimension $s_j$, each $c_j$ times, with $\sum_j s_j c_j = n$. Traces,
#   projectors and the package give the same integers.
# * At least $\max_j c_j/s_j$ rows are needed, with $c_j$ and $s_j$ over ℂ.
# * Enough rows are not enough: the rank of the stack is the condition, and the bound its shadow.
#
# When is it enough? **Next:** [4. How many measurements?](04_how_many_measurements.ipynb)
