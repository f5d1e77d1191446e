// Draws a lab: controls, chart, step-by-step view, sentence. Python says what is drawn (chart.py), this file
// draws it. A plain ES module: no build step, nothing fetched. From top to bottom: small helpers, the chart,
// the controls, the step player, and the lab that puts them together.

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element with attributes and children. */
function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element with attributes and children. */
function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// ---------------------------------------------------------------------------------------------- the chart

const pen = document.createElement("canvas").getContext("2d");

/** The width of a text in pixels, if it were bold: room enough for either weight. */
function widthOf(text, em, family) {
  pen.font = `bold ${em}px ${family}`;
  return pen.measureText(text).width;
}

/** A function from a number on an axis to a pixel between two ends. */
function scaleOf(axis, start, end) {
  const bend = axis.scale === "log" ? Math.log10 : (value) => value;
  const [low, high] = axis.limits.map(bend);
  return (value) => start + ((bend(value) - low) / (high - low)) * (end - start);
}

/** Move labels as little as needed until each has a line of its own (as `apart` in figure.py). */
function apart(wishes, line, low, high) {
  const order = wishes.map((_, index) => index).sort((a, b) => wishes[a] - wishes[b] || b - a);
  const places = [];
  let floor = low;
  for (const index of order) {
    places[index] = Math.max(wishes[index], floor);
    floor = places[index] + line;
  }
  let ceiling = high;
  for (const index of order.reverse()) {
    places[index] = Math.min(places[index], ceiling);
    ceiling = places[index] - line;
  }
  return places;
}

/** Put labels in a row, in their order, as near to where they wish to start as the others and the ends allow (as in figure.py). */
function inRow(wishes, rooms, low, high) {
  const starts = [];
  wishes.forEach((wish, index) => { starts[index] = Math.max(wish, index ? starts[index - 1] + rooms[index - 1] : low); });
  for (let index = starts.length - 1, end = high; index >= 0; end = starts[index], index -= 1) starts[index] = Math.min(starts[index], end - rooms[index]);
  return starts;
}

/** The height at which a mark's label in the right-hand margin would like to stand, in units of y. */
function labelHeight(mark) {
  if (mark.kind === "Line" || mark.kind === "Points") return mark.y.at(-1);
  if (mark.kind === "Band") return (mark.low + mark.high) / 2;
  if (mark.kind === "Rule" && mark.axis === "y") return mark.at;
  return null;
}

/** Draw one panel as an SVG group of the given size; `em` is the size of its text in pixels. */
function drawPanel(panel, width, height, em, family) {
  const bars = panel.marks.find((mark) => mark.kind === "Bars");
  const measure = (text) => widthOf(text, em, family);
  const widest = (texts) => Math.max(0, ...texts.map(measure));
  const named = panel.marks.filter((mark) => labelHeight(mark) !== null);
  const left = bars ? widest(bars.categories) + em : widest(panel.y.ticks.map(([, text]) => text)) + 2.6 * em;
  const right = width - (bars ? em : widest(named.map((mark) => mark.label)) + em);
  const [top, bottom] = [3.4 * em, height - 3.2 * em];
  const x = scaleOf(panel.x, left, right);
  const group = svg("g", {}, svg("text", { class: "lab-title", x: 0, y: 1.1 * em }, panel.title));

  const lastTick = panel.x.ticks.length - 1;
  panel.x.ticks.forEach(([place, text], index) => {
    const at = x(place);
    const half = measure(text) / 2;
    const middle = index === lastTick ? Math.min(at, width - half) : at;
    if (!bars) group.append(svg("line", { class: "lab-grid", x1: at, x2: at, y1: top, y2: bottom }));
    group.append(svg("text", { x: middle, y: bottom + 1.3 * em, "text-anchor": "middle" }, text));
  });
  group.append(svg("text", { x: (left + right) / 2, y: bottom + 2.8 * em, "text-anchor": "middle" }, panel.x.title));
  group.append(svg("path", { class: "lab-axis", d: `M${left},${top}V${bottom}H${right}` }));
  if (bars) {
    drawBars(group, bars, x, left, top, bottom, em);
    return group;
  }

  const y = scaleOf(panel.y, bottom, top);
  for (const [place, text] of panel.y.ticks) {
    const at = y(place);
    group.append(svg("line", { class: "lab-grid", x1: left, x2: right, y1: at, y2: at }));
    group.append(svg("text", { x: left - 0.5 * em, y: at + 0.35 * em, "text-anchor": "end" }, text));
  }
  const middle = (top + bottom) / 2;
  group.append(svg("text", { transform: `translate(${em},${middle}) rotate(-90)`, "text-anchor": "middle" }, panel.y.title));

  for (const mark of panel.marks) drawMark(group, mark, x, y, { left, right, top, bottom }, em);

  const places = apart(named.map((mark) => y(labelHeight(mark))), 1.3 * em, top, bottom);
  named.forEach((mark, index) => {
    group.append(svg("text", { class: `lab-${mark.role}-text`, x: right + 0.5 * em, y: places[index] + 0.35 * em }, mark.label));
  });
  const rules = panel.marks.filter((mark) => mark.kind === "Rule" && mark.axis === "x").sort((a, b) => a.at - b.at);
  const rooms = rules.map((rule) => measure(rule.label) + em);
  inRow(rules.map((rule, index) => x(rule.at) - rooms[index] / 2), rooms, left, width + em).forEach((start, index) => {
    group.append(svg("text", { class: `lab-${rules[index].role}-text`, x: start, y: top - 0.6 * em }, rules[index].label));
  });
  return group;
}

