"use strict";

// Visits and signups follow the filters; CRM contacts have neither country nor day in their mart.
const ENOUGH_DAYS = 30;
const MONTHS_SHOWN = 18;
const WITHIN_30 = ["same_day", "week", "month"].map((wait) => data.waits.indexOf(wait));
const NOT_YET = data.waits.indexOf("none");
const BEFORE = data.waits.indexOf("before_signup");

const tables = {
  campaigns: makeTable(
    "campaigns",
    [
      { key: "campaign", isName: true, title: t("campaign"), searched: true, text: (row) => label(row.campaign) },
      { key: "source", title: t("source"), searched: true, text: (row) => label(row.source) },
      { key: "contacts", title: t("contacts"), number: true, text: (row) => number(row.contacts) },
      { key: "rate", title: t("rate"), number: true, text: (row) => share(row.rate) },
      { key: "days", title: t("median_days"), number: true, text: (row) => (row.days === null ? "–" : tenths(row.days)) },
      { key: "revenue", title: t("matched_revenue"), number: true, text: (row) => (row.revenue === null ? "–" : euros(row.revenue)) },
    ],
    { search: true, sort: "contacts", perPage: 8 },
  ),
};

const { campaigns, signups, funnel } = data;
const conversionSubtitle = panel("conversion_over_time").querySelector(".subtitle").textContent;
const campaignRows = campaigns.campaign.map((campaign, i) => ({
  campaign,
  source: data.sources[campaigns.source[i]],
  contacts: campaigns.contacts[i],
  converted: campaigns.converted[i],
  rate: ratio(campaigns.converted[i], campaigns.contacts[i]) ?? 0,
  days: campaigns.median_days[i],
  revenue: campaigns.matched_revenue[i],
}));

function funnelChart(counts, sessions) {
  const steps = data.steps.map((step, i) => {
    const before = i === 0 ? sessions : counts[i - 1];
    const ofBefore = ratio(counts[i], before) ?? 0;
    return {
      step,
      name: label(step),
      value: counts[i],
      before,
      label: `${number(counts[i])} · ${share(ratio(counts[i], sessions) ?? 0)}`,
      tip: [
        label(step),
        plural("sessions", counts[i]),
        t("of_sessions", { share: rate(ratio(counts[i], sessions) ?? 0) }),
        t("of_step_before", { share: rate(ofBefore) }),
        t("lost_here", { count: number(before - counts[i]) }),
      ].join("\n"),
      ofBefore,
    };
  });
  return {
    rows: sessions ? steps : [],
    empty: sessions ? t("no_steps") : t("empty_selection"),
    signals: peakOf([sessions]),
    columns: [
      { title: t("step"), text: (row) => row.name },
      { title: t("sessions"), number: true, text: (row) => number(row.value) },
      { title: "%", number: true, text: (row) => rate(ratio(row.value, sessions)) },
    ],
  };
}

// Visits by period; periods without one are there too.
function visitsBy(rows, days, grain) {
  const course = days.from <= days.to ? periodsBetween(days.from, days.to, grain).map((period) => ({ ...period, sessions: 0, purchases: 0 })) : [];
  const byStart = new Map(course.map((period) => [period.start, period]));
  for (const i of rows) {
    if (!inDays(funnel.day[i], { ...days, all: false })) continue;
    const period = byStart.get(periods[grain].start(funnel.day[i]));
    period.sessions += funnel.sessions[i];
    period.purchases += funnel.purchase[i];
  }
  return course;
}

