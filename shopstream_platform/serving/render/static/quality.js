"use strict";

// How old the figures are, what the checks have said, what is not loaded: on every page, and what is not known is said.
// Of the reader's clock: a page that nobody has made again must not look new.
const readersToday = () => Math.floor((Date.now() - new Date().getTimezoneOffset() * 60000) / DAY);
const LATE_AFTER_DAYS = 2;

function ageFact() {
  if (status.ended) return { mood: "warn", text: t("source_ended", { day: dayText(status.ends) }) };
  if (status.complete_to === null) return { mood: "unknown", text: t("whole_days_unknown") };
  const age = readersToday() - status.complete_to;
  const when = age <= 1 ? t("age_yesterday") : t("age_days", { count: number(age) });
  return { mood: age > LATE_AFTER_DAYS ? "warn" : "ok", text: t("whole_days", { day: dayText(status.complete_to), when }) };
}

function checksFact({ checks }) {
  if (!checks) return { mood: "unknown", text: t("checks_unknown") };
  const all = checks.passed + checks.warned.length + checks.failed.length;
  if (checks.failed.length) return { mood: "bad", text: t("checks_failed", { count: number(checks.failed.length), all: number(all) }) };
  if (checks.warned.length) return { mood: "warn", text: t("checks_warned", { count: number(checks.warned.length), all: number(all) }) };
  return checks.never_run ? { mood: "unknown", text: t("checks_passed_but", { all: number(all), count: number(checks.never_run) }) } : { mood: "ok", text: t("checks_passed", { all: number(all) }) };
}

function waitingFact({ waiting, left_out: leftOut }) {
  if (leftOut?.length) return { mood: "bad", text: t("tables_left_out", { tables: leftOut.join(", ") }) };
  if (!waiting) return { mood: "unknown", text: t("waiting_unknown") };
  const values = { today: number(waiting.today), later: number(waiting.later) };
  if (waiting.later) return { mood: "warn", text: t("waiting", values) };
  return waiting.today ? { mood: "ok", text: t("waiting_today", values) } : { mood: "ok", text: t("waiting_none") };
}

// `mood`: ok, warn, bad or unknown.
const qualityFacts = () => {
  const running = status.ends !== null && !status.ended && status.ends > wholeUntil;
  return [
    ageFact(),
    ...(running ? [{ mood: "ok", text: t("still_running", { day: dayText(status.ends) }) }] : []),
    checksFact(payload.quality),
    waitingFact(payload.quality),
  ];
};

function qualityDetails() {
  const { checks, seen_at: seenAt, left_out: leftOut } = payload.quality;
  const listed = (names, none = t("no_check")) => (names.length ? names.join(", ") : none);
  return [
    [t("seen_at"), seenAt === null ? t("unknown_moment") : dateFormats.moment.format(new Date(seenAt))],
    [t("state_failed"), checks ? listed(checks.failed) : t("checks_unknown")],
    [t("state_warned"), checks ? listed(checks.warned) : t("checks_unknown")],
    [t("state_never_run"), checks ? number(checks.never_run) : t("checks_unknown")],
    [t("left_out"), leftOut === null ? t("left_out_unknown") : listed(leftOut, t("no_table"))],
  ];
}

function drawQuality() {
  const home = document.querySelector(".quality");
  const facts = qualityFacts().map(({ mood, text }) => el("span", { class: `fact ${mood}` }, el("i", { "aria-hidden": "true" }), text.replace(/\.$/, "")));
  const summary = home.querySelector("summary");
  summary.replaceChildren(...facts);
  home.querySelector("dl").replaceChildren(...qualityDetails().flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]));
}
