/**
 * What follows, in words. The page has not seen A: it says which conditions hold, and no more.
 * @typedef {{tone: "fails"|"open"|"met"|"trivial", title: string, text: string}} Said
 */

/** @param {Setup} setup @param {Bound[]} list @param {Fact[]} known @returns {Said} */
function said(setup, list, known) {
  const failed = list.filter((b) => b.kind === "necessary" && !b.met);
  if (failed.length) return tooFew(setup, failed[failed.length - 1]);
  if (known.some((fact) => setup.m < fact.least)) return blind(setup);
  if (setup.m >= setup.size.n) return complete(setup);
  const enough = list.filter((b) => b.kind === "sufficient" && b.met && isIdentification(b));
  const published = enough.find((b) => b.status === "published");
  if (published) return setup.modality.sharp ? met(setup, published) : maybe(setup, published);
  return open(setup, list, enough[0]);
}

/** @param {Bound} b @returns {boolean} */
const isIdentification = (b) => b.key !== "known_model";

/** @param {Setup} setup @returns {string} */
const rows = ({ m, modality }) => (modality.sharp ? `m = ${m}` : `m = ${m} at most`);

/** @param {Setup} setup @returns {string} */
const counts = ({ modality }) => `The necessary counts ${modality.sharp ? "" : "can "}hold`;

/** @param {Setup} setup @param {Bound} b @returns {Said} */
function tooFew(setup, b) {
  const whom = setup.modality.several ? "these operators" : "A";
  return {
    tone: "fails",
    title: "A necessary condition fails",
    text: `${rows(setup)} is below ${shown(b.value)}, and ${b.label} is necessary. Some signal is ` +
      "invisible in every view and can be added to any other without a trace. No model can be " +
      `learned, whatever ${whom} and whatever the method.`,
  };
}

/** @param {Setup} setup @returns {Said} */
function blind(setup) {
  return {
    tone: "fails",
    title: "A necessary condition fails",
    text: `The counts do not rule it out, but the structure of A does (see below): ${rows(setup)}, ` +
      `n = ${setup.size.n}. Some signal is invisible in every view, so no ` +
      "model can be learned from these measurements, whatever the method.",
  };
}

/** @param {Setup} setup @returns {Said} */
function complete(setup) {
  const text = setup.modality.sharp && setup.look !== "matrix"
    ? "A shows every signal whole, and nothing has to be learned" +
      (setup.modality.generic ? " (with probability one)." : ".")
    : "If A has rank n, it shows every signal whole, and nothing has to be learned. The rank of " +
      "this A decides.";
  if (setup.modality.sharp) {
    return { tone: "trivial", title: "As many measurements as unknowns", text: `m = n. ${text}` };
  }
  const title = "Open: m is known only from above";
  const most = "m = n at most: as many measurements as unknowns, if all are independent.";
  return { tone: "open", title, text: `${most} ${text}` };
}

/** @param {Setup} setup @param {Bound} b @returns {Said} */
function maybe(setup, b) {
  return {
    tone: "open",
    title: "Open: a sufficient bound may be met",
    text: `${b.label} asks for more than ${shown(b.value)} independent measurements. There are ` +
      `${setup.m} at most, and how many of them are independent depends on A. Where the bound is met, ` +
      `it holds for almost every A. Yours is ${setup.modality.noun}, of which that says nothing by itself. ` +
      "The command below looks at yours.",
  };
}

/** @param {Setup} setup @param {Bound} b @returns {Said} */
function met(setup, b) {
  const first = `${b.label}: ${rows(setup)} is more than ${shown(b.value)}, and that is enough for ` +
    "almost every A, that is, with probability one for one drawn from a law with a density.";
  const then = setup.modality.generic
    ? "A Gaussian operator is such a draw. The command below looks at the one that you drew."
    : `Yours is ${setup.modality.noun}: almost every A says nothing about it, so this decides ` +
      "nothing by itself. The command below looks at yours.";
  return { tone: "met", title: "A sufficient bound is met, for almost every A", text: `${first} ${then}` };
}

