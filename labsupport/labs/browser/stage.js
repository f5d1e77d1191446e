// Where things stand: queues, heaps and spots, in pixels.

/** Where things stand on a stage of a given size, in pixels. */
export class Stage {
  /** The legend takes `lines` lines. */
  constructor(film, width, em, lines) {
    const [pad, words] = [1.6 * em, 14 * em]; // words stand to the right of queues
    const legend = 1.5 * em * lines;
    const rows = [...new Set(film.stations.map((station) => station.y))].sort((a, b) => a - b);
    // a single row of stations needs no more than a band, unless things gather around one of them or stand at spots of their own
    const band = rows.length === 1 && !film.spots && film.stations.every(({ layout, queue }) => layout === "queue" && (queue === "left" || queue === "right"));
    const full = Math.min(22 * em, 0.45 * window.innerHeight, (width - 2 * pad) / film.shape);
    this.high = band ? Math.min(full, 7 * em) : full;
    this.height = this.high + 2 * pad + legend;
    this.wide = film.ring ? this.high * film.shape : Math.min(width - pad - words, 3.5 * full); // a ring must stay round
    this.left = film.ring ? (width - this.wide) / 2 : Math.max(2 * pad, (width - this.wide - words) / 2);
    [this.top, this.width, this.em] = [pad, width, em];
    this.middles = film.stations.map((station) => [this.left + station.x * this.wide, this.top + (band ? 0.5 : station.y) * this.high]);
    const gap = full * Math.min(1, ...rows.slice(1).map((y, index) => y - rows[index]));
    this.largest = Math.max(3, Math.min(0.03 * full * Math.min(1, Math.sqrt(200 / film.things)), 0.3 * gap));
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
