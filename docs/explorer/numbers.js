/**
 * Fractions of integers of any length, so that no bound turns by a rounding error.
 * @typedef {{p: bigint, q: bigint}} Fraction  numerator and positive denominator, reduced
 */

/** @param {bigint|number|string} p @param {bigint|number|string} [q] @returns {Fraction} */
function fraction(p, q = 1n) {
  let a = BigInt(p);
  let b = BigInt(q);
  if (b < 0n) [a, b] = [-a, -b];
  const g = divisor(a < 0n ? -a : a, b);
  return { p: a / g, q: b / g };
}

/** @param {bigint} a @param {bigint} b @returns {bigint} greatest common divisor */
function divisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a || 1n;
}

/** @param {Fraction} x @param {Fraction} y @returns {Fraction} */
function plus(x, y) {
  return fraction(x.p * y.q + y.p * x.q, x.q * y.q);
}

/** @param {Fraction} x @param {Fraction} y @returns {Fraction} */
function minus(x, y) {
  return plus(x, { p: -y.p, q: y.q });
}

/** @param {Fraction} x @param {Fraction} y @returns {Fraction} */
function times(x, y) {
  return fraction(x.p * y.p, x.q * y.q);
}

/** @param {Fraction} x @param {Fraction} y @returns {number} negative, 0 or positive */
function compare(x, y) {
  const difference = x.p * y.q - y.p * x.q;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** @param {Fraction} x @returns {bigint} the largest integer below or equal */
function floor(x) {
  const whole = x.p / x.q;
  return x.p < 0n && whole * x.q !== x.p ? whole - 1n : whole;
}

/** @param {Fraction} x @returns {number} */
function decimal(x) {
  // Both may be beyond floating point, as n! is.
  const scale = 10n ** 15n;
  const whole = floor(x);
  return Number(whole) + Number(((x.p - whole * x.q) * scale) / x.q) / 1e15;
}

/** @param {Fraction} x @returns {string} exact, such as 5/2 */
function exact(x) {
  return x.q === 1n ? String(x.p) : `${x.p}/${x.q}`;
}

/** @param {Fraction} x @returns {boolean} whether nine decimals say it exactly */
const terminates = (x) => 10n ** 9n % x.q === 0n;

/** @param {Fraction} x not negative @returns {string} as a decimal, exact if nine decimals are enough */
function written9(x) {
  const digits = String((x.p * 10n ** 9n) / x.q).padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, "");
}

/** @param {Fraction} x @returns {string} exact where that can be read */
function shown(x) {
  if (x.q < 100n) return exact(x);
  if (terminates(x)) return written9(x);
  if (x.q < 1000n) return exact(x);
  const value = decimal(x);
  if (value < 1e-6) return "less than 10⁻⁶";
  return `about ${value < 1 ? value.toPrecision(3) : value.toFixed(3)}`;
}

/** @param {string} text @returns {Fraction|null} of a decimal number such as 2.5, 2,5 or .5 */
function readDecimal(text) {
  const found = /^(-?)(\d{0,9})(?:[.,](\d{0,9}))?$/.exec(text.trim());
  if (!found || !(found[2] || found[3])) return null;
  const digits = found[3] || "";
  return fraction(BigInt(`${found[1]}${found[2]}${digits}`), 10n ** BigInt(digits.length));
}

/** @param {string} text @returns {number|null} */
function readInteger(text) {
  return /^-?\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}