function drawMark(group, mark, x, y, frame, em) {
  const look = `lab-${mark.role}`;
  if (mark.kind === "Line") {
    const points = mark.x.map((value, index) => `${x(value).toFixed(1)},${y(mark.y[index]).toFixed(1)}`);
    group.append(svg("polyline", { class: look, points: points.join(" ") }));
  } else if (mark.kind === "Points") {
    const size = 0.45 * em;
    mark.x.forEach((value, index) => {
      const d = `M${x(value)},${y(mark.y[index]) - size}l${size},${size}l${-size},${size}l${-size},${-size}z`;
      group.append(svg("path", { class: `${look}-point`, d }));
    });
  } else if (mark.kind === "Band") {
    const [high, low] = [y(mark.high), y(mark.low)];
    const rect = { x: frame.left, width: frame.right - frame.left, y: high, height: Math.max(1, low - high) };
    group.append(svg("rect", { class: `${look}-band`, ...rect }));
  } else if (mark.kind === "Rule" && mark.axis === "x") {
    group.append(svg("line", { class: `${look} lab-rule`, x1: x(mark.at), x2: x(mark.at), y1: frame.top, y2: frame.bottom }));
  } else if (mark.kind === "Rule") {
    group.append(svg("line", { class: look, x1: frame.left, x2: frame.right, y1: y(mark.at), y2: y(mark.at) }));
  }
}

function drawBars(group, bars, x, left, top, bottom, em) {
  const row = (bottom - top) / bars.categories.length;
  bars.categories.forEach((category, index) => {
    const base = top + index * row + 0.5 * row;
    const chosen = index === bars.selected ? "lab-chosen" : "";
    const thick = Math.min(1.5 * em, 0.4 * row);
    let start = x(0);
    bars.parts.forEach(([, lengths], part) => {
      const end = start + x(lengths[index]) - x(0);
      const rect = { x: start, y: base, width: Math.max(0, end - start), height: thick };
      group.append(svg("rect", { class: `lab-bar-${part} ${chosen}`, ...rect }));
      start = end;
    });
    group.append(svg("text", { class: chosen, x: left - 0.5 * em, y: base + thick / 2 + 0.35 * em, "text-anchor": "end" }, category));
    group.append(svg("text", { class: chosen, x: left + 0.3 * em, y: base - 0.4 * em }, bars.labels[index]));
  });
}

