"use strict";

// Tables that can be sorted and searched; long ones grow by request.
const PAGE_ROWS = matchMedia("(max-width: 560px)").matches ? 8 : 15;

function makeTable(name, columns, { search = false, sort = null, descending = true } = {}) {
  const home = panel(name);
  const table = { rows: [], shown: PAGE_ROWS, sort, descending, words: "" };
  const body = el("tbody");
  const headers = columns.map((column) => {
    const button = el("button", { type: "button" }, column.title);
    button.addEventListener("click", () => {
      const again = table.sort === column.key;
      table.descending = again ? !table.descending : Boolean(column.number);
      table.sort = column.key;
      draw();
    });
    return el("th", { scope: "col", class: column.number ? "n" : null, "data-key": column.key }, button);
  });
  const more = el("button", { type: "button", class: "more" }, t("show_more"));
  more.addEventListener("click", () => {
    table.shown += 4 * PAGE_ROWS;
    draw();
  });
  const count = el("p", { class: "count", "aria-live": "polite" });
  if (search) home.querySelector(".tools").append(searchBox(name, table, draw));
  home.querySelector(".tools").append(count);
  home.querySelector(".scroll").replaceChildren(el("table", {}, el("thead", {}, el("tr", {}, ...headers)), body));
  home.append(more);

  function draw() {
    const found = sorted(table, columns, table.rows.filter((row) => matches(row, columns, table.words)));
    const visible = found.slice(0, table.shown);
    body.replaceChildren(...visible.map((row) => el("tr", {}, ...columns.map((column) => cell(column, row)))));
    for (const header of headers) {
      const isSorted = header.dataset.key === table.sort;
      header.setAttribute("aria-sort", isSorted ? (table.descending ? "descending" : "ascending") : "none");
    }
    count.textContent = plural(`${name}_count`, found.length);
    more.hidden = found.length <= table.shown;
    home.classList.toggle("is-empty", found.length === 0);
    home.querySelector(".empty p").textContent = found.length ? "" : t(table.words ? "empty_search" : `${name}_empty`);
  }

  return (rows) => {
    table.rows = rows;
    table.shown = PAGE_ROWS;
    draw();
  };
}

function searchBox(name, table, draw) {
  const input = el("input", { type: "search", id: `search-${name}`, placeholder: t("search_placeholder"), autocomplete: "off" });
  input.addEventListener("input", () => {
    table.words = plainText(input.value);
    table.shown = PAGE_ROWS;
    draw();
  });
  return el("label", { class: "search" }, el("span", {}, t("search")), input);
}

const plainText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
const matches = (row, columns, words) =>
  !words || columns.some((column) => column.searched && plainText(String(column.text(row))).includes(words));

function sorted(table, columns, rows) {
  const column = columns.find((one) => one.key === table.sort);
  if (!column) return rows;
  const direction = table.descending ? -1 : 1;
  const value = column.value ?? ((row) => row[column.key]);
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, locale, { numeric: true }) : a - b);
  return [...rows].sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    // What has no value is last either way.
    if (a === null || b === null) return (a === null) - (b === null);
    return direction * compare(a, b);
  });
}

function cell(column, row) {
  const text = String(column.text(row));
  const content = column.tag ? el("span", { class: `tag ${column.tag(row)}` }, text) : text;
  const node = el("td", { class: column.number ? "n" : column.key === "name" ? "name" : null, "data-title": column.title }, content);
  if (column.bar) {
    const bar = el("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(column.bar(row)));
    node.append(bar);
  }
  return node;
}
