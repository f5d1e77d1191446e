// Plays a scene on a canvas: buttons, clock and drawing.

import { html } from "./elements.js";
import { FALL, Film } from "./film.js";
import { Stage } from "./stage.js";

/** The shapes of the kinds, as corners and a turn: circle, square, diamond, triangles, hexagon; and their colours in lab.css. */
const SHAPES = [[0, 0], [4, Math.PI / 4], [4, 0], [3, -Math.PI / 2], [3, Math.PI / 2], [6, 0]];
const INKS = ["main", "theory", "kept", "prediction", "measurement", "reference"];
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const GLIDE = 70; // milliseconds in which a thing goes two thirds of the way to its new place
const LISTED = 1000; // milliseconds between two changes of the list that screen readers find

/** Plays a scene on a canvas. Needs no kernel. `press` is told which station was clicked, `say` what to speak. */
export class Player {
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
    this.hint.textContent = this.press && this.film.stations.some((station) => Player.moves(station)) ? "Click a station to change it, or use its control above." : "";
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
    const [width, em] = [this.place.clientWidth, 0.93 * parseFloat(style.fontSize)];
    const font = `${em}px ${this.family}`;
    this.pen = Object.assign(this.canvas.getContext("2d", { alpha: false }), { font });
    this.legend = this.film.kinds.length > 1 ? this.laidOut(width, em) : [];
    this.stage = new Stage(this.film, width, em, (this.legend.at(-1)?.line ?? -1) + 1);
    this.pen = Object.assign(this.sharpen(this.canvas, this.stage.height), { font });
    this.brief = this.crowded();
    this.stripPen = this.sharpen(this.strip, 9 * this.stage.em);
    this.draw(true);
  }

  /** Say where each kind stands in the legend, which has as many lines as it needs. */
  laidOut(width, em) {
    let [x, line] = [em, 0];
    return this.film.kinds.map((words) => {
      const room = this.pen.measureText(words).width;
      if (x + 0.9 * em + room > width && x > em) [x, line] = [em, line + 1];
      const place = { x, line };
      x += room + 3 * em;
      return place;
    });
  }

  /** Say of each station whether there is no room for more than its name: its words would cover another's, or its box. Heaps are all alike. */
  crowded() {
    const { film, stage, pen } = this;
    const boxes = film.stations.map((_, index) => {
      const [[x, y], [across, up]] = [stage.middles[index], stage.box(index)];
      return [x - across, y - up, x + across, y + up];
    });
    const wordsOf = (index, label) => {
      const [x, y, align] = this.spot(index, 0);
      const room = pen.measureText([`${film.stations[index].name}: 00`, label].filter(Boolean).join(" · ")).width;
      const left = align === "left" ? x : this.inside(align === "center" ? x - room / 2 : x - room, room);
      return [left, y - 0.6 * stage.em, left + room, y + 0.6 * stage.em];
    };
    const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
    const words = film.stations.map(({ label }, index) => wordsOf(index, label));
    const brief = film.stations.map((_, index) => {
      const wrong = words.some((other, place) => place !== index && (meet(words[index], other) || meet(words[index], boxes[place])));
      if (wrong) words[index] = wordsOf(index, "");
      return wrong;
    });
    const heaps = film.stations.some(({ layout }, index) => layout === "heap" && brief[index]);
    return film.stations.map(({ layout }, index) => brief[index] || (layout === "heap" && heaps));
  }

  /** Where a text must begin so as to be wholly on the stage, if it would like to begin at `x`. */
  inside(x, room) {
    return Math.max(0, Math.min(x, this.stage.width - room));
  }

  sharpen(canvas, height) {
    const dots = window.devicePixelRatio;
    const [width, high] = [Math.round(this.stage.width * dots), Math.round(height * dots)];
    if (canvas.width !== width || canvas.height !== high) Object.assign(canvas, { width, height: high });
    Object.assign(canvas.style, { width: `${this.stage.width}px`, height: `${height}px` });
    const drawing = canvas.getContext("2d", { alpha: false }); // nothing shines through, which is quicker to show
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
    pen.fillStyle = this.inks.ground;
    pen.fillRect(0, 0, stage.width + 1, stage.height + 1);
    pen.font = `${stage.em}px ${this.family}`;
    pen.textBaseline = "middle";
    const here = film.standing(this.time);
    const states = film.states(this.time);
    this.drawStations(states);
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
    film.stations.forEach((station, index) => this.name(station, index, states[index]));
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

  /** Draw a station; return the box in which a click meets it, with its words beside it. */
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
    pen.strokeStyle = { up: inks.edge, slow: inks.theory, down: inks.wrong, absent: inks.edge }[state];
    pen.setLineDash({ slow: [5, 3], absent: [2, 3] }[state] ?? []);
    pen.stroke();
    pen.setLineDash([]);
    if (state === "down") this.drawCross(x, y, 0.9 * Math.min(across, up));
    if (station.layout === "heap") {
      const reach = stage.spread(film.count[index]) + stage.em;
      return [x - reach, y - reach, x + reach, y + reach];
    }
    return [x - across - 4, y - up - 4, Player.named(station) === "right" ? stage.width : x + across + 4, y + up + 4];
  }

  /** Whether a station that is not a heap has its name to the right of it or below. */
  static named(station) {
    return station.queue === "left" && station.slots > 0 ? "right" : "below";
  }

  /** Write a station's name, count and state: in front of the things, so that it can be read. */
  name(station, index, state) {
    const { film, stage } = this;
    const label = this.brief[index] ? "" : station.label;
    const known = state === "up" || label.includes(state) || (state === "absent" && label); // a label says why
    const words = [label, known ? "" : state].filter(Boolean).join(", ");
    const many = film.count[index] > 3 ? ` (${film.count[index]})` : "";
    const count = station.layout === "heap" ? `: ${film.count[index]}` : many;
    const [x, y, align] = this.spot(index, film.count[index]);
    this.write([station.name + count, words].filter(Boolean).join(" · "), x, y, align, Player.named(station) === "right" ? stage.width - x : undefined);
  }

  /** Where a station's words stand, and whether they begin, are centred or end there: beside or below its box; of a heap, beyond it. */
  spot(index, count) {
    const { film, stage } = this;
    const station = film.stations[index];
    const [x, y] = stage.middles[index];
    const [across, up] = stage.box(index);
    if (station.layout === "heap") {
      const reach = stage.spread(count) + stage.em;
      const [fromX, fromY] = film.ring ? [x - stage.left - film.ring[0] * stage.wide, y - stage.top - film.ring[1] * stage.high] : [0, 1];
      const length = Math.hypot(fromX, fromY) || 1;
      const [towardsX, towardsY] = [fromX / length, fromY / length];
      return [x + towardsX * reach, y + towardsY * reach, Math.abs(towardsX) < 0.3 ? "center" : towardsX > 0 ? "left" : "right"];
    }
    return Player.named(station) === "right" ? [x + across + 0.6 * stage.em, y, "left"] : [x, y + up + stage.em, "center"];
  }

  /** Write words on a rim in the colour of the ground, which keeps them apart from lines and things behind them; none leaves the stage. */
  write(words, place, y, align, room) {
    const { pen, inks, stage } = this;
    const length = Math.min(pen.measureText(words).width, room ?? Infinity);
    const x = this.inside(place - { left: 0, center: length / 2, right: length }[align], length);
    pen.textAlign = "left";
    pen.strokeStyle = inks.ground;
    pen.lineWidth = 0.35 * stage.em;
    pen.lineJoin = "round";
    pen.strokeText(words, x, y, room);
    pen.fillStyle = inks.text;
    pen.fillText(words, x, y, room);
  }

  drawLegend() {
    const { film, stage, pen } = this;
    const last = this.legend.at(-1).line;
    pen.textAlign = "left";
    this.legend.forEach(({ x, line }, kind) => {
      const y = stage.height - (1 + 1.5 * (last - line)) * stage.em;
      this.drawThing(kind, x, y, 0.4 * stage.em);
      pen.fillStyle = this.inks.text;
      pen.fillText(film.kinds[kind], x + 0.9 * stage.em, y);
    });
  }

  /** Draw every value measured so far at its time, with the running median and 99th percentile. */
  drawStrip() {
    const { film, stage, stripPen: pen, inks } = this;
    const { em, width } = stage;
    const [left, right, top, bottom] = [0, width - 9 * em, 0.5 * em, 8 * em];
    const x = (time) => left + (time / film.last) * (right - left);
    const y = (value) => bottom - (value / film.largest) * (bottom - top);
    pen.fillStyle = inks.ground;
    pen.fillRect(0, 0, width + 1, 9 * em + 1);
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
    if (this.playing && now - (this.listed ?? 0) < LISTED) return;
    this.listed = now;
    const states = film.states(this.time);
    const rows = film.stations.flatMap(({ name, label }, index) => [
      html("dt", {}, [name, label].filter(Boolean).join(", ")), html("dd", {}, `${states[index]}, ${film.count[index]} there`),
    ]);
    this.list.replaceChildren(...rows);
  }

  /** Whether a click on a station moves a control. */
  static moves(station) {
    return Boolean(station.control || Object.keys(station.sets).length);
  }

  /** The station under the pointer, if a click moves it. */
  under(event) {
    const within = ([left, top, right, bottom]) => event.offsetX >= left && event.offsetX <= right && event.offsetY >= top && event.offsetY <= bottom;
    const station = this.press && this.film.stations[this.boxes.findIndex(within)];
    return station && Player.moves(station) ? station : null;
  }

  click(event) {
    const station = this.under(event);
    if (station) this.press(station);
  }

  hover(event) {
    this.canvas.style.cursor = this.under(event) ? "pointer" : "default";
  }
}
