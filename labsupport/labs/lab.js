// Draws a lab: controls, chart, step-by-step view, sentence. Python says what is drawn (chart.py), this file
// draws it. A plain ES module: no build step, nothing fetched. From top to bottom: small helpers, the chart,
// the controls, the step player, the scene player, the table, and the lab that puts them together.

const SVG = "http://www.w3.org/2000/svg";
let count = 0; // names of elements must be unique on a page with several labs

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
const widths = new Map();

/** The width of a text in pixels, if it were bold: room enough for either weight. */
function widthOf(text, em, family) {
  const font = `bold ${em}px ${family}`;
  const known = `${font} ${text}`;
  if (!widths.has(known)) {
    pen.font = font;
    widths.set(known, pen.measureText(text).width);
  }
  return widths.get(known);
}

/** A function from a number on an axis to a pixel between two ends; what lies far outside is drawn just outside. */
function scaleOf(axis, start, end) {
  const bend = axis.scale === "log" ? (value) => Math.log10(Math.max(value, 1e-300)) : (value) => value;
  const [low, high] = axis.limits.map(bend);
  return (value) => start + Math.max(-2, Math.min(3, (bend(value) - low) / (high - low))) * (end - start);
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

/** The height at which the label of a mark that has no spot would like to stand in the right-hand margin, in units of y. */
function labelHeight(mark) {
  if (mark.spot || !mark.label || mark.names?.length) return null;
  if (mark.kind === "Columns") return mark.heights.at(-1);
  if (mark.kind === "Area") return (mark.low.at(-1) + mark.high.at(-1)) / 2;
  if (mark.kind === "Band") return (mark.low + mark.high) / 2;
  if (mark.kind === "Rule") return mark.axis === "y" ? mark.at : null;
  return mark.y?.at(-1) ?? null;
}

/**
 * List what a panel of the given size is made of, each piece as a text that says all about it and a function that draws it:
 * a piece whose text is as before need not be drawn again. `em` is the size of text in pixels.
 */
function piecesOf(panel, width, height, em, family) {
  const bars = panel.marks.find((mark) => mark.kind === "Bars");
  const measure = (text) => widthOf(text, em, family);
  const widest = (texts) => Math.max(0, ...texts.map(measure));
  const named = panel.marks.filter((mark) => labelHeight(mark) !== null);
  const left = bars ? widest(bars.categories) + em : widest(panel.y.ticks.map(([, text]) => text)) + 2.6 * em;
  const right = width - (bars ? em : widest(named.map((mark) => mark.label)) + em);
  const frame = { left, right, top: 3.4 * em, bottom: height - 3.2 * em, width, em };
  const x = scaleOf(panel.x, left, right);
  const y = panel.y && scaleOf(panel.y, frame.bottom, frame.top);
  const around = JSON.stringify([panel.title, panel.x, panel.y, frame]);
  const pieces = [[around, () => drawFrame(panel, frame, x, y, measure)]];
  for (const mark of panel.marks) {
    const draw = mark.kind === "Bars" ? () => drawBars(mark, x, frame) : () => drawMark(mark, x, y, frame);
    pieces.push([around + JSON.stringify(mark), draw]);
  }
  if (y) pieces.push([around + JSON.stringify(panel.marks.map((mark) => [mark.label, mark.spot, mark.at, labelHeight(mark)])), () => drawLabels(panel, named, x, y, frame, measure)]);
  return pieces;
}

/** Let a group hold just these pieces, touching only those that are new. */
function refresh(group, pieces) {
  const before = group.pieces ?? new Map();
  group.pieces = new Map();
  pieces.forEach(([text, draw], index) => {
    const known = group.pieces.has(text) ? `${text}${index}` : text;
    const piece = before.get(known) ?? draw();
    group.pieces.set(known, piece);
    before.delete(known);
    if (group.children[index] !== piece) group.insertBefore(piece, group.children[index] ?? null);
  });
  for (const piece of before.values()) piece.remove();
}

/** Draw a panel's title, axes, grid and ticks. */
function drawFrame(panel, { left, right, top, bottom, width, em }, x, y, measure) {
  const group = svg("g", {}, svg("text", { class: "lab-title", x: 0, y: 1.1 * em }, panel.title));
  const lastTick = panel.x.ticks.length - 1;
  panel.x.ticks.forEach(([place, text], index) => {
    const at = x(place);
    const middle = index === lastTick ? Math.min(at, width - measure(text) / 2) : at;
    if (y) group.append(svg("line", { class: "lab-grid", x1: at, x2: at, y1: top, y2: bottom }));
    group.append(svg("text", { x: middle, y: bottom + 1.3 * em, "text-anchor": "middle" }, text));
  });
  const half = measure(panel.x.title) / 2;
  group.append(svg("text", { x: Math.max(half, Math.min((left + right) / 2, width - half)), y: bottom + 2.8 * em, "text-anchor": "middle" }, panel.x.title));
  group.append(svg("path", { class: "lab-axis", d: `M${left},${top}V${bottom}H${right}` }));
  if (!y) return group;
  for (const [place, text] of panel.y.ticks) {
    const at = y(place);
    group.append(svg("line", { class: "lab-grid", x1: left, x2: right, y1: at, y2: at }));
    group.append(svg("text", { x: left - 0.5 * em, y: at + 0.35 * em, "text-anchor": "end" }, text));
  }
  const middle = (top + bottom) / 2;
  group.append(svg("text", { transform: `translate(${em},${middle}) rotate(-90)`, "text-anchor": "middle" }, panel.y.title));
  return group;
}

/** Draw the labels: at their spots, in the margin on the right, or – those of upright rules – on top. */
function drawLabels(panel, named, x, y, { left, right, top, bottom, width, em }, measure) {
  const group = svg("g");
  const write = (mark, words, place) => group.append(svg("text", { class: `lab-${mark.role}-text lab-label`, ...place }, words));
  for (const mark of panel.marks) {
    if (mark.spot) {
      const [across, up, anchor, above] = mark.spot;
      const at = bottom - up * (bottom - top);
      write(mark, mark.label, { x: left + across * (right - left), y: above ? at - 0.55 * em : at + 1.2 * em, "text-anchor": anchor });
    }
    (mark.names ?? []).forEach((name, index) => write(mark, name, { x: x(mark.x[index]), y: y(mark.y[index]) - 0.7 * em, "text-anchor": "middle" }));
  }
  const places = apart(named.map((mark) => y(labelHeight(mark))), 1.3 * em, top, bottom);
  named.forEach((mark, index) => write(mark, mark.label, { x: right + 0.5 * em, y: places[index] + 0.35 * em }));
  const rules = panel.marks.filter((mark) => mark.kind === "Rule" && mark.axis === "x").sort((a, b) => a.at - b.at);
  const rooms = rules.map((rule) => measure(rule.label) + em);
  inRow(rules.map((rule, index) => x(rule.at) - rooms[index] / 2), rooms, left, width + em).forEach((start, index) => {
    write(rules[index], rules[index].label, { x: start, y: top - 0.6 * em });
  });
  return group;
}

/** Draw a mark, cut off where the panel ends. */
function drawMark(mark, x, y, { left, right, top, bottom, em }) {
  const look = `lab-${mark.role}`;
  const frame = { x: left, y: top, width: right - left, height: bottom - top };
  const group = svg("svg", { ...frame, viewBox: Object.values(frame).join(" "), overflow: mark.kind === "Points" ? "visible" : "hidden" });
  const corner = (across, up) => `${x(across).toFixed(1)},${y(up).toFixed(1)}`;
  const box = (x1, x2, y1, y2, kind) => group.append(svg("rect", { class: `${look}-${kind}`, x: x1, width: x2 - x1, y: y1, height: Math.max(1, y2 - y1) }));
  if (mark.kind === "Line") {
    group.append(svg("polyline", { class: look, points: mark.x.map((value, index) => corner(value, mark.y[index])).join(" ") }));
  } else if (mark.kind === "Stairs") {
    const points = mark.x.flatMap((value, index) => [...(index ? [corner(value, mark.y[index - 1])] : []), corner(value, mark.y[index])]);
    group.append(svg("polyline", { class: look, points: points.join(" ") }));
  } else if (mark.kind === "Points") {
    const size = 0.45 * em;
    mark.x.forEach((value, index) => {
      const d = `M${x(value)},${y(mark.y[index]) - size}l${size},${size}l${-size},${size}l${-size},${-size}z`;
      group.append(svg("path", { class: `${look}-point`, d }));
    });
  } else if (mark.kind === "Area") {
    const edge = (side) => mark.x.map((value, index) => corner(value, side[index]));
    group.append(svg("polygon", { class: `${look}-band`, points: [...edge(mark.low), ...edge(mark.high).reverse()].join(" ") }));
  } else if (mark.kind === "Columns") {
    mark.heights.forEach((height, index) => box(x(mark.left[index]), x(mark.right[index]), Math.min(bottom, y(height)), bottom, "column"));
  } else if (mark.kind === "Band") {
    box(left, right, y(mark.high), y(mark.low), "band");
  } else if (mark.axis === "x") {
    group.append(svg("line", { class: `${look} lab-rule`, x1: x(mark.at), x2: x(mark.at), y1: top, y2: bottom }));
  } else {
    group.append(svg("line", { class: look, x1: left, x2: right, y1: y(mark.at), y2: y(mark.at) }));
  }
  return group;
}

function drawBars(bars, x, { left, top, bottom, em }) {
  const group = svg("g");
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
  return group;
}

/** Draw a chart into `place`, side by side or – where there is little room – one below the other. */
function drawChart(place, chart) {
  const style = getComputedStyle(place);
  const em = 0.93 * parseFloat(style.fontSize);
  const room = place.clientWidth;
  if (!room) return;
  const needs = chart.panels.flatMap((panel) => panel.marks).filter((mark) => mark.kind === "Bars").map((bars) => {
    const widest = (texts) => Math.max(...texts.map((text) => widthOf(text, em, style.fontFamily)));
    return widest(bars.categories) + widest(bars.labels) + 2 * em;
  });
  const columns = room / chart.panels.length >= Math.max(27 * em, ...needs) ? chart.panels.length : 1;
  const gap = 1.5 * em;
  const width = (room - gap * (columns - 1)) / columns;
  const height = Math.min(24 * em, Math.max(17 * em, 0.62 * width));
  const rows = Math.ceil(chart.panels.length / columns);
  const picture = place.firstElementChild;
  fill(picture, { width: room, height: rows * height, "font-size": em }, []);
  while (picture.children.length <= chart.panels.length) picture.append(svg("g")); // the first child holds the stripes
  while (picture.children.length > chart.panels.length + 1) picture.lastElementChild.remove();
  chart.panels.forEach((panel, index) => {
    const group = picture.children[index + 1];
    group.setAttribute("transform", `translate(${(index % columns) * (width + gap)},${Math.floor(index / columns) * height})`);
    refresh(group, piecesOf(panel, width, height, em, style.fontFamily));
  });
}

/** An empty picture for `drawChart`, with the stripes that hatched bars are filled with. */
function emptyChart() {
  const id = `lab-stripes-${count++}`; // one for each picture, since a browser finds none in a hidden one
  const stripes = svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  stripes.append(svg("rect", { class: "lab-stripe-ground", width: 6, height: 6 }), svg("rect", { class: "lab-stripe", width: 2.5, height: 6 }));
  return svg("svg", { role: "img", style: `--stripes: url(#${id})` }, svg("defs", {}, stripes));
}

// -------------------------------------------------------------------------------------------- the controls

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

// ------------------------------------------------------------------------------------- the scene player

/** The shapes of the kinds, as corners and a turn: circle, square, diamond, triangles, hexagon; and their colours in lab.css. */
const SHAPES = [[0, 0], [4, Math.PI / 4], [4, 0], [3, -Math.PI / 2], [3, Math.PI / 2], [6, 0]];
const INKS = ["main", "theory", "kept", "prediction", "measurement", "reference"];
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const GLIDE = 70; // milliseconds in which a thing goes two thirds of the way to its new place
const FALL = 0.03; // share of the scene's length for which a lost thing is seen falling

/** A scene unpacked, which knows what is where at any time. Times are whole steps from 0 to `last`. */
class Film {
  constructor(scene) {
    Object.assign(this, scene);
    const wide = scene.stations.length < 256 ? Uint8Array : Uint16Array;
    const types = { station: wide, size: Uint8Array, kind: Uint8Array, lost: Uint8Array, value: Float32Array };
    for (const [name, text] of Object.entries(scene.columns)) {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      this[name] = new (types[name] ?? Uint16Array)(bytes.buffer);
    }
    const rows = [...this.thing.keys()]; // sorted by thing, then by time
    this.things = this.thing.at(-1) + 1;
    this.next = rows.map((row) => (this.thing[row + 1] === this.thing[row] ? row + 1 : -1));
    this.byEnter = Int32Array.from(rows.sort((a, b) => this.enter[a] - this.enter[b] || a - b));
    this.events = [...new Set([...this.enter, ...this.leave, ...this.changes.map(([time]) => time)])].filter((time) => time <= this.last).sort((a, b) => a - b);
    this.ends = [...this.byEnter].filter((row) => this.next[row] < 0 && this.leave[row] <= this.last).sort((a, b) => this.leave[a] - this.leave[b]);
    this.rank = new Uint16Array(this.thing.length);
    this.count = new Uint16Array(scene.stations.length);
    this.measureUp();
  }

  /** Prepare the values measured so far, with their running median and 99th percentile. */
  measureUp() {
    this.measured = [];
    if (!this.value) return;
    const sorted = [];
    const rows = [...this.value.keys()].filter((row) => !Number.isNaN(this.value[row]) && this.leave[row] <= this.last);
    for (const row of rows.sort((a, b) => this.leave[a] - this.leave[b])) {
      const value = this.value[row];
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle] < value) low = middle + 1;
        else high = middle;
      }
      sorted.splice(low, 0, value);
      const quantile = (share) => sorted[Math.ceil(share * sorted.length) - 1];
      this.measured.push({ time: this.leave[row], value, kind: this.kind[row], median: quantile(0.5), p99: quantile(0.99) });
    }
    this.largest = sorted.at(-1);
  }

  /** List the rows of things that stand at a time, and rank them: first come, first in line. */
  standing(time) {
    const here = [];
    this.count.fill(0);
    for (const row of this.byEnter) {
      if (this.enter[row] > time) break;
      if (time < this.leave[row]) {
        this.rank[row] = this.count[this.station[row]]++;
        here.push(row);
      }
    }
    return here;
  }

  /** List the rows whose thing has left and is on its way to the next station, or is falling. */
  moving(time) {
    const away = [];
    for (const row of this.byEnter) {
      if (this.enter[row] > time) break;
      const next = this.next[row];
      const until = this.lost[row] ? this.leave[row] + FALL * this.last : next < 0 ? 0 : this.enter[next];
      if (this.leave[row] <= time && time < until) away.push(row);
    }
    return away;
  }

  /** The state of each station at a time. */
  states(time) {
    const states = this.stations.map((station) => station.state);
    for (const [when, station, state] of this.changes) if (when <= time) states[station] = state;
    return states;
  }

  /** How many of a list sorted by `timeOf` have happened at a time. */
  static happened(list, time, timeOf) {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timeOf(list[middle]) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  clock(time) {
    return `${(this.start + time * this.step).toLocaleString("en", { maximumSignificantDigits: 4 })} ${this.unit}`;
  }

  /** The numbers at a time, in words. */
  tally(time) {
    const ended = this.ends.slice(0, Film.happened(this.ends, time, (row) => this.leave[row]));
    const lost = ended.filter((row) => this.lost[row]).length;
    const words = [this.clock(time)];
    if (this.ends.length) words.push(`${ended.length - lost} finished`);
    if (this.ends.some((row) => this.lost[row])) words.push(`${lost} lost`);
    const seen = Film.happened(this.measured, time, (each) => each.time);
    if (seen) {
      const short = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
      const { median, p99 } = this.measured[seen - 1];
      words.push(`${this.measure}: median ${short(median)}, 99th percentile ${short(p99)}`);
    }
    return words;
  }

  /** What happens at just this time, in words. */
  happening(time) {
    const said = [];
    for (const row of this.byEnter) {
      const who = `${this.noun} ${this.thing[row] + 1}`;
      const where = this.stations[this.station[row]].name;
      if (this.lost[row] && this.leave[row] === time) said.push(`${who} is lost at ${where}`);
      else if (this.enter[row] === time) said.push(`${who} comes to ${where}`);
      else if (this.leave[row] === time && this.next[row] < 0) said.push(`${who} leaves ${where}`);
    }
    for (const [when, station, state] of this.changes) if (when === time) said.push(`${this.stations[station].name} is ${state}`);
    const more = said.length - 3;
    return `${this.clock(time)}: ${said.slice(0, 3).join(", ") || "nothing"}${more > 0 ? `, and ${more} more` : ""}.`;
  }
}

