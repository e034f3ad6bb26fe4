"use strict";

// What the chosen days are compared with: as many days before them, the same days a year before, or days of one's own.
const beginning = () => Math.max(data.first, status.begins ?? data.first);
const yearBefore = (day) => {
  const date = asDate(day);
  const month = Date.UTC(date.getUTCFullYear() - 1, date.getUTCMonth(), 1) / DAY;
  // The 29th of February has no day before but the 28th.
  return Math.min(month + date.getUTCDate() - 1, addMonths(month, 1) - 1);
};

// What a choice of the comparison makes of the state: own days begin with those of the year before.
function comparisonOf(compare) {
  if (compare !== "custom") return { compare, vs_from: null, vs_to: null };
  const days = chosenDays();
  const span = { vs_from: yearBefore(days.from), vs_to: yearBefore(days.to) };
  const isThere = span.vs_from >= data.first;
  return { compare, ...(isThere ? span : { vs_from: data.first, vs_to: Math.min(data.first + days.to - days.from, data.last) }) };
}

// Chosen days that are over: a day that is not is not compared with whole ones.
const wholeOf = (days) => ({ from: days.from, to: Math.min(days.to, wholeUntil), all: false });

// { now, before, against }: two spans of days and the words for it; else { none }, which says why there is none.
function comparedSpans(days) {
  const none = { none: t("no_comparison") };
  if (days.from > days.to) return none;
  if (state.compare === "custom") return ownSpans(days);
  if (days.all) return comparedMonths(state.compare === "year" ? 12 : 1) ?? none;
  const now = wholeOf(days);
  if (now.to < now.from) return none;
  const before = state.compare === "year" ? { from: yearBefore(now.from), to: yearBefore(now.to), all: false } : { from: now.from - (now.to - now.from + 1), to: now.from - 1, all: false };
  return before.from < beginning() ? none : { now, before, against: againstText(days, now, before) };
}

function ownSpans(days) {
  const now = wholeOf(days);
  const { vs_from: from, vs_to: to } = state;
  if (from === null || to === null || from > to) return { none: t("choose_comparison") };
  const before = { from, to: Math.min(to, wholeUntil), all: false };
  if (now.to < now.from || before.to < before.from || before.to < beginning()) return { none: t("no_comparison") };
  return { now, before, against: againstText(days, now, before) };
}

function againstText(days, now, before) {
  const span = spanText(before.from, before.to);
  return now.to < days.to ? t("against_span_running", { span, day: dayText(now.to + 1) }) : t("against_span", { span });
}

// Without a choice: the last whole month against one before it.
function comparedMonths(back) {
  const over = status.whole_to;
  if (over === null || addMonths(over, -back) < status.whole_from) return null;
  const month = (start) => ({ from: start, to: addMonths(start, 1) - 1, all: false });
  const earlier = addMonths(over, -back);
  return { now: month(over), before: month(earlier), against: t("against_month", { month: middleMonth(over), before: middleMonth(earlier) }) };
}

// The days whose course is drawn as a thin line beside that of the chosen ones; without a choice a year before.
function comparedLine(days) {
  if (days.from > days.to) return null;
  if (state.compare === "custom") return state.vs_from === null || state.vs_to === null ? null : { from: state.vs_from, to: state.vs_to, all: false };
  if (state.compare === "year" || days.all) return { from: yearBefore(days.from), to: yearBefore(days.to), all: false };
  return { from: days.from - (days.to - days.from + 1), to: days.from - 1, all: false };
}

// The periods of the line, each beside the one that it is drawn at; null where the data do not have all of it.
function besideEach(course, days, courseOfDays) {
  const line = comparedLine(days);
  if (!line || !course.length) return course.map(() => null);
  const found = courseOfDays(line);
  return course.map((_, i) => {
    const period = found[i];
    return period && period.start >= beginning() && !period.begins && !period.running ? period : null;
  });
}

// One point makes no line.
function lineText(before) {
  if (before.length < 2) return "";
  return t("compared_line", { span: `${before[0].before.text} – ${before.at(-1).before.text}` });
}

// Month -> what the shop wants to reach of a metric in it; a target is of the whole shop.
const targetsOf = (metric) => {
  const found = Object.hasOwn(data.targets ?? {}, metric) ? data.targets[metric] : { month: [], target: [] };
  return new Map(found.month.map((month, i) => [month, found.target[i]]));
};
const targetText = (value, target) => t("target_reached", { target: euros(target), share: share(value / target) });
