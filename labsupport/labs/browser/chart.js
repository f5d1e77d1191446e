// Draws a chart as chart.py describes it. Labels stand where labels.py has put them; figure.py draws the same with matplotlib.

import { fill, svg, unique } from "./elements.js";

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

/** Break a text that is longer than there is room into two lines, near its middle. */
function broken(text, room, measure) {
  if (measure(text) <= room) return [text];
  const spaces = [...text].flatMap((letter, place) => (letter === " " ? [place] : []));
  if (!spaces.length) return [text];
  const off = (place) => Math.abs(2 * place - text.length);
  const place = spaces.reduce((one, other) => (off(other) < off(one) ? other : one));
  return [text.slice(0, place), text.slice(place + 1)];
}

/** The height at which the label of a mark that has no spot would like to stand in the right-hand margin, in units of y. */
function labelHeight(mark) {
  if (mark.spot || !mark.label || (mark.kind === "Points" && mark.names.length)) return null;
  if (mark.kind === "Spans") return mark.rows.at(-1);
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
  const lines = bars ? [] : broken(panel.y.title, height - 3.4 * em, measure);
  const left = bars ? widest(bars.categories) + em : widest(panel.y.ticks.map(([, text]) => text)) + (1.4 + 1.2 * lines.length) * em;
  const right = width - (bars ? em : widest(named.map((mark) => mark.label)) + em);
  const frame = { left, right, top: 3.4 * em, bottom: height - 3.2 * em, width, em };
  const x = scaleOf(panel.x, left, right);
  const y = panel.y && scaleOf(panel.y, frame.bottom, frame.top);
  const around = JSON.stringify([panel.title, panel.x, panel.y, frame]);
  const pieces = [[around, () => drawFrame(panel, frame, x, y, lines, measure)]];
  for (const mark of panel.marks) {
    const draw = mark.kind === "Bars" ? () => drawBars(mark, x, frame) : () => drawMark(mark, x, y, frame);
    pieces.push([around + JSON.stringify(mark), draw]);
  }
  if (y) pieces.push([around + JSON.stringify(panel.marks.map((mark) => [mark.label, mark.spot, mark.at, mark.names, mark.begins, mark.ends, labelHeight(mark)])), () => drawLabels(panel, named, x, y, frame, measure)]);
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
function drawFrame(panel, { left, right, top, bottom, width, em }, x, y, lines, measure) {
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
  const turned = (text, line) => svg("text", { transform: `translate(${(1 + 1.2 * line) * em},${middle}) rotate(-90)`, "text-anchor": "middle" }, text);
  group.append(...lines.map(turned));
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
    (mark.names ?? []).forEach((name, index) => {
      if (mark.kind === "Points") write(mark, name, { x: x(mark.x[index]), y: y(mark.y[index]) - 0.7 * em, "text-anchor": "middle" });
      else if (name) group.append(svg("text", { class: "lab-label", x: x((mark.begins[index] + mark.ends[index]) / 2), y: y(mark.rows[index]) + 0.35 * em, "text-anchor": "middle" }, name));
    });
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
    const widest = Math.max(...mark.left.map((edge, index) => x(mark.right[index]) - x(edge)));
    const narrow = mark.role !== "main" && mark.role !== "own" && widest < 0.015 * (right - left); // as in figure.py
    mark.heights.forEach((height, index) => box(x(mark.left[index]), x(mark.right[index]), Math.min(bottom, y(height)), bottom, narrow ? "column lab-narrow" : "column"));
  } else if (mark.kind === "Spans") {
    const half = 0.38; // of a row, as in figure.py
    mark.rows.forEach((row, index) => {
      const [high, low] = [y(row - half), y(row + half)];
      box(x(mark.begins[index]), x(mark.ends[index]), Math.min(high, low), Math.max(high, low), "column");
    });
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
export function drawChart(place, chart) {
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
  // no higher than half a screen, so that with larger type, too, the whole picture is seen below the slider that moves it
  const height = Math.min(24 * em, Math.max(17 * em, 0.62 * width), Math.max(14 * em, 0.5 * window.innerHeight));
  const rows = Array.from({ length: Math.ceil(chart.panels.length / columns) }, (_, row) => {
    const bars = chart.panels.slice(row * columns, (row + 1) * columns).flatMap((panel) => panel.marks).filter((mark) => mark.kind === "Bars");
    return Math.max(height, ...bars.map((each) => (2.3 * each.categories.length + 6.6) * em)); // a bar and the words above it need two lines
  });
  const picture = place.firstElementChild;
  fill(picture, { width: room, height: rows.reduce((all, each) => all + each, 0), "font-size": em }, []);
  while (picture.children.length <= chart.panels.length) picture.append(svg("g")); // the first child holds the stripes
  while (picture.children.length > chart.panels.length + 1) picture.lastElementChild.remove();
  chart.panels.forEach((panel, index) => {
    const group = picture.children[index + 1];
    const row = Math.floor(index / columns);
    const above = rows.slice(0, row).reduce((all, each) => all + each, 0);
    group.setAttribute("transform", `translate(${(index % columns) * (width + gap)},${above})`);
    refresh(group, piecesOf(panel, width, rows[row], em, style.fontFamily));
  });
}

/** An empty picture for `drawChart`, with the stripes that hatched bars are filled with. */
export function emptyChart() {
  const id = unique("stripes"); // one for each picture, since a browser finds none in a hidden one
  const stripes = svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  stripes.append(svg("rect", { class: "lab-stripe-ground", width: 6, height: 6 }), svg("rect", { class: "lab-stripe", width: 2.5, height: 6 }));
  return svg("svg", { role: "img", style: `--stripes: url(#${id})` }, svg("defs", {}, stripes));
}