/** Where things stand on a stage of a given size, in pixels. */
class Stage {
  constructor(film, width, em) {
    const [pad, words] = [1.6 * em, 14 * em]; // words stand to the right of queues
    const legend = film.kinds.length > 1 ? 1.5 * em : 0;
    this.high = Math.min(22 * em, 0.45 * window.innerHeight, (width - 2 * pad) / film.shape);
    this.height = this.high + 2 * pad + legend;
    this.wide = film.ring ? this.high * film.shape : Math.min(width - pad - words, 3.5 * this.high); // a ring must stay round
    this.left = film.ring ? (width - this.wide) / 2 : Math.max(2 * pad, (width - this.wide - words) / 2);
    [this.top, this.width, this.em] = [pad, width, em];
    this.middles = film.stations.map((station) => [this.left + station.x * this.wide, this.top + station.y * this.high]);
    const rows = [...new Set(film.stations.map((station) => station.y))].sort((a, b) => a - b);
    const gap = this.high * Math.min(1, ...rows.slice(1).map((y, index) => y - rows[index]));
    this.largest = Math.max(3, Math.min(0.03 * this.high * Math.min(1, Math.sqrt(200 / film.things)), 0.3 * gap));
    this.film = film;
  }

  /** The radius of a thing whose size is a byte. */
  radius(size) {
    return this.largest * (0.4 + (0.6 * size) / 255);
  }

