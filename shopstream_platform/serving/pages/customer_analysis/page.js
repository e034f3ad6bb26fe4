"use strict";

// Counts add up over countries; medians do not, so the data has one for every choice.
const rowsOf = (columns) =>
  Object.values(columns)[0].map((_, i) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]])));
const bySegment = rowsOf(data.by_segment);
const grid = rowsOf(data.grid);
const medians = rowsOf(data.medians);
const best = rowsOf(data.top);
const TOP = 25;
const MIN_AGES = 1;

const showsNames = Object.hasOwn(data.top, "name");
const recencyText = (row) => (row.recency === null ? t("undated_order") : row.recency === 0 ? t("today") : status.ended ? plural("days_before_end", row.recency) : plural("days_ago", row.recency));
const segmentTag = (row) => ({ Champions: "strong", Loyal: "strong", "At risk": "warm", Lost: "alert" })[row.segmentName] ?? "";
const tables = {
  top_customers: makeTable(
    "top_customers",
    [
      showsNames
        ? { key: "name", isName: true, title: t("customer"), searched: true, text: (row) => row.name || t("customer_number", { id: row.id }) }
        : { key: "id", isName: true, title: t("customer"), searched: true, text: (row) => t("customer_number", { id: row.id }) },
      ...(showsNames ? [{ key: "email", title: t("email"), searched: true, text: (row) => row.email }] : []),
      { key: "countryName", title: t("country"), searched: true, text: (row) => row.countryName },
      { key: "segment", title: t("segment"), searched: true, tag: segmentTag, text: (row) => label(row.segmentName) },
      { key: "value", title: t("ltv"), number: true, text: (row) => euros(row.value), bar: (row) => Math.max(row.value / best[0].value, 0).toFixed(3) },
      { key: "orders", title: t("orders"), number: true, text: (row) => number(row.orders) },
      { key: "recency", title: t("last_order"), number: true, text: recencyText, data: (row) => row.recency },
    ],
    { sort: "value" },
  ),
};

function segmentTotals(country) {
  return data.segments.map((name, segment) => {
    const found = bySegment.filter((row) => row.segment === segment && (country < 0 || row.country === country));
    const total = (key) => sum(found.map((row) => row[key]));
    return { segment: name, name: label(name), customers: total("customers"), revenue: total("revenue"), repeat: total("repeat") };
  });
}
function medianOf(country, segment) {
  const found = medians.find((row) => row.country === (country < 0 ? null : country) && row.segment === segment);
  return found ? found.value : null;
}

function segmentCharts(segments, country, customers, revenue) {
  const present = segments.filter((row) => row.customers > 0);
  const counted = present.map((row) => {
    const part = shareText(portion(row.revenue, revenue));
    const text = `${number(row.customers)} · ${t("of_revenue", { share: part })}`;
    return { ...row, value: row.customers, label: text, tip: [row.name, plural("customers", row.customers), euros(row.revenue), t("of_revenue", { share: part })].join("\n") };
  });
  const worth = present.map((row) => {
    const mean = rounded(row.revenue, row.customers);
    const median = medianOf(country, data.segments.indexOf(row.segment));
    return { ...row, value: mean, median, label: euros(mean), tip: [row.name, t("mean", { value: euros(mean) }), t("median", { value: euros(median) })].join("\n") };
  });
  const segment = { title: t("segment"), text: (row) => row.name };
  return {
    segments: {
      rows: counted,
      signals: peakOf(counted.map((row) => row.value)),
      columns: [
        segment,
        { title: t("customers"), number: true, text: (row) => number(row.customers) },
        { title: t("share_of_revenue"), number: true, text: (row) => shareText(portion(row.revenue, revenue)) },
      ],
    },
    ltv_by_segment: {
      rows: worth,
      signals: peakOf(worth.flatMap((row) => [row.value, row.median])),
      columns: [
        segment,
        { title: t("ltv"), number: true, text: (row) => euros(row.value) },
        { title: t("median_title"), number: true, text: (row) => euros(row.median) },
      ],
    },
  };
}

function recencyFrequency(country) {
  const cells = new Map();
  for (const row of grid) {
    if (country >= 0 && row.country !== country) continue;
    const key = `${row.recency}/${row.frequency}`;
    const cell = cells.get(key) ?? { recency: row.recency, frequency: row.frequency, customers: 0, revenue: 0 };
    cells.set(key, { ...cell, customers: cell.customers + row.customers, revenue: cell.revenue + row.revenue });
  }
  const found = [...cells.values()].sort((a, b) => b.frequency - a.frequency || a.recency - b.recency);
  const most = Math.max(...found.map((cell) => cell.revenue / cell.customers), 1);
  const values = found.map((cell) => {
    const mean = rounded(cell.revenue, cell.customers);
    const where = t("score_tip", { recency: cell.recency, frequency: cell.frequency });
    return { ...cell, strength: mean / most, label: number(cell.customers), mean, tip: [where, plural("customers", cell.customers), t("mean", { value: euros(mean) })].join("\n") };
  });
  return {
    rows: values,
    columns: [
      { title: t("recency"), number: true, text: (row) => row.recency },
      { title: t("frequency"), number: true, text: (row) => row.frequency },
      { title: t("customers"), number: true, text: (row) => number(row.customers) },
      { title: t("ltv"), number: true, text: (row) => euros(row.mean) },
    ],
  };
}

