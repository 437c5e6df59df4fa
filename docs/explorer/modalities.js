/**
 * Forward operators: how many independent measurements they can give, and how to check one.
 * @typedef {{n: number, sides: number[], amount: number, count: number, action: Action}} Size
 * @typedef {{label: string, noun: string, on: string[], ask: string, flat?: boolean,
 *   square?: boolean, channels?: boolean, several?: boolean, generic?: boolean, sharp?: boolean,
 *   start: (s: Size) => number, limit: (s: Size) => number, m: (s: Size) => number,
 *   operator: (s: Size) => string, note: (s: Size) => string}} Modality
 *   `noun`: what A is called; `flat`: needs an image; `sharp`: m is exact and not only a bound
 */

const WHOLE = ["image", "polar", "set"];
const GIVEN = [...WHOLE, "coefficients"];
const asIs = (/** @type {Size} */ s) => s.amount;
const upToN = (/** @type {Size} */ s) => s.n;
const quarter = (/** @type {Size} */ s) => Math.max(1, Math.round(s.n / 4));
const plain = () => "";

/** @param {Size} s @returns {number} most independent real numbers that so many lines give */
function lineRank({ sides: [lines, length], amount }) {
  const alone = lines % 2 ? 1 : 2;
  const pairs = (lines - alone) / 2;
  // The image is real: a line says as much as its mirror image, and a line of its own mirror half.
  return length * (2 * Math.min(amount, pairs) + Math.min(Math.max(amount - pairs, 0), alone));
}

/** @param {Size} s @returns {number} */
function spokeRank({ n, sides: [size], amount }) {
  return Math.min(n, amount * (size % 2 ? size - 1 : size) + 1);
}

/** @param {Size} s @returns {number} bins that any pixel reaches, over all views */
function bins({ sides: [size], amount }) {
  const centre = (size - 1) / 2;
  let total = 0;
  for (let view = 0; view < amount; view++) {
    const angle = (view * Math.PI) / amount;
    const reach = centre * (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle)));
    const least = snapped(centre - reach);
    const most = snapped(centre + reach);
    // Neighbouring pixels are at most one bin apart, so that no bin between is left out.
    total += Math.ceil(most) - Math.floor(least) + 1;
  }
  return total;
}

/** @param {number} x @returns {number} without the rounding error of a cosine */
const snapped = (x) => (Math.abs(x - Math.round(x)) < 1e-9 ? Math.round(x) : x);

/** @param {Size} s @returns {number} each view has the same sum, which is known from the first */
const viewRank = (s) => Math.min(s.n, bins(s) - (s.amount - 1));

/** @param {Size} s @returns {string} */
const picture = ({ sides }) => sides.join("x");

/** @param {Size} s @param {string} name @returns {string} one draw per operator */
function draws(s, name) {
  const start = `${name}:m=${s.amount},n=${s.n},seed=`;
  if (s.count > 8) return `${start}{0..${s.count - 1}}`;
  return Array.from({ length: s.count }, (_, i) => start + i).join(" ");
}

/** @param {Size} s @returns {string} */
function maskFiles(s) {
  if (s.count > 8) return `inpainting:mask{1..${s.count}}.npy`;
  return Array.from({ length: s.count }, (_, i) => `inpainting:mask${i + 1}.npy`).join(" ");
}

const braces = (/** @type {Size} */ s) =>
  s.count > 8 ? "The shells bash and zsh expand the braces to one operator each." : "";
const maskNote = (/** @type {Size} */ s) =>
  `mask.npy: an array of shape ${picture(s)} in NumPy's order of frequencies; with the zero ` +
  "frequency in the middle, add ,centred=yes.";
const lineNote = (/** @type {Size} */ s) =>
  `${maskNote(s)} A line is mask[i, :], all ${s.sides[1]} frequencies along the last axis.`;

