/**
 * From what was typed, or stands in the address, to a setup. Whatever cannot be used is replaced,
 * and a sentence says what must hold and what came.
 * @typedef {Record<string, string>} Raw
 * @typedef {{field: string, text: string}} Problem
 * @typedef {(text: string) => void} Report  takes what must hold, and what came, of one field
 */

const START = { look: "inpainting", group: "shifts", size: "28x28", amount: "64", k: "12" };
const MOST_ENTRIES = 2 ** 20;
const MOST_MATRIX = 2 ** 26;

/** @param {Raw} raw @returns {{setup: Setup, raw: Raw, problems: Problem[]}} */
function read(raw) {
  /** @type {Problem[]} */
  const problems = [];
  const refuse = (/** @type {string} */ field) => (/** @type {string} */ text) =>
    void problems.push({ field, text });
  const looks = Object.keys(MODALITIES);
  const look = choice(raw.look, looks, START.look, "the operator", refuse("look"));
  const modality = MODALITIES[look];
  const group = readGroup(raw, modality, refuse("group"));
  const sides = readSides(raw, modality, group, refuse("size"));
  const extra = readExtra(raw, modality, group, sides, refuse);
  const action = GROUPS[group].make(sides, extra);
  const many = whole(raw.operators ?? "10", [2, 1000], 10, "the number of operators",
    modality.several ? refuse("operators") : () => {});
  const size = { n: action.n, sides, amount: 0, count: modality.several ? many : 1, action };
  size.amount = readAmount(raw, modality, size, refuse("amount"));
  const k = readDimension(raw.k, action.n, refuse("k"));
  const setup = { look, group, modality, size, action, m: modality.m(size), k, extra };
  return { setup, raw: written(setup), problems };
}

/** @param {string} text @returns {string} what came, at a length that can be shown */
const came = (text) => `got ${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)}`;

/**
 * @param {string|undefined} text @param {string[]} among @param {string} otherwise
 * @param {string} what @param {Report} refuse @returns {string}
 */
function choice(text, among, otherwise, what, refuse) {
  if (text === undefined) return otherwise;
  if (among.includes(text)) return text;
  refuse(`${what} must be one of ${among.join(", ")}; ${came(text)}.`);
  return otherwise;
}

/** @param {Modality} modality @returns {string[]} groups that act on its signals */
function groupsFor(modality) {
  if (modality.several) return ["trivial"];
  return Object.keys(GROUPS).filter((key) => modality.on.includes(GROUPS[key].on));
}

/** @param {Raw} raw @param {Modality} modality @param {Report} refuse @returns {string} */
function readGroup(raw, modality, refuse) {
  const among = groupsFor(modality);
  const otherwise = among.includes(START.group) ? START.group : among[0];
  return choice(raw.group, among, otherwise, `for ${modality.label}, the symmetry`, refuse);
}

/**
 * @param {Raw} raw @param {Modality} modality @param {string} key @param {Report} refuse
 * @returns {number[]} the sizes of the signal, or those of the default
 */
function readSides(raw, modality, key, refuse) {
  const group = GROUPS[key];
  const text = raw.size ?? group.size;
  const wrong = wrongSize(text, modality, group);
  if (wrong) refuse(`the size must be ${wrong}; ${came(text)}.`);
  return spread(wrong ? group.size : text, modality, group);
}

/** @param {string} text such as 28 × 28 @returns {string} such as 28x28 */
const joined = (text) => text.trim().replace(/\s*[xX×]\s*/g, "x");

/** @param {string} text @param {Modality} modality @param {Group} group @returns {number[]} */
function spread(text, modality, group) {
  const sides = joined(text).split("x").map(Number);
  const square = group.square || modality.square;
  return square && sides.length === 1 ? [sides[0], sides[0]] : sides;
}

/**
 * @param {string} text @param {Modality} modality @param {Group} group
 * @returns {string} what the size must be; nothing if it is
 */
function wrongSize(text, modality, group) {
  if (!/^0*[1-9]\d{0,8}(x0*[1-9]\d{0,8})*$/.test(joined(text))) {
    const many = group.sides.some((count) => count > 1);
    return many ? `positive integers joined by x, such as ${group.size}` : "a positive integer";
  }
  const sides = spread(text, modality, group);
  const flat = group.square || modality.square || modality.flat;
  const counts = flat ? [2] : group.sides;
  if (!counts.includes(sides.length)) {
    return counts[counts.length - 1] === 1
      ? "a positive integer" : `${counts.join(" or ")} numbers joined by x, such as ${group.size}`;
  }
  if ((group.square || modality.square) && sides[0] !== sides[1]) return "that of a square image";
  const [low, high] = group.range ?? [1, MOST_ENTRIES];
  if (sides.some((side) => side < low || side > high)) return `between ${low} and ${high}`;
  return product(sides) > MOST_ENTRIES ? `at most ${MOST_ENTRIES} pixels` : "";
}

/**
 * @param {string} text @param {[number, number]} range @param {number} otherwise
 * @param {string} what @param {Report} refuse @returns {number} the nearest one that is allowed
 */
