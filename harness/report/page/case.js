// One case, whole: what was asked, and each model's answer beside the others.

function asked(requests, end) {
  if (requests === undefined) return [];
  return requests.flatMap((request, place) => {
    const last = end !== null && place === requests.length - 1 ? end : "";
    if (request === null) return [element("p", { class: "aside" }, "not in prompts.jsonl")];
    if (typeof request === "string") return [preformatted(request + last)];
    return request.flatMap(([role, text], turn) => [
      label(role),
      preformatted(turn === request.length - 1 ? text + last : text),
    ]);
  });
}

function verdicts(benchmark, scores) {
  return element(
    "div",
    { class: "verdicts" },
    scores.map(([metric, letter, value, extracted, cause]) => {
      const kind = LETTERS[letter];
      return element(
        "p",
        {},
        element("span", { class: "name" }, benchmark.metrics[metric]),
        chip(kind ?? "value", kind === "invalid" ? "no answer" : (kind ?? value)),
        extracted === null ? null : element("span", { class: "found", dir: "auto" }, extracted),
        cause === null ? null : element("span", { class: "aside" }, cause),
      );
    }),
  );
}

function sample([text, finish, tokens, thought]) {
  return [
    thought === null
      ? null
      : element("details", {}, element("summary", { class: "label" }, "thought"), preformatted(thought)),
    text.trim() === "" ? element("p", { class: "aside" }, "empty") : preformatted(text),
    element(
      "p",
      { class: "facts-line" },
      `${many(tokens, "token")} `,
      finish === "length" ? chip("cut", "cut off") : null,
    ),
  ];
}

/** What became of a sample's program. */
function ran(programs, place) {
  if (programs === undefined) return [];
  const number = programs.of[place];
  if (number === null) return [element("p", {}, chip("invalid", "no program"))];
  const [code, verdict, passed, tests, judged, detail, output, cpu, memory, why] = programs.made[number];
  const program = element("details", {}, element("summary", { class: "label" }, "program"), preformatted(code));
  if (verdict === null) return [element("p", {}, chip("missing", "not run")), program];
  const facts = [`${passed} of ${many(tests, "test")} passed`, judged === "outside" ? null : `judged ${judged}`, `CPU ${cpu} s`, memory ? `${memory} MB` : null];
  return [
    element("p", {}, chip(verdict === "passed" ? "correct" : "wrong", verdict), " ", detail === null ? null : element("span", { class: "found", dir: "auto" }, detail)),
    ...explained(why),
    program,
    output === "" ? null : element("details", {}, element("summary", { class: "label" }, "output"), preformatted(output)),
    element("p", { class: "facts-line" }, facts.filter((one) => one !== null).join(" · ")),
  ];
}

/** A smaller input that shows a program to be wrong; nothing where none was looked for. */
function explained(why) {
  if (why === null) return [];
  const [call, found, expected] = why;
  if (call === null) return [element("p", { class: "aside" }, "no smaller counterexample was found")];
  return [label("counterexample"), preformatted(`${call}\n  gives     ${found}\n  expected  ${expected}`)];
}

function choices(found) {
  const rows = found.map(([text, value, tokens, marks], place) =>
    element(
      "tr",
      { class: marks.includes("b") ? "best" : null },
      element("td", { class: "number" }, `${place}`),
      element("td", { class: "text", dir: "auto" }, text, marks.includes("t") ? " " : null, marks.includes("t") ? chip("target", "target") : null),
      element("td", { class: "number" }, value),
      element("td", { class: "number" }, `${tokens}`),
    ),
  );
  const titles = [["number", "no."], ["", "choice"], ["number", "log P"], ["number", "tokens"]];
  return element(
    "table",
    { class: "choices" },
    element("thead", {}, element("tr", {}, titles.map(([kind, text]) => element("th", { scope: "col", class: kind }, text)))),
    element("tbody", {}, rows),
  );
}

function answer(found, programs) {
  return [
    found.dropped ? element("p", { class: "aside" }, `${many(found.dropped, "prompt token")} dropped from the left`) : null,
    found.apart ? element("p", { class: "aside" }, `${found.apart} of the continuations tokenised apart: a token would span context and continuation`) : null,
    found.refusal === undefined ? null : element("p", { class: "aside" }, `refused: ${found.refusal}`),
    ...(found.samples ?? []).flatMap((one, place) => [...sample(one), ...ran(programs, place)]),
    found.choices ? choices(found.choices) : null,
  ];
}

/** The answers with the opening that stands in the entry put back. */
function whole(answers, opening) {
  return answers.map((one, place) => {
    if (place < answers.length - 1 || !one.samples?.length) return one;
    const [[text, ...rest], ...others] = one.samples;
    return { ...one, samples: [[opening + text, ...rest], ...others] };
  });
}

function pane(entry, detail, model) {
  const [first, rest] = [entry.runs[model], detail.runs[model]];
  if (!first) return null;
  const title = data.models.length > 1 ? element("h3", {}, named(model)) : label("answer");
  if (!rest) return element("div", { class: "pane" }, title, element("p", { class: "aside" }, "planned, but the run has no record of it"));
  const facts = [
    rest.cluster === undefined ? null : `cluster ${rest.cluster}`,
    rest.attempt > 1 ? `attempt ${rest.attempt}` : null,
    `test ${rest.seconds.toFixed(2)} s`,
  ];
  return element(
    "div",
    { class: "pane" },
    title,
    first.status ? element("p", {}, chip("missing", STATUS[first.status]), " ", rest.reason ?? "") : null,
    verdicts(data.benchmarks[entry.benchmark], rest.scores),
    rest.asked > 0 ? [label("asked otherwise"), ...asked(detail.asks[rest.asked], null)] : null,
    whole(rest.answers, first.answer).filter((one) => one.refusal === undefined || one.refusal !== rest.reason).flatMap((one, place, all) => answer(one, place === all.length - 1 ? rest.programs : undefined)),
    element("p", { class: "facts-line" }, facts.filter((one) => one !== null).join(" · ")),
    element("p", { class: "facts-line" }, element("code", {}, rest.node), " ", copier("node id", rest.node)),
  );
}

/** The first request that was asked as a text: a lone turn as it is, several by their roles. */
function promptOf(requests, end) {
  const said = (requests ?? []).map((request, place) => {
    const last = place === requests.length - 1 ? end : "";
    if (request === null) return "";
    if (typeof request === "string") return request + last;
    const turns = request.map(([role, text], turn) => [role, turn === request.length - 1 ? text + last : text]);
    return turns.length === 1 ? turns[0][1] : turns.map(([role, text]) => `${role}:\n${text}`).join("\n\n");
  });
  return said.join("\n\n");
}

/** What is shown below a case that was opened. */
function caseBody(entry, detail) {
  const question = element(
    "div",
    { class: "pane" },
    element("p", { class: "label" }, "question ", detail.asks.length ? copier("prompt", promptOf(detail.asks[0], entry.ask)) : null),
    asked(detail.asks[0], entry.ask),
    detail.asks.length ? [label("target"), preformatted(entry.target + detail.target)] : null,
  );
  const panes = data.models.map((_, model) => pane(entry, detail, model)).filter((one) => one !== null);
  if (data.models.length === 1) return element("div", { class: "panes" }, question, panes);
  return element("div", {}, question, element("div", { class: "panes" }, panes));
}
