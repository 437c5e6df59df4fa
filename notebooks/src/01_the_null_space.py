# %% [markdown]
# # 1. The null space you cannot see
#
# **Question.** A scanner measures $y = Ax$, with fewer numbers in $y$ than pixels in $x$.
# Somebody hands you a reconstruction $f$ that explains every measurement ever taken, to the last
# digit: $A f(y) = y$ for all of them. Are its images right?
#
# *Six minutes to read, a few seconds to run.*

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
lines = np.isin(np.arange(48), [0, 1, 2, 3, 5, 9, 14, 34, 39, 43, 45, 46, 47])
A = st.operators.fourier(np.repeat(lines[:, None], 48, axis=1))

from sensing_theorems.demo.images import mr_slice, photograph, shrink

truth, face = (shrink(image, 48)[0].ravel() for image in (mr_slice(), photograph()))
y = A @ truth
first = (A.H @ y).real  # A⁺y: the rows of A are orthonormal, so that A⁺ is the adjoint
second = first + face - (A.H @ (A @ face)).real
for image in (first, second, truth):
    print(f"residual |Af - y| / |y| = {np.linalg.norm(A @ image - y) / np.linalg.norm(y):.0e}")

# %%
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
images = {"A⁺y": first, "A⁺y + v": second, "another A⁺y + v": truth}
for ax, (title, image) in zip(axes, images.items(), strict=True):
    ax.imshow(image.reshape(48, 48), cmap="gray", vmin=0, vmax=1)
    ax.set_title(title)
    ax.set_axis_off()

# %% [markdown]
# *Three pictures of a head. The left one is blurred from top to bottom. The middle one has a
# second face shining through. The right one is sharp.*
#
# The scanner took 13 of the 48 lines of the Fourier transform of a slice. All three images have
# these 13 lines, to the last digit that a computer holds. One of them is the slice, one is the
# smallest image that fits, and one has a portrait in it that was never in the scanner. The
# measurements prefer none of them.
#
# ## Why: the null space
#
# A signal $v$ with $Av = 0$ leaves no trace in $y$. These signals form the **null space** of $A$.
# To make one, take any signal $w$ and remove what $A$ sees of it, $v = w - A^+Aw$. Then
#
# $$f(y) = A^+y + v(y)$$
#
# explains every measurement, whatever function $v$ you choose, as long as its values lie in the
# null space. There is nothing else: two reconstructions of one $y$ always differ by a signal of
# the null space.

# %%
check = st.theorems.measurement_consistency(st.Problem(A))
print(check.statement)
print("unique for this A:", check.holds)

# %% [markdown]
# This is the first theorem of the course,
# [`measurement_consistency`](../explanation/statements.md#measurement-consistency), in the code
# `st.theorems.measurement_consistency`. It is *exact*: it speaks of this very $A$, not of most.
#
# ### Exercise 1. A null-space signal of your own
#
# Choose any signal `w` you like (noise, a square, a letter) and make a `v` from it that the
# scanner cannot see.

# %% tags=["exercise"]
w = np.random.default_rng(0).random(48 * 48)
v = ...  # your turn: a signal like w that A does not see

# %% tags=["solution", "hide-input"]
w = np.random.default_rng(0).random(48 * 48)
v = w - (A.H @ (A @ w)).real

# %% tags=["check"]
assert v is not ..., "Remove from w what A sees of it. The adjoint A.H is A⁺ here."
pixels = np.ravel(v)
assert pixels.size == 48 * 48, "v must be a signal of 48·48 pixels, like the images above."
assert pixels.dtype.kind in "iufc", "v must be an array of numbers."
residual = np.linalg.norm(A @ (first + pixels) - y) / np.linalg.norm(y)
assert residual < 1e-12, f"A still sees v: the residual is {residual:.1e}. What is left of w in it?"
assert np.linalg.norm(pixels) > 1e-3, "v is zero, and changes nothing. Begin with a richer w."

# %% [markdown]
# ### Exercise 2. How much is hidden?
#
# The image has 48·48 pixels, and 13 of 48 lines were measured. The lines come in pairs ±f beside
# line 0, so that for a real image each complex number of one line repeats one of its partner:
# over the real numbers 13 lines are worth 13·48 measurements. How many dimensions has the null
# space?

