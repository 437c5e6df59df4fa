# %% [markdown]
# # 4. How many measurements?
#
# **Question.** Below a certain number of rows $m$ nothing can be learned from measurements alone,
# as notebook 3 showed. From how many rows on *is* it enough? And is the answer about the scanner
# that you have?
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
N, k, rng, ops = 24, 10, np.random.default_rng(0), st.operators
shifts, turns = st.groups.shifts(N, N), st.groups.quarter_turns(N)
long_shifts = st.groups.shifts(N, N + 1)  # sides without a common divisor: a cyclic group
f = np.fft.fftfreq(N, 1 / N)
lines = np.repeat(np.isin(f, [-2, -1, 0, 1, 2, 5, 9, -9])[:, None], N, axis=1)
low_pass = np.fft.fftshift(np.fft.ifft2(np.hypot(f[:, None], f) <= 6).real)

# %%
setups = {
    "inpainting, shifts": (ops.inpainting(rng.random((N, N)) < 0.5), shifts),
    "MRI, turns": (ops.fourier(lines), turns),
    "CT, turns": (ops.tomography(N, np.arange(9) * np.pi / 9), turns),
    "deblurring, shifts": (ops.blur(low_pass, (N, N)), shifts),
    "super-resolution, shifts": (ops.downsample((N, N), 2), shifts),
    "single pixel, shifts": (ops.bernoulli(144, N * (N + 1), rng), long_shifts),
    "8 random operators": ([ops.gaussian(115, N * N, rng) for _ in range(8)], None),
}
reports = {s: st.analyze(st.Problem(A, T, model_dim=k)) for s, (A, T) in setups.items()}


# %%
def least_rows(report):
    """Own m, and the least m of each kind of bound; None where there is no such bound."""
    rhs = {check.key: check.rhs for check in report.checks}
    lhs = {check.key: check.lhs for check in report.checks}
    necessary = rhs["irrep_multiplicity"] or report.problem.n / len(report.problem.operators)
    strict = {"derived": rhs["any_group"], "sufficient": rhs["cyclic_group"]}
    strict["sufficient"] = strict["sufficient"] or rhs["generic_operators"]
    more_than = {kind: bound and int(bound) + 1 for kind, bound in strict.items()}
    return {"m": lhs["known_model"], "necessary": int(np.ceil(float(necessary))), **more_than}


# %%
rows = [least_rows(report) for report in reports.values()]
names = [f"{s}\nrank {r.rank.rank} of {r.rank.n}" for s, r in reports.items()]
fig, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
for kind, marker in {"necessary": ">", "sufficient": "s", "derived": "o", "m": "*"}.items():
    style = {"color": st.plot.KINDS.get(kind, "k")[0], "markersize": 8}
    style |= {"markerfacecolor": "none", "markersize": 14} if kind == "derived" else {}
    ax.plot([row[kind] or np.nan for row in rows], names, marker, label=kind, **style)
ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.4, 1), frameon=False)
ax.set(xscale="log", xlabel="rows m", xlim=(0.8, 400), ylim=(6.5, -0.5))
ax.grid(axis="y", color="0.9")

# %% [markdown]
# *Seven rows, one for each setup, with symbols from left to right along a logarithmic axis. The
# star of the setup's own m lies to the right of all bounds in every row. Yet the ranks at the
# left edge fall short of n for MRI, CT and deblurring.*
#
# ## Three kinds of bounds
#
# Each setup has $n = 24\cdot24$ pixels (the single-pixel camera $24\cdot25$), and signals of
# dimension $k = 10$. The star is at the number of independent rows that it measures. Bounds come in
# three kinds, which answer different questions.
#
# * **Necessary** (triangles). With fewer rows no method can work, whatever $A$ is: $m \ge \max_j
#   c_j/s_j$, or $m \ge n/G$ for $G$ operators
#   ([`measurement_count`](../explanation/statements.md#measurement-count),
#   `st.theorems.measurement_count`).
# * **Sufficient** (squares). With more rows it works *for almost every* $A$. Published are two:
#   $m > k + n/G$ for $G$ independent operators
#   ([`generic_operators`](../explanation/statements.md#generic-operators),
#   `st.theorems.generic_operators`), and $m > 2k + \max_j c_j + 1$ under a cyclic group
#   ([`cyclic_group`](../explanation/statements.md#cyclic-group), `st.theorems.cyclic_group`).
#   Shifts along two axes are cyclic only if the sides have no common divisor. Hence the camera of
#   24·25 pixels; the shifts of 24·24 pixels have no square.
# * **Derived here** (open circles). `st.theorems.any_group` extends the second to all groups. It
#   is shown, and never decides.
#
# And **exact** is what is computed for one given $A$: the rank of the stack, under each name.

