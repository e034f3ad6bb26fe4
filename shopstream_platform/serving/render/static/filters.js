"use strict";

// Filters: their state is in the address, so that a view can be sent to somebody.
const state = {};
// What was chosen on another page and this one has no filter for: it goes on with the reader.
let carried = [];
const FILTERS = new Set(["from", "to", "country", "category", "abc_class"]);
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
  for (const name of ["from", "to"]) {
    control(name).min = isoDay(data.first);
    control(name).max = isoDay(data.last);
    control(name).addEventListener("change", () => setState({ [name]: parseDay(control(name).value) }));
  }
  for (const button of document.querySelectorAll("[data-preset]")) {
    button.addEventListener("click", () => setState(presetOf(button.dataset.preset)));
  }
}

function presetOf(name) {
  if (name === "all") return { from: null, to: null };
  return { from: Math.max(data.last - PRESETS[name] + 1, data.first), to: data.last };
}

function setState(changes) {
  Object.assign(state, changes);
  const chosen = Object.entries(state).filter(([, value]) => value !== null && value !== "");
  const own = chosen.map(([name, value]) => [name, name === "from" || name === "to" ? isoDay(value) : value]);
  const query = new URLSearchParams([...own, ...carried]).toString();
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
  const own = payload.filters.flatMap((name) => (name === "period" ? ["from", "to"] : [name]));
  carried = [...query].filter(([name]) => FILTERS.has(name) && !own.includes(name));
  for (const name of payload.filters) {
    if (name === "period") {
      state.from = parseDay(query.get("from") ?? "");
      state.to = parseDay(query.get("to") ?? "");
    } else {
      const known = [...control(name).options].some((option) => option.value === query.get(name));
      state[name] = known ? query.get(name) : "";
    }
  }
  showState();
}

function showState() {
  linkPages();
  for (const [name, value] of Object.entries(state)) {
    const input = control(name);
    if (name !== "from" && name !== "to") input.value = value;
    else if (data.first !== null) input.value = isoDay(value ?? (name === "from" ? data.first : data.last));
  }
  for (const button of document.querySelectorAll("[data-preset]")) {
    const preset = data.first === null ? null : presetOf(button.dataset.preset);
    button.setAttribute("aria-pressed", String(preset !== null && preset.from === state.from && preset.to === state.to));
  }
  const chosen = Object.values(state).some((value) => value !== null && value !== "");
  document.getElementById("reset").hidden = !chosen;
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
