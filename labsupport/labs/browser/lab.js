// A lab: puts controls, scene, chart, sentence, steps and table together, and keeps them as the model says.

import { drawChart, emptyChart } from "./chart.js";
import { drawControl } from "./controls.js";
import { html } from "./elements.js";
import { Player } from "./player.js";
import { drawSteps } from "./steps.js";
import { drawTable } from "./table.js";

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

export function render({ model, el }) {
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
  /** Do what a click on a station does: set its controls, or move its choice to the next option. */
  const press = ({ control: name, sets }) => {
    if (!name) return set(sets);
    const words = model.get("_controls").find((control) => control.name === name).options.map(([word]) => word);
    set({ [name]: words[(words.indexOf(model.get(name)) + 1) % words.length] });
  };
  const player = new Player(stage, model.alone ? null : press, say);
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

  const alone = Boolean(model.alone); // without a kernel, only the main control has answers
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
  const themes = new MutationObserver(() => player.resize()); // a canvas keeps the inks it was painted with
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });

  return () => {
    for (const [name, handler] of listeners) model.off(name, handler);
    removeEventListener(Type.event, dress);
    watcher.disconnect();
    themes.disconnect();
    cancelAnimationFrame(timers.frame);
    clearTimeout(timers.speech);
    clearTimeout(timers.silence);
    clearInterval(timers.steps);
    player.stop();
  };
}

export default { render };
