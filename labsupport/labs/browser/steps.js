// Plays a story of steps, as steps.py tells it.

import { html } from "./elements.js";

const PACE = 1000; // milliseconds between two steps while playing: slow enough to read the sentence

/** Plays a story of steps: what came, what the store holds, what went out and why. Needs no kernel. */
export function drawSteps(place, story, timers) {
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
  const longest = (texts) => Math.max(0, ...texts.map((text) => text.length)); // all are as wide as the widest, so that nothing jumps
  tape.style.setProperty("--longest", longest(story.steps.map(([label]) => label)));
  store.style.setProperty("--longest", longest(story.steps.flatMap(([, , contents]) => contents)));
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
