// Figures, drawn by D3: each says what its table says.

const SIZE = { width: 280, height: 190, left: 34, right: 12, top: 8, bottom: 32 };
const inner = { left: SIZE.left, right: SIZE.width - SIZE.right, top: SIZE.top, bottom: SIZE.height - SIZE.bottom };

/** A model's mark: each has a shape and a dash of its own, so that equal lines are told apart without colours. */
const shape = (number, size) => d3.symbol(d3.symbolsFill[number % d3.symbolsFill.length], size)();

/** Where one of several stands beside the others at the same place, in units of the plot. */
const dodge = (place, count) => (place - (count - 1) / 2) * 3.5;

/** Write labels so that none stands on another: those too near are moved down, all up where there is no room. */
function writeLabels(svg, labels) {
  const gap = 11;
  const sorted = d3.sort(labels, ({ y }) => y);
  sorted.forEach((one, place) => {
    if (place > 0) one.y = Math.max(one.y, sorted[place - 1].y + gap);
  });
  const over = (sorted.at(-1)?.y ?? 0) - inner.bottom + 3;
  for (const { x, y, text, number, anchor } of sorted) {
    svg.append("text").attr("class", `m${number % 7} tag`).attr("x", x).attr("y", y - Math.max(0, over)).attr("text-anchor", anchor).text(text);
  }
}

/** Which mark is whose, above the plots of several models. */
function legendOf() {
  return element("p", { class: "keys" }, data.models.map((name, number) => {
    const made = element("span", { class: `m${number % 7}` });
    const svg = d3.select(made).append("svg").attr("viewBox", "0 0 30 12").attr("aria-hidden", "true");
    svg.append("path").attr("class", "line").attr("d", "M1 6H29");
    svg.append("path").attr("class", "dot").attr("transform", "translate(15,6)").attr("d", shape(number, 40));
    made.append(name);
    return made;
  }));
}

function drawFigures() {
  const draw = { work: drawLengths, reliability: drawReliability, curves: drawCurves, temperatures: drawTemperatures };
  for (const root of document.querySelectorAll("[data-figure]")) {
    if (data.models.length > 1) root.before(legendOf());
    const found = data[root.dataset.figure === "temperatures" ? "curves" : root.dataset.figure];
    if (root.dataset.figure === "cost") {
      drawCost(root, found.map((one) => ({ ...one, number: data.models.indexOf(one.model) })));
      continue;
    }
    for (const name of new Set(found.map((one) => one.benchmark))) {
      const rows = found.filter((one) => one.benchmark === name).map((one) => ({ ...one, number: data.models.indexOf(one.model) }));
      draw[root.dataset.figure](root, name, rows);
    }
  }
}

function panel(root, name, description) {
  const box = element("div", {}, element("h3", {}, name));
  root.append(box);
  const svg = d3.select(box).append("svg").attr("viewBox", `0 0 ${SIZE.width} ${SIZE.height}`).attr("role", "img").attr("aria-label", description);
  return svg;
}

function axes(svg, x, y, titles) {
  const [xAxis, yAxis] = titles.axes;
  svg.append("g").attr("transform", `translate(0,${inner.bottom})`).call(xAxis.tickSizeOuter(0).tickSize(4));
  svg.append("g").attr("transform", `translate(${inner.left},0)`).call(yAxis.ticks(4).tickSizeOuter(0).tickSize(-(inner.right - inner.left))).select(".domain").remove();
  svg.append("text").attr("x", inner.right).attr("y", SIZE.height - 2).attr("text-anchor", "end").text(titles.x);
}

function drawReliability(root, name, rows) {
  for (const scaled of [false, true]) {
    const found = rows.filter((one) => one.scaled === scaled);
    if (found.length > 0) drawBins(root, scaled ? `${name}, scaled` : name, found);
  }
}

