"use strict";

// Cards: a figure, how it changed, and its course as a small line.
function drawCard(name, card) {
  const home = document.querySelector(`[data-card="${name}"]`);
  const value = home.querySelector(".value");
  value.textContent = card.value === null ? "–" : card.text;
  value.dataset.value = card.value === null ? "" : String(card.value);
  home.querySelector(".change").replaceChildren(...changeOf(card.change));
  home.querySelector(".note").textContent = card.note ?? "";
  home.querySelector(".spark").replaceChildren(...sparkOf(card.spark ?? []));
}

// `better`: 1 if more is better, -1 if less is, 0 if neither.
function changeOf(change) {
  if (typeof change?.value !== "number") return change?.none ? [el("span", { class: "none" }, change.none)] : [];
  const { value, text, against, better = 1 } = change;
  const direction = change.isNothing ? 0 : Math.sign(value);
  const mood = direction * better > 0 ? "good" : direction * better < 0 ? "bad" : "even";
  const arrow = direction > 0 ? "▲" : direction < 0 ? "▼" : "=";
  return [el("b", { class: mood }, `${arrow} ${text}`), el("span", {}, ` ${against}`)];
}

const SPARK = { width: 120, height: 30, margin: 3 };
function sparkOf(values) {
  if (values.length < 3) return [];
  const { width, height, margin } = SPARK;
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const points = values.map((value, i) => [
    margin + (i * (width - 2 * margin)) / (values.length - 1),
    height - margin - ((value - low) / range) * (height - 2 * margin),
  ]);
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return [
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", preserveAspectRatio: "none" },
      svg("polyline", { points: path, class: "course", "vector-effect": "non-scaling-stroke" }),
    ),
  ];
}

// As it is written: "▲ 0.0%" would be neither good nor bad.
const isNoChange = (share) => formats.rate.format(Math.abs(share)) === formats.rate.format(0);
const change = (now, before, against, better = 1) => {
  // Of a sum that is not positive there is no growth.
  const value = before > 0 ? now / before - 1 : null;
  return { value, text: value === null ? "" : formats.rate.format(Math.abs(value)), against, better, isNothing: value !== null && isNoChange(value) };
};
const changeInPoints = (now, before, against, better) => {
  const value = now === null || before === null ? null : now - before;
  const text = value === null ? "" : t("points", { count: formats.tenths.format(Math.abs(value * 100)) });
  return { value, text, against, better, isNothing: value !== null && isNoChange(value) };
};