function conversionOverTime(rows, days) {
  const grain = grainOf(days.from, days.to);
  const course = visitsBy(rows, days, grain);
  const beside = besideEach(course, days, (span) => visitsBy(rows, span, grain));
  const values = (data.measures_conversion ? course : [])
    .map((period, i) => ({ period, before: beside[i]?.sessions ? beside[i] : null }))
    .filter(({ period }) => period.sessions > 0)
    .map(({ period, before }) => {
      const value = ratio(period.purchases, period.sessions);
      const partial = isPartial(period);
      const counts = t("purchases_of", { purchases: number(period.purchases), sessions: number(period.sessions) });
      const compared = before ? t("compared_with", { period: before.text, value: rate(ratio(before.purchases, before.sessions)) }) : null;
      return { time: period.start * DAY, value, partial, period, before, tip: [period.text, rate(value), counts, compared, partialText(period)].filter(Boolean).join("\n") };
    });
  const before = values.filter((row) => row.before).map((row) => ({ ...row, value: ratio(row.before.purchases, row.before.sessions), line: "before", point: false }));
  return {
    rows: [...before, ...courseRows(values)],
    values,
    subtitle: [conversionSubtitle, lineText(before)].filter(Boolean).join(". ").replace(/\.$/, ""),
    empty: data.measures_conversion ? t("empty_selection") : t("conversion_unknown"),
    signals: { by_day: grain !== "month" },
    pick: ({ period }) => pickDays(period.start, periods[grain].next(period.start) - 1),
    columns: [
      { title: t("period"), text: (row) => row.period.text },
      { title: t("conversion_rate"), number: true, text: (row) => rate(row.value) },
      { title: t("sessions"), number: true, text: (row) => number(row.period.sessions) },
      ...(before.length ? [{ title: t("compared_rate"), number: true, text: (row) => (row.before ? rate(ratio(row.before.purchases, row.before.sessions)) : "–") }] : []),
    ],
  };
}

function signupToOrder(found, users) {
  const values = data.waits
    .map((wait, number_) => {
      const count = sum(found.filter((i) => signups.wait[i] === number_).map((i) => signups.users[i]));
      const part = share(ratio(count, users) ?? 0);
      return { wait, name: label(wait), value: count, waiting: number_ === NOT_YET, label: `${number(count)} · ${part}`, tip: [label(wait), plural("users", count), part].join("\n") };
    })
    .filter((row) => row.value > 0 || !["undated", "before_signup"].includes(row.wait));
  return {
    rows: users ? values : [],
    empty: t("signup_empty"),
    signals: peakOf(values.map((row) => row.value)),
    columns: [
      { title: t("wait"), text: (row) => row.name },
      { title: t("users"), number: true, text: (row) => number(row.value) },
    ],
  };
}

// Only months whose last signup has had its 30 days, and whose first orders are in the data. Who ordered before signing
// up did not wait.
function activationByMonth(found) {
  const months = new Map();
  for (const i of found) {
    if (signups.day[i] === null || signups.wait[i] === BEFORE) continue;
    const start = monthStart(signups.day[i]);
    if (status.whole_from === null || start < status.whole_from) continue;
    if (addMonths(start, 1) - 1 + ENOUGH_DAYS > Math.min(data.last, wholeUntil)) continue;
    const month = months.get(start) ?? { start, users: 0, active: 0 };
    month.users += signups.users[i];
    if (WITHIN_30.includes(signups.wait[i])) month.active += signups.users[i];
    months.set(start, month);
  }
  const values = [...months.values()]
    .sort((a, b) => a.start - b.start)
    .slice(-MONTHS_SHOWN)
    .map((month) => {
      const value = ratio(month.active, month.users);
      const counts = t("activation_note", { count: number(month.active), all: number(month.users) });
      return { ...month, name: middleMonth(month.start), value, label: share(value), tip: [monthText(month.start), rate(value), counts].join("\n") };
    });
  return {
    rows: values,
    empty: t("activation_empty"),
    columns: [
      { title: t("month"), text: (row) => row.name },
      { title: t("within_30"), number: true, text: (row) => rate(row.value) },
      { title: t("users"), number: true, text: (row) => number(row.users) },
    ],
  };
}

function crmBySource() {
  const values = data.sources
    .map((source) => {
      const found = campaignRows.filter((row) => row.source === source);
      const [contacts, converted] = [sum(found.map((row) => row.contacts)), sum(found.map((row) => row.converted))];
      const value = ratio(converted, contacts) ?? 0;
      const counts = t("converted_of", { converted: number(converted), contacts: number(contacts) });
      return { name: label(source), value, contacts, converted, label: `${share(value)} · ${counts}`, tip: [label(source), rate(value), counts].join("\n") };
    })
    .sort((a, b) => b.value - a.value || a.name.localeCompare(b.name));
  return {
    rows: values,
    empty: t("crm_empty"),
    signals: peakOf(values.map((row) => row.value)),
    columns: [
      { title: t("source"), text: (row) => row.name },
      { title: t("rate"), number: true, text: (row) => rate(row.value) },
      { title: t("contacts"), number: true, text: (row) => number(row.contacts) },
    ],
  };
}

