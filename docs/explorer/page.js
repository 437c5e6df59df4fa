/** The form, the address and the answer. Everything else on this page is a function of the address. */

/** @param {string} id @returns {HTMLElement} */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} name @returns {HTMLInputElement|HTMLSelectElement} */
const field = (name) => /** @type {HTMLInputElement} */ (at(`in-${name}`));

const FIELDS = ["look", "group", "size", "stride", "channels", "axis", "operators", "amount", "k"];

/** @param {string} tag @param {string} text @param {string} [css] @returns {HTMLElement} */
function element(tag, text, css = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (css) made.className = css;
  return made;
}

/** @param {string} name @param {string[][]} entries value and label */
function fill(name, entries) {
  const options = entries.map(([value, label]) => new Option(label, value));
  const list = field(name);
  // A list that somebody is in is left alone where it would stay the same.
  if ([...list.children].map((option) => option.value).join() === options.map((o) => o.value).join()) return;
  list.replaceChildren(...options);
}

/** @returns {Raw} what stands in the fields that are shown */
function typed() {
  /** @type {Raw} */
  const raw = {};
  for (const name of FIELDS) {
    if (!at(`field-${name}`).hidden) raw[name] = field(name).value;
  }
  return raw;
}

/** @param {ReturnType<typeof read>} found @param {string} edited the field that the reader is in */
function showForm({ setup, raw, problems }, edited) {
  const { modality, group, size } = setup;
  fill("group", groupsFor(modality).map((key) => [key, GROUPS[key].label]));
  at("label-size").textContent = GROUPS[group].ask;
  at("label-amount").textContent = modality.ask;
  at("hint-amount").textContent = amountHint(setup);
  at("hint-k").textContent = `from 0 to ${size.n}; empty if unknown`;
  at("field-group").hidden = Boolean(modality.several);
  for (const name of FIELDS) {
    const wrong = problems.some((problem) => problem.field === name);
    // What the reader typed stays, for mending; what came in an address is replaced.
    const kept = edited && (wrong || name === edited) && name !== "group";
    if (name in raw && !kept) field(name).value = raw[name];
    if (!["look", "group", "size", "amount", "k"].includes(name)) {
      at(`field-${name}`).hidden = !(name in raw);
    }
    field(name).setAttribute("aria-invalid", String(Boolean(kept && wrong)));
  }
}

/** @param {Setup} setup @returns {string} */
function amountHint({ modality, size, m }) {
  const range = `from 1 to ${modality.limit(size)}`;
  if (modality.m === asIs) return range;
  const about = modality.sharp ? `m = ${m}` : `m = ${m} independent real numbers at most`;
  return `${range}; ${about}`;
}

/** What is shown now, so that leaving a field replaces no link on which the focus is to land. */
let drawn = "";

/** @param {ReturnType<typeof read>} found */
function showAnswer({ setup, raw, problems }) {
  const wanted = address(raw) + JSON.stringify(problems);
  if (wanted === drawn) return;
  drawn = wanted;
  const list = bounds(setup);
  const known = facts(setup);
  const answer = said(setup, list, known);
  at("answer").className = `card ${answer.tone}`;
  at("title").textContent = answer.title;
  at("text").textContent = answer.text;
  at("setup").textContent = setupLine(setup);
  at("problems").replaceChildren(...problems.map(({ text }) => element("li", sentence(text))));
  at("facts").replaceChildren(...known.map(factItem));
  at("facts-part").hidden = !known.length;
  at("rows").replaceChildren(...list.map((b) => tableRow(b, setup)));
  showChart(setup, list, known);
  showCommands(setup);
}

