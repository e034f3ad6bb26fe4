"use strict";

// Ranks, classes and tiers are those of all products, whatever is filtered.
const PARETO_BARS = 240;
const products = data.products.id.map((id, i) => ({
  id,
  rank: i + 1,
  name: data.products.name[i],
  category: data.categories[data.products.category[i]],
  revenue: data.products.revenue[i],
  orders: data.products.orders[i],
  quantity: data.products.quantity[i],
  abcClass: data.classes[data.products.abc_class[i]],
  tier: data.tiers[data.products.tier[i]],
  stock: data.products.stock[i],
  stockValue: data.products.stock_value[i],
  sold30: data.products.sold_30[i],
  days: data.products.days_of_stock[i],
  restock: data.products.restock[i] === 1,
  dead: data.products.dead[i] === 1,
}));
const everything = sum(products.map((product) => product.revenue));
const best = Math.max(...products.map((product) => product.revenue), 1);
const classTag = (product) => ({ A: "strong", B: "", C: "" })[product.abcClass];
const daysText = (product) => (product.days === null ? "–" : tenths(product.days));

const tables = {
  products: makeTable(
    "products",
    [
      { key: "rank", title: t("rank"), number: true, text: (p) => number(p.rank) },
      { key: "name", isName: true, title: t("product"), searched: true, text: (p) => p.name },
      { key: "category", title: t("category"), searched: true, value: (p) => label(p.category), text: (p) => label(p.category) },
      { key: "revenue", title: t("revenue"), number: true, text: (p) => euros(p.revenue), bar: (p) => Math.max(p.revenue / best, 0).toFixed(3) },
      { key: "orders", title: texts.metrics.orders, number: true, text: (p) => number(p.orders) },
      { key: "quantity", title: t("units"), number: true, text: (p) => number(p.quantity) },
      { key: "stock", title: t("stock"), number: true, text: (p) => number(p.stock) },
      { key: "abcClass", title: t("class"), tag: classTag, text: (p) => p.abcClass },
      { key: "tier", title: t("tier"), value: (p) => data.tiers.indexOf(p.tier), tag: (p) => (p.tier === "Long Tail" ? "" : "warm"), text: (p) => label(p.tier) },
    ],
    { search: true, sort: "rank", descending: false },
  ),
  restock: makeTable(
    "restock",
    [
      { key: "name", isName: true, title: t("product"), text: (p) => p.name },
      { key: "category", title: t("category"), value: (p) => label(p.category), text: (p) => label(p.category) },
      { key: "days", title: t("days_of_stock"), number: true, tag: () => "alert", text: daysText },
      { key: "stock", title: t("stock"), number: true, text: (p) => number(p.stock) },
      { key: "sold30", title: t("sold_30"), number: true, text: (p) => number(p.sold30) },
      { key: "revenue", title: t("revenue"), number: true, text: (p) => euros(p.revenue) },
    ],
    { sort: "days", descending: false },
  ),
};

// Bars by rank inside the selection; of many products several share a bar, which is as high as their mean.
function pareto(selected, revenue) {
  const inOneBar = Math.max(Math.ceil(selected.length / PARETO_BARS), 1);
  const rows = [];
  let reached = 0;
  for (let first = 0; revenue > 0 && first < selected.length; first += inOneBar) {
    const group = selected.slice(first, first + inOneBar);
    const value = sum(group.map((product) => product.revenue));
    reached += value;
    const part = ratio(reached, revenue);
    const last = first + group.length;
    rows.push({
      rank: first,
      rank_end: last,
      value: value / group.length / 100,
      share: part,
      abc_class: group[0].abcClass,
      name: group.length === 1 ? group[0].name : t("ranks", { first: number(first + 1), last: number(last) }),
      revenue: value,
      tip: [
        group.length === 1 ? group[0].name : t("ranks", { first: number(first + 1), last: number(last) }),
        euros(value),
        t("reached", { share: rate(part) }),
        t("class_of", { name: group[0].abcClass }),
      ].join("\n"),
    });
  }
  return {
    rows,
    alt: data.classes.map((name) => {
      const ofClass = selected.filter((product) => product.abcClass === name);
      return `${t("class_of", { name })}: ${plural("products_count", ofClass.length)}, ${euros(sum(ofClass.map((p) => p.revenue)))}`;
    }),
    columns: [
      { title: t("product"), text: (row) => row.name },
      { title: t("revenue"), number: true, text: (row) => euros(row.revenue) },
      { title: t("share_of_revenue"), number: true, text: (row) => rate(row.share) },
    ],
  };
}

function tiers(selected, revenue) {
  const values = data.tiers.flatMap((tier) => {
    const ofTier = selected.filter((product) => product.tier === tier);
    const shares = [
      [t("share_of_products"), ratio(ofTier.length, selected.length), () => number(ofTier.length)],
      [t("share_of_revenue"), portion(sum(ofTier.map((p) => p.revenue)), revenue), () => euros(sum(ofTier.map((p) => p.revenue)))],
    ];
    return shares.map(([of, value, figure]) => ({ name: label(tier), of, value: value ?? 0, figure, label: shareText(value), tip: `${label(tier)}\n${shareText(value)} ${of}\n${figure()}` }));
  });
  return {
    rows: selected.length ? values : [],
    columns: [
      { title: t("tier"), text: (row) => row.name },
      { title: t("share"), text: (row) => `${row.label} ${row.of}` },
      { title: t("amount"), number: true, text: (row) => row.figure() },
    ],
  };
}

function headlineOf(sold, all, top, part) {
  if (sold === 0) return t("products_headline_none", { all: number(all) });
  const values = { sold: number(sold), all: number(all), top: number(top) };
  return part === null ? t("products_headline_negative", values) : t("products_headline", { ...values, share: share(part) });
}

function compute() {
  const selected = products.filter((p) => (!state.category || p.category === state.category) && (!state.abc_class || p.abcClass === state.abc_class));
  const revenue = sum(selected.map((p) => p.revenue));
  const sold = selected.filter((p) => p.orders > 0);
  const classA = selected.filter((p) => p.abcClass === "A");
  const ofA = sum(classA.map((p) => p.revenue));
  const restock = selected.filter((p) => p.restock);
  const dead = selected.filter((p) => p.dead);
  const deadValue = sum(dead.map((p) => p.stockValue));
  const top = selected.slice(0, 10);
  panel("restock").classList.toggle("alerting", restock.length > 0);
  return {
    headline: headlineOf(sold.length, selected.length, top.length, portion(sum(top.map((p) => p.revenue)), revenue)),
    cards: {
      products_sold: { value: sold.length, text: number(sold.length), note: t("of_products", { count: number(selected.length) }) },
      product_revenue: { value: revenue, text: euros(revenue), note: t("share_of_all", { share: shareText(portion(revenue, everything)) }) },
      class_a: {
        value: classA.length,
        text: number(classA.length),
        note: t("class_a_note", { revenue: shareText(portion(ofA, revenue)), products: share(ratio(classA.length, selected.length) ?? 0) }),
      },
      restock_due: { value: restock.length, text: number(restock.length), note: t("restock_note") },
      dead_stock: { value: deadValue, text: euros(deadValue), note: plural("dead_note", dead.length) },
    },
    charts: { pareto: pareto(selected, revenue), tiers: tiers(selected, revenue) },
    tables: { products: selected, restock },
  };
}