/** @type {Record<string, Modality>} */
const MODALITIES = {
  inpainting: {
    label: "Inpainting", noun: "a mask", on: WHOLE, ask: "Pixels kept, m", channels: true,
    sharp: true, start: quarter, limit: upToN, m: asIs, operator: () => "inpainting:mask.npy",
    note: (s) => `mask.npy: 0 and 1, ${s.n} entries with ${s.amount} ones.`,
  },
  mri_cartesian: {
    label: "MRI, Cartesian lines", noun: "a Fourier operator", on: ["image"], flat: true,
    ask: "Lines of k-space, along the last axis", start: (s) => Math.max(1, Math.round(s.sides[0] / 4)),
    limit: (s) => s.sides[0], m: lineRank, operator: () => "fourier:mask.npy", note: lineNote,
  },
  mri_radial: {
    label: "MRI, radial spokes", noun: "a Fourier operator", on: ["image"], flat: true,
    square: true, ask: "Spokes through the centre",
    start: (s) => Math.max(1, Math.round(s.sides[0] / 4)), limit: (s) => 4 * s.sides[0],
    m: spokeRank, operator: () => "fourier:mask.npy", note: maskNote,
  },
  ct: {
    label: "CT, equally spaced views", noun: "a Radon operator", on: ["image"], flat: true,
    square: true, ask: "Views over 180°", start: (s) => Math.max(1, Math.round(s.sides[0] / 4)),
    limit: () => 720, m: viewRank,
    operator: (s) => `tomography:size=${s.sides[0]},views=${s.amount}`, note: plain,
  },
  blur: {
    label: "Deblurring, low-pass", noun: "a convolution", on: ["image"], sharp: true,
    ask: "Frequencies that pass, m", start: quarter, limit: upToN, m: asIs,
    operator: (s) => `blur:kernel.npy,shape=${picture(s)}`,
    note: () => "kernel.npy: the blur kernel, real; the convolution is circular.",
  },
  superres: {
    label: "Super-resolution", noun: "a decimation", on: ["image"], sharp: true,
    ask: "Factor along each axis", start: () => 2, limit: (s) => Math.max(...s.sides),
    m: (s) => s.n / s.amount ** s.sides.length,
    operator: (s) => `downsample:shape=${picture(s)},factor=${s.amount}`,
    note: () => "For a blur before it add ,kernel=kernel.npy.",
  },
  single_pixel: {
    label: "Single-pixel camera, patterns of 0 and 1", noun: "a matrix of 0 and 1", on: WHOLE,
    ask: "Patterns, m", channels: true, start: quarter, limit: upToN, m: asIs,
    operator: (s) => `bernoulli:m=${s.amount},n=${s.n},seed=0`, note: plain,
  },
  gaussian: {
    label: "Gaussian camera (generic)", noun: "drawn at random", on: GIVEN, ask: "Measurements, m",
    channels: true, generic: true, sharp: true, start: quarter, limit: upToN, m: asIs,
    operator: (s) => `gaussian:m=${s.amount},n=${s.n},seed=0`, note: plain,
  },
  several: {
    label: "Several Gaussian operators", noun: "drawn at random", on: ["image"],
    ask: "Measurements each, m", several: true, generic: true, sharp: true, start: quarter,
    limit: upToN, m: asIs, operator: (s) => draws(s, "gaussian"), note: braces,
  },
  several_masks: {
    label: "Several masks", noun: "masks", on: ["image"], ask: "Pixels kept by each, m",
    several: true, sharp: true, start: quarter, limit: upToN, m: asIs, operator: maskFiles,
    note: (s) => `Each mask: 0 and 1, ${s.n} entries with ${s.amount} ones. ${braces(s)}`,
  },
  matrix: {
    label: "Another matrix", noun: "a matrix of your own", on: GIVEN, ask: "Rank of A, m",
    channels: true, sharp: true, start: quarter, limit: upToN, m: asIs, operator: () => "A.npy",
    note: (s) => `A.npy: a matrix with ${s.n} columns. Add --generic only if it was drawn from a ` +
      "law with a density.",
  },
};
