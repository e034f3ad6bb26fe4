"use strict";

// Filters: their state is in the address, so that a view can be sent to somebody.
const state = {};
// What was chosen on another page and this one has no filter for: it goes on with the reader.
let carried = [];
const FILTERS = new Set(["from", "to", "compare", "vs_from", "vs_to", "country", "category", "abc_class"]);
const OF_DAYS = new Set(["from", "to", "vs_from", "vs_to"]);
const PRESETS = { days_30: 30, days_90: 90, months_12: 365 };

const control = (name) => document.getElementById(`filter-${name}`);

function fillSelect(name, words, all) {
  const select = control(name);
  if (!select) return;
  const options = words.map((word) => [word, label(word)]).sort((a, b) => a[1].localeCompare(b[1], locale));
  select.replaceChildren(el("option", { value: "" }, all), ...options.map(([value, text]) => el("option", { value }, text)));
  select.addEventListener("change", () => setState({ [name]: select.value }));
}

function setUpPeriod() {
  if (!control("from") || data.first === null) return;
  for (const name of OF_DAYS) {
    control(name).min = isoDay(data.first);
    control(name).max = isoDay(data.last);
    control(name).addEventListener("change", () => setState({ [name]: parseDay(control(name).value) }));
  }
  control("compare").addEventListener("change", () => setState(comparisonOf(control("compare").value)));
  for (const button of document.querySelectorAll("[data-preset]")) {
    button.addEventListener("click", () => setState(presetOf(button.dataset.preset)));
  }
}

function presetOf(name) {
  if (name === "all") return { from: null, to: null };
  return { from: Math.max(data.last - PRESETS[name] + 1, data.first), to: data.last };
}

// A choice as the address has it.
function queryOf(choice, more = []) {
  const chosen = Object.entries(choice).filter(([, value]) => value !== null && value !== "");
  const own = chosen.map(([name, value]) => [name, OF_DAYS.has(name) ? isoDay(value) : value]);
  return new URLSearchParams([...own, ...more]).toString();
}

// Another page with this choice, and with what was chosen before and it does not say.
function addressOf(page, choice) {
  const query = queryOf(choice, carried.filter(([name]) => !Object.hasOwn(choice, name)));
  return `${page}${payload.suffix}.html${query ? `#${query}` : ""}`;
}

function setState(changes) {
  Object.assign(state, changes);
  const query = queryOf(state, carried);
  history.replaceState(null, "", query ? `#${query}` : location.pathname + location.search);
  showState();
  refresh();
}

// Other pages open with the same choice.
function linkPages() {
  for (const link of document.querySelectorAll(".top a")) {
    link.setAttribute("href", link.getAttribute("href").split("#")[0] + location.hash);
  }
}

function readAddress() {
  const query = new URLSearchParams(location.hash.slice(1));
  const own = payload.filters.flatMap((name) => (name === "period" ? [...OF_DAYS, "compare"] : [name]));
  carried = [...query].filter(([name]) => FILTERS.has(name) && !own.includes(name));
  for (const name of payload.filters) {
    if (name === "period") {
      for (const day of OF_DAYS) state[day] = parseDay(query.get(day) ?? "");
      readChoice(query, "compare");
    } else {
      readChoice(query, name);
    }
  }
  showState();
}

function readChoice(query, name) {
  const known = [...control(name).options].some((option) => option.value === query.get(name));
  state[name] = known ? query.get(name) : "";
}

// What stands in a field of days where nothing is chosen: all days; nothing to compare with.
const unchosenDay = (name) => ({ from: data.first, to: data.last })[name] ?? null;

function showState() {
  linkPages();
  for (const [name, value] of Object.entries(state)) {
    const input = control(name);
    const day = OF_DAYS.has(name) ? (value ?? unchosenDay(name)) : null;
    input.value = OF_DAYS.has(name) ? (day === null ? "" : isoDay(day)) : value;
    if (name.startsWith("vs_")) input.closest("label").hidden = state.compare !== "custom";
  }
  for (const button of document.querySelectorAll("[data-preset]")) {
    const preset = data.first === null ? null : presetOf(button.dataset.preset);
    button.setAttribute("aria-pressed", String(preset !== null && preset.from === state.from && preset.to === state.to));
  }
  const chosen = Object.values(state).some((value) => value !== null && value !== "");
  const reset = document.getElementById("reset");
  if (reset) reset.hidden = !chosen;
}

// A period that was clicked becomes the choice; clicked again, everything is.
function pickDays(from, to) {
  const days = { from: Math.max(from, data.first), to: Math.min(to, data.last) };
  setState(state.from === days.from && state.to === days.to ? { from: null, to: null } : days);
}

// The days that the filter leaves, inside the data; `all` if nothing is chosen.
function chosenDays() {
  const all = state.from === null && state.to === null;
  return { from: Math.max(state.from ?? data.first, data.first), to: Math.min(state.to ?? data.last, data.last), all };
}
// Without a choice every row counts: undated ones, and signups from before the first visit.
const inDays = (day, { from, to, all }) => all || (day !== null && day >= from && day <= to);
// A choice among words -> its number; -1 for all of them.
const chosen = (name, words) => (state[name] ? words.indexOf(state[name]) : -1);
