// Which cases are listed. A filter's fields are text, as they stand in the page's address after #cases?

const EMPTY = { benchmark: "", metric: "", model: "", show: "", tag: "", from: "0", to: "1", change: "", text: "" };
const SHOWS = [
  ["correct", "correct"], ["wrong", "wrong"], ["invalid", "no answer extracted"], ["truncated", "cut off"],
  ["empty", "empty answer"], ["dropped", "prompt cut"], ["apart", "tokenised apart"], ["refused", "refused"], ["error", "error"], ["not_run", "not run"],
];
const FLAGS = { truncated: "t", empty: "e", dropped: "d", apart: "a" };
const CHANGES = {
  any: null,
  differ: (first, second) => first !== second,
  lost: (first, second) => first && !second,
  won: (first, second) => !first && second,
  both: (first, second) => first && second,
  neither: (first, second) => !first && !second,
};

/** The metric a filter goes by in a benchmark: its own, otherwise the one that stands for the benchmark. */
function metricOf(filter, benchmark) {
  const { metrics, key } = data.benchmarks[benchmark];
  const own = filter.metric === "" ? -1 : metrics.indexOf(filter.metric);
  return own < 0 ? key : own;
}

function shows(filter, entry, model) {
  const run = entry.runs[model];
  if (!run) return false;
  const flag = FLAGS[filter.show];
  if (flag) return run.flags?.includes(flag) ?? false;
  return mark(entry, model, metricOf(filter, entry.benchmark)).name === filter.show;
}

/** Whether one model is right and another is not. */
function changedAnywhere(entry, metric) {
  let seen = null;
  for (const run of entry.runs) {
    if (!run || run.status || !LETTERS[run.verdicts[metric]]) continue;
    const right = run.verdicts[metric] === "c";
    if (seen !== null && right !== seen) return true;
    seen = right;
  }
  return false;
}

function changes(filter, entry) {
  const metric = metricOf(filter, entry.benchmark);
  if (filter.change === "any") return changedAnywhere(entry, metric);
  const [first, second] = [mark(entry, +filter.from, metric), mark(entry, +filter.to, metric)];
  if (![first, second].every((one) => one && one.kind !== "missing" && one.kind !== "value")) return false;
  return CHANGES[filter.change](first.kind === "correct", second.kind === "correct");
}

/** The numbers of the cases a filter lets through. */
function chosen(filter) {
  const text = filter.text.trim().toLowerCase();
  const [benchmark, tag] = [filter.benchmark, filter.tag].map((one) => (one === "" ? -1 : +one));
  const models = filter.model === "" ? data.models.map((_, model) => model) : [+filter.model];
  const found = [];
  for (let number = 0; number < entries.length; number += 1) {
    const entry = entries[number];
    if (benchmark >= 0 && entry.benchmark !== benchmark) continue;
    if (tag >= 0 && !entry.tags?.includes(tag)) continue;
    if (filter.show !== "" && !models.some((model) => shows(filter, entry, model))) continue;
    if (filter.change !== "" && !changes(filter, entry)) continue;
    if (text !== "" && !lowered[number].includes(text)) continue;
    found.push(number);
  }
  return found;
}

/** The filter that stands in the page's address; null where another part of the page does. */
function fromAddress() {
  const [place, query] = location.hash.slice(1).split("?");
  if (place !== "cases" || query === undefined) return null;
  const given = Object.fromEntries(new URLSearchParams(query));
  const filter = { ...EMPTY };
  for (const name of Object.keys(EMPTY)) if (typeof given[name] === "string") filter[name] = given[name];
  if (data.benchmarks[filter.benchmark] === undefined) filter.benchmark = "";
  if (data.models[filter.model] === undefined) filter.model = "";
  if (!SHOWS.some(([name]) => name === filter.show)) filter.show = "";
  if (!Object.hasOwn(CHANGES, filter.change)) filter.change = "";
  if (tags[filter.tag] === undefined) filter.tag = "";
  for (const side of ["from", "to"]) if (data.models[filter[side]] === undefined) filter[side] = EMPTY[side];
  return filter;
}

/** Put the filter, and the case that was opened last, into the page's address. */
function toAddress(filter, open = "") {
  const said = Object.entries(filter).filter(([name, value]) => value !== EMPTY[name]);
  if (open !== "") said.push(["case", open]);
  const query = new URLSearchParams(said).toString();
  history.replaceState(null, "", query ? `#cases?${query}` : "#cases");
}

/** A case as the address names it. */
const placeOf = ({ benchmark, id }) => `${data.benchmarks[benchmark].name}/${id}`;

/** The number of the case that the address names; -1 where it names none. */
function caseInAddress() {
  const named = new URLSearchParams(location.hash.slice(1).split("?")[1] ?? "").get("case");
  return named === null ? -1 : entries.findIndex((entry) => placeOf(entry) === named);
}
