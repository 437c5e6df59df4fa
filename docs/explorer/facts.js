/**
 * What is known of structured operators without seeing them: facts, each with its reason.
 * @typedef {{text: string, link: string, least: number}} Fact
 *   least: with m below it some signal is invisible in every view, so that no model can be learned
 */

const EQUIVARIANT = "explanation/statements.html#equivariant-operator";
const RANK = "explanation/statements.html#virtual-rank";

/** @param {Setup} setup @returns {string|null} why A is equivariant, if it surely is */
function equivariance({ look, group, size, extra }) {
  const turns = group === "quarter_turns" || group === "dihedral";
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
  if (look === "ct" && turns && size.amount % 2 === 0) {
    return "A quarter turn, like a flip, takes the set of equally spaced views to itself.";
  }
  if (look === "ct" && group === "reflections") {
    return "A flip takes the set of equally spaced views to itself.";
  }
  return null;
}

/** @param {Setup} setup @returns {Fact[]} */
function facts(setup) {
  const found = [];
  const why = equivariance(setup);
  if (why) found.push(equivariantFact(setup, why));
  found.push(...oddViews(setup), ...orbits(setup), ...generic(setup), ...isotropic(setup));
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
  const turns = group === "quarter_turns" || group === "dihedral";
  if (look !== "ct" || !turns || size.amount % 2 === 0) return [];
  const text = "A half turn takes every view to itself, so that the group brings two different " +
    `operators at most: 2m ≥ n is needed, and 2m = ${2 * m}, n = ${size.n}.`;
  return [{ text, link: "explanation/statements.html#effective-group", least: size.n / 2 }];
}

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
  const link = modality.several ? "explanation/statements.html#stacked-rank" : RANK;
  return [{ text, link, least: 0 }];
}

/** @param {Setup} setup @returns {Fact[]} */
function isotropic({ look, group }) {
  const turning = ["quarter_turns", "dihedral", "reflections", "kravchuk_rotations"].includes(group);
  if (look !== "blur" || !turning) return [];
  const text = "If the kernel looks the same after every element of the group, A is equivariant, and then " +
    "the symmetry adds nothing. Only the command can tell.";
  return [{ text, link: EQUIVARIANT, least: 0 }];
}
