/** One axis of m, a line where the setup stands, and one row per bound: it is met to its right. */

const TOP = 40;
const EDGE = 14;
const STRIP = 26;
const NARROW = 560;

/** @param {string} name @param {Record<string, string|number>} attributes @param {string} [text] */
function svg(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

/** @param {Setup} setup @param {Bound[]} list @returns {number} where the axis ends */
function reach(setup, list) {
  const n = setup.size.n;
  const values = list.map((b) => decimal(b.value)).filter((value) => value <= n);
  return Math.min(Math.max(...values, setup.m, 1) * 1.18, Math.max(n * 1.12, n + 0.5));
}

/**
 * @param {SVGElement} board @param {Setup} setup @param {Bound[]} list @param {Fact[]} known
 * @param {number} width
 */
function draw(board, setup, list, known, width) {
  const end = reach(setup, list);
  const x = (/** @type {number} */ value) => EDGE + (Math.min(value, end) / end) * (width - 2 * EDGE);
  const height = width < NARROW ? 60 : 46;
  const strip = TOP + height * list.length + 4;
  const bottom = strip + STRIP + 6;
  board.replaceChildren();
  board.setAttribute("viewBox", `0 0 ${width} ${bottom + 36}`);
  board.setAttribute("height", String(bottom + 36));
  board.append(...axis(end, x, bottom, width));
  const parts = zones(setup, list, known).map((zone) => stretch(zone, x, end, strip));
  board.append(...parts.flatMap(([band]) => band ?? []));
  board.append(svg("line", { x1: x(setup.m), x2: x(setup.m), y1: TOP - 14, y2: bottom, class: "here" }));
  board.append(...parts.flatMap(([, name]) => name ?? []));
  list.forEach((b, i) => board.append(...row(b, TOP + height * i, x, width, setup)));
  board.append(...flag(setup, x, width));
}

/**
 * @typedef {{from: number, to: number, css: string, names: string[]}} Zone
 * @param {Setup} setup @param {Bound[]} list @param {Fact[]} known
 * @returns {Zone[]} what follows for each m; names from the longest to the shortest
 */
function zones(setup, list, known) {
  const needed = list.filter((b) => b.kind === "necessary").map((b) => decimal(b.value));
  const least = Math.max(...needed, ...known.map((fact) => fact.least));
  const enough = list.filter((b) => b.kind === "sufficient" && b.status === "published" && isIdentification(b));
  const { n } = setup.size;
  const most = Math.min(n, enough.length ? Math.max(least, decimal(enough[0].value)) : n);
  return [
    { from: 0, to: least, css: "fails", names: ["no model can be learned", "no model", "none"] },
    { from: least, to: most, css: "open", names: ["open", ""] },
    { from: most, to: n, css: "met", names: ["enough, for almost every A", "almost every A", "almost all"] },
    { from: n, to: Infinity, css: "whole", names: ["as many as unknowns", "m = n", "n"] },
  ];
}

/** @param {Zone} zone @returns {SVGElement[]} a stretch of the axis, with its name where that fits */
function stretch({ from, to, css, names }, x, end, y) {
  const width = x(to) - x(from);
  if (from >= end || width <= 0) return [];
  const name = names.find((text) => text.length * 7.2 + 8 < width) ?? "";
  return [
    svg("rect", { x: x(from), y, width, height: STRIP, class: `zone ${css}` }),
    svg("text", { x: x(from) + width / 2, y: y + 17.5, class: `zone-name ${css}` }, name),
  ];
}

/** @returns {SVGElement[]} */
function axis(end, x, bottom, width) {
  const made = [svg("line", { x1: x(0), x2: width - EDGE, y1: bottom, y2: bottom, class: "axis" })];
  for (const value of ticks(end, width)) {
    made.push(svg("line", { x1: x(value), x2: x(value), y1: bottom, y2: bottom + 4, class: "axis" }));
    made.push(svg("text", { x: x(value), y: bottom + 17, class: "tick" }, String(value)));
  }
  made.push(svg("text", { x: width - EDGE, y: bottom + 33, class: "unit" }, "measurements m"));
  return made;
}

/** @param {number} end @param {number} width @returns {number[]} round integers */
function ticks(end, width) {
  const rough = Math.max(1, end / Math.max(2, Math.floor(width / 90)));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough) ?? rough;
  const found = [];
  for (let value = 0; value <= end; value += step) found.push(value);
  return found;
}

/** @returns {SVGElement[]} a label above, and below it the part of the axis where the bound is met */
function row(b, y, x, width, setup) {
  const narrow = width < NARROW;
  const at = y + (narrow ? 40 : 26);
  const value = decimal(b.value);
  const never = value > Math.max(setup.size.n, setup.m);
  const label = svg("text", { x: EDGE, y: y + 12, class: "label" });
  label.append(svg("tspan", { class: "formula" }, b.label));
  label.append(svg("tspan", {}, equals(b)));
  const kind = kindText(b) + (never ? `, beyond n = ${setup.size.n}` : "");
  const place = narrow ? { x: EDGE, y: y + 29, class: "aside first" } : { x: width - EDGE, y: y + 12, class: "aside" };
  const found = [label, svg("text", place, kind)];
  found.push(svg("line", { x1: x(0), x2: width - EDGE, y1: at, y2: at, class: "track" }));
  if (never) return found;
  const css = `${b.kind} ${b.status}${isIdentification(b) ? "" : " recovery"}`;
  found.push(svg("line", { x1: x(value), x2: width - EDGE, y1: at, y2: at, class: `bar ${css}` }));
  const mark = `mark ${css}${b.strict ? " hollow" : ""}`;
  return [...found, svg("circle", { cx: x(value), cy: at, r: 5.5, class: mark })];
}

/** @param {Bound} b @returns {string} */
function kindText(b) {
  const kind = isIdentification(b) ? b.kind : "sufficient for recovery";
  return b.status === "derived" ? `${kind}, derived` : kind;
}

/** @param {Bound} b @returns {string} the value of the right-hand side */
const equals = (b) => (/^[\d./]+$/.test(shown(b.value)) ? ` = ${shown(b.value)}` : `: ${shown(b.value)}`);

/** @returns {SVGElement[]} the name of the setup's line, kept inside the picture */
function flag(setup, x, width) {
  const text = setup.modality.sharp ? `here m = ${setup.m}` : `here m ≤ ${setup.m}`;
  const half = 4.4 * text.length + 8;
  const at = Math.min(Math.max(x(setup.m), EDGE + half), width - EDGE - half);
  return [
    svg("rect", { x: at - half, y: 4, width: 2 * half, height: 22, rx: 4, class: "flag" }),
    svg("text", { x: at, y: 19, class: "flag-text" }, text),
  ];
}