  /** Half the width and height of a station's box. */
  box(index) {
    const { slots, layout } = this.film.stations[index];
    const columns = Math.ceil(Math.sqrt(slots));
    return slots && layout === "queue" ? [1.3 * this.largest * columns, 1.3 * this.largest * Math.ceil(slots / columns)] : [0.35 * this.em, 0.35 * this.em];
  }

  /** How far from its middle the `rank`th thing of a heap lies: packed like a sunflower's seeds. */
  spread(rank) {
    return 1.4 * this.largest * Math.sqrt(rank + 0.7);
  }

  /** The place of the thing that is `rank`th at a station where `count` are. */
  place(index, rank, count) {
    const [x, y] = this.middles[index];
    const { slots, layout, queue } = this.film.stations[index];
    const [across, up] = this.box(index);
    if (layout === "heap") return [x + this.spread(rank) * Math.cos(2.4 * rank), y + this.spread(rank) * Math.sin(2.4 * rank)];
    const step = 2.3 * this.largest;
    if (rank < slots) {
      const columns = Math.ceil(Math.sqrt(slots));
      return [x - across + 2.6 * this.largest * ((rank % columns) + 0.5), y - up + 2.6 * this.largest * (Math.floor(rank / columns) + 0.5)];
    }
    if (!slots) return [x, y];
    const level = queue === "left" || queue === "right";
    const room = 0.4 * (level ? this.wide : this.high);
    const far = (level ? across : up) + Math.min(step, room / Math.max(1, count - slots)) * (rank - slots) + 0.6 * step;
    const sign = queue === "left" || queue === "up" ? -1 : 1;
    return level ? [x + sign * far, y] : [x, y + sign * far];
  }

