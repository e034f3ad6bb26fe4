"use strict";

// Draws the page: whatever it shows is computed from its data and the filters, by `compute` of the page's own script.
let drawn = 0;
async function refresh() {
  const turn = ++drawn;
  document.body.dataset.state = "drawing";
  tooltip.hidden = true;
  const view = compute();
  document.getElementById("headline").textContent = view.headline;
  for (const [name, card] of Object.entries(view.cards)) drawCard(name, card);
  for (const [name, rows] of Object.entries(view.tables ?? {})) tables[name](rows);
  await Promise.all(Object.entries(view.charts).map(([name, drawing]) => drawChart(name, drawing)));
  if (turn === drawn) document.body.dataset.state = "ready";
}

fillSelect("country", data.countries ?? [], t("all_countries"));
fillSelect("category", data.categories ?? [], t("all_categories"));
fillSelect("abc_class", data.classes ?? [], t("all_classes"));
setUpPeriod();
document.getElementById("reset")?.addEventListener("click", () => {
  setState(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, typeof value === "string" ? "" : null])));
});
addEventListener("hashchange", () => {
  readAddress();
  refresh();
});
readAddress();
drawQuality();
// On a phone the pages' names are wider than the screen.
document.querySelector("nav [aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
refresh();