function whole(text, [low, high], otherwise, what, refuse) {
  const value = readInteger(text);
  if (value !== null && value >= low && value <= high) return value;
  refuse(`${what} must be an integer from ${low} to ${high}; ${came(text)}.`);
  return value === null ? otherwise : Math.min(Math.max(value, low), high);
}

/**
 * @param {Raw} raw @param {Modality} modality @param {string} group @param {number[]} sides
 * @param {(field: string) => Report} refuse @returns {Setup["extra"]}
 */
function readExtra(raw, modality, group, sides, refuse) {
  const extra = { stride: 1, channels: 1, axis: sides.length - 1 };
  if (group === "shifts") {
    extra.stride = readStride(raw.stride ?? "1", sides, refuse("stride"));
    if (modality.channels) {
      const most = Math.max(1, Math.min(64, Math.floor(MOST_ENTRIES / product(sides))));
      const what = "the number of channels";
      extra.channels = whole(raw.channels ?? "1", [1, most], 1, what, refuse("channels"));
    }
  }
  if (group === "reflections" && raw.axis !== undefined) {
    const last = sides.length - 1;
    extra.axis = whole(raw.axis, [0, last], last, "the axis", refuse("axis"));
  }
  return extra;
}

/** @param {string} text @param {number[]} sides @param {Report} refuse @returns {number} */
function readStride(text, sides, refuse) {
  const stride = whole(text, [1, Math.min(...sides)], 1, "the stride", refuse);
  const bad = sides.find((side) => side % stride);
  if (!bad) return stride;
  refuse(`the stride must divide every side; got stride ${stride} on side ${bad}.`);
  return 1;
}

/**
 * @param {Raw} raw @param {Modality} modality @param {Size} size @param {Report} refuse
 * @returns {number} measurements, lines, views or a factor, as the modality asks
 */
function readAmount(raw, modality, size, refuse) {
  const start = modality.start(size);
  const what = `“${modality.ask}”`;
  const text = raw.amount ?? String(start);
  const value = whole(text, [1, modality.limit(size)], start, what, refuse);
  if (modality === MODALITIES.superres && size.sides.some((side) => side % value)) {
    if (raw.amount !== undefined) {
      refuse(`the factor must divide every side of ${size.sides.join("x")}; got ${value}.`);
    }
    return 1;
  }
  return value;
}

/** @param {string|undefined} text @param {number} n @param {Report} refuse @returns {Fraction|null} */
function readDimension(text, n, refuse) {
  if (text === undefined || text.trim() === "") return null;
  const k = readDecimal(text);
  if (k !== null && k.p >= 0n && compare(k, fraction(n)) <= 0) return k;
  refuse(`k must be a number from 0 to n = ${n}; ${came(text)}.`);
  if (k === null) return null;
  return k.p < 0n ? fraction(0) : fraction(n);
}

/** @param {Setup} setup @returns {Raw} only what the setup has */
function written({ look, group, modality, size, k, extra }) {
  const raw = { look, group, size: size.sides.join("x"), amount: String(size.amount) };
  if (group === "shifts") raw.stride = String(extra.stride);
  if (group === "shifts" && modality.channels) raw.channels = String(extra.channels);
  if (group === "reflections") raw.axis = String(extra.axis);
  if (modality.several) raw.operators = String(size.count);
  raw.k = k === null ? "" : written9(k);
  return raw;
}

/** @param {Raw} raw @returns {string} */
const address = (raw) => `#${new URLSearchParams(raw)}`;

const FIELDS = ["look", "group", "size", "stride", "channels", "axis", "operators", "amount", "k"];

/** @param {string} hash @returns {Raw|null} of an address; null if it names no part of a setup */
function fromAddress(hash) {
  const found = Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));
  return FIELDS.some((name) => name in found) ? found : null;
}

/** Operators that the command line builds entry by entry, and refuses or cannot hold if too large. */
const BUILT = ["gaussian", "several", "single_pixel", "ct"];

/** @param {Setup} setup @returns {{check: string, irreps: string, note: string}} */
function commands({ look, modality, size, action, k }) {
  const shape = { ...size };
  if (size.n !== product(size.sides)) shape.sides = [size.n / product(size.sides), ...size.sides];
  if (BUILT.includes(look) && size.n * size.amount * size.count > MOST_MATRIX) {
    const many = modality.several ? `${size.count} matrices` : "A matrix";
    const note = `${many} of ${size.amount} x ${size.n} entries: more than the command line builds. ` +
      "Ask about a smaller image.";
    const views = `${size.amount} views of ${size.n} pixels: more than the command line builds. ` +
      "Ask about fewer views or a smaller image.";
    return { check: "", irreps: "", note: look === "ct" ? views : note };
  }
  const group = modality.several ? "" : ` --action ${action.spec}`;
  const model = k === null ? "" : ` --model-dim ${written9(k)}`;
  const check = `sensing-theorems check ${modality.operator(shape)}${group}${model}`;
  const irreps = modality.several ? "" : `sensing-theorems irreps ${action.spec}`;
  return { check, irreps, note: modality.note(shape) };
}
