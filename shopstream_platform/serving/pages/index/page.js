"use strict";

// Four questions of each morning; whatever is said is of days that are over.
const WEEKS = [1, 2, 3, 4];
const ENOUGH_DAYS = 90;
const newest = data.whole_to;
const begins = beginning();
const salesOn = new Map(data.daily.day.map((day, i) => [day, { revenue: data.daily.revenue[i], orders: data.daily.orders[i] }]));
const revenueOn = (day) => salesOn.get(day)?.revenue ?? 0;
const daysBetween = (from, to) => Array.from({ length: Math.max(to - from + 1, 0) }, (_, i) => from + i);
const revenueIn = (from, to) => sum(daysBetween(from, to).map(revenueOn));
// "more", "less" or "even", as it is written: what rounds to nothing is no change.
const directionOf = (now, before) => (isNoChange(now / before - 1) ? "even" : now > before ? "more" : "less");

function newestDay() {
  const title = newest === null ? t("ask_day_none") : newest === readersToday() - 1 ? t("ask_yesterday") : t("ask_day", { day: dayText(newest) });
  const days = newest === null ? [] : [newest, ...WEEKS.map((week) => newest - 7 * week).filter((day) => day >= begins)];
  const values = days.map((day) => {
    const { revenue, orders } = salesOn.get(day) ?? { revenue: 0, orders: 0 };
    return { day, name: dayText(day), value: revenue, newest: day === newest, label: compact(revenue), orders, tip: [weekdayText(day), euros(revenue), plural("orders", orders)].join("\n") };
  });
  return {
    title,
    answer: values.length ? answerOfDay(values) : t("no_whole_day"),
    further: newest === null ? null : { page: "sales_overview", choice: { from: newest, to: newest }, text: t("see_day") },
    rows: values,
    empty: t("no_whole_day"),
    signals: peakOf(values.map((row) => row.value)),
    columns: [
      { title: t("day"), text: (row) => row.name },
      { title: texts.metrics.revenue, number: true, text: (row) => euros(row.value) },
      { title: texts.metrics.orders, number: true, text: (row) => number(row.orders) },
    ],
  };
}

function answerOfDay([now, ...before]) {
  const told = { day: weekdayText(now.day), revenue: euros(now.value), orders: plural("orders", now.orders) };
  const usual = before.length ? rounded(sum(before.map((row) => row.value)), before.length) : 0;
  if (usual <= 0) return t("day_alone", told);
  const values = { ...told, usual: euros(usual), weeks: plural("weeks", before.length), change: rate(Math.abs(now.value / usual - 1)) };
  return { more: () => t("day_more", values), less: () => t("day_less", values), even: () => t("day_even", values) }[directionOf(now.value, usual)]();
}

// Added up from the first of the month on; of the month before all days.
function addedUp(line, from, to, start) {
  let value = 0;
  return daysBetween(from, to).map((day) => {
    value += revenueOn(day);
    return { line, day: day - start + 1, cents: value, value: value / 100, date: day };
  });
}

function month() {
  const asked = { title: t("ask_month"), empty: t("no_whole_day") };
  if (newest === null) return { ...asked, answer: t("no_whole_day"), rows: [] };
  const start = monthStart(newest);
  const before = addMonths(start, -1);
  const isKnown = before >= begins;
  const sameDays = Math.min(before + newest - start, start - 1);
  const now = addedUp("now", start, newest, start);
  const earlier = isKnown ? addedUp("before", before, start - 1, before) : [];
  const target = targetsOf("revenue").get(start) ?? null;
  const values = now.map((row) => {
    const then = earlier.find((one) => one.date === Math.min(before + row.date - start, start - 1));
    const lines = [dayText(row.date), euros(row.cents), then ? t("month_before", { value: euros(then.cents) }) : null];
    return { ...row, newest: row.date === newest, then: then?.cents ?? null, tip: lines.filter(Boolean).join("\n") };
  });
  return {
    ...asked,
    answer: [answerOfMonth(spanOf(start, newest), revenueIn(start, newest), isKnown ? revenueIn(before, sameDays) : null), target ? `${targetText(revenueIn(start, newest), target)}.` : ""].join(" "),
    subtitle: [isKnown ? t("month_lines") : t("month_line"), target ? t("target_line") : ""].filter(Boolean).join(". "),
    further: { page: "sales_overview", choice: { from: start, to: newest }, text: t("see_month") },
    rows: [...earlier, ...targetRows(target, addMonths(start, 1) - start), ...values],
    values,
    columns: [
      { title: t("day"), text: (row) => dayText(row.date) },
      { title: t("added_up"), number: true, text: (row) => euros(row.cents) },
      { title: t("added_up_before"), number: true, text: (row) => (row.then === null ? "–" : euros(row.then)) },
    ],
  };
}

