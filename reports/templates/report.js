"use strict";
// Sort buttons, a filter box for each long table, and opening what a link leads into. Without it, nothing is missing.
(function () {
  const said = document.body.dataset;
  const ORDER = said.order.split("|");

  function key(row, at, kind) {
    const text = row.cells[at].textContent.trim();
    if (kind === "k-number") return text === "" ? -Infinity : Number(text);
    if (kind === "k-mark") {
      const rank = ORDER.indexOf(text);
      return rank < 0 ? text : String.fromCharCode(33 + rank);
    }
    return text.toLowerCase();
  }

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), document.documentElement.lang, { numeric: true });
  }

  function sort(table, header, at) {
    const descending = header.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row, order) => ({ row, order, key: key(row, at, header.classList[0]) }));
    keyed.sort((a, b) => (descending ? compare(b.key, a.key) : compare(a.key, b.key)) || a.order - b.order);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    body.append(...keyed.map((one) => one.row));
  }

  function makeSortable(table) {
    Array.from(table.tHead.rows[0].cells, (header, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = header.textContent;
      button.addEventListener("click", () => sort(table, header, at));
      const printed = document.createElement("span"); // a button is not repeated at the head of each printed page
      printed.className = "printed";
      printed.textContent = header.textContent;
      header.replaceChildren(button, printed);
    });
  }

  function makeFilter(table) {
    const rows = Array.from(table.tBodies[0].rows);
    if (rows.length < 8) return;
    const label = document.createElement("label");
    const input = document.createElement("input");
    const count = document.createElement("span");
    let texts = null;
    label.className = "filter";
    input.type = "search";
    count.setAttribute("role", "status");
    label.append(said.filter + " ", input, count);
    input.addEventListener("input", () => {
      texts = texts || rows.map((row) => row.textContent.toLowerCase());
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, at) => {
        row.hidden = !wanted.every((word) => texts[at].includes(word));
        if (!row.hidden) shown += 1;
      });
      count.textContent = wanted.length ? shown + " " + said.of + " " + rows.length : "";
    });
    table.closest(".frame").before(label);
  }

  // A link may lead into a closed block or to a row that the filter hides.
  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const row = target.closest("tr");
    const block = target.closest("details");
    if (row) row.hidden = false;
    if (block) block.open = true;
    target.scrollIntoView({ block: "center" });
  }

  for (const table of document.querySelectorAll("table.rows")) {
    makeSortable(table);
    makeFilter(table);
  }
  window.addEventListener("hashchange", reveal);
  reveal();
})();