/** @param {string} text @returns {string} with a capital, unless it begins with a symbol */
function sentence(text) {
  const start = text.startsWith("k ") ? text : text[0].toUpperCase() + text.slice(1);
  return `${start} The nearest setup that can be used is shown.`;
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

/** @param {Fact} fact @returns {HTMLElement} */
function factItem(fact) {
  const item = element("li", `${fact.text} `);
  const key = fact.link.split("#")[1].replaceAll("-", "_");
  const link = /** @type {HTMLAnchorElement} */ (element("a", key));
  link.href = fact.link;
  item.append("See ", link, ".");
  return item;
}

/** @param {Bound} b @param {Setup} setup @returns {HTMLElement} */
function tableRow(b, setup) {
  const row = document.createElement("tr");
  Object.assign(row.dataset, {
    key: b.key, value: exact(b.value), strict: b.strict, met: b.met, covers: b.covers ?? "",
  });
  const link = /** @type {HTMLAnchorElement} */ (element("a", b.label));
  link.href = b.link;
  const kind = b.status === "derived" ? `${b.kind}, derived here` : b.kind;
  const met = b.met ? "met" : b.kind === "sufficient" ? "not met: says nothing" : "not met";
  const cells = [link, kind, `${b.strict ? "m >" : "m ≥"} ${shown(b.value)}`, met, meaning(b, setup)];
  const heads = ["condition", "kind", "turns at", "here", "what it is"];
  cells.forEach((content, i) => {
    const cell = document.createElement(i ? "td" : "th");
    if (!i) cell.setAttribute("scope", "row");
    cell.dataset.label = heads[i];
    cell.append(content);
    row.append(cell);
  });
  return row;
}

/** @param {Setup} setup @param {Bound[]} list @param {Fact[]} known */
function showChart(setup, list, known) {
  const board = /** @type {any} */ (at("chart"));
  const width = Math.max(280, Math.floor(at("board").clientWidth));
  draw(board, setup, list, known, width);
  const order = list.map((b) => `${b.label} at ${shown(b.value)}`).join("; ");
  board.setAttribute("aria-label", `Axis of m with the setup at m = ${setup.m}, and: ${order}.`);
}

/** @param {Setup} setup */
function showCommands(setup) {
  const { check, irreps, note } = commands(setup);
  at("command").textContent = check;
  at("irreps").textContent = irreps;
  at("command-part").hidden = !check;
  at("irreps-part").hidden = !irreps;
  at("note").textContent = note;
}

/** @param {Raw} raw @param {string} [edited] @returns {ReturnType<typeof read>} */
function show(raw, edited = "") {
  const found = read(raw);
  showForm(found, edited);
  showAnswer(found);
  current = found.setup;
  return found;
}

/** @type {Setup} the one that is shown */
let current;
/** The last address that the reader can come back to. */
let pushed = "";

/** @param {Event} event a field was changed, or is being typed in */
function changed(event) {
  const name = /** @type {HTMLElement} */ (event.target).id.replace("in-", "");
  let raw = typed();
  if (name === "look") raw = { look: raw.look, group: raw.group, size: raw.size, k: raw.k };
  if (name === "look" || name === "group") {
    // What the old choice had and the new one cannot have is no mistake of the reader's.
    for (let found = read(raw); found.problems.length; found = read(raw)) {
      for (const problem of found.problems) delete raw[problem.field];
    }
  }
  const now = address(show(raw, name).raw);
  // While somebody is typing, every letter would be a step back.
  if (event.type === "input" || now === pushed) return;
  history.pushState(null, "", now);
  pushed = now;
}

/** Show what the address says, as after a link or the back button. */
function visit() {
  fill("look", Object.entries(MODALITIES).map(([key, { label }]) => [key, label]));
  pushed = address(show(fromAddress(location.hash)).raw);
}

/** @param {string} id @returns {Promise<void>} */
async function copy(id) {
  const text = at(id).textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    at("copied").textContent = "Copied.";
  } catch {
    getSelection()?.selectAllChildren(at(id));
    at("copied").textContent = "Selected: copy it with the keyboard.";
  }
}

for (const name of FIELDS) {
  const select = name === "look" || name === "group";
  field(name).addEventListener("change", changed);
  if (!select) field(name).addEventListener("input", changed);
}
at("form").addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(/** @type {HTMLElement} */ (button).dataset.copy));
}
addEventListener("popstate", visit);
addEventListener("resize", () => showChart(current, bounds(current), facts(current)));
visit();