function drawBins(root, name, rows) {
  const spoken = rows.map((one) => `${one.model}: calibration error ${(100 * one.error).toFixed(1)} %`).join("; ");
  const svg = panel(root, name, `Reliability of ${name}. ${spoken}`);
  const x = d3.scaleLinear([0, 100], [inner.left, inner.right]);
  const y = d3.scaleLinear([0, 100], [inner.bottom, inner.top]);
  axes(svg, x, y, { axes: [d3.axisBottom(x).ticks(4), d3.axisLeft(y)], x: "confidence, % · right, %" });
  svg.append("path").attr("class", "diagonal").attr("d", `M${x(0)} ${y(0)}L${x(100)} ${y(100)}`);
  for (const [place, one] of rows.entries()) {
    const layer = svg.append("g").attr("class", `m${one.number % 7}`);
    const size = d3.scaleLinear([0, d3.max(one.bins, (bin) => bin.n)], [10, 48]);
    for (const bin of one.bins) {
      const at = x(100 * bin.confidence) + dodge(place, rows.length);
      layer.append("path").attr("class", "whisker").attr("d", `M${at} ${y(100 * bin.low)}V${y(100 * bin.high)}`);
      layer.append("path").attr("class", "dot").attr("transform", `translate(${at},${y(100 * bin.right)})`).attr("d", shape(one.number, size(bin.n)));
    }
    layer.append("path").attr("class", "line").attr("d", d3.line((bin) => x(100 * bin.confidence) + dodge(place, rows.length), (bin) => y(100 * bin.right))(one.bins));
  }
}

function drawCurves(root, name, rows) {
  const svg = panel(root, name, `pass@k of ${name}; its numbers stand in the table below.`);
  const most = d3.max(rows, (one) => d3.max(one.points, ([k]) => k));
  const x = d3.scaleLog([1, Math.max(2, most)], [inner.left, inner.right]);
  const y = d3.scaleLinear([0, 100], [inner.bottom, inner.top]);
  const ticks = [1, 2, 5, 10, 20, 50, 100, 200].filter((k) => k <= most);
  axes(svg, x, y, { axes: [d3.axisBottom(x).tickValues(ticks).tickFormat(d3.format("d")), d3.axisLeft(y)], x: "k" });
  const labels = [];
  for (const [place, one] of rows.entries()) {
    const layer = svg.append("g").attr("class", `m${one.number % 7}`);
    const beside = dodge(place, rows.length);
    const known = one.points.filter(([, estimate]) => estimate.value !== null);
    for (const [k, { low, high }] of known.filter(([, estimate]) => estimate.low !== null)) {
      layer.append("path").attr("class", "whisker").attr("d", `M${x(k) + beside} ${y(100 * low)}V${y(100 * high)}`);
    }
    for (const [k, { value }] of known) layer.append("path").attr("class", "dot").attr("transform", `translate(${x(k) + beside},${y(100 * value)})`).attr("d", shape(one.number, 24));
    layer.append("path").attr("class", "line").attr("d", d3.line(([k]) => x(k) + beside, ([, estimate]) => y(100 * estimate.value))(known));
    const [k, last] = known.at(-1) ?? [];
    const words = one.temperature === null ? "" : `T ${one.temperature}`;
    if (last && words) labels.push({ x: x(k) - 6, y: y(100 * last.value) - 5, text: words, number: one.number, anchor: "end" });
  }
  writeLabels(svg, labels);
}

function drawTemperatures(root, name, found) {
  const rows = found.filter((one) => one.temperature !== null);
  const [coldest, hottest] = d3.extent(rows, (one) => one.temperature);
  if (rows.length === 0 || coldest === hottest) return;
  const svg = panel(root, name, `pass@k of ${name} over temperature; its numbers stand in the table below.`);
  const x = d3.scaleLinear([coldest, hottest], [inner.left + 8, inner.right - 24]);
  const y = d3.scaleLinear([0, 100], [inner.bottom, inner.top]);
  axes(svg, x, y, { axes: [d3.axisBottom(x).ticks(4), d3.axisLeft(y)], x: "temperature · pass@k, %" });
  const labels = [];
  for (const [line, unsorted] of d3.group(rows, (one) => `${one.number} ${one.metric}`)) {
    const own = d3.sort(unsorted, (one) => one.temperature);
    const number = Number.parseInt(line, 10);
    for (const wanted of [1, 10, 100]) {
      const points = own.flatMap(({ temperature, points: known }) => known.filter(([k, { value }]) => k === wanted && value !== null).map(([, { value }]) => [temperature, value]));
      if (points.length === 0) continue;
      const layer = svg.append("g").attr("class", `m${number % 7}`);
      layer.append("path").attr("class", "line").attr("d", d3.line(([at]) => x(at), ([, value]) => y(100 * value))(points));
      for (const [at, value] of points) layer.append("path").attr("class", "dot").attr("transform", `translate(${x(at)},${y(100 * value)})`).attr("d", shape(number, 24));
      const [at, value] = points.at(-1);
      labels.push({ x: x(at) + 5, y: y(100 * value) + 4, text: `@${wanted}`, number, anchor: "start" });
    }
  }
  writeLabels(svg, labels);
}