/** Draw a chart into `place`, side by side or – where there is little room – one below the other. */
function drawChart(place, chart, sentence) {
  const style = getComputedStyle(place);
  const em = 0.93 * parseFloat(style.fontSize);
  const room = place.clientWidth;
  if (!room) return;
  const columns = room / chart.panels.length >= 27 * em ? chart.panels.length : 1;
  const gap = 1.5 * em;
  const width = (room - gap * (columns - 1)) / columns;
  const height = Math.min(24 * em, Math.max(17 * em, 0.62 * width));
  const rows = Math.ceil(chart.panels.length / columns);
  const stripes = svg("pattern", { id: "lab-stripes", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  stripes.append(svg("rect", { class: "lab-stripe-ground", width: 6, height: 6 }), svg("rect", { class: "lab-stripe", width: 2.5, height: 6 }));
  const picture = svg("svg", { width: room, height: rows * height, role: "img", "aria-label": sentence, "font-size": em }, svg("defs", {}, stripes));
  chart.panels.forEach((panel, index) => {
    const group = drawPanel(panel, width, height, em, style.fontFamily);
    group.setAttribute("transform", `translate(${(index % columns) * (width + gap)},${Math.floor(index / columns) * height})`);
    picture.append(group);
  });
  place.replaceChildren(picture);
}

// -------------------------------------------------------------------------------------------- the controls

let count = 0; // names of elements must be unique on a page with several labs

/** A control of the model, with what sends a value: returns its element and a function that shows the model's value. */
function drawControl(control, model, send) {
  const id = `lab-control-${count++}`;
  if (control.kind === "choice") {
    const options = control.options.map(([word, text]) => html("option", { value: word }, text));
    const select = html("select", { id, "data-lm-suppress-shortcuts": "true", onchange: () => send(select.value) }, ...options);
    const box = html("div", { class: "lab-control" }, html("label", { for: id }, control.label), select);
    return [box, () => { select.value = model.get(control.name); }];
  }
  const last = control.stops.length - 1;
  const words = (value) => `${value.toLocaleString("en")}${control.unit ? ` ${control.unit}` : ""}`;
  const output = html("output", { for: id });
  const say = (value) => {
    output.textContent = words(value);
    range.setAttribute("aria-valuetext", words(value));
  };
  const move = () => {
    const value = control.stops[range.valueAsNumber];
    say(value);
    send(value);
  };
  // JupyterLab takes the arrow keys from a range input that lacks the attribute
  const range = html("input", { id, type: "range", min: 0, max: last, step: 1, "data-lm-suppress-shortcuts": "true", oninput: move });
  const box = html("div", { class: "lab-control" }, html("label", { for: id }, control.label), range, output);
  const show = () => {
    const value = model.get(control.name);
    const nearest = control.stops.reduce((best, stop, index) => (Math.abs(stop - value) < Math.abs(control.stops[best] - value) ? index : best), 0);
    range.value = nearest;
    say(value);
  };
  return [box, show];
}

// ----------------------------------------------------------------------------------------- the step player

const PACE = 1000; // milliseconds between two steps while playing: slow enough to read the sentence

/** Plays a story of steps: what came, what the store holds, what went out and why. Needs no kernel. */
function drawSteps(place, story, timers) {
  let now = 0;
  const tape = html("ol", { class: "lab-tape", "aria-hidden": "true" });
  const store = html("div", { class: "lab-store" });
  const sentence = html("p", { class: "lab-step-sentence", "aria-live": "polite" });
  const scrub = html("input", {
    type: "range", min: 0, max: story.steps.length - 1, value: 0, "aria-label": "Go to step",
    "data-lm-suppress-shortcuts": "true", oninput: () => { pause(); show(scrub.valueAsNumber); },
  });
  const play = html("button", { type: "button", onclick: () => (timers.steps ? pause() : start()) }, "Play");
  const back = html("button", { type: "button", onclick: () => { pause(); show(now - 1); } }, "Step back");
  const next = html("button", { type: "button", onclick: () => { pause(); show(now + 1); } }, "Step");
  for (const [label, good] of story.steps) tape.append(html("li", { class: good ? "lab-good" : "lab-bad" }, label));

  function show(step) {
    now = Math.max(0, Math.min(story.steps.length - 1, step));
    const [label, good, contents, left, text] = story.steps[now];
    const outcome = good ? story.good : story.bad;
    scrub.value = now;
    scrub.setAttribute("aria-valuetext", `${now} of ${story.steps.length - 1}`);
    [...tape.children].forEach((item, index) => {
      item.classList.toggle("lab-now", index === now);
      item.classList.toggle("lab-later", index > now);
    });
    const cells = Array.from({ length: story.places }, (_, index) => {
      const held = contents[index] ?? "";
      return html("span", { class: held === label ? "lab-cell lab-now" : "lab-cell" }, held);
    });
    const out = left ? [html("span", { class: "lab-out" }, "out: ", html("s", {}, left))] : [];
    store.replaceChildren(html("span", { class: `lab-outcome ${good ? "lab-good" : "lab-bad"}` }, `${label}: ${outcome}`), ...cells, ...out);
    sentence.textContent = text;
    if (now === story.steps.length - 1) pause();
  }
  function start() {
    if (now === story.steps.length - 1) show(0);
    timers.steps = setInterval(() => show(now + 1), PACE);
    play.textContent = "Pause";
  }
  function pause() {
    clearInterval(timers.steps);
    timers.steps = null;
    play.textContent = "Play";
  }

  pause();
  const buttons = html("div", { class: "lab-buttons" }, play, back, next, scrub);
  place.replaceChildren(html("h4", {}, story.title), tape, store, sentence, buttons);
  show(0);
}

// -------------------------------------------------------------------------------------------- the table

/** The numbers behind the picture: rows to read, and a file to keep. */
function drawTable(place, table, name) {
  const head = html("tr", {}, ...table.columns.map((column) => html("th", { scope: "col" }, column)));
  const rows = table.data.map((row) => html("tr", {}, ...row.map((value) => html("td", {}, String(value)))));
  const csv = [table.columns, ...table.data].map((row) => row.map((value) => JSON.stringify(value)).join(",")).join("\n");
  const save = html("a", { href: `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`, download: `${name}.csv` }, "Download as CSV");
  const box = html("div", { class: "lab-table", tabindex: "0", role: "region", "aria-label": "Table of the numbers" });
  box.append(html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows)));
  place.replaceChildren(save, box);
}

