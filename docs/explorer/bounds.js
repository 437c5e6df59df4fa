/**
 * The bounds, as in sensing_theorems.theorems, all as conditions on the rows m of one operator.
 * @typedef {{key: string, kind: string, status: string, label: string, value: Fraction,
 *   strict: boolean, met: boolean, covers: number|null, link: string}} Bound
 *   kind: necessary, exact or sufficient; covers: largest k that it covers with these m, or null
 * @typedef {{look: string, group: string, modality: Modality, size: Size, action: Action,
 *   m: number, k: Fraction|null, extra: {stride: number, channels: number, axis: number}}} Setup
 */

const ONE = fraction(1);
const TWO = fraction(2);

/** @param {Setup} setup @returns {Bound[]} in increasing order */
function bounds(setup) {
  const found = setup.modality.several ? severalBounds(setup) : groupBounds(setup);
  const rank = { necessary: 0, exact: 1, sufficient: 2 };
  return found.sort((a, b) => compare(a.value, b.value) || rank[a.kind] - rank[b.kind]);
}

/**
 * @param {Setup} setup @param {string} key @param {string} label @param {Fraction} value
 * @param {Fraction} [most] the bound covers every k below it @returns {Bound}
 */
function bound(setup, key, label, value, most) {
  const { kind, status, link } = statement(key, Boolean(setup.modality.several));
  const strict = kind === "sufficient";
  const turn = compare(fraction(setup.m), value);
  const covers = most === undefined ? null : below(most, setup.size.n);
  return { key, kind, status, label, value, strict, met: strict ? turn > 0 : turn >= 0, covers, link };
}

/** @param {string} key @param {boolean} several @returns {{kind: string, status: string, link: string}} */
function statement(key, several) {
  if (key === "linear") {
    const proof = several
      ? "explanation/derived.md#one-subspace-several-operators"
      : "explanation/derived.md#a-subspace-that-the-group-keeps";
    return { kind: "exact", status: "derived", link: proof };
  }
  return TABLES.theorems[key];
}

/** @param {Fraction} most @param {number} n @returns {number|null} largest integer k < most, k ≤ n */
function below(most, n) {
  const k = Math.min(-Number(floor(minus(fraction(0), most))) - 1, n);
  return k >= 0 ? k : null;
}

/** @param {Setup} setup @returns {Bound[]} several independent operators, no group */
function severalBounds(setup) {
  const { k, m, size } = setup;
  const share = fraction(size.n, size.count);
  const found = [bound(setup, "measurement_count", "m ≥ n/|G|", share)];
  if (k === null) return found;
  const whole = k.q === 1n && compare(k, fraction(size.n)) < 0;
  if (whole) {
    const rest = times(minus(fraction(size.n), k), fraction(1, size.count));
    found.push(bound(setup, "linear", "m ≥ k + (n − k)/|G|", plus(k, rest)));
  }
  found.push(recoveryBound(setup, k));
  const most = minus(fraction(m), share);
  found.push(bound(setup, "generic_operators", "m > k + n/|G|", plus(k, share), most));
  return found;
}

/** @param {Setup} setup @param {Fraction} k @returns {Bound} */
function recoveryBound(setup, k) {
  return bound(setup, "known_model", "m > 2k", times(TWO, k), fraction(setup.m, 2));
}

/** @param {Setup} setup @returns {Bound[]} one operator, seen through a group */
function groupBounds(setup) {
  const { action, k } = setup;
  const share = action.order === null ? fraction(0) : fraction(action.n, action.order);
  const found = [bound(setup, "measurement_count", "m ≥ n/|G|", share)];
  if (action.order !== 1n) {
    found.push(bound(setup, "irrep_multiplicity", "m ≥ max c/s", fraction(action.ratio)));
  }
  if (k === null) return found;
  found.push(recoveryBound(setup, k));
  // Without a symmetry they ask for more than n rows, which nobody has.
  return action.order === 1n ? found : found.concat(modelBounds(setup, k));
}

/** @param {Setup} setup @param {Fraction} k @returns {Bound[]} invariant models of dimension k */
function modelBounds(setup, k) {
  const { action, m } = setup;
  const found = [];
  const room = fraction(action.n - action.ratio);
  if (k.q === 1n && k.p > 0n && compare(k, room) <= 0) {
    found.push(bound(setup, "linear", "m ≥ k + max c/s", plus(k, fraction(action.ratio))));
  }
  const twice = times(TWO, k);
  const best = fraction(action.best);
  const half = (/** @type {Fraction} */ c) => times(minus(fraction(m), c), fraction(1, 2));
  const any = "m > 2k + min mult";
  found.push(bound(setup, "any_group", any, plus(twice, best), half(best)));
  if (action.cyclic) {
    const most = plus(fraction(action.most), ONE);
    const label = "m > 2k + max c + 1";
    found.push(bound(setup, "cyclic_group", label, plus(twice, most), half(most)));
  }
  return found;
}

/** @param {Setup} setup @returns {Array<{key: string, k: number|null}>} k that each one covers */
function covered(setup) {
  // What a bound covers does not depend on k, so that any k will do.
  const all = bounds({ ...setup, k: setup.k ?? fraction(0) });
  return all.filter((b) => b.kind === "sufficient").map((b) => ({ key: b.key, k: b.covers }));
}
