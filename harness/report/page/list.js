// The list of cases: filters, pages of rows, and a case opened below its row.

const PAGE = 50;
const FULL = 3;
const view = { filter: { ...EMPTY }, found: [], page: 0, parts: {} };

function field(title, control, properties) {
  return element("label", properties ?? {}, title, control);
}

function options(select, pairs, value) {
  select.replaceChildren(...pairs.map(([name, text]) => element("option", { value: name }, text)));
  select.value = value;
}

function control(name, act) {
  const made = element("select", { name, onchange: () => act(made.value) });
  return made;
}

function buildBrowser(root) {
  const { parts } = view;
  parts.text = element("input", { type: "search", name: "text", autocomplete: "off", spellcheck: "false", oninput: () => change({ text: parts.text.value }) });
  for (const name of ["benchmark", "metric", "model", "show", "tag", "from", "to", "change"]) parts[name] = control(name, (value) => change({ [name]: value }));
  const many = data.models.length > 1;
  const labels = {
    text: field("Search id, question, answer, target", parts.text, { class: "search" }), benchmark: field("Benchmark", parts.benchmark),
    metric: field("Metric", parts.metric), model: field("Model", parts.model), show: field("Verdict", parts.show), tag: field("Group", parts.tag),
    from: field("First model", parts.from), to: field("Second model", parts.to), change: field("Compare", parts.change),
  };
  view.labels = labels;
  const shown = ["text", "benchmark", "metric", "tag", "show", ...(many ? ["model"] : []), ...(data.models.length > 2 ? ["from", "to"] : []), ...(many ? ["change"] : [])];
  parts.clear = element("button", { type: "button", class: "clear", onclick: () => { change({ ...EMPTY }); view.parts.text.focus(); } }, "Clear filters");
  parts.body = element("tbody", { onkeydown: move });
  parts.table = element("table", { class: "cases" }, element("caption", { class: "hidden" }, "Cases"), element("thead", {}, heading()), parts.body);
  parts.nothing = element("p", { class: "nothing", hidden: true }, "No case is like that.");
  parts.status = element("span", { role: "status" });
  root.replaceChildren(element("div", { class: "filters", role: "search" }, shown.map((name) => labels[name])), pager("Pages of cases", element("p", {}, parts.status, " ", parts.clear)), parts.table, parts.nothing, pager("Pages of cases, below", null));
}

function pager(title, status) {
  const turn = (by) => () => { turnTo(view.page + by); if (status === null) view.parts.status.scrollIntoView({ block: "center" }); };
  const back = element("button", { type: "button", class: "button back", onclick: turn(-1) }, "Previous");
  const forth = element("button", { type: "button", class: "button forth", onclick: turn(1) }, "Next");
  return element("div", { class: "pager", role: "group", "aria-label": title }, status ?? element("p"), element("div", {}, back, forth));
}

function heading() {
  const said = data.models.length === 1 ? ["answer"] : data.models;
  const few = data.models.length > FULL ? " few" : "";
  return element(
    "tr", {}, element("th", { scope: "col", class: "where" }, "case"), element("th", { scope: "col" }, "question"), element("th", { scope: "col", class: "what" }, "target"),
    said.map((name, model) => element("th", { scope: "col", class: `said${few}` }, data.models.length === 1 ? name : named(model))),
  );
}

/** Change some fields of the filter and list anew. */
function change(fields) {
  if (fields.benchmark !== undefined) fields = { tag: "", metric: "", ...fields };
  view.filter = { ...view.filter, ...fields };
  toAddress(view.filter);
  listAnew();
}

function listAnew() {
  view.found = chosen(view.filter);
  document.getElementById("cases").classList.toggle("filtered", Object.entries(EMPTY).some(([name, value]) => view.filter[name] !== value));
  syncControls();
  turnTo(0);
}

function syncControls() {
  const { filter, parts, labels } = view;
  const benchmark = filter.benchmark === "" ? null : data.benchmarks[filter.benchmark];
  options(parts.benchmark, [["", "all"], ...data.benchmarks.map(({ name }, number) => [`${number}`, name])], filter.benchmark);
  options(parts.metric, (benchmark?.metrics ?? []).map((name) => [name, name]), benchmark ? benchmark.metrics[metricOf(filter, +filter.benchmark)] : "");
  labels.metric.hidden = !benchmark || benchmark.metrics.length < 2;
  const having = [...tagsOf(filter.benchmark)].sort((one, other) => tags[one].localeCompare(tags[other], "en", { numeric: true }));
  options(parts.tag, [["", "all"], ...having.map((tag) => [`${tag}`, tags[tag]])], filter.tag);
  labels.tag.hidden = having.length === 0;
  options(parts.show, [["", "all"], ...SHOWS], filter.show);
  const models = data.models.map((name, model) => [`${model}`, name]);
  options(parts.model, [["", "any"], ...models], filter.model);
  options(parts.from, models, filter.from);
  options(parts.to, models, filter.to);
  const [first, second] = [data.models[filter.from], data.models[filter.to]];
  options(parts.change, [["", "all"], ...(models.length > 2 ? [["any", "changed between any two"]] : []), ["differ", "changed: one right, one not"], ["lost", `only ${first} right`], ["won", `only ${second} right`], ["both", "both right"], ["neither", "neither right"]], filter.change);
  if (parts.text.value !== filter.text) parts.text.value = filter.text;
  parts.clear.hidden = Object.entries(EMPTY).every(([name, value]) => filter[name] === value);
}

