# %% [markdown]
# # 2. What symmetry adds
#
# **Question.** One incomplete operator hides part of every signal, as notebook 1 showed. Suppose
# we know one thing more: a shifted signal is again a possible signal. Does that uncover what is
# hidden?
#
# *Seven minutes to read, a few seconds to run.*

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
names, colours = ("x₁ = x₂", "x₂ = x₃", "x₃ = x₁"), ("#0072B2", "#D55E00", "#009E73")
places = ([0.4, 0.4, 2.7], [2.1, 2.1, -0.8], [-0.5, -0.5, -3.1])


def plane(ax, g):  # two halves, which meet in the line X
    for side in (-0.5, 0.5):
        s, t = np.meshgrid([-1.2, 1.2], [0, 1.3 * side])
        half = np.roll([s - t, s - t, s + 2 * t], g, axis=0)
        ax.plot_surface(*half, color=colours[g], alpha=0.6, shade=False)
    ax.text(*np.roll(places[g], g), names[g], color=colours[g], ha="center", va="center")


# %%
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), subplot_kw={"projection": "3d"})
for ax, views in zip(axes, (1, 3), strict=True):
    for g in range(views):
        plane(ax, g)
    ax.plot([-1.6, 1.6], [-1.6, 1.6], [-1.6, 1.6], color="k", lw=2.5)
    ax.text(-1.8, -1.8, -1.8, "X", ha="center", va="center")
    ax.set(xlim=(-2, 2), ylim=(-2, 2), zlim=(-2, 2), title=f"views: {views}")
    ax.view_init(elev=28, azim=-10)
    ax.set_box_aspect(None, zoom=1.2)
    ax.set_axis_off()

# %% [markdown]
# *Left: a plane, in which the black line X lies. Right: three planes that have only this line in
# common.*
#
# This is the smallest example there is. Signals have $n = 3$ entries, and the set of signals $X$
# is the line of those with three equal ones. The operator $A$ keeps the first $m = 2$ entries.
# What the measurements say is $x_1 = x_2$: a signal in the blue plane. The third entry is
# anybody's guess.
#
# Now let us know that shifting a signal gives a signal, $T_gX = X$. Then
#
# $$y = Ax = (AT_g)\,(T_g^{-1}x), \qquad T_g^{-1}x \in X,$$
#
# so that the same data could have come through the **virtual operator** $AT_g$. Each of them has
# a null space of its own, and leaves a plane of its own. Only signals in *all* planes explain
# everything: that is the line again.

# %% [markdown]
# ## What must not be left over
#
# Stack the virtual operators. A signal that none of them sees can be added to the model, and no
# measurement changes. So the stack must have rank $n$:

# %%
A = np.array([[1.0, 0, 0], [0, 1, 0]])
for count in (1, 2, 3):
    views = [np.roll(A, g, axis=1) for g in range(count)]
    print(f"views: {count}, rank of the stack: {st.stacked_rank(views).rank} of 3")
shifts = st.groups.shifts(3)
print(st.stacked_rank(A, shifts))

# %% [markdown]
# The condition is [`virtual_rank`](../explanation/statements.md#virtual-rank), in the code
# `st.theorems.virtual_rank`. It is *necessary*: without it no method can work, and with it one
# still has to look at the model. Two views have rank 3 already, as two of the planes meet in the
# line.
#
# For this model the question can be settled, since it is a subspace. `st.identify` decides
# whether $X$ is the only model that fits:

# %%
print(st.identify(st.models.Subspace(np.ones((3, 1))), A, shifts))

# %% [markdown]
# ## Two operators of rank 17
#
# Signals now have 64 samples. One operator reads 17 of them, chosen at random. The other is a
# blur: it passes the 17 lowest frequencies. How does the rank grow with the number of shifts?

# %%
pixels = np.random.default_rng(2).choice(64, 17, replace=False)
passed = np.abs(np.fft.fftfreq(64, 1 / 64)) <= 8
kernel = np.fft.fftshift(np.fft.ifft(passed).real)
operators = {"17 samples": np.eye(64)[pixels], "blur": st.operators.blur(kernel, (64,)).to_dense()}
ranks = {
    name: [st.stacked_rank([np.roll(B, g, axis=1) for g in range(G)]).rank for G in range(1, 21)]
    for name, B in operators.items()
}

# %%
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for (name, rank), colour in zip(ranks.items(), ("#0072B2", "#D55E00"), strict=True):
    ax.plot(range(1, 21), rank, "o-", markersize=4, color=colour)
    ax.text(20.4, rank[-1], name, color=colour, va="center")
ax.plot([0, 20], [64, 64], color="0.7", lw=0.8, zorder=0)
ax.text(0.3, 65, "n = 64", color="0.4")
ax.set(xlabel="number of shifts used", ylabel="rank of the stack", xlim=(0, 24), ylim=(0, 70))
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# *One curve rises from 17 to 64 within a dozen shifts. The other stays at 17.*
#
# To blur a shifted signal is to shift the blurred one: $AT_g = T_gA$. Such an operator is
# **equivariant**, and all its virtual operators have one and the same null space. Symmetry tells
# it nothing that it did not know.