  /** The place of a stay's thing: its own spot, or what the station gives it. */
  stand(row, rank, count) {
    const { spots, station, last } = this.film;
    if (spots && spots[2 * row] <= last) return [this.left + (spots[2 * row] / last) * this.wide, this.top + (spots[2 * row + 1] / last) * this.high];
    return this.place(station[row], rank, count);
  }
}

/** Plays a scene on a canvas. Needs no kernel. `press` is told the control of a station that was clicked, `say` what to speak. */
class Player {
  constructor(place, press, say) {
    Object.assign(this, { place, press, say, time: 0, speed: 1, frame: 0, since: 0, boxes: [], percentiles: false });
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    const button = (words, act) => html("button", { type: "button", onclick: act }, words);
    this.canvas = html("canvas", { role: "img", onclick: (event) => this.click(event), onpointermove: (event) => this.hover(event) });
    this.strip = html("canvas", { role: "img", hidden: true });
    this.numbers = html("p", { class: "lab-numbers" });
    this.list = html("dl", { class: "lab-unseen" });
    this.title = html("h4");
    this.hint = html("p", { class: "lab-hint" });
    this.toggle = button("Play", () => (this.playing ? this.pause() : this.play()));
    this.switch = button("Percentiles", () => this.showPercentiles(!this.percentiles));
    this.scrub = html("input", {
      type: "range", min: 0, step: 1, "aria-label": "Go to time", "data-lm-suppress-shortcuts": "true", oninput: () => this.go(this.scrub.valueAsNumber),
    });
    const speeds = SPEEDS.map((speed) => html("option", { value: speed, selected: speed === 1 }, `${speed} ×`));
    const pace = html("select", { "aria-label": "Speed", "data-lm-suppress-shortcuts": "true", onchange: () => { this.speed = Number(pace.value); } }, ...speeds);
    const step = (words, way) => button(words, () => this.step(way));
    const buttons = html("div", { class: "lab-buttons" }, this.toggle, step("Step back", -1), step("Step", 1), pace, this.switch, this.scrub);
    place.replaceChildren(this.title, this.canvas, this.numbers, this.strip, buttons, this.hint, this.list);
  }