# %% [markdown]
# ### Exercise 1. Two bounds
#
# Images of 64·64 pixels have dimension $k = 60$. Each is seen through one of $G = 16$ independent
# random operators. From how many rows on is the necessary bound met, and from how many on the
# sufficient one? (Mind which of them is strict.)

# %% tags=["exercise"]
necessary, sufficient = ..., ...  # your turn: two numbers

# %% tags=["solution", "hide-input"]
necessary, sufficient = 256, 317

# %% tags=["check"]
assert necessary is not ... and sufficient is not ..., "Both bounds are above, for G operators."
task = st.tasks.SubspaceIdentification(n=64 * 64, k=60)
least = {bound.kind: bound.least for bound in task.thresholds({"G": 16}, "m")}
hint = f"Not {necessary}: all operators together need as many rows as there are pixels."
assert np.ndim(necessary) == 0 and necessary == least["necessary"], hint
hint = f"Not {sufficient}: add what the dimension k costs, and mind that this bound is strict."
assert np.ndim(sufficient) == 0 and sufficient == least["sufficient"], hint

# %% [markdown]
# ## Almost every, and yours
#
# *Almost every $A$* means: draw the entries of $A$ from a law with a density, and with
# probability one the statement holds. It says nothing about a matrix that is not such a draw.
# Masks, Fourier rows, Radon transforms and patterns of zeros and ones lie outside what it says: all
# of them together have probability zero.
#
# Is that hair-splitting? Signals of a random plane ($k = 2$) in $\mathbb{R}^{12}$ are measured by
# four operators of six rows. Then $m = 6 > 2 + 12/4$, and the bound is met. We draw a hundred
# times, and decide each draw exactly.


# %%
def share(draw, rng):
    """How many of 100 draws of a plane and four operators identify the plane."""
    models = [st.models.Subspace(rng.standard_normal((12, 2))) for _ in range(100)]
    found = [st.identify(model, [draw(rng) for _ in range(4)]).verdict for model in models]
    return found.count(st.Verdict.IDENTIFIABLE)


print("normal entries:", share(lambda rng: rng.standard_normal((6, 12)), rng), "of 100")
masks = share(lambda rng: np.eye(12)[rng.choice(12, 6, replace=False)], rng)
print("random masks:  ", masks, "of 100")

# %% [markdown]
# The masks have as many rows, and are as random. But often one of the twelve pixels is in none of
# the four masks, and then its row of the model is anybody's guess. The theorem is right, and not
# about masks.
#
# So there are **three answers**, and the package keeps them apart:
#
# * `NOT_IDENTIFIABLE`: a necessary condition fails for this $A$. A witness proves it.
# * `IDENTIFIABLE`: one operator sees everything by itself, or a sufficient bound is met by
#   operators that *were* drawn from a law with a density.
# * `UNDECIDED`: everything else. The rank is full, say, but no theorem covers a mask.
#
# Here is what the package says of the seven setups of the chart, with its reasons:

# %%
for setup, report in reports.items():
    print(f"{setup:25} {report.verdict.name:17} {report.reason}")

# %% [markdown]
# Deblurring is equivariant to shifts, and had no chance from the start. MRI and CT gain from
# quarter turns, and not enough. Inpainting, super-resolution and the binary camera have full
# rank. For them the theory is silent, and honest work begins: take a model and decide it exactly
# (`st.identify`), or train and see (notebook 6).
#
# Six more setups, of the same size and again with $k = 10$:

# %%
left = np.repeat(np.arange(N)[None] < N // 2, N, axis=0)  # the left half of each image
more = {
    "every pixel": (ops.inpainting(np.ones((N, N), dtype=bool)), None),
    "half of the pixels": (ops.inpainting(rng.random((N, N)) < 0.5), None),
    "left half, turns": (ops.inpainting(left), turns),
    "deblurring, turns": (ops.blur(low_pass, (N, N)), turns),
    "144 normal rows, 24·24 shifts": (ops.gaussian(144, N * N, rng), shifts),
    "144 normal rows, 24·25 shifts": (ops.gaussian(144, N * (N + 1), rng), long_shifts),
}

# %% [markdown]
# ### Exercise 2. A table of verdicts
#
# Fill in the answers for the setups of `more`, as `"yes"`, `"no"` or `"undecided"`. Think before
# you compute: what does each operator see, and is it covered?

# %% tags=["exercise"]
answers = {setup: ... for setup in more}  # your turn: write the dictionary out

# %% tags=["solution", "hide-input"]
answers = dict.fromkeys(more, "undecided")
# One sees everything by itself; the other is such a draw, under a cyclic group, with m > 2k + 2.
answers |= {"every pixel": "yes", "144 normal rows, 24·25 shifts": "yes"}
# Half of the pixels never help to see the others; and this blur is round, so that turns keep it.
answers |= {"half of the pixels": "no", "deblurring, turns": "no"}

# %% tags=["check"]
words = {"IDENTIFIABLE": "yes", "NOT_IDENTIFIABLE": "no", "UNDECIDED": "undecided"}
assert isinstance(answers, dict), "A dictionary, with an answer for each key of `more`."
for setup, (B, T) in more.items():
    given = answers.get(setup, ...)
    assert given is not ..., f"{setup}: no answer yet. What do A and all its AT_g see?"
    hint = "Is the rank full? Was every entry of A drawn freely? Is the group cyclic?"
    right = words[st.analyze(st.Problem(B, T, model_dim=k)).verdict.name]
    assert str(given).strip().lower() == right, f"{setup}: not {given!r}. {hint}"

# %% [markdown]
# Can one not simply *claim* that a mask is generic? The package looks at the entries, and sets
# the claim aside:

# %%
mask, T = setups["inpainting, shifts"]
claimed = st.analyze(st.Problem(mask, T, model_dim=k, generic=True))
print(claimed.headline)

# %% [markdown]
# ### Exercise 3. A camera that is covered
#
# The binary single-pixel camera of the chart is undecided, although it has 144 rows. Replace it by
# an operator for 24·25 pixels, under the same `long_shifts` and for the same $k$, for which the
# answer is `IDENTIFIABLE`. Give it as few rows as the published bound allows.

# %% tags=["exercise"]
camera = ...  # your turn: an operator of st.operators

# %% tags=["solution", "hide-input"]
# Here max c = 1, so that m > 2k + max c + 1 = 22.
camera = st.operators.gaussian(23, N * (N + 1), rng=0)

# %% tags=["check"]
assert camera is not ..., "From which kind of law does the theorem want the entries of A?"
*rows, pixels = getattr(camera, "shape", None) or (0,)
assert rows and pixels == 600, "An operator of st.operators, of m rows for 24·25 = 600 pixels."
covered = st.analyze(st.Problem(camera, long_shifts, model_dim=k))
hint = "The package must know the law: an array does not tell how it was drawn."
assert covered.verdict is st.Verdict.IDENTIFIABLE, f"Still {covered.headline}. {hint}"
bound = st.theorems.cyclic_group(covered.problem).rhs
assert rows == [int(bound) + 1], f"Covered, with {rows[0]} rows. How few does the bound allow?"

# %% [markdown]
# ## Between the bounds
#
# Necessary and sufficient do not meet. For subspaces of dimension $k$ and $G$ independent random
# operators there is an exact answer between them, derived here: it turns at $m = k + (n - k)/G$.
# It is a little below the published $k + n/G$, which holds for every model of dimension $k$, and
# not for subspaces alone. *Exact* has another sense here than above: for almost every draw the
# answer is yes from this number on, and no below it. It is a statement about draws all the same,
# and not about a mask.

# %%
G = np.arange(2, 26)
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
st.plot.tidy(ax).set(xlabel="operators G", ylabel="rows m", xlim=(2, 40), ylim=(0, 36))
ax.set_xticks(range(5, 26, 5))
curves = {"necessary": 50 / G, "exact": 10 + 40 / G, "sufficient": 10 + 50 / G}
names = {"necessary": "n/G", "exact": "k + (n − k)/G", "sufficient": "k + n/G"}
for (kind, m), up in zip(curves.items(), (0, -0.7, 0.9), strict=True):
    ax.plot(G, m, **st.plot.line_style(kind))
    label = f"{kind}: {names[kind]}"
    ax.text(25.5, m[-1] + up, label, color=st.plot.KINDS[kind][0], va="center")

# %% [markdown]
# *Three falling curves for n = 50 and k = 10. The necessary one approaches 0, the two others k.*
#
# More operators pay off, but however many there are, random operators need more than $k$ rows each.
#
# ## What to remember
#
# * Necessary bounds say no, sufficient ones say yes for almost every $A$, and only a computation
#   speaks of *yours*.
# * A mask, a Fourier or a Radon transform is not *almost every* $A$, however many rows it has.
# * Three answers, and a reason: `UNDECIDED` is not a polite no.
#
# Where, between the bounds, does it really turn? That can be measured.
# **Next:** [5. Measuring a transition](05_measuring_a_transition.ipynb)