// ------------------------------------------------------------------------------------------------- the lab

const PATIENCE = 6000; // milliseconds without an answer before the lab says so
const SILENT = "The kernel does not answer. If it was stopped, run this cell again.";
const HUSH = 1000; // milliseconds between two announcements, so that a dragged slider does not flood a screen reader

function render({ model, el }) {
  const timers = { frame: 0, speech: 0, silence: 0, steps: null };
  const question = html("p", { class: "lab-question" });
  const controls = html("div", { class: "lab-controls" });
  const error = html("p", { class: "lab-error", role: "alert" });
  const plot = html("div", { class: "lab-plot" });
  const caption = html("figcaption");
  const verdict = html("p", { class: "lab-verdict" });
  const live = html("p", { class: "lab-live", "aria-live": "polite" });
  const story = html("section", { class: "lab-steps", "aria-label": "Step by step" });
  const reveal = html("button", { type: "button", class: "lab-reveal", onclick: () => {
    set({ _covered: false });
    controls.querySelector("input, select").focus();
  } }, "Reveal");
  const guess = html("p");
  const cover = html("div", { class: "lab-cover" }, guess, reveal);
  const silent = html("p", { class: "lab-silent", role: "status" });
  const result = html("div", { class: "lab-result" }, html("figure", {}, plot, caption), verdict, story);
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    timers.silence ||= setTimeout(() => { silent.textContent = SILENT; }, PATIENCE);
    model.save_changes(); // merges with what is still waiting, so the latest value wins
  };
  const buttons = model.get("_presets").map(([name, state]) => html("button", { type: "button", onclick: () => set(state) }, name));
  const presets = html("div", { class: "lab-presets", role: "group", "aria-label": "Settings to try" }, ...buttons);
  const compare = html("button", { type: "button", onclick: () => set({ _comparing: !model.get("_comparing") }) }, "Compare");
  const apply = () => set({ _code: code.value });
  const typed = (event) => { if (event.key === "Enter") apply(); }; // JupyterLab keeps Enter from firing a change
  const code = html("input", { type: "text", spellcheck: "false", "data-lm-suppress-shortcuts": "true", onchange: apply, onkeydown: typed });
  const label = html("label", { class: "lab-code" }, "State code", code);
  const numbers = html("div");
  const tabled = html("button", { type: "button", onclick: () => set({ _tabled: !model.get("_tabled") }) }, "Table");
  const tools = html("div", { class: "lab-tools" }, compare, tabled, label);
  result.append(tools, numbers);
  const heading = html("h3", {}, model.get("_title"));
  const root = html("section", { class: "lab", "aria-label": model.get("_title") }, heading, question, presets, controls, error, silent, cover, result, live);
  el.replaceChildren(root);

  const listeners = [];
  const boxes = new Map();
  const listen = (name, handler) => {
    model.on(`change:${name}`, handler);
    listeners.push([`change:${name}`, handler]);
    handler();
  };

  for (const control of model.get("_controls")) {
    const [box, show] = drawControl(control, model, (value) => set({ [control.name]: value }));
    controls.append(box);
    boxes.set(control.name, box);
    listen(control.name, show);
    // a value that was refused comes back unchanged, which fires no change: the error does
    model.on("change:_error", show);
    listeners.push(["change:_error", show]);
  }

  function paint() {
    timers.frame = 0;
    const frame = model.get("_frame");
    if (!frame.chart || model.get("_covered")) return;
    drawChart(plot, frame.chart, model.get("_words").sentence);
    for (const [name, box] of boxes) {
      const resting = frame.idle.includes(name);
      box.classList.toggle("lab-resting", resting);
      box.querySelector("input, select").disabled = resting;
    }
  }
  const request = () => { timers.frame ||= requestAnimationFrame(paint); };

  listen("_question", () => { question.textContent = model.get("_question"); });
  listen("_error", () => { error.textContent = model.get("_error"); });
  listen("_covered", () => {
    cover.hidden = !model.get("_covered");
    result.hidden = model.get("_covered");
    controls.inert = presets.inert = model.get("_covered"); // the question is about the lab as it opens
    request();
  });
  listen("_frame", request);
  listen("_turn", () => {
    clearTimeout(timers.silence);
    timers.silence = 0;
    silent.textContent = "";
  });
  listen("_words", () => {
    const words = model.get("_words");
    caption.textContent = words.sentence;
    guess.textContent = words.guess;
    verdict.textContent = words.verdict;
    plot.firstElementChild?.setAttribute("aria-label", words.sentence);
    timers.speech ||= setTimeout(() => {
      timers.speech = 0;
      live.textContent = model.get("_covered") ? "" : model.get("_words").sentence;
    }, HUSH);
  });
  listen("_code", () => { code.value = model.get("_code"); });
  listen("_error", () => { code.value = model.get("_code"); });
  listen("_comparing", () => compare.setAttribute("aria-pressed", model.get("_comparing")));
  listen("_tabled", () => tabled.setAttribute("aria-pressed", model.get("_tabled")));
  listen("_table", () => {
    const table = model.get("_table");
    if (table.columns) drawTable(numbers, table, model.get("_title"));
    else numbers.replaceChildren();
  });
  listen("_steps", () => {
    const steps = model.get("_steps");
    story.hidden = !steps.steps;
    if (steps.steps) drawSteps(story, steps, timers);
  });
  const watcher = new ResizeObserver(request);
  watcher.observe(root);

  return () => {
    for (const [name, handler] of listeners) model.off(name, handler);
    watcher.disconnect();
    cancelAnimationFrame(timers.frame);
    clearTimeout(timers.speech);
    clearTimeout(timers.silence);
    clearInterval(timers.steps);
  };
}

export default { render };
