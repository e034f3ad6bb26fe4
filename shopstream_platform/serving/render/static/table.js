"use strict";

// Tables that can be sorted and searched; long ones grow by request.
const ROWS_ON_A_PHONE = 8;
const isPhone = matchMedia("(max-width: 560px)").matches;

function makeTable(name, columns, { search = false, sort, descending = true, perPage = 15 }) {
  const home = panel(name);
  const firstRows = isPhone ? ROWS_ON_A_PHONE : perPage;
  const table = { rows: [], shown: firstRows, sort, descending, words: "" };
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
    table.shown += 4 * firstRows;
    draw();
  });
  const count = el("p", { class: "count", "aria-live": "polite" });
  if (search) home.querySelector(".tools").append(searchBox(name, find));
  home.querySelector(".tools").append(count);
  home.querySelector(".scroll").replaceChildren(el("table", {}, el("thead", {}, el("tr", {}, ...headers)), body));
  home.append(more);
  addExports(home, () => ({ columns, rows: found() }));

  function found() {
    return sorted(table, columns, table.rows.filter((row) => matches(row, columns, table.words)));
  }

  function draw() {
    const rows = found();
    const visible = rows.slice(0, table.shown);
    body.replaceChildren(...visible.map((row) => el("tr", {}, ...columns.map((column) => cell(column, row)))));
    for (const header of headers) {
      const isSorted = header.dataset.key === table.sort;
      header.setAttribute("aria-sort", isSorted ? (table.descending ? "descending" : "ascending") : "none");
    }
    count.textContent = plural(`${name}_count`, rows.length);
    more.hidden = rows.length <= table.shown;
    home.classList.toggle("is-empty", rows.length === 0);
    home.querySelector(".empty p").textContent = rows.length ? "" : t(table.words ? "empty_search" : `${name}_empty`);
  }

  function find(words) {
    table.words = plainText(words);
    table.shown = firstRows;
    draw();
  }

  return (rows) => {
    table.rows = rows;
    table.shown = firstRows;
    draw();
  };
}

function searchBox(name, find) {
  const input = el("input", { type: "search", id: `search-${name}`, placeholder: t("search_placeholder"), autocomplete: "off" });
  input.addEventListener("input", () => find(input.value));
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
  const node = el("td", { class: column.number ? "n" : column.isName ? "name" : null, "data-title": column.title }, content);
  if (column.bar) {
    const bar = el("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(column.bar(row)));
    node.append(bar);
  }
  return node;
}
