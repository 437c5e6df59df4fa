/**
 * Symmetries in closed form: what the theorems ask of a group action on R^n.
 * @typedef {{n: number, order: bigint|null, ratio: number, most: number, best: number,
 *   cyclic: boolean, spec: string}} Action
 *   order null: infinite; ratio = max c/s, most = max c over the complex numbers; best = smallest
 *   largest multiplicity of an eigenvalue, over the elements that sensing_theorems tries
 */

/** @param {number[]} values @returns {number} */
const product = (values) => values.reduce((a, b) => a * b, 1);

/** @param {number[]} values @returns {number} least common multiple */
const multiple = (values) =>
  values.reduce((a, b) => (a / Number(divisor(BigInt(a), BigInt(b)))) * b, 1);

/** @param {number[]} sides @param {number} stride @param {number} channels @returns {Action} */
function shifts(sides, stride, channels) {
  const periods = sides.map((side) => side / stride);
  const n = product(sides) * channels;
  const order = product(periods);
  const keys = (stride > 1 ? `,stride=${stride}` : "") + (channels > 1 ? `,channels=${channels}` : "");
  // Along one axis the other axes are copies; the diagonal runs through all that it can reach.
  const longest = multiple(periods);
  const copies = n / order;
  return {
    n, order: BigInt(order), ratio: copies, most: copies, best: n / longest,
    cyclic: longest === order, spec: `shifts:${sides.join("x")}${keys}`,
  };
}

/** @param {number[]} sides @param {number} axis @returns {Action} */
function reflections(sides, axis) {
  const n = product(sides);
  const even = Math.ceil(sides[axis] / 2) * (n / sides[axis]);
  return {
    n, order: 2n, ratio: even, most: even, best: even, cyclic: true,
    spec: `reflections:${sides.join("x")},axis=${axis}`,
  };
}

/** @param {number[]} sides @returns {Action} C4 on pixels: the centre of an odd image stays */
function quarterTurns([size]) {
  const orbits = Math.ceil((size * size) / 4);
  return {
    n: size * size, order: 4n, ratio: orbits, most: orbits, best: orbits, cyclic: true,
    spec: `quarter_turns:${size}`,
  };
}

/** @param {number[]} sides @returns {Action} D4 on pixels: the irrep of dimension 2 has n/4 copies */
function dihedral([size]) {
  const n = size * size;
  const orbits = size % 2 ? (n + 3 + 4 * size) / 8 : (n + 2 * size) / 8;
  return {
    n, order: 8n, ratio: orbits, most: Math.max(orbits, Math.floor(n / 4)),
    best: Math.ceil(n / 4), cyclic: false, spec: `dihedral:${size}`,
  };
}

/** @param {number} n @returns {bigint} */
function factorial(n) {
  let value = 1n;
  for (let i = 2n; i <= n; i++) value *= i;
  return value;
}

/** @param {number} n @param {number} most copies of the zero frequency @param {string} spec @returns {Action} SO(2) */
function plane(n, most, spec) {
  return { n, order: null, ratio: most, most, best: most, cyclic: true, spec };
}

/**
 * @typedef {{label: string, on: string, ask: string, sides: number[], size: string,
 *   square?: boolean, range?: [number, number],
 *   make: (sides: number[], extra: {stride: number, channels: number, axis: number}) => Action}}
 *   Group  `sides`: how many sizes may be given; `size`: the default
 */
/** @type {Record<string, Group>} */
const GROUPS = {
  trivial: {
    label: "none assumed", on: "image", ask: "Signal size (pixels)", sides: [1, 2, 3], size: "28x28",
    make: (sides) => {
      const n = product(sides);
      return { n, order: 1n, ratio: n, most: n, best: n, cyclic: true, spec: `trivial:${n}` };
    },
  },
  shifts: {
    label: "cyclic shifts", on: "image", ask: "Signal size (pixels)", sides: [1, 2, 3],
    size: "28x28", make: (sides, { stride, channels }) => shifts(sides, stride, channels),
  },
  reflections: {
    label: "reflection of one axis", on: "image", ask: "Signal size (pixels)", sides: [1, 2, 3],
    size: "28x28", make: (sides, { axis }) => reflections(sides, axis),
  },
  quarter_turns: {
    label: "quarter turns", on: "image", ask: "Image size (square)", sides: [1, 2], size: "28x28",
    square: true, make: quarterTurns,
  },
  dihedral: {
    label: "quarter turns and flips", on: "image", ask: "Image size (square)", sides: [1, 2],
    size: "28x28", square: true, make: dihedral,
  },
  kravchuk_rotations: {
    label: "all rotations, Kravchuk", on: "image", ask: "Image size (square)", sides: [1, 2],
    size: "28x28", square: true, range: [1, 1024],
    make: ([size]) => plane(size * size, size, `kravchuk_rotations:${size}`),
  },
  polar_rotations: {
    label: "rotations of a polar grid", on: "polar", ask: "Polar grid (radii x angles)", sides: [2],
    size: "16x32",
    make: ([radii, angles]) => ({
      n: radii * angles, order: BigInt(angles), ratio: radii, most: radii, best: radii,
      cyclic: true, spec: `polar_rotations:${radii}x${angles}`,
    }),
  },
  disk_rotations: {
    label: "all rotations of the disk", on: "coefficients", ask: "Pixels across the disk",
    sides: [1], size: "64", range: [2, 256],
    make: ([size]) => plane(TABLES.disk[size - 2], Math.floor(size / 2), `disk_rotations:${size}`),
  },
  ball_rotations: {
    label: "all rotations of the ball", on: "coefficients", ask: "Radius of the ball (voxels)",
    sides: [1], size: "16", range: [2, 128],
    make: ([radius]) => {
      const [n, best] = TABLES.ball[radius - 2];
      const most = radius - 1;
      return { n, order: null, ratio: most, most, best, cyclic: false, spec: `ball_rotations:${radius}` };
    },
  },
  symmetric: {
    label: "all permutations", on: "set", ask: "Number of coordinates", sides: [1], size: "12",
    range: [1, 1000],
    make: ([n]) => ({
      n, order: factorial(n), ratio: 1, most: 1, best: 1, cyclic: n < 3, spec: `symmetric:${n}`,
    }),
  },
};

/** Groups that only move coordinates: an orbit is seen as soon as one of its pixels is. */
const PERMUTING = new Set([
  "trivial", "shifts", "reflections", "quarter_turns", "dihedral", "polar_rotations", "symmetric",
]);
