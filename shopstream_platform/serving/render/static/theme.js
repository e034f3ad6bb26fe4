"use strict";

// Light or dark as the reader's system is, or as the reader has chosen; the choice is kept by the browser where it may be.
const THEME = "shopstream-theme";
const themeSelect = document.getElementById("theme");

function keptTheme() {
  try {
    return localStorage.getItem(THEME) ?? "auto";
  } catch {
    return "auto"; // The browser keeps nothing for this page.
  }
}

function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem(THEME, name);
  } catch {
    // As above: the choice is of this page alone.
  }
}

themeSelect.value = keptTheme();
setTheme(themeSelect.value || "auto");
themeSelect.addEventListener("change", () => setTheme(themeSelect.value));
