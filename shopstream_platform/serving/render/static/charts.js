"use strict";

// Charts: specifications made by Altair, rows made here. One view a chart; rows are replaced when a filter changes.
const drawings = new Map();

const embedOptions = {
  mode: "vega",
  ast: true, // interprets expressions, so that the page needs no eval
  actions: false,
  defaultStyle: false,
  renderer: "svg",
  formatLocale: payload.formats.number,
  timeFormatLocale: payload.formats.time,
  tooltip: showTooltip,
  logLevel: 1,
};

function panel(name) {
  return document.querySelector(`[data-block="${name}"]`);
}

function drawChart(name, drawing) {
  const home = panel(name);
  const state = drawings.get(name) ?? { queue: Promise.resolve(), view: null };
  drawings.set(name, state);
  const { rows, values = rows, alt = [], columns, empty, subtitle, signals = {} } = drawing;
  const canvas = home.querySelector(".canvas");
  const isEmpty = values.length === 0;
  home.classList.toggle("is-empty", isEmpty);
  home.querySelector(".empty p").textContent = isEmpty ? (empty ?? t("empty_selection")) : "";
  if (subtitle) home.querySelector(".subtitle").textContent = subtitle;
  if (drawing.title) home.querySelector("h2").textContent = drawing.title;
  drawAnswer(home, drawing);
  const title = home.querySelector("h2").textContent;
  canvas.setAttribute("aria-label", [title, ...(alt.length ? alt : values.map((row) => row.tip.replaceAll("\n", ", ")))].slice(0, 26).join("; "));
  drawRowsOf(home, columns, values);
  if (columns && !state.figures) addExports(home, () => state.figures, { picture: true });
  state.figures = { columns, rows: values };
  state.pick = drawing.pick;
  home.classList.toggle("pickable", Boolean(drawing.pick));
  if (isEmpty) return state.queue;
  state.queue = state.queue.then(() => (state.view ? update(state.view, rows, signals) : embed(state, canvas, name, rows, signals))).then(() => letKeysScroll(home));
  return state.queue;
}

// A question's answer as a sentence, and the way to the page that knows more.
function drawAnswer(home, { answer, further }) {
  if (answer) home.querySelector(".answer").textContent = answer;
  if (further) home.querySelector(".further").replaceChildren(el("a", { href: addressOf(further.page, further.choice) }, further.text));
}

// What is wider than its panel is scrolled by keys, too.
function letKeysScroll(home) {
  const scroller = home.querySelector(".scroller");
  if (scroller.scrollWidth > scroller.clientWidth) scroller.tabIndex = 0;
  else scroller.removeAttribute("tabindex");
}

// A window that is made narrower, or a telephone that is turned.
const widths = new ResizeObserver((entries) => entries.forEach(({ target }) => letKeysScroll(target.closest("[data-block]"))));

async function embed(state, canvas, name, rows, signals) {
  const spec = structuredClone(payload.charts[name]);
  spec.data.find((source) => source.name === "rows").values = rows;
  for (const axis of spec.axes ?? []) {
    if (axis.title?.startsWith(payload.title_mark)) axis.title = t(axis.title.slice(payload.title_mark.length));
  }
  for (const signal of spec.signals ?? []) {
    if (Object.hasOwn(signals, signal.name)) signal.value = signals[signal.name];
  }
  // In a box of its own: Vega writes its role and a label of its own on it, and would have the parts read one by one.
  const box = el("div", { "aria-hidden": "true" });
  canvas.replaceChildren(box);
  const { view } = await vegaEmbed(box, spec, embedOptions);
  view.addEventListener("click", (event, item) => isPoint(item) && state.pick?.(item.datum));
  state.view = view;
  widths.observe(canvas.closest(".scroller"));
}

// An area or a line is all of its rows at once.
const isPoint = (item) => Boolean(item?.datum?.tip) && !["area", "line"].includes(item.mark?.marktype);

async function update(view, rows, signals) {
  for (const [name, value] of Object.entries(signals)) view.signal(name, value);
  view.data("rows", rows);
  await view.resize().runAsync();
}

// The figures behind a chart, as a table for those who cannot or would rather not see it.
function drawRowsOf(home, columns, values) {
  const details = home.querySelector("details.rows");
  if (!columns) return;
  const render = () => {
    const head = el("tr", {}, ...columns.map((column) => el("th", { scope: "col", class: column.number ? "n" : null }, column.title)));
    const body = values.map((row) =>
      el("tr", {}, ...columns.map((column) => el("td", { class: column.number ? "n" : null }, String(column.text(row))))),
    );
    const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...body));
    details.querySelector(".scroll").replaceChildren(table);
  };
  details.ontoggle = () => details.open && render();
  if (details.open) render();
}

// The tooltip: first line bold, then one line a figure.
const tooltip = el("div", { class: "tooltip", role: "presentation", hidden: true });
document.body.append(tooltip);
function showTooltip(handler, event, item, value) {
  if (!value) {
    tooltip.hidden = true;
    return;
  }
  const text = String(typeof value === "object" ? Object.values(value)[0] : value);
  const [first, ...others] = text.split("\n");
  const hint = event.target.closest?.(".pickable") && item?.datum?.word !== null ? el("span", { class: "hint" }, t("click_to_filter")) : null;
  tooltip.replaceChildren(el("b", {}, first), ...others.map((line) => el("span", {}, line)), ...(hint ? [hint] : []));
  tooltip.hidden = false;
  const { width, height } = tooltip.getBoundingClientRect();
  const x = Math.min(event.clientX + 14, innerWidth - width - 8);
  const y = event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18;
  tooltip.style.left = `${Math.max(x, 8)}px`;
  tooltip.style.top = `${Math.max(y, 8)}px`;
}
addEventListener("scroll", () => (tooltip.hidden = true), { passive: true });

// A line's rows: solid between whole periods, dashed to one that is not, a point for each.
function courseRows(values) {
  const part = (rows, line) => rows.map((row) => ({ ...row, line, point: false }));
  const running = values.findIndex((row) => row.period.running);
  const points = values.map((row, i) => ({ ...row, line: "none", point: true, size: values.length > 60 ? 16 : i === values.length - 1 ? 70 : 46 }));
  return [
    ...part(values.filter((row) => !row.partial), "whole"),
    ...part(values[0]?.period.cut || values[0]?.period.begins ? values.slice(0, 2) : [], "cut"),
    ...part(running < 0 ? [] : values.slice(Math.max(running - 1, 0)), "running"),
    ...points,
  ];
}

const peakOf = (values) => ({ peak: Math.max(...values, 1e-9) });