/** @param {Setup} setup @param {Bound[]} list @param {Bound|undefined} derived @returns {Said} */
function open(setup, list, derived) {
  const title = "Open: between the bounds";
  if (setup.k === null) {
    const text = `${counts(setup)}. Whether a sufficient bound is met depends on the ` +
      "dimension k of the model, which is not given. " + coverText(setup);
    return { tone: "open", title: "Open: k is not given", text };
  }
  if (derived) {
    const aside = setup.modality.generic ? "" : ` Yours is ${setup.modality.noun}, of which it says nothing.`;
    const is = setup.modality.sharp ? "is" : `may be, with m = ${setup.m} at most`;
    const text = `${counts(setup)}, and no published sufficient bound is met. A bound ` +
      `derived in this package ${is}: ${derived.label}, for almost every A.${aside}`;
    return { tone: "open", title, text };
  }
  const best = list.filter((b) => b.kind === "sufficient" && isIdentification(b))[0];
  const least = best ? ` ${nearest(setup, best)}` : "";
  const text = `${counts(setup)} for ${rows(setup)}, and no sufficient bound is met.${least} ` +
    "It depends on A and on the model.";
  return { tone: "open", title, text };
}

/** @param {Setup} setup @param {Bound} b not met @returns {string} */
function nearest({ size }, b) {
  const least = floor(b.value) + 1n;
  const beyond = least > BigInt(size.n) ? `, beyond n = ${size.n}` : "";
  return `The nearest sufficient bound asks for ${least} rows${beyond}.`;
}

/** @param {Setup} setup @returns {string} */
function coverText(setup) {
  const found = covered(setup).filter((c) => c.key !== "known_model" && c.k !== null);
  if (!found.length) return "No bound covers any k with so few rows.";
  const parts = found.map((c) => `${c.key} k ≤ ${c.k}`);
  const many = setup.modality.sharp
    ? "with as many rows" : `with ${setup.m} independent rows, the most there can be,`;
  return `For almost every A ${many} the bounds cover: ${parts.join(", ")}.`;
}

const MEANINGS = {
  measurement_count: "as many numbers from all views together as a signal has",
  irrep_multiplicity: "an irrep of dimension s that occurs c times takes c/s rows",
  known_model: "almost every A is one-to-one on a known model: recovery, not learning",
  generic_operators: "enough for almost every choice of independent operators",
  cyclic_group: "enough for almost every A and every model that a cyclic group keeps",
  any_group: "enough for almost every A under any compact group, by its best single element",
};

/** @param {Bound} b @param {Setup} setup @returns {string} what a row of the table means */
function meaning(b, setup) {
  if (b.key !== "linear") return MEANINGS[b.key];
  return setup.modality.several
    ? "exact for linear models and almost all operators"
    : "exact for almost every A and invariant linear models of this k that hold no signal which the " +
      "whole group leaves alone, if there is one";
}

/** @param {Problem} problem @param {Setup} setup @returns {string} with a capital, unless it begins with a symbol */
function sentence({ field: name, text }, setup) {
  const start = text.startsWith("k ") ? text : text[0].toUpperCase() + text.slice(1);
  const raw = written(setup);
  const names = { look: setup.modality.label, group: GROUPS[setup.group].label, k: raw.k || "k unknown" };
  return `${start} Shown instead: ${names[name] ?? raw[name]}.`;
}

/** @param {Setup} setup @returns {string} */
function setupLine({ modality, group, size, action, k, m }) {
  const order = modality.several ? String(size.count) : orderText(action.order);
  const model = k === null ? "k unknown" : `k = ${shown(k)}`;
  const rows = modality.sharp ? `m = ${m}` : `m ≤ ${m}`;
  const symmetry = modality.several ? `${size.count} operators` : GROUPS[group].label;
  return `${modality.label}; ${symmetry}, |G| = ${order}; n = ${size.n}, ${rows}, ${model}.`;
}

/** @param {bigint|null} order @returns {string} */
function orderText(order) {
  if (order === null) return "∞";
  const digits = String(order);
  return digits.length < 10 ? digits : `${digits[0]}.${digits.slice(1, 3)}e${digits.length - 1}`;
}

/** @param {Bound} b @param {Setup} setup @returns {string} */
function here(b, { modality }) {
  if (b.met) return modality.sharp ? "met" : "may be met";
  return b.kind === "sufficient" ? "not met: says nothing" : "not met";
}