function drawCost(root, rows) {
  const spoken = rows.map((one) => `${one.model} on ${one.benchmark}: ${one.score.toFixed(1)} in ${one.seconds.toPrecision(3)} s`);
  const svg = panel(root, "Score and seconds a case", `Score against seconds a case. ${spoken.join("; ")}`);
  const [fastest, slowest] = d3.extent(rows.flatMap((one) => [one.seconds, one.seconds_low, one.seconds_high]).filter((value) => value > 0));
  const x = d3.scaleLog([fastest / 1.2, slowest * 1.2], [inner.left, inner.right]).nice();
  const y = d3.scaleLinear([0, 100], [inner.bottom, inner.top]);
  axes(svg, x, y, { axes: [d3.axisBottom(x).ticks(3, "~g"), d3.axisLeft(y)], x: "seconds a case · score" });
  const labels = [];
  for (const one of rows) {
    const layer = svg.append("g").attr("class", `m${one.number % 7}`);
    const [across, up] = [x(one.seconds), y(one.score)];
    if (one.score_low !== null) layer.append("path").attr("class", "whisker").attr("d", `M${across} ${y(one.score_low)}V${y(one.score_high)}`);
    if (one.seconds_low > 0) layer.append("path").attr("class", "whisker").attr("d", `M${x(one.seconds_low)} ${up}H${x(one.seconds_high)}`);
    layer.append("path").attr("class", "dot").attr("transform", `translate(${across},${up})`).attr("d", shape(one.number, 30)).append("title").text(`${one.model}, ${one.benchmark}`);
    const late = across > (inner.left + inner.right) / 2;
    labels.push({ x: across + (late ? -6 : 6), y: up - 4, text: one.benchmark, number: one.number, anchor: late ? "end" : "start" });
  }
  if (labels.length <= 8) writeLabels(svg, labels);
}

function drawLengths(root, name, found) {
  const rows = found.filter((one) => one.lengths !== null);
  if (rows.length === 0) return;
  const classes = [...new Set(rows.flatMap((one) => one.lengths.classes.map(([from]) => from)))].sort((one, other) => one - other);
  const spoken = rows.map((one) => `${one.model}: median ${one.lengths.quantiles[1]} tokens, ${one.lengths.truncated} of ${one.lengths.answers} cut off`);
  const svg = panel(root, name, `Lengths of answers in ${name}. ${spoken.join("; ")}`);
  const x = d3.scaleBand(classes, [inner.left, inner.right]).paddingInner(0.12);
  const within = d3.scaleBand(rows.map((one) => one.number), [0, x.bandwidth()]).paddingInner(0.08);
  const top = d3.max(rows, (one) => d3.max(one.lengths.classes, ([, , n]) => n / one.lengths.answers));
  const y = d3.scaleLinear([0, 100 * top], [inner.bottom, inner.top]).nice(4);
  const sparse = classes.filter((_, place) => place % Math.ceil(classes.length / 7) === 0);
  axes(svg, x, y, { axes: [d3.axisBottom(x).tickValues(sparse), d3.axisLeft(y)], x: "tokens from · % of answers" });
  for (const one of rows) {
    const layer = svg.append("g").attr("class", `m${one.number % 7}`);
    for (const [from, , n] of one.lengths.classes) {
      const height = y(0) - y((100 * n) / one.lengths.answers);
      layer.append("rect").attr("class", "bar").attr("x", x(from) + within(one.number)).attr("width", within.bandwidth()).attr("y", y(0) - height).attr("height", height).attr("rx", 1.5);
    }
  }
}