// What the page cannot know is said: steps without an event, contacts of whom none is an account's.
function headlineOf(days, sessions, purchases, users, active, contacts) {
  const values = { sessions: plural("sessions", sessions), purchases: number(purchases), signups: plural("signups", users), share: shareText(ratio(active, users)) };
  const missing = data.missing_steps.map((step) => `${label(step)} (${step})`).join(", ");
  return [
    data.measures_conversion ? t("acquisition_headline", values) : t("acquisition_headline_unmeasured", values),
    runningDay(days.to),
    sessions && missing ? t("missing_steps", { steps: missing }) : "",
    contacts && !data.matched_contacts ? t("contacts_unmatched") : "",
  ]
    .filter(Boolean)
    .join(" ");
}

// Visits and signups of some days, whatever the country filter leaves.
function totalsOf(ofCountry, days) {
  const total = (rows, values) => sum(rows.map((i) => values[i]));
  const visits = ofCountry(funnel).filter((i) => inDays(funnel.day[i], days));
  const signed = ofCountry(signups).filter((i) => inDays(signups.day[i], days));
  const users = total(signed, signups.users);
  return {
    visits,
    signed,
    sessions: total(visits, funnel.sessions),
    purchases: total(visits, funnel.purchase),
    users,
    active: users - total(signed.filter((i) => signups.wait[i] === NOT_YET), signups.users),
  };
}

// Changes of the cards. Who has just signed up has had less time for an order: that share is not compared.
function changesOf(ofCountry, days) {
  const { now, before, against, none } = comparedSpans(days);
  if (none) return { sessions: { none }, conversion_rate: data.measures_conversion ? { none } : null };
  const [these, those] = [totalsOf(ofCountry, now), totalsOf(ofCountry, before)];
  const conversion = (totals) => ratio(totals.purchases, totals.sessions);
  return {
    sessions: change(these.sessions, those.sessions, against),
    conversion_rate: data.measures_conversion ? changeInPoints(conversion(these), conversion(those), against, 1) : null,
  };
}

function compute() {
  const days = chosenDays();
  const country = chosen("country", data.countries);
  const ofCountry = (columns) => indices(columns, (i) => country < 0 || columns.country[i] === country);
  const { visits, signed, sessions, purchases, users, active } = totalsOf(ofCountry, days);
  const [contacts, converted] = [sum(campaigns.contacts), sum(campaigns.converted)];
  const changes = changesOf(ofCountry, days);
  return {
    headline: headlineOf(days, sessions, purchases, users, active, contacts),
    cards: {
      sessions: { value: sessions, text: number(sessions), change: changes.sessions, note: sessions ? spanText(days.from, days.to) : "" },
      conversion_rate: {
        value: data.measures_conversion ? ratio(purchases, sessions) : null,
        text: rate(ratio(purchases, sessions) ?? 0),
        change: changes.conversion_rate,
        note: data.measures_conversion ? t("purchases_of", { purchases: number(purchases), sessions: number(sessions) }) : t("conversion_unknown"),
      },
      activation_rate: { value: ratio(active, users), text: rate(ratio(active, users) ?? 0), note: t("activation_note", { count: number(active), all: number(users) }) },
      contact_conversion: {
        value: ratio(converted, contacts),
        text: rate(ratio(converted, contacts) ?? 0),
        note: t("contacts_note", { converted: number(converted), contacts: number(contacts) }),
      },
    },
    charts: {
      funnel: funnelChart(
        data.steps.map((step) => sum(visits.map((i) => funnel[step][i]))),
        sessions,
      ),
      conversion_over_time: conversionOverTime(ofCountry(funnel), days),
      signup_to_order: signupToOrder(signed, users),
      activation_by_month: activationByMonth(signed),
      crm_by_source: crmBySource(),
    },
    tables: { campaigns: campaignRows },
  };
}