// As if every day of the month brought as much as any other.
const targetRows = (target, days) => (target ? [1, days].map((day) => ({ line: "target", day, value: (target * day) / days / 100 })) : []);

function answerOfMonth(span, revenue, before) {
  const told = { span, revenue: euros(revenue) };
  if (before === null || before <= 0) return t("month_alone", told);
  const values = { ...told, usual: euros(before), change: rate(Math.abs(revenue / before - 1)) };
  return { more: () => t("month_more", values), less: () => t("month_less", values), even: () => t("month_even", values) }[directionOf(revenue, before)]();
}

// Units of 30 days against the mean of the 60 before.
const changed = data.movers.name.map((name, i) => {
  const [now, before] = [data.movers.now[i], data.movers.before[i] / 2];
  return { name: plainKey(name), category: data.categories[data.movers.category[i]], now, before, value: now - before };
});
const units = (value) => written(value, formats.upToTenths);
const signedUnits = (value) => written(value, formats.signedUnits);

function movers() {
  const isKnown = status.ends !== null && status.ends - begins >= ENOUGH_DAYS;
  const values = (isKnown ? changed : []).map((row) => ({
    ...row,
    label: signedUnits(row.value),
    tip: [row.name, label(row.category), t("sold_now", { count: units(row.now) }), t("sold_before", { count: units(row.before) })].join("\n"),
  }));
  const best = values.find((row) => row.value > 0);
  const worst = values.findLast((row) => row.value < 0);
  const parts = [
    best ? t("rises", { name: best.name, count: signedUnits(best.value) }) : "",
    worst ? t("falls", { name: worst.name, count: signedUnits(worst.value) }) : "",
    isKnown ? (data.stopped ? plural("stopped", data.stopped) : t("stopped_none")) : "",
  ];
  const shown = best ?? worst;
  return {
    title: t("ask_movers"),
    answer: isKnown ? parts.filter(Boolean).join(" ") : t("movers_unknown"),
    subtitle: isKnown ? t("movers_windows") : "",
    further: { page: "product_performance", choice: shown ? { category: shown.category } : {}, text: shown ? t("see_category", { category: label(shown.category) }) : t("see_products") },
    rows: values,
    empty: isKnown ? t("movers_none") : t("movers_unknown"),
    signals: peakOf(values.map((row) => Math.abs(row.value))),
    columns: [
      { title: t("product"), text: (row) => row.name },
      { title: t("category"), text: (row) => label(row.category) },
      { title: t("sold_now_title"), number: true, text: (row) => units(row.now) },
      { title: t("sold_before_title"), number: true, text: (row) => units(row.before) },
      { title: t("change"), number: true, text: (row) => signedUnits(row.value) },
    ],
  };
}

// The same facts as the line at the top of each page, as one sentence; the bars count checks.
function trust() {
  const { checks } = payload.quality;
  const states = checks
    ? [
        ["passed", t("state_passed"), checks.passed],
        ["warned", t("state_warned"), checks.warned.length],
        ["failed", t("state_failed"), checks.failed.length],
        ["never_run", t("state_never_run"), checks.never_run],
      ].filter(([state, , count]) => count || state !== "never_run")
    : [];
  const values = states.map(([state, name, count]) => ({ state, name, value: count, label: number(count), tip: `${name}\n${plural("checks", count)}` }));
  return {
    title: t("ask_trust"),
    answer: `${verdict()} ${qualityFacts().map((fact) => fact.text).join(" ")}`,
    rows: values,
    empty: t("checks_unknown"),
    signals: peakOf(values.map((row) => row.value)),
    columns: [
      { title: t("state"), text: (row) => row.name },
      { title: t("checks_title"), number: true, text: (row) => number(row.value) },
    ],
  };
}

function verdict() {
  const moods = qualityFacts().map((fact) => fact.mood);
  if (moods.includes("bad")) return t("trust_no");
  if (moods.includes("unknown")) return t("trust_unknown");
  return moods.includes("warn") ? t("trust_mostly") : t("trust_yes");
}

function compute() {
  return {
    headline: newest === null ? t("no_whole_day") : t("home_headline", { day: weekdayText(newest) }),
    cards: {},
    charts: { newest_day: newestDay(), month: month(), movers: movers(), trust: trust() },
  };
}
