"use strict";

// Orders of one category, or of all: an order with two categories is one order of each, but one order of all.
const money = (row) => euros(row.value);

function rowsOfChoice() {
  const country = chosen("country", data.countries);
  const category = chosen("category", data.categories);
  const ofCountry = (columns) => (i) => country < 0 || columns.country[i] === country;
  if (category < 0) {
    const { day, country: countries, revenue, orders, lost } = data.daily;
    const found = indices(data.daily, ofCountry(data.daily));
    return found.map((i) => ({ day: day[i], country: countries[i], revenue: revenue[i], orders: orders[i], lost: lost[i] }));
  }
  const pick = (columns, more) =>
    indices(columns, (i) => ofCountry(columns)(i) && columns.category[i] === category).map((i) => ({
      day: columns.day[i],
      country: columns.country[i],
      ...more(i),
    }));
  return [
    ...pick(data.by_category, (i) => ({ revenue: data.by_category.revenue[i], orders: data.by_category.orders[i], lost: 0 })),
    ...pick(data.lost_by_category, (i) => ({ revenue: 0, orders: 0, lost: data.lost_by_category.orders[i] })),
  ];
}

function totalsOf(rows, days) {
  const totals = { revenue: 0, orders: 0, lost: 0 };
  for (const row of rows) {
    if (!inDays(row.day, days)) continue;
    totals.revenue += row.revenue;
    totals.orders += row.orders;
    totals.lost += row.lost;
  }
  return { ...totals, basket: totals.orders ? rounded(totals.revenue, totals.orders) : null, share: ratio(totals.lost, totals.orders + totals.lost) };
}

function comparison(rows, days) {
  const { now, before, against, none } = comparedSpans(days);
  return none ? { none } : { now: totalsOf(rows, now), before: totalsOf(rows, before), against };
}

function cardsOf(totals, compared, course) {
  const { now, before, against } = compared;
  const none = { none: compared.none };
  const spark = (value) => course.filter((period) => !isPartial(period)).map(value);
  return {
    revenue: { value: totals.revenue, text: euros(totals.revenue), change: now ? change(now.revenue, before.revenue, against) : none, spark: spark((p) => p.revenue) },
    orders: { value: totals.orders, text: number(totals.orders), change: now ? change(now.orders, before.orders, against) : none, spark: spark((p) => p.orders) },
    average_basket: {
      value: totals.basket,
      text: formats.cents.format(totals.basket / 100),
      change: now ? change(now.basket ?? 0, before.basket, against) : none,
      spark: spark((p) => ratio(p.revenue, p.orders) ?? 0),
    },
    lost_share: {
      value: totals.share,
      text: rate(totals.share ?? 0),
      change: now ? changeInPoints(now.share, before.share, against, -1) : none,
      spark: spark((p) => ratio(p.lost, p.orders + p.lost) ?? 0),
    },
  };
}

// Sums by period; periods in which nothing was sold are there too.
function courseOf(rows, days, grain) {
  const course = periodsBetween(days.from, days.to, grain).map((period) => ({ ...period, revenue: 0, orders: 0, lost: 0 }));
  const byStart = new Map(course.map((period) => [period.start, period]));
  for (const row of rows) {
    if (row.day === null || !inDays(row.day, days)) continue;
    const period = byStart.get(periods[grain].start(row.day));
    period.revenue += row.revenue;
    period.orders += row.orders;
    period.lost += row.lost;
  }
  return course;
}

const revenueTargets = targetsOf("revenue");
const targetOf = (period, grain) => (grain === "month" && !state.country && !state.category && !period.cut ? revenueTargets.get(period.start) : undefined) ?? null;

function revenueOverTime(course, rows, days, grain) {
  const beside = besideEach(course, days, (span) => courseOf(rows, span, grain));
  const values = course.map((period, i) => ({
    time: period.start * DAY,
    value: period.revenue / 100,
    partial: isPartial(period),
    period,
    before: beside[i],
    target: targetOf(period, grain),
    tip: [
      period.text,
      `${texts.metrics.revenue}: ${euros(period.revenue)}`,
      plural("orders", period.orders),
      beside[i] ? t("compared_with", { period: beside[i].text, value: euros(beside[i].revenue) }) : null,
      targetOf(period, grain) ? targetText(period.revenue, targetOf(period, grain)) : null,
      partialText(period),
    ]
      .filter(Boolean)
      .join("\n"),
  }));
  const targets = values.filter((row) => row.target).map((row) => ({ ...row, value: row.target / 100, line: "target", point: false }));
  const before = values.filter((row) => row.before).map((row) => ({ ...row, value: row.before.revenue / 100, line: "before", point: false }));
  const subtitles = { day: t("by_day"), week: t("by_week"), month: t("by_month") };
  return {
    rows: [...before, ...targets, ...courseRows(values)],
    values,
    signals: { by_day: grain !== "month" },
    pick: ({ period }) => pickDays(period.start, periods[grain].next(period.start) - 1),
    subtitle: [subtitles[grain], lineText(before), targets.length ? t("target_ticks") : "", values.at(-1)?.partial ? (status.ended ? t("dashed_ended") : t("dashed")) : ""].filter(Boolean).join(" "),
    columns: [
      { title: t("period"), text: (row) => row.period.text },
      { title: texts.metrics.revenue, number: true, text: (row) => euros(row.period.revenue) },
      { title: texts.metrics.orders, number: true, text: (row) => number(row.period.orders) },
      ...(before.length ? [{ title: t("compared_revenue"), number: true, text: (row) => (row.before ? euros(row.before.revenue) : "–") }] : []),
      ...(targets.length ? [{ title: t("target"), number: true, text: (row) => (row.target ? euros(row.target) : "–") }] : []),
    ],
  };
}

