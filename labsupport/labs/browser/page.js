// A lab in a file of its own, as page.py writes it: no kernel, no network.

import { render } from "./lab.js";

/** Stands in for the kernel: knows what the lab answered at each value of its main control. */
class Answers {
  constructor({ traits, main, answers }) {
    Object.assign(this, { traits, main, answers, handlers: [], alone: true });
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
