"use strict";

// What the page was given, and how its figures and words are written. Nothing is ever written as HTML.
const payload = JSON.parse(document.getElementById("payload").textContent);
const { data, texts, locale } = payload;
const { status } = data;

const DAY = 86400000;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const t = (key, values = {}) => fill(texts.page[key], values);
const plural = (key, count) => t(count === 1 ? `${key}_one` : `${key}_many`, { count: number(count) });
// Vega keeps names as keys of plain objects: what those have already ("constructor") gets an invisible character.
const plainKey = (word) => (word in Object.prototype ? `${word[0]}\u2060${word.slice(1)}` : word);
const label = (word) => (Object.hasOwn(texts.words, word) ? texts.words[word] : plainKey(word));

const format = (options) => new Intl.NumberFormat(locale, options);
const formats = {
  whole: format({ maximumFractionDigits: 0 }),
  tenths: format({ minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  euros: format({ style: "currency", currency: "EUR", maximumFractionDigits: 0 }),
  cents: format({ style: "currency", currency: "EUR" }),
  compact: format({ style: "currency", currency: "EUR", notation: "compact", maximumSignificantDigits: 3 }),
  share: format({ style: "percent", maximumFractionDigits: 0 }),
  rate: format({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  upToTenths: format({ maximumFractionDigits: 1 }),
  signedUnits: format({ maximumFractionDigits: 1, signDisplay: "exceptZero" }),
  signed: format({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" }),
};
// Figures that a program is to read: plain digits, amounts in EUR, shares as fractions.
let isData = false;
const asData = (write) => {
  isData = true;
  try {
    return write();
  } finally {
    isData = false;
  }
};
const written = (value, format) => (isData ? String(value) : format.format(value));
const number = (value) => written(value, formats.whole);
// Small amounts keep their cents: 0.99 is not 1.
const SMALL = 10000;
const isSmall = (cents) => Math.abs(cents) < SMALL && cents % 100 !== 0;
const euros = (cents) => (isData ? (cents / 100).toFixed(2) : isSmall(cents) ? formats.cents.format(cents / 100) : formats.euros.format(rounded(cents, 100)));
const compact = (cents) => formats.compact.format(cents / 100).replace(/([kM])\s€/, "$1€");
const share = (value) => written(value, formats.share);
const rate = (value) => written(value, formats.rate);
const growth = (value) => written(value, formats.signed);
const tenths = (value) => written(value, formats.tenths);

const dates = (options) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
const dateFormats = {
  day: dates({ day: "numeric", month: "short", year: "numeric" }),
  month: dates({ month: "long", year: "numeric" }),
  middle: dates({ month: "short", year: "numeric" }),
  weekday: dates({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  long: dates({ day: "numeric", month: "long", year: "numeric" }),
  moment: dates({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" }),
};
const asDate = (day) => new Date(day * DAY);
const dayText = (day) => dateFormats.day.format(asDate(day));
const monthText = (day) => dateFormats.month.format(asDate(day));
const middleMonth = (day) => dateFormats.middle.format(asDate(day));
const weekdayText = (day) => dateFormats.weekday.format(asDate(day));
// "1–16 November 2026"
const spanOf = (from, to) => dateFormats.long.formatRange(asDate(from), asDate(to));
const spanText = (from, to) => (from === to ? dayText(from) : `${dayText(from)} – ${dayText(to)}`);
const isoDay = (day) => asDate(day).toISOString().slice(0, 10);
const parseDay = (text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) / DAY : null);

// Whole numbers on both sides: halves away from zero, as the marts round.
function rounded(numerator, denominator) {
  const double = 2 * Math.abs(numerator) + denominator;
  return (Math.sign(numerator) * (double - (double % (2 * denominator)))) / (2 * denominator);
}
const ratio = (numerator, denominator) => (denominator ? numerator / denominator : null);
// A part of a whole; none where credit notes leave no whole, or make a part of it larger than that.
const portion = (part, whole) => (whole > 0 && part >= 0 && part <= whole ? part / whole : null);
const shareText = (value) => (value === null ? "–" : share(value));
const sum = (values) => values.reduce((total, value) => total + value, 0);

// Days are numbers from 1970 on; a period is named by its first day.
const MONDAY = 3;
const monthStart = (day) => {
  const date = asDate(day);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY;
};
const addMonths = (month, count) => {
  const date = asDate(month);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1) / DAY;
};
const periods = {
  day: { start: (day) => day, next: (start) => start + 1, text: dayText },
  week: {
    start: (day) => day - ((day + MONDAY) % 7),
    next: (start) => start + 7,
    text: (start) => t("week_of", { day: dayText(start) }),
  },
  month: { start: monthStart, next: (start) => addMonths(start, 1), text: monthText },
};
const DAILY_UP_TO = 45;
const WEEKLY_UP_TO = 200;
function grainOf(from, to) {
  const days = to - from + 1;
  return days <= DAILY_UP_TO ? "day" : days <= WEEKLY_UP_TO ? "week" : "month";
}
// Days after it are not over, or were not when they were loaded: they have what they had so far.
const wholeUntil = status.complete_to ?? (status.ends === null ? Infinity : -Infinity);
const runningDay = (to) => (to > wholeUntil && !status.ended ? t("running_day", { day: dayText(to) }) : "");
// Every period that touches from..to, without gaps; `cut` by a filter at its start, `begins` if the data begin within
// it, `running` if it is not over.
function periodsBetween(from, to, grain) {
  const { start, next, text } = periods[grain];
  const found = [];
  const whole = Math.min(to, wholeUntil);
  for (let at = start(from); at <= to; at = next(at)) {
    found.push({
      start: at,
      text: text(at),
      cut: at < from && from > data.first,
      begins: status.begins !== null && at < status.begins && next(at) > status.begins,
      running: next(at) - 1 > whole && !(grain === "month" && to === data.last && status.whole_to !== null && at <= status.whole_to),
    });
  }
  return found;
}
const isPartial = (period) => period.cut || period.begins || period.running;
const partialText = (period) =>
  period.running ? (status.ended ? t("ends_within") : t("not_over")) : period.cut ? t("cut_by_filter") : period.begins ? t("begins_within") : null;
// Rows of columns -> their indices.
const indices = (columns, test) => {
  const found = [];
  const length = Object.values(columns)[0].length;
  for (let i = 0; i < length; i++) if (test(i)) found.push(i);
  return found;
};

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
