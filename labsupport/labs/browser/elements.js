// Elements of the page, made in one call each.

const SVG = "http://www.w3.org/2000/svg";
let named = 0;

/** Make an HTML element with attributes and children. */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element with attributes and children. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Give an element attributes – those that begin with "on" are handlers – and children. */
export function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A name for an element, unlike any other on a page with several labs. */
export function unique(name) {
  return `lab-${name}-${named++}`;
}