# %% tags=["exercise"]
hidden = ...  # your turn: a number

# %% tags=["solution", "hide-input"]
hidden = 48 * 48 - 13 * 48

# %% tags=["check"]
hint = "Each independent measurement fixes one dimension of the signal. How many remain?"
assert hidden is not ..., hint
missing = st.stacked_rank([A]).missing
assert np.ndim(hidden) == 0 and hidden == missing, f"Not {hidden}. {hint}"

# %% [markdown]
# ## Does a better algorithm help?
#
# One that only asks for $Af(y) = y$ cannot. Let gradient descent minimise $\|Ax - y\|^2$ from
# three different starts. A gradient is $A^*(Ax - y)$, which never has a component in the null
# space. So whatever lies there at the start stays there.

# %%
noise = np.random.default_rng(1).random(48 * 48)
starts, ends = {"from zero": 0 * face, "from the portrait": face, "from noise": noise}, {}

# %%
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
for ax, (title, x) in zip(axes, starts.items(), strict=True):
    for _ in range(50):
        x = x - 0.5 * (A.H @ (A @ x - y)).real
    ends[title] = x
    print(f"{title}: residual {np.linalg.norm(A @ x - y) / np.linalg.norm(y):.0e}")
    ax.imshow(x.reshape(48, 48), cmap="gray", vmin=0, vmax=1)
    ax.set_title(title)
    ax.set_axis_off()

# %% [markdown]
# *Three results of one descent: the blurred head, the head with the portrait, and the head under
# noise.*
#
# A network trained on measurement consistency alone is in the same place, with more parameters:
# how it was initialised and built decides what it puts into the null space, and its loss says
# nothing about it. More data of the same kind do not help either. They are more sets of
# measurements with the same blind spot.
#
# ### Exercise 3. Where does descent end?
#
# Write down where the descent from `noise` ends, without running it.

# %% tags=["exercise"]
end = ...  # your turn: a formula in A, y and noise

# %% tags=["solution", "hide-input"]
end = first + noise - (A.H @ (A @ noise)).real

# %% tags=["check"]
hint = "Split the start into what A sees and what it does not. Which of them can a step change?"
assert end is not ..., hint
reached = np.ravel(end)
assert reached.size == 48 * 48, "The end is an image of 48·48 pixels."
assert reached.dtype.kind in "iufc", "The end is an array of numbers."
assert np.allclose(reached, ends["from noise"], atol=1e-9), f"Not yet. {hint}"

# %% [markdown]
# ## What the package says
#
# `st.analyze` asks a harder question than a reconstruction does: can the *set* of signals be
# learned from such measurements, by any method? With one incomplete operator, and nothing else
# known, it cannot. The answer comes with a **witness**: a signal that anybody can feed to $A$ to
# see nothing. Here it is for a scanner of 16 lines, of which it takes five.

# %%
few = np.isin(np.arange(16), [0, 1, 2, 14, 15])
small = st.operators.fourier(np.repeat(few[:, None], 16, axis=1))
report = st.analyze(st.Problem(small))
print(report.headline, report.rank, sep="\n")
print(f"what A sees of the witness: {np.linalg.norm(small @ report.witness):.0e}")

# %% [markdown]
# Two questions are easily confused, and the report answers them apart. *Model identification*: is
# the set of signals determined by the measurements? That is what this course is about. *Signal
# recovery*: if the set is known, is each signal determined by its own $y$? Compressed sensing
# lives there, and for a set of small dimension almost every $A$ with few rows will do
# ([`known_model`](../explanation/statements.md#known-model), `st.theorems.known_model`).
#
# ## What to remember
#
# * Measurement consistency fixes $A^+y$ and leaves the null space free: a residual of zero is no
#   evidence for what is shown there.
# * Neither better optimisation, nor a larger network, nor more measurements through the same $A$
#   changes this. Something else must be known.
# * A witness makes the statement checkable: multiply, and see nothing.
#
# What else can be known? Often, that the signals have a symmetry.
# **Next:** [2. What symmetry adds](02_what_symmetry_adds.ipynb)