  /** Take a new scene. The clock goes on where it was: what a click changed is seen at once. */
  load(scene) {
    const before = this.film;
    this.film = new Film(scene);
    const now = before ? (before.start + this.time * before.step - this.film.start) / this.film.step : 0;
    this.time = now < this.film.last ? Math.max(0, now) : 0;
    if (before?.things !== this.film.things) this.at = new Float32Array(2 * this.film.things).fill(NaN);
    this.title.textContent = scene.title;
    this.canvas.setAttribute("aria-label", scene.sentence);
    this.strip.setAttribute("aria-label", `${scene.measure} of each ${scene.noun}, with the running median and 99th percentile; the numbers are in the text above`);
    this.scrub.max = this.film.last;
    this.switch.hidden = !scene.measure;
    this.hint.textContent = this.press && scene.stations.some((station) => station.control) ? "Click a station to change it, or use its control above." : "";
    this.showPercentiles(this.percentiles && Boolean(scene.measure));
    this.resize();
  }

  showPercentiles(on) {
    this.percentiles = on;
    this.switch.setAttribute("aria-pressed", on);
    this.strip.hidden = !on;
    this.resize();
  }

  /** Fit the canvases to the room there is, in the pixels of the screen. */
  resize() {
    if (!this.film || !this.place.clientWidth) return;
    const style = getComputedStyle(this.place);
    this.inks = Object.fromEntries(["ground", "text", "faint", "edge", "wrong", ...INKS].map((name) => [name, style.getPropertyValue(`--${name}`)]));
    this.family = style.fontFamily;
    this.stage = new Stage(this.film, this.place.clientWidth, 0.93 * parseFloat(style.fontSize));
    this.pen = this.sharpen(this.canvas, this.stage.height);
    this.stripPen = this.sharpen(this.strip, 9 * this.stage.em);
    this.draw(true);
  }

  sharpen(canvas, height) {
    const dots = window.devicePixelRatio;
    const [width, high] = [Math.round(this.stage.width * dots), Math.round(height * dots)];
    if (canvas.width !== width || canvas.height !== high) Object.assign(canvas, { width, height: high });
    Object.assign(canvas.style, { width: `${this.stage.width}px`, height: `${height}px` });
    const drawing = canvas.getContext("2d");
    drawing.setTransform(dots, 0, 0, dots, 0, 0);
    return drawing;
  }

  get playing() {
    return this.since > 0;
  }

  play() {
    if (this.time >= this.film.last) this.time = 0;
    this.since = performance.now() / 1000;
    this.toggle.textContent = "Pause";
    this.ask();
  }

  pause() {
    if (this.playing) this.say(`${this.film.tally(this.time).join("; ")}.`);
    this.since = 0;
    this.toggle.textContent = "Play";
  }

  stop() {
    this.since = 0;
    cancelAnimationFrame(this.frame);
  }

  go(time) {
    this.pause();
    this.time = Math.max(0, Math.min(this.film.last, time));
    this.draw(true);
  }

  /** Go to the next moment at which something happens, or the one before, and say what. */
  step(way) {
    const { events, last } = this.film;
    const now = Math.round(this.time);
    this.go(way > 0 ? events.find((time) => time > now) ?? last : events.findLast((time) => time < now) ?? 0);
    this.say(this.film.happening(this.time));
    this.numbers.textContent = this.film.happening(this.time);
  }