/** The groups of a benchmark's cases, or of all. */
const tagsByBenchmark = new Map();
function tagsOf(benchmark) {
  if (!tagsByBenchmark.has(benchmark)) {
    const found = new Set();
    for (const entry of entries) if (benchmark === "" || entry.benchmark === +benchmark) for (const tag of entry.tags ?? []) found.add(tag);
    tagsByBenchmark.set(benchmark, found);
  }
  return tagsByBenchmark.get(benchmark);
}

function turnTo(page) {
  const { parts, found } = view;
  const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
  view.page = Math.min(Math.max(0, page), last);
  const start = view.page * PAGE;
  const shown = found.slice(start, start + PAGE);
  parts.body.replaceChildren(...shown.map(row));
  parts.table.hidden = found.length === 0;
  parts.nothing.hidden = found.length > 0;
  const range = found.length > PAGE ? `${count(start + 1)} to ${count(start + shown.length)} of ` : "";
  const all = found.length === entries.length ? "" : ` of ${count(entries.length)}`;
  const lastSaid = range || all === "" ? found.length : entries.length;
  parts.status.textContent = `${range}${count(found.length)}${range ? "" : all} ${lastSaid === 1 ? "case" : "cases"}${range && all ? ` (${count(entries.length)} in all)` : ""}`;
  for (const one of document.querySelectorAll(".pager .back")) one.disabled = view.page === 0;
  for (const one of document.querySelectorAll(".pager .forth")) one.disabled = view.page === last;
  for (const one of document.querySelectorAll(".pager div")) one.hidden = last === 0;
}

function row(number) {
  const entry = entries[number];
  const opener = element("button", { type: "button", class: "open", "aria-expanded": "false", "data-case": `${number}` }, entry.id);
  const groups = (entry.tags ?? []).map((tag) => tags[tag]).join(" · ");
  const name = data.benchmarks.length > 1 ? data.benchmarks[entry.benchmark].name : null;
  const made = element(
    "tr",
    { class: "row", onclick: (event) => { if (!event.target.closest("a") && getSelection().isCollapsed) toggle(made, opener, number); } },
    element("th", { scope: "row", class: "where" }, opener, name && element("span", { class: "aside" }, name), groups ? element("span", { class: "aside" }, groups) : null),
    element("td", { "data-label": "question" }, element("div", { class: "clamp", dir: "auto" }, entry.ask.trim())),
    element("td", { "data-label": "target", class: "what" }, element("div", { class: "clamp", dir: "auto" }, entry.target)),
    data.models.map((model, place) => said(entry, place, data.models.length === 1 ? "answer" : model)),
  );
  return made;
}

function said(entry, model, title) {
  const found = mark(entry, model, metricOf(view.filter, entry.benchmark));
  if (found === null) return element("td", { class: "said", "data-label": title }, "");
  const run = entry.runs[model];
  const cut = run.flags?.includes("t") ? [" ", chip("cut", "cut off")] : null;
  const text = data.models.length > FULL ? null : element("div", { class: "clamp", dir: "auto" }, (run.answer ?? "").trim());
  return element("td", { class: "said", "data-label": title }, element("div", {}, chip(found.kind, found.text), cut, text));
}

async function toggle(made, opener, number) {
  const open = opener.getAttribute("aria-expanded") === "true";
  opener.setAttribute("aria-expanded", `${!open}`);
  toAddress(view.filter, open ? "" : placeOf(entries[number]));
  if (open) {
    if (made.nextElementSibling?.classList.contains("detail")) made.nextElementSibling.remove();
    return;
  }
  const detail = await detailOf(number);
  if (opener.getAttribute("aria-expanded") !== "true" || !made.isConnected) return;
  const width = data.models.length === 1 ? 4 : 3 + data.models.length;
  made.after(element("tr", { class: "detail" }, element("td", { colspan: `${width}` }, caseBody(entries[number], detail))));
}

/** Open the case that the address names, whatever the filter; false where it names none. */
function openNamedCase() {
  const number = caseInAddress();
  if (number < 0) return false;
  if (!view.found.includes(number)) {
    view.filter = { ...EMPTY };
    listAnew();
  }
  turnTo(Math.floor(view.found.indexOf(number) / PAGE));
  const opener = view.parts.body.querySelector(`[data-case="${number}"]`);
  opener.click();
  opener.scrollIntoView({ block: "start" });
  return true;
}

/** Arrows, Home and End go from case to case; Escape closes one. */
function move(event) {
  const opener = event.target.closest(".open");
  if (!opener) return;
  const all = [...view.parts.body.querySelectorAll(".open")];
  const steps = { ArrowDown: all.indexOf(opener) + 1, ArrowUp: all.indexOf(opener) - 1, Home: 0, End: all.length - 1 };
  if (event.key === "Escape" && opener.getAttribute("aria-expanded") === "true") opener.click();
  if (!(event.key in steps)) return;
  event.preventDefault();
  all[steps[event.key]]?.focus();
}
