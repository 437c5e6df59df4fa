/**
 * What is known of structured operators without seeing them: facts, each with its reason.
 * @typedef {{text: string, link: string, least: number}} Fact
 *   least: with m below it some signal is invisible in every view, so that no model can be learned
 */

const EQUIVARIANT = "explanation/statements.md#equivariant-operator";
const RANK = "explanation/statements.md#virtual-rank";
const TURNS = ["quarter_turns", "dihedral"];

/** @param {Setup} setup @returns {string|null} why A is equivariant, if it surely is */
function equivariance({ look, group, size, extra }) {
  if (group === "shifts" && look.startsWith("mri")) {
    return "A shift of the image only multiplies each of its frequencies by a phase.";
  }
  if (group === "shifts" && look === "blur") return "A circular convolution commutes with shifts.";
  if (group === "shifts" && look === "superres" && extra.stride % size.amount === 0) {
    return "A shift by a multiple of the factor only shifts the small image, if a blur before it is circular.";
  }
  if (group === "shifts" && look === "ct" && size.amount <= 2) {
    return "Sums along rows and columns are only shifted.";
  }
  if (look === "ct" && TURNS.includes(group) && size.amount % 2 === 0) {
    return "A quarter turn, like a flip, takes the set of equally spaced views to itself.";
  }
  if (look === "ct" && group === "reflections") {
    return "A flip takes the set of equally spaced views to itself.";
  }
  if (look === "mri_cartesian" && group === "reflections") {
    return "A flip takes whole lines to themselves or to their mirror images, which say the same of a real image.";
  }
  return null;
}

/** @param {Setup} setup @returns {Fact[]} */
function facts(setup) {
  const found = [];
  const why = equivariance(setup);
  if (why) found.push(equivariantFact(setup, why));
  found.push(...oddViews(setup), ...lines(setup), ...frequencies(setup), ...decimation(setup));
  found.push(...orbits(setup), ...generic(setup), ...isotropic(setup));
  if (setup.action.order === 1n && !setup.modality.several) {
    const text = "No symmetry is assumed, so A alone must show every signal: m ≥ n.";
    found.push({ text, link: RANK, least: 0 });
  }
  return found;
}

/** @param {Setup} setup @param {string} why @returns {Fact} */
function equivariantFact({ m, size }, why) {
  const most = m < size.n ? `at most ${m}, and below n = ${size.n}` : "which must itself be n";
  const text = `${why} So A is equivariant, and the symmetry adds nothing: the rank of all views ` +
    `together stays that of A, ${most}.`;
  return { text, link: EQUIVARIANT, least: size.n };
}

/** @param {Setup} setup @returns {Fact[]} */
function oddViews({ look, group, size, m }) {
  if (look !== "ct" || !TURNS.includes(group) || size.amount % 2 === 0) return [];
  const text = "A half turn takes every view to itself, so that the group brings two different " +
    `operators at most: 2m ≥ n is needed, and 2m is at most ${2 * m}, n = ${size.n}.`;
  return [{ text, link: "explanation/statements.md#effective-group", least: size.n / 2 }];
}

/** @param {Setup} setup @returns {Fact[]} */
function lines({ look, group, size: { n } }) {
  if (look !== "mri_cartesian" || !TURNS.includes(group)) return [];
  const text = "Flips and the half turn keep the set of lines, because the image is real; a quarter " +
    "turn adds the same lines the other way round. If line k is missing and −k too, the frequency " +
    `(k, k) is never seen. So the symmetry adds nothing that decides: A itself needs rank n = ${n}.`;
  return [{ text, link: RANK, least: n }];
}

/**
 * Frequencies that keep themselves, k = −k, and orbits of frequencies under the group with k → −k.
 * @param {Setup} setup @returns {{own: number, orbits: number}|null}
 */
function classes({ group, extra, size: { n, sides } }) {
  const even = (/** @type {number} */ side) => (side % 2 ? 1 : 2);
  const [side] = sides;
  if (group === "quarter_turns") return { own: even(side) * 2 - 1, orbits: (n + (side % 2 ? 3 : 8)) / 4 };
  if (group === "dihedral") {
    const orbits = side % 2 ? (n + 3 + 4 * side) / 8 : (n + 8 + 6 * side) / 8;
    return { own: even(side) * 2 - 1, orbits };
  }
  if (group !== "reflections") return null;
  // Burnside: frequencies that the identity, the flip, the sign, and both together leave alone.
  const length = sides[extra.axis];
  const own = product(sides.map(even));
  const flip = (n / length) * even(length);
  const both = length * (own / even(length));
  return { own, orbits: (n + flip + own + both) / 4 };
}

/** @param {{own: number, orbits: number}} found @returns {number} of each orbit one k, and −k unless it is k */
const fewest = ({ own, orbits }) => 2 * orbits - own;

/** @param {Setup} setup @returns {Fact[]} Fourier masks and blurs see frequencies, with their signs */
function frequencies(setup) {
  if (!["blur", "mri_radial"].includes(setup.look)) return [];
  const found = classes(setup);
  if (!found) return [];
  const least = fewest(found);
  const why = setup.look === "blur" ? "the kernel" : "the image";
  const text = `Frequencies come in pairs k, −k, because ${why} is real, so that a half turn shows ` +
    `nothing new. The rank condition holds exactly if a frequency of each of the ${found.orbits} orbits ` +
    `under the symmetry and k → −k is seen, which takes m ≥ ${least}, n = ${setup.size.n}.`;
  return [{ text, link: RANK, least }];
}

/** @param {Setup} setup @returns {Fact[]} */
function decimation({ look, group, size: { n, sides, amount }, extra }) {
  if (look !== "superres" || group !== "shifts" || extra.stride % amount === 0) return [];
  const step = Number(divisor(BigInt(extra.stride), BigInt(amount)));
  if (step === 1) return [];
  const text = `Stride ${extra.stride} and factor ${amount} have the common divisor ${step}: all views ` +
    `together sample every ${ordinal(step)} pixel along each axis, after whatever circular blur. Their ` +
    `rank is at most ${n / step ** sides.length}, below n = ${n}.`;
  return [{ text, link: RANK, least: n }];
}

/** @param {number} count @returns {string} */
const ordinal = (count) => ["", "", "second", "third"][count] || `${count}th`;

/** @param {Setup} setup @returns {Fact[]} */
function orbits({ look, group, action }) {
  if (look !== "inpainting" || !PERMUTING.has(group) || action.order === 1n) return [];
  const many = action.ratio > 1 ? `each of the ${action.ratio} orbits` : "the one orbit there is";
  const text = `The rank condition holds exactly if the mask keeps a pixel of ${many}.`;
  return [{ text, link: RANK, least: 0 }];
}

/** @param {Setup} setup @returns {Fact[]} */
function generic({ modality }) {
  if (!modality.generic) return [];
  const text = "For Gaussian operators the rank condition holds with probability one as soon as " +
    "its count of rows does (derived in this package).";
  const link = modality.several ? "explanation/statements.md#stacked-rank" : RANK;
  return [{ text, link, least: 0 }];
}

/** @param {Setup} setup @returns {Fact[]} */
function isotropic(setup) {
  const found = setup.look === "blur" ? classes(setup) : null;
  if (!found || setup.m >= setup.size.n || setup.m < fewest(found)) return [];
  const text = "If the kernel looks the same after every element of the group, A is equivariant, and then " +
    "the symmetry adds nothing. Only the command can tell.";
  return [{ text, link: EQUIVARIANT, least: 0 }];
}