// Whole months against whole months: none that is not over, in which the data begin, or that a filter cuts.
function monthlyGrowth(rows, days) {
  const months = courseOf(rows, days, "month").filter((period) => !isPartial(period));
  const values = months.slice(1).flatMap((period, i) => {
    const before = months[i].revenue;
    const isNext = months[i].start === addMonths(period.start, -1) && months[i].start >= (status.whole_from ?? Infinity);
    if (before <= 0 || !isNext) return [];
    const value = period.revenue / before - 1;
    const text = formats.signed.format(value);
    return [{ name: middleMonth(period.start), value, text, tip: [period.text, text, `${texts.metrics.revenue}: ${euros(period.revenue)}`].join("\n"), month: period.text, start: period.start }];
  });
  return {
    rows: values,
    empty: t("growth_empty"),
    pick: ({ start }) => pickDays(start, addMonths(start, 1) - 1),
    columns: [
      { title: t("month"), text: (row) => row.month },
      { title: texts.metrics.monthly_growth, number: true, text: (row) => growth(row.value) },
    ],
  };
}

// As many bars as can be read; what is left is one more. The table and its CSV have all.
const MOST_BARS = 12;
function toBars(values, total) {
  if (values.length <= MOST_BARS) return values;
  const others = values.slice(MOST_BARS - 1);
  const value = sum(others.map((row) => row.value));
  const name = t("others", { count: number(others.length) });
  return [...values.slice(0, MOST_BARS - 1), barOf({ word: null, name, value }, total)];
}

function barOf(row, total) {
  const part = shareText(portion(row.value, total));
  return { ...row, label: `${compact(row.value)} · ${part}`, tip: [row.name, euros(row.value), t("of_revenue", { share: part })].join("\n") };
}

function revenueBy(filter, words, revenue, title) {
  const total = sum(revenue);
  const values = words
    .map((word, i) => ({ word, name: label(word), value: revenue[i] }))
    .filter((row) => row.value !== 0)
    .sort((a, b) => b.value - a.value || a.name.localeCompare(b.name))
    .map((row) => barOf(row, total));
  const bars = toBars(values, total);
  return {
    rows: bars,
    values,
    signals: peakOf(bars.map((row) => row.value)),
    pick: ({ word }) => word !== null && setState({ [filter]: state[filter] === word ? "" : word }),
    columns: [
      { title, text: (row) => row.name },
      { title: texts.metrics.revenue, number: true, text: money },
    ],
  };
}

function compute() {
  const days = chosenDays();
  const rows = rowsOfChoice();
  const totals = totalsOf(rows, days);
  const grain = grainOf(days.from, days.to);
  const course = days.from <= days.to ? courseOf(rows, days, grain) : [];

  const countries = data.countries.map(() => 0);
  for (const row of rows) if (inDays(row.day, days)) countries[row.country] += row.revenue;
  const categories = data.categories.map(() => 0);
  const [country, category] = [chosen("country", data.countries), chosen("category", data.categories)];
  const { day, country: where, category: what, revenue } = data.by_category;
  for (let i = 0; i < day.length; i++) {
    const isChosen = (country < 0 || where[i] === country) && (category < 0 || what[i] === category);
    if (isChosen && inDays(day[i], days)) categories[what[i]] += revenue[i];
  }
  const undated = days.all ? sum(rows.filter((row) => row.day === null).map((row) => row.orders)) : 0;
  return {
    headline: [
      t("sales_headline", { revenue: euros(totals.revenue), orders: plural("orders", totals.orders), span: spanText(days.from, Math.max(days.from, days.to)) }),
      runningDay(days.to),
      undated ? plural("undated", undated) : "",
    ]
      .filter(Boolean)
      .join(" "),
    cards: cardsOf(totals, comparison(rows, days), course),
    charts: {
      revenue_over_time: revenueOverTime(totals.orders || totals.lost ? course : [], rows, days, grain),
      monthly_growth: monthlyGrowth(rows, days),
      by_country: revenueBy("country", data.countries, countries, t("country")),
      by_category: revenueBy("category", data.categories, categories, t("category")),
    },
  };
}
