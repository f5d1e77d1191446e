// What is where at any time of a scene, as scene.py sends it.

export const FALL = 0.03; // share of the scene's length for which a lost thing is seen falling

/** A scene unpacked, which knows what is where at any time. Times are whole steps from 0 to `last`. */
export class Film {
  constructor(scene) {
    Object.assign(this, scene);
    this.stations = scene.stations.map((station) => ({ ...scene.plain, ...station }));
    const stays = scene.stays;
    for (const [name, packed] of Object.entries(scene.columns)) {
      const wide = name === "spots" ? 2 * stays : stays;
      if (typeof packed === "number") this[name] = new Uint16Array(wide).fill(packed); // all alike
      else {
        const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
        this[name] = bytes.length === wide ? bytes : new Uint16Array(bytes.buffer);
      }
    }
    let last = 0;
    this.thing = Uint16Array.from(this.thing, (further) => { last += further; return last; });
    if (this.value) this.value = Float64Array.from(this.value, (steps) => (steps > scene.last ? NaN : scene.scale[0] + steps * scene.scale[1]));
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

  /** A time in words, to the ten-thousandth of the scene's largest: finer than that, a start at 0 may come out as a little less. */
  clock(time) {
    const [first, last] = [0, this.last].map((each) => this.start + each * this.step);
    const finest = 10 ** (Math.floor(Math.log10(Math.max(Math.abs(first), Math.abs(last)) || 1)) - 4);
    const shown = Math.round((first + time * this.step) / finest) * finest + 0; // no −0
    return `${shown.toLocaleString("en", { maximumSignificantDigits: 4 })} ${this.unit}`;
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
      else if (this.enter[row] === time) said.push(`${who} ${this.next[row - 1] === row && this.station[row - 1] === this.station[row] ? "moves within" : "comes to"} ${where}`);
      else if (this.leave[row] === time && this.enter[this.next[row]] !== time) said.push(`${who} leaves ${where}`);
    }
    for (const [when, station, state] of this.changes) if (when === time) said.push(`${this.stations[station].name} is ${state}`);
    const more = said.length - 3;
    return `${this.clock(time)}: ${said.slice(0, 3).join(", ") || "nothing"}${more > 0 ? `, and ${more} more` : ""}.`;
  }
}