// Months that are not over are left out: they would look like customers who left.
const COHORTS_SHOWN = 15;
const cohorts = rowsOf(data.cohorts).filter((row) => !row.incomplete);
function cohortChart(note) {
  const recent = [...new Set(cohorts.filter((row) => row.age >= MIN_AGES).map((row) => row.month))].sort((a, b) => a - b).slice(-COHORTS_SHOWN);
  const found = cohorts.filter((row) => row.age >= MIN_AGES && recent.includes(row.month));
  const highest = Math.max(...found.map((row) => row.active / row.size), 0.01);
  const values = found.map((row) => {
    const part = ratio(row.active, row.size);
    const tip = [t("cohort_tip", { month: monthText(row.month) }), plural("age_tip", row.age), t("active_tip", { active: number(row.active), size: number(row.size), share: rate(part) })];
    return { ...row, name: `${middleMonth(row.month)} (${number(row.size)})`, strength: part / highest, label: share(part), part, tip: tip.join("\n") };
  });
  return {
    rows: values,
    empty: t("cohorts_empty"),
    subtitle: note,
    columns: [
      { title: t("cohort"), text: (row) => row.name },
      { title: t("months_since"), number: true, text: (row) => row.age },
      { title: t("retention"), number: true, text: (row) => rate(row.part) },
    ],
  };
}

// At each age only the cohorts that have reached it count, in revenue and in customers alike.
function valueByAge(note) {
  const ages = [...new Set(cohorts.map((row) => row.age))].sort((a, b) => a - b);
  const values = ages.map((age) => {
    const found = cohorts.filter((row) => row.age === age);
    const size = sum(found.map((row) => row.size));
    const cents = rounded(sum(found.map((row) => row.revenue)), size);
    return { age, cents, value: cents / 100, size, tip: [plural("age_tip", age), euros(cents), plural("customers", size)].join("\n") };
  });
  return {
    rows: values,
    empty: t("cohorts_empty"),
    subtitle: note,
    columns: [
      { title: t("months_since"), number: true, text: (row) => row.age },
      { title: t("ltv"), number: true, text: (row) => euros(row.cents) },
      { title: t("customers"), number: true, text: (row) => number(row.size) },
    ],
  };
}

const subtitles = Object.fromEntries(["cohorts", "value_by_age"].map((name) => [name, panel(name)?.querySelector(".subtitle").textContent]));

function compute() {
  const country = chosen("country", data.countries);
  const segments = segmentTotals(country);
  const total = (key) => sum(segments.map((row) => row[key]));
  const [customers, revenue, repeat] = [total("customers"), total("revenue"), total("repeat")];
  const champions = segments.find((row) => row.segment === "Champions");
  const atRisk = segments.find((row) => row.segment === "At risk");
  const registered = sum(data.registered.customers.filter((_, i) => country < 0 || data.registered.country[i] === country));
  const mean = customers ? rounded(revenue, customers) : null;
  const note = (name) => (country < 0 ? subtitles[name] : `${subtitles[name]}. ${t("all_countries_note")}`);
  const top = best
    .filter((row) => country < 0 || row.country === country)
    .slice(0, TOP)
    .map((row) => ({ ...row, countryName: label(data.countries[row.country]), segmentName: data.segments[row.segment] }));
  return {
    headline: t("customers_headline", { customers: number(customers), revenue: euros(revenue), share: shareText(portion(champions.revenue, revenue)) }),
    cards: {
      ordering_customers: { value: customers, text: number(customers), note: t("of_registered", { count: number(registered) }) },
      lifetime_value: { value: mean, text: euros(mean), note: t("median", { value: euros(medianOf(country, null) ?? 0) }) },
      repeat_rate: { value: ratio(repeat, customers), text: rate(ratio(repeat, customers) ?? 0), note: t("repeat_note", { count: number(repeat) }) },
      revenue_at_risk: { value: atRisk.revenue, text: euros(atRisk.revenue), note: plural("risk_note", atRisk.customers) },
    },
    charts: {
      ...segmentCharts(segments, country, customers, revenue),
      recency_frequency: recencyFrequency(country),
      cohorts: cohortChart(note("cohorts")),
      value_by_age: valueByAge(note("value_by_age")),
    },
    tables: { top_customers: top },
  };
}
