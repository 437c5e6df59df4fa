/** The form, the address and the answer. Everything else on this page is a function of the address. */

/** @param {string} id @returns {HTMLElement} */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} name @returns {HTMLInputElement|HTMLSelectElement} */
const field = (name) => /** @type {HTMLInputElement} */ (at(`in-${name}`));

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

/** @type {number|undefined} */
let pending;

/** @param {string} text for screen readers, once nobody has typed for a moment */
function speak(text) {
  clearTimeout(pending);
  pending = setTimeout(() => void (at("spoken").textContent = text), 400);
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
  at("copied").textContent = "";
  const sentences = problems.map((problem) => sentence(problem, setup));
  at("problems").replaceChildren(...sentences.map((text) => element("li", text)));
  // What the page opens with is read from the page.
  if (current) speak([...sentences, `${answer.title}. ${answer.text}`].join(" "));
  at("facts").replaceChildren(...known.map(factItem));
  at("facts-part").hidden = !known.length;
  at("rows").replaceChildren(...list.map((b) => tableRow(b, setup)));
  showChart(setup, list, known);
  showCommands(setup);
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
  const cells = [link, kind, `${b.strict ? "m >" : "m ≥"} ${shown(b.value)}`, here(b, setup), meaning(b, setup)];
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
  board.setAttribute("aria-label", `Axis of m with the setup at ${rows(setup)}, and: ${order}.`);
}

/** @param {string} command @returns {Array<string|HTMLElement>} options, each in one line with its value */
function pieces(command) {
  return command.split(/(--[a-z-]+ \S+)/).map((part) => {
    if (!part.startsWith("--")) return part;
    const [option, value] = part.split(" ");
    const pair = element("span", "", "pair");
    pair.append(element("span", option, "option"), ` ${value}`);
    return pair;
  });
}

/** @param {Setup} setup */
function showCommands(setup) {
  const { check, irreps, note } = commands(setup);
  at("command").replaceChildren(...pieces(check));
  at("irreps").replaceChildren(...pieces(irreps));
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

/** @type {Setup|undefined} the one that is shown */
let current;
/** The address of what is shown. */
let pushed = "";
/** Whether its entry in the history was begun by what the reader is typing now. */
let typing = false;

/** @param {Event} event a field was changed, or is being typed in */
function changed(event) {
  const name = /** @type {HTMLElement} */ (event.target).id.replace("in-", "");
  let raw = typed();
  if (name === "look") raw = { look: raw.look, group: raw.group, size: raw.size, k: raw.k };
  if (name === "look" || name === "group") {
    // What the old choice had and the new one cannot have is no mistake of the reader's.
    for (let i = 0; i < FIELDS.length; i++) {
      for (const problem of read(raw).problems) delete raw[problem.field];
    }
  }
  remember(address(show(raw, name).raw), event.type === "input");
}

/** @param {string} now @param {boolean} more whether the reader may be typing on */
function remember(now, more) {
  if (now !== pushed) {
    // One step back for all that is typed into a field, and not one for every letter.
    const keep = typing ? history.replaceState : history.pushState;
    try {
      keep.call(history, null, "", now);
    } catch {
      // Browsers allow so many changes in a while; the next one takes this with it.
    }
    pushed = now;
    typing = true;
  }
  typing = typing && more;
}

/** Show what the address says, as after a link or the back button. */
function visit() {
  const raw = fromAddress(location.hash);
  typing = false;
  if (!raw && current && location.hash.length > 1) {
    history.replaceState(null, "", pushed);
    return;
  }
  pushed = address(show(raw ?? { ...START }).raw);
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
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("answer").focus();
});
addEventListener("popstate", visit);
addEventListener("resize", () => showChart(current, bounds(current), facts(current)));
fill("look", Object.entries(MODALITIES).map(([key, { label }]) => [key, label]));
visit();
