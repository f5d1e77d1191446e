// Draws the controls that controls.py declares.

import { html, unique } from "./elements.js";

/** A control of the model, with what sends a value: returns its element and a function that shows the model's value. */
export function drawControl(control, model, send) {
  const id = unique("control");
  if (control.kind === "choice") {
    const options = control.options.map(([word, text]) => html("option", { value: word }, text));
    const select = html("select", { id, "data-lm-suppress-shortcuts": "true", onchange: () => send(select.value) }, ...options);
    const box = html("div", { class: "lab-control" }, html("label", { for: id }, control.label), select);
    return [box, () => { select.value = model.get(control.name); }];
  }
  const last = control.stops.length - 1;
  const words = (value) => `${value.toLocaleString("en", { maximumSignificantDigits: 6 })}${control.unit ? ` ${control.unit}` : ""}`;
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
