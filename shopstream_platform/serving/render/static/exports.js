"use strict";

// What a panel shows, to take away: its figures as CSV, its chart as PNG.
// As spreadsheets of the language read it.
const [SEPARATOR, POINT] = locale.startsWith("fr") ? [";", ","] : [",", "."];
const FORMULA = /^[=+\-@\t\r]/;

function csvField(column, row) {
  const text = asData(() => String((column.data ?? column.text)(row) ?? "–"));
  // A spreadsheet would run a text that begins like a formula.
  const safe = column.number ? (text === "–" ? "" : text.replace(".", POINT)) : FORMULA.test(text) ? `'${text}` : text;
  return /["\n\r]/.test(safe) || safe.includes(SEPARATOR) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvOf(columns, rows) {
  const head = columns.map((column) => csvField({ text: () => column.title }));
  const lines = [head, ...rows.map((row) => columns.map((column) => csvField(column, row)))];
  // With the mark by which spreadsheets know UTF-8.
  return `\ufeff${lines.map((line) => line.join(SEPARATOR)).join("\r\n")}\r\n`;
}

function download(name, content, type) {
  const link = el("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const SCALE = 2;
const HEADING = { height: 40, left: 14, baseline: 25, font: "600 16px system-ui, sans-serif" };
async function pngOf(home) {
  const chart = home.querySelector(".canvas svg");
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const { width, height } = chart.getBoundingClientRect();
  // Outside of the page the colours' names mean nothing.
  const text = new XMLSerializer().serializeToString(chart).replace(/var\((--[\w-]+)\)/g, (_, name) => colour(name));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = el("canvas", { width: Math.ceil(width * SCALE), height: Math.ceil((height + HEADING.height) * SCALE) });
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.fillStyle = colour("--card");
  context.fillRect(0, 0, width, height + HEADING.height);
  context.fillStyle = colour("--ink");
  context.font = HEADING.font;
  context.fillText(home.querySelector("h2").textContent, HEADING.left, HEADING.baseline, width - 2 * HEADING.left);
  context.drawImage(image, 0, HEADING.height, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// `figures` gives the columns and rows of the moment.
function addExports(home, figures, { picture = false } = {}) {
  const name = `${document.body.dataset.page}-${home.dataset.block}`;
  const title = home.querySelector("h2").textContent;
  const button = (text, act) => {
    const node = el("button", { type: "button", "aria-label": t("download", { what: title, format: text }) }, text);
    node.addEventListener("click", act);
    return node;
  };
  const csv = button("CSV", () => {
    const { columns, rows } = figures();
    download(`${name}.csv`, csvOf(columns, rows), "text/csv;charset=utf-8");
  });
  const png = picture ? button("PNG", async () => download(`${name}.png`, await pngOf(home), "image/png")) : null;
  home.append(el("div", { class: "exports" }, csv, png));
}
