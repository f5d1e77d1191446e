// Shows the numbers behind the picture, and gives them away as a file.

import { html } from "./elements.js";

/** The numbers behind the picture: rows to read, and a file to keep. */
export function drawTable(place, table, name) {
  const head = html("tr", {}, ...table.columns.map((column) => html("th", { scope: "col" }, column)));
  const rows = table.data.map((row) => html("tr", {}, ...row.map((value) => html("td", {}, String(value ?? "")))));
  const csv = [table.columns, ...table.data].map((row) => row.map((value) => JSON.stringify(value ?? "")).join(",")).join("\n");
  const save = html("a", { href: `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`, download: `${name}.csv` }, "Download as CSV");
  const box = html("div", { class: "lab-table", tabindex: "0", role: "region", "aria-label": "Table of the numbers" });
  box.append(html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows)));
  place.replaceChildren(save, box);
}