# %%
blur = st.operators.blur(kernel, (64,))
check = st.theorems.equivariant_operator(st.Problem(blur, st.groups.shifts(64)))
print(check.statement)
print(f"holds: {check.holds}; rank of the stack {check.lhs}; {check.detail}")

# %% [markdown]
# This is [`equivariant_operator`](../explanation/statements.md#equivariant-operator), in the code
# `st.theorems.equivariant_operator`. It concerns much of imaging: blurs and single-coil MRI are
# equivariant to shifts, and so, before it is put on pixels, is the Radon transform of tomography.
# They need another symmetry than shifts, or several operators.
#
# ### Exercise 1. The smallest set of shifts
#
# An operator keeps every fourth of 12 samples: entries 0, 4 and 8. Which shifts are needed to see
# everything? Give as few as possible.

# %% tags=["exercise"]
needed = ...  # your turn: a list of shifts, such as [0, 5]

# %% tags=["solution", "hide-input"]
needed = [0, 1, 2, 3]

# %% tags=["check"]
every_fourth, given = np.eye(12)[::4], np.asarray(needed)
assert needed is not ..., "A shift by 4 keeps the set {0, 4, 8}. Which shifts do not?"
assert given.ndim == 1 and given.size, "A list of at least one shift, such as [0, 5]."
assert given.dtype.kind in "iuf" and np.all(given % 1 == 0), "Shifts are whole numbers."
stack = st.stacked_rank([np.roll(every_fourth, int(g), axis=1) for g in given])
assert stack.full, f"Rank {stack.rank} of 12: some samples are never read. Add a shift."
assert given.size == 4, "All is seen, but with more shifts than needed. Which add nothing new?"

# %% [markdown]
# The 12 shifts give only four different virtual operators, since shifts by 4 lead from $A$ to
# itself. Such an operator is equivariant to *some* elements, and it is the others that help.

# %%
circle = st.groups.shifts(12)
print(st.stacked_rank(np.eye(12)[::4], circle))

# %% [markdown]
# ### Exercise 2. An equivariant operator with a small blind spot
#
# A circular blur of 12 samples, by a kernel of your choice, is always equivariant. Find one that
# loses exactly two of the 12 dimensions. (Frequencies $f$ and $12 - f$ come together, so that it
# takes one pair, or frequencies 0 and 6.)

# %% tags=["exercise"]
small_kernel = ...  # your turn: a list of a few numbers

# %% tags=["solution", "hide-input"]
small_kernel = [1, 1, 1]

# %% tags=["check"]
given = np.asarray(small_kernel)
assert small_kernel is not ..., "Which waves add up to zero over a few neighbouring samples?"
assert given.ndim == 1 and 0 < given.size <= 12, "A list of one to twelve numbers."
assert given.dtype.kind in "iuf", "The entries of the kernel must be real numbers."
lost = st.stacked_rank(st.operators.blur(given, (12,)), circle).missing
hint = "A blur loses the frequencies at which the Fourier transform of its kernel is zero."
assert lost == 2, f"This kernel loses {lost} dimensions. {hint}"

# %% [markdown]
# ### Exercise 3. Not equivariant, and still not enough
#
# Many a reader concludes that an operator which is *not* equivariant must gain all. Refute it:
# find a single row of 12 numbers that is not equivariant to shifts, but leaves something
# invisible. (A row sees the frequency $f$, through all its shifts, unless its Fourier transform
# is zero there.)

# %% tags=["exercise"]
row = ...  # your turn: a list of 12 numbers

# %% tags=["solution", "hide-input"]
row = [1, -1] + [0] * 10

# %% tags=["check"]
given = np.asarray(row)
assert row is not ..., "Choose the frequency to lose first. Which rows ignore a wave of that kind?"
assert given.shape == (12,) and given.dtype.kind in "iuf", "A row has 12 numbers."
problem = st.Problem(given[None].astype(float), circle)
assert not st.is_equivariant(problem.joint, circle), "This row is equivariant: it sees nothing new."
hint = "Which property of its entries makes its Fourier transform zero somewhere?"
assert not st.analyze(problem).rank.full, f"The rank is full: it sees every frequency. {hint}"

# %% [markdown]
# ## What to remember
#
# * A symmetry of the signals turns one operator into many, $AT_g$. Each may have another null
#   space.
# * If the stack of all of them has a rank below $n$, no method can learn the model from
#   measurements alone. Rank $n$ is necessary; whether it is enough depends on the model.
# * An equivariant operator gains nothing. One that is not equivariant gains something, perhaps
#   too little: compute the rank.
#
# How many rows does a symmetry ask for? That can be counted without any operator.
# **Next:** [3. Counting with irreps](03_counting_with_irreps.ipynb)