  ask() {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.tick(); });
  }

  tick() {
    if (!this.playing) return;
    const now = performance.now() / 1000;
    // those who asked for less motion see a still picture twice a second
    if (!this.still.matches || now - this.since >= 0.5) {
      const passed = Math.min(now - this.since, 0.5);
      this.time += (passed * this.speed * this.film.last) / this.film.seconds;
      this.since = now;
      if (this.time >= this.film.last) {
        this.time = this.film.last;
        this.pause();
      }
      this.draw(this.still.matches, 1000 * passed);
    }
    this.ask();
  }

  /** Draw the moment. Things go straight to their places if `sharp`, or glide there. */
  draw(sharp, passed = 0) {
    const { film, stage, pen } = this;
    if (!stage) return;
    pen.clearRect(0, 0, stage.width, stage.height);
    pen.font = `${stage.em}px ${this.family}`;
    pen.textBaseline = "middle";
    const here = film.standing(this.time);
    this.drawStations(film.states(this.time));
    const part = sharp ? 1 : 1 - Math.exp(-passed / GLIDE);
    const seen = new Uint8Array(film.things);
    const put = (row, x, y) => {
      const thing = film.thing[row];
      seen[thing] = 1;
      if (Number.isNaN(this.at[2 * thing])) this.at.set([x, y], 2 * thing);
      this.at[2 * thing] += part * (x - this.at[2 * thing]);
      this.at[2 * thing + 1] += part * (y - this.at[2 * thing + 1]);
      this.drawThing(film.kind[row], this.at[2 * thing], this.at[2 * thing + 1], stage.radius(film.size[row]));
    };
    for (const row of here) put(row, ...stage.stand(row, film.rank[row], film.count[film.station[row]]));
    for (const row of film.moving(this.time)) this.fly(row, put);
    seen.forEach((flag, thing) => { if (!flag) this.at[2 * thing] = NaN; });
    if (film.kinds.length > 1) this.drawLegend();
    if (this.percentiles) this.drawStrip();
    this.report();
  }

  /** Place a thing between two stations; without motion, at the one it goes to. A lost one falls. */
  fly(row, put) {
    const { film, stage } = this;
    const next = film.next[row];
    const [x, y] = stage.stand(row, 0, 1);
    if (film.lost[row]) {
      const fallen = y + ((this.time - film.leave[row]) / (FALL * film.last)) * 5 * stage.em;
      put(row, x, fallen);
      this.drawCross(x, fallen, 1.4 * stage.largest);
      return;
    }
    const waiting = film.count[film.station[next]];
    const [toX, toY] = stage.stand(next, waiting, waiting + 1);
    const way = this.still.matches ? 1 : (this.time - film.leave[row]) / (film.enter[next] - film.leave[row]);
    put(next, x + way * (toX - x), y + way * (toY - y));
  }

  drawThing(kind, x, y, radius) {
    const [corners, turn] = SHAPES[kind];
    const { pen } = this;
    pen.beginPath();
    if (!corners) pen.arc(x, y, radius, 0, 2 * Math.PI);
    for (let corner = 0; corner < corners; corner += 1) {
      const angle = turn + (2 * Math.PI * corner) / corners;
      pen.lineTo(x + 1.2 * radius * Math.cos(angle), y + 1.2 * radius * Math.sin(angle));
    }
    pen.fillStyle = this.inks[INKS[kind]];
    pen.fill();
  }

  drawCross(x, y, reach) {
    const { pen } = this;
    pen.beginPath();
    for (const way of [1, -1]) {
      pen.moveTo(x - reach, y - way * reach);
      pen.lineTo(x + reach, y + way * reach);
    }
    pen.strokeStyle = this.inks.wrong;
    pen.lineWidth = 2.5;
    pen.stroke();
  }

  drawStations(states) {
    const { film, stage, pen, inks } = this;
    pen.strokeStyle = inks.faint;
    pen.lineWidth = 2;
    for (const [from, to] of film.links) {
      pen.beginPath();
      pen.moveTo(...stage.middles[from]);
      pen.lineTo(...stage.middles[to]);
      pen.stroke();
    }
    if (film.ring) {
      const [x, y, radius] = film.ring;
      pen.beginPath();
      pen.arc(stage.left + x * stage.wide, stage.top + y * stage.high, radius * stage.high, 0, 2 * Math.PI);
      pen.strokeStyle = inks.edge;
      pen.stroke();
    }
    this.boxes = film.stations.map((station, index) => this.drawStation(station, index, states[index]));
  }

  /** Draw a station with its words; return the box in which a click meets it. */
  drawStation(station, index, state) {
    const { film, stage, pen, inks } = this;
    const [x, y] = stage.middles[index];
    const [across, up] = stage.box(index);
    pen.lineWidth = 2;
    pen.strokeStyle = inks.edge;
    for (let place = 0; place < station.room; place += 1) {
      pen.beginPath();
      pen.arc(...stage.place(index, station.slots + place, station.slots + station.room), 0.5 * stage.largest, 0, 2 * Math.PI);
      pen.strokeStyle = inks.faint;
      pen.stroke();
    }
    pen.beginPath();
    pen.roundRect(x - across, y - up, 2 * across, 2 * up, 4);
    pen.fillStyle = inks.ground;
    pen.fill();
    pen.strokeStyle = { up: inks.edge, slow: inks.theory, down: inks.wrong }[state];
    pen.setLineDash(state === "slow" ? [5, 3] : []);
    pen.stroke();
    pen.setLineDash([]);
    if (state === "down") this.drawCross(x, y, 0.9 * Math.min(across, up));
    const words = [station.label, state === "up" || station.label.includes(state) ? "" : state].filter(Boolean).join(", ");
    pen.fillStyle = inks.text;
    if (station.layout === "heap") return this.nameHeap(index, words);
    const right = station.queue === "left" && station.slots > 0;
    const count = film.count[index] > 3 ? ` (${film.count[index]})` : "";
    pen.textAlign = right ? "left" : "center";
    const [textX, textY] = right ? [x + across + 0.6 * stage.em, y] : [x, y + up + stage.em];
    pen.fillText([station.name + count, words].filter(Boolean).join(" · "), textX, textY, right ? stage.width - textX : undefined);
    return [x - across - 4, y - up - 4, right ? stage.width : x + across + 4, y + up + 4];
  }

  /** Write a heap's name and count beside it: outside a ring, or else below. */
  nameHeap(index, words) {
    const { film, stage, pen } = this;
    const [x, y] = stage.middles[index];
    const reach = stage.spread(film.count[index]) + stage.em;
    const [fromX, fromY] = film.ring ? [x - stage.left - film.ring[0] * stage.wide, y - stage.top - film.ring[1] * stage.high] : [0, 1];
    const length = Math.hypot(fromX, fromY) || 1;
    const [towardsX, towardsY] = [fromX / length, fromY / length];
    pen.textAlign = Math.abs(towardsX) < 0.3 ? "center" : towardsX > 0 ? "left" : "right";
    pen.fillText([`${film.stations[index].name}: ${film.count[index]}`, words].filter(Boolean).join(" · "), x + towardsX * reach, y + towardsY * reach);
    return [x - reach, y - reach, x + reach, y + reach];
  }

  drawLegend() {
    const { film, stage, pen } = this;
    let x = stage.em;
    const y = stage.height - stage.em;
    pen.textAlign = "left";
    film.kinds.forEach((words, kind) => {
      this.drawThing(kind, x, y, 0.4 * stage.em);
      pen.fillStyle = this.inks.text;
      pen.fillText(words, x + 0.9 * stage.em, y);
      x += pen.measureText(words).width + 3 * stage.em;
    });
  }

  /** Draw every value measured so far at its time, with the running median and 99th percentile. */
  drawStrip() {
    const { film, stage, stripPen: pen, inks } = this;
    const { em, width } = stage;
    const [left, right, top, bottom] = [0, width - 9 * em, 0.5 * em, 8 * em];
    const x = (time) => left + (time / film.last) * (right - left);
    const y = (value) => bottom - (value / film.largest) * (bottom - top);
    pen.clearRect(0, 0, width, 9 * em);
    pen.strokeStyle = inks.edge;
    pen.lineWidth = 1;
    pen.strokeRect(left, top, right - left, bottom - top);
    const seen = film.measured.slice(0, Film.happened(film.measured, this.time, (each) => each.time));
    for (const { time, value, kind } of seen) {
      pen.fillStyle = inks[INKS[kind]];
      pen.globalAlpha = 0.6;
      pen.fillRect(x(time) - 1.5, y(value) - 1.5, 3, 3);
    }
    pen.globalAlpha = 1;
    pen.font = `${em}px ${this.family}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillStyle = inks.text;
    pen.fillText(`${film.measure}, up to ${film.largest.toLocaleString("en", { maximumSignificantDigits: 3 })}`, left + 0.5 * em, top + 0.9 * em);
    for (const [name, ink, dash, words] of [["median", inks.text, [], "median"], ["p99", inks.wrong, [6, 3], "99th percentile"]]) {
      pen.beginPath();
      for (const each of seen) pen.lineTo(x(each.time), y(each[name]));
      pen.strokeStyle = pen.fillStyle = ink;
      pen.lineWidth = 2;
      pen.setLineDash(dash);
      pen.stroke();
      const at = seen.length ? y(seen.at(-1)[name]) : name === "median" ? bottom : top;
      pen.fillText(words, right + 0.5 * em, name === "median" ? Math.max(at, top + 2 * em) : Math.min(at + 0.4 * em, bottom - 2 * em));
    }
    pen.setLineDash([]);
  }

  /** Keep the words up to date, ten times a second; those for screen readers once a second, and unspoken. */
  report() {
    const now = performance.now();
    if (this.playing && now - (this.reported ?? 0) < 100) return;
    this.reported = now;
    const { film } = this;
    this.scrub.value = this.time;
    this.scrub.setAttribute("aria-valuetext", film.clock(this.time));
    this.numbers.textContent = film.tally(this.time).join(" · ");
    if (this.playing && now - (this.listed ?? 0) < HUSH) return;
    this.listed = now;
    const states = film.states(this.time);
    const rows = film.stations.flatMap(({ name, label }, index) => [
      html("dt", {}, [name, label].filter(Boolean).join(", ")), html("dd", {}, `${states[index]}, ${film.count[index]} there`),
    ]);
    this.list.replaceChildren(...rows);
  }

  /** The control of the station under the pointer, if it has one. */
  under(event) {
    const index = this.boxes.findIndex(([left, top, right, bottom]) => event.offsetX >= left && event.offsetX <= right && event.offsetY >= top && event.offsetY <= bottom);
    return this.press && index >= 0 ? this.film.stations[index].control : "";
  }

  click(event) {
    const control = this.under(event);
    if (control) this.press(control);
  }

  hover(event) {
    this.canvas.style.cursor = this.under(event) ? "pointer" : "default";
  }
}

// -------------------------------------------------------------------------------------------- the table

/** The numbers behind the picture: rows to read, and a file to keep. */
function drawTable(place, table, name) {
  const head = html("tr", {}, ...table.columns.map((column) => html("th", { scope: "col" }, column)));
  const rows = table.data.map((row) => html("tr", {}, ...row.map((value) => html("td", {}, String(value ?? "")))));
  const csv = [table.columns, ...table.data].map((row) => row.map((value) => JSON.stringify(value ?? "")).join(",")).join("\n");
  const save = html("a", { href: `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`, download: `${name}.csv` }, "Download as CSV");
  const box = html("div", { class: "lab-table", tabindex: "0", role: "region", "aria-label": "Table of the numbers" });
  box.append(html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows)));
  place.replaceChildren(save, box);
}

// ------------------------------------------------------------------------------------------------- the lab

const PATIENCE = 6000; // milliseconds without an answer before the lab says so
const SILENT = "The kernel does not answer. If it was stopped, run this cell again.";
const HUSH = 1000; // milliseconds between two announcements, so that a dragged slider does not flood a screen reader

/** The size of type, for reading from the back of a hall: a matter of this browser, not of the lab's state. */
const Type = {
  event: "lab-type",
  key: "lab-larger-type",
  get large() {
    try {
      return localStorage.getItem(this.key) === "yes";
    } catch { // a browser may keep pages from storing anything
      return this.here;
    }
  },
  set(large) {
    this.here = large;
    try {
      localStorage.setItem(this.key, large ? "yes" : "no");
    } catch { /* then it is forgotten with the page */ }
    dispatchEvent(new Event(this.event));
  },
};

function render({ model, el }) {
  const timers = { frame: 0, speech: 0, silence: 0, steps: null };
  let speech = "";
  /** Speak, at most once a second, and then the latest. */
  const say = (words) => {
    speech = words;
    timers.speech ||= setTimeout(() => {
      timers.speech = 0;
      live.textContent = model.get("_covered") ? "" : speech;
    }, HUSH);
  };
  const question = html("p", { class: "lab-question" });
  const controls = html("div", { class: "lab-controls" });
  const error = html("p", { class: "lab-error", role: "alert" });
  const plot = html("div", { class: "lab-plot" }, emptyChart());
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
  const stage = html("section", { class: "lab-scene", "aria-label": "What moves" });
  const result = html("div", { class: "lab-result" }, stage, html("figure", {}, plot, caption), verdict, story);
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    timers.silence ||= setTimeout(() => { silent.textContent = SILENT; }, PATIENCE);
    model.save_changes(); // merges with what is still waiting, so the latest value wins
  };
  /** Move a choice to its next option, as a click on its station does. */
  const advance = (name) => {
    const words = model.get("_controls").find((control) => control.name === name).options.map(([word]) => word);
    set({ [name]: words[(words.indexOf(model.get(name)) + 1) % words.length] });
  };
  const player = new Player(stage, model instanceof Answers ? null : advance, say);
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
  const larger = html("button", { type: "button", class: "lab-larger", onclick: () => Type.set(!Type.large) }, "Larger type");
  const heading = html("header", {}, html("h3", {}, model.get("_title")), larger);
  const root = html("section", { class: "lab", "aria-label": model.get("_title") }, heading, question, presets, controls, error, silent, cover, result, live);
  el.replaceChildren(root);

  const listeners = [];
  const boxes = new Map();
  const listen = (name, handler) => {
    model.on(`change:${name}`, handler);
    listeners.push([`change:${name}`, handler]);
    handler();
  };

  const alone = model instanceof Answers; // no kernel: only the main control has answers
  presets.hidden = compare.hidden = label.hidden = alone;
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
    drawChart(plot, frame.chart);
    for (const [name, box] of boxes) {
      const resting = frame.idle.includes(name);
      const fixed = alone && name !== model.main;
      box.classList.toggle("lab-resting", resting);
      box.classList.toggle("lab-fixed", fixed && !resting);
      box.querySelector("input, select").disabled = resting || fixed;
    }
  }
  const request = () => { timers.frame ||= requestAnimationFrame(paint); };

  const dress = () => {
    root.classList.toggle("lab-large", Type.large);
    larger.setAttribute("aria-pressed", Boolean(Type.large));
    request();
    player.resize();
  };
  addEventListener(Type.event, dress);
  dress();

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
    plot.firstElementChild.setAttribute("aria-label", words.sentence);
    say(words.sentence);
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
  listen("_scene", () => {
    const scene = model.get("_scene");
    stage.hidden = !scene.stations;
    if (scene.stations) player.load(scene);
    else player.stop();
  });
  const watcher = new ResizeObserver(() => {
    request();
    player.resize();
  });
  watcher.observe(root);

  return () => {
    for (const [name, handler] of listeners) model.off(name, handler);
    removeEventListener(Type.event, dress);
    watcher.disconnect();
    cancelAnimationFrame(timers.frame);
    clearTimeout(timers.speech);
    clearTimeout(timers.silence);
    clearInterval(timers.steps);
    player.stop();
  };
}

// ----------------------------------------------------------------------------- the page without a kernel

/** Stands in for the kernel: knows what the lab answered at each value of its main control. */
class Answers {
  constructor({ traits, main, answers }) {
    Object.assign(this, { traits, main, answers, handlers: [] });
    this.table = traits._table;
    traits._table = {};
  }

  get(name) { return this.traits[name]; }

  set(name, value) { this.traits[name] = value; }

  on(event, handler) { this.handlers.push([event, handler]); }

  off(event, handler) { this.handlers = this.handlers.filter(([name, other]) => name !== event || other !== handler); }

  save_changes() {
    const answer = this.answers.find(([value]) => value === this.traits[this.main])[1];
    Object.assign(this.traits, answer);
    this.table = answer._table ?? this.table;
    this.traits._table = this.traits._tabled ? this.table : {};
    for (const name of [this.main, "_covered", "_tabled", "_turn", "_table", ...Object.keys(answer)]) {
      for (const [event, handler] of this.handlers) if (event === `change:${name}`) handler();
    }
  }
}

/** Draw a lab from a file: `packed` is gzipped JSON in base64, as page.py writes it. */
export async function openPage(packed, el) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stored = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const dress = () => { document.body.dataset.jpThemeLight = String(!dark.matches); };
  dark.addEventListener("change", dress);
  dress();
  render({ model: new Answers(stored), el });
}

export default { render };
