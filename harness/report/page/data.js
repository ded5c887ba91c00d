// The run as packed into the page: an entry of each case at once, its detail when it is asked for.

const data = JSON.parse(document.getElementById("data").textContent);
const entries = [];
const lowered = [];
const { tags, starts } = JSON.parse(document.getElementById("index").textContent);
const blocks = [...document.getElementsByClassName("details")];
const recent = new Map();
const RECENT = 8;

async function unpacked(script) {
  const text = script.textContent;
  const bytes = Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

/** A case's words in small letters: id, question's end, target, and each model's answer. */
function words({ id, ask, target, runs }) {
  const said = runs.map((run) => (run ? `${run.answer ?? ""}\n${run.extracted ?? ""}` : ""));
  return [id, ask, target, ...said].join("\n").toLowerCase();
}

/** Read all entries; `progress` is called after each chunk. */
async function readEntries(progress) {
  for (const script of [...document.getElementsByClassName("entries")]) {
    for (const entry of await unpacked(script)) {
      entries.push(entry);
      lowered.push(words(entry));
    }
    script.remove();
    progress();
  }
}

/** The detail of a case by its number; the blocks read last are kept. */
async function detailOf(number) {
  const place = d3.bisectRight(starts, number) - 1;
  const block = recent.get(place) ?? unpacked(blocks[place]);
  recent.delete(place);
  recent.set(place, block);
  if (recent.size > RECENT) recent.delete(recent.keys().next().value);
  return (await block)[number - starts[place]];
}

const LETTERS = { c: "correct", w: "wrong", i: "invalid" };
const STATUS = { refused: "refused", error: "error", not_run: "not run" };

/** What a run says of a case by one metric: its class, and the words of its mark; null where a model was not asked. */
function mark(entry, model, metric) {
  const run = entry.runs[model];
  if (!run) return null;
  if (run.status) return { kind: "missing", name: run.status, text: STATUS[run.status] };
  const kind = LETTERS[run.verdicts[metric]];
  if (kind) return { kind, name: kind, text: kind === "invalid" ? "no answer" : kind };
  const byKey = metric === data.benchmarks[entry.benchmark].key;
  return { kind: "value", name: "value", text: byKey && run.value ? run.value : "scored" };
}
