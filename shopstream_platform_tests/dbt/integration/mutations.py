"""Business rules of the models, each broken by one change of text.

A broken model is a copy beside the original, `<model>__<number>`, with copies of the original's dbt unit tests: one
dbt invocation tests all of them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Mutation:
    """`old`, which is in the model exactly once, becomes `new`."""

    rule: str
    model: str
    old: str
    new: str

    def apply(self, sql: str) -> str:
        """The broken model; ValueError if the text to replace is not there, or more than once."""
        if sql.count(self.old) != 1:
            raise ValueError(
                f"mutation {self.rule!r} no longer applies: {self.old!r} occurs {sql.count(self.old)} times in "
                f"{self.model}.sql; adapt it in {Path(__file__).name}"
            )
        return sql.replace(self.old, self.new)


COHORT, FUNNEL, CRM = "mart_cohort_retention", "mart_conversion_funnel", "mart_crm_conversion"
LTV, PRODUCTS, INVENTORY = "mart_customer_ltv", "mart_product_performance", "mart_inventory"
STATUS = "data_status"
OF_A = "< overall_revenue * {{ var('abc_percent')['A'] }}"
OF_B = "< overall_revenue * {{ var('abc_percent')['B'] }}"
GAP = "dateadd(minute, {{ var('session_gap_minutes') }},"
OVERVIEW, DAILY = "mart_sales_overview", "mart_sales_daily"
LOCATED, LOST, ACTIVATION = "int_order_lines__located", "mart_lost_orders", "mart_activation"
PLACE = "coalesce(order_lines.country, customers.country, 'Unknown')"
RANKING = "order by total_revenue desc, product_id asc"
BACK = "order by total_revenue desc, product_id desc"
WINDOWS = f"""row_number() over ({RANKING}) as revenue_rank,
        sum(total_revenue) over () as overall_revenue,
        iff(sum(total_revenue) over () > 0, sum(total_revenue) over (), null) as shared_revenue,
        sum(total_revenue) over (
            {RANKING}"""
EVENTS_IN_ORDER = "listagg(step, '') within group (order by event_ts asc, event_id asc)"
COUNTED = "iff(orders.order_status in ({{ uncounted }}), false, true)"

MUTATIONS = (
    Mutation("cancelled orders count", "fact_orders", "({{ uncounted }})", "('refunded')"),
    Mutation("refunded orders count", "fact_orders", "({{ uncounted }})", "('cancelled')"),
    Mutation(
        "orders without a status do not count",
        "fact_orders",
        COUNTED,
        "(orders.order_status not in ({{ uncounted }}))",
    ),
    Mutation(
        "an empty list of statuses counts nothing",
        "fact_orders",
        COUNTED,
        "(coalesce(orders.order_status, '') not in ({{ uncounted }}))",
    ),
    Mutation("status in any case", "stg_orders", "spelling('lower(trim(status))')", "spelling('trim(status)')"),
    Mutation(
        "every spelling a status", "stg_orders", "{{ in_one_spelling('lower(trim(status))') }}", "lower(trim(status))"
    ),
    Mutation(
        "the source's status is lost", "fact_orders", "orders.source_status::varchar", "orders.order_status::varchar"
    ),
    Mutation("cancelled orders are sold", OVERVIEW, "where is_counted", ""),
    Mutation("no country of the customer", LOCATED, PLACE, "coalesce(order_lines.country, 'Unknown')"),
    Mutation(
        "the customer's country first", LOCATED, PLACE, "coalesce(customers.country, order_lines.country, 'Unknown')"
    ),
    Mutation(
        "products that are not known have no category",
        LOCATED,
        "coalesce(products.category, 'Unknown')",
        "products.category",
    ),
    Mutation("sold orders are lost", LOST, "where not is_counted", ""),
    Mutation("lost lines are lost orders", LOST, "count(distinct order_id)", "count(order_id)"),
    Mutation("a week has six days", ACTIVATION, "<= 7", "< 7"),
    Mutation("a month has 29 days", ACTIVATION, "<= 30", "< 30"),
    Mutation("a quarter has 91 days", ACTIVATION, "<= 90", "<= 91"),
    Mutation("who never ordered is left out", ACTIVATION, "left join", "inner join"),
    Mutation("an order is a repeat order", LTV, "scored.frequency >= 2", "scored.frequency >= 1"),
    Mutation("refunds are cancellations", DAILY, "sum(iff(order_status = 'refunded'", "sum(iff(not is_counted"),
    Mutation("no category is no category", "dim_products", "coalesce(category, 'Unknown')", "category"),
    Mutation("class A up to and with 80 %", PRODUCTS, OF_A, f"<= {OF_A[2:]}"),
    Mutation("class B up to and with 95 %", PRODUCTS, OF_B, f"<= {OF_B[2:]}"),
    Mutation("class A to 85 %", PRODUCTS, OF_A, "< overall_revenue * 85"),
    Mutation(
        "the product itself decides",
        PRODUCTS,
        f"(revenue_up_to_here - total_revenue) * 100 {OF_A}",
        f"revenue_up_to_here * 100 {OF_A}",
    ),
    Mutation("class A without revenue", PRODUCTS, "overall_revenue <= 0 then 'C'", "overall_revenue <= 0 then 'A'"),
    Mutation("class A of credit notes", PRODUCTS, "overall_revenue <= 0 then", "overall_revenue = 0 then"),
    Mutation("shares of credit notes", PRODUCTS, "over () > 0, sum", "over () <> 0, sum"),
    Mutation(
        "ranks of ties the other way round", PRODUCTS, f"row_number() over ({RANKING})", f"row_number() over ({BACK})"
    ),
    Mutation(
        "shares of ties the other way round", PRODUCTS, f"{RANKING}\n            rows", f"{BACK}\n            rows"
    ),
    Mutation("no tie-break", PRODUCTS, WINDOWS, WINDOWS.replace(", product_id asc", "")),
    Mutation("Top 10 of nine", PRODUCTS, "revenue_rank <= {{ first_tier }}", "revenue_rank < {{ first_tier }}"),
    Mutation("a quintile reversed", LTV, "order by monetary asc", "order by monetary desc"),
    Mutation(
        "ties the other way round", LTV, "order by frequency asc, user_id asc", "order by frequency asc, user_id desc"
    ),
    Mutation("no moment is the best recency", LTV, "nulls first", "nulls last"),
    Mutation(
        "the last order is one that counts",
        STATUS,
        "max(order_date) as last_order_date",
        "max(iff(is_counted, order_date, null)) as last_order_date",
    ),
    Mutation("champions spend less", LTV, "monetary_score >= {{ high }}", "monetary_score >= {{ middle }}"),
    Mutation("lines are orders", LTV, "count(distinct order_id)", "count(distinct order_date)"),
    Mutation("the cohort of the last order", COHORT, "min(activity_month)", "max(activity_month)"),
    Mutation("the cohort of a cancelled order", COHORT, "from order_lines\n    where is_counted", "from order_lines"),
    Mutation("orders are customers", COHORT, "count(distinct counted_lines.user_id)", "count(counted_lines.user_id)"),
    Mutation("months without orders are left out", COHORT, "left join active_months", "inner join active_months"),
    Mutation(
        "a month that is over is incomplete", COHORT, "activity_month > last_whole", "activity_month >= last_whole"
    ),
    Mutation("impossible dates begin the data", STATUS, "'{{ var(\"first_plausible_date\") }}'", "'0001-01-01'"),
    Mutation(
        "the month in which data begin is whole", STATUS, "dateadd(month, 1, date_trunc", "dateadd(month, 0, date_trunc"
    ),
    Mutation(
        "a source ends after a week", STATUS, "> {{ var('ended_after_days') }}", ">= {{ var('ended_after_days') }}"
    ),
    Mutation("a source that has ended is of today", STATUS, "iff(is_ended, last_order_date, newest_day)", "newest_day"),
    Mutation(
        "no slack at the end",
        STATUS,
        "dateadd(day, {{ var('month_end_slack_days') }}, last_order_date)",
        "last_order_date",
    ),
    Mutation(
        "a running day is whole", STATUS, "iff(is_complete, null, partition_date)", "iff(true, null, partition_date)"
    ),
    Mutation("the oldest load says if a day was over", STATUS, "order by load_id desc", "order by load_id asc"),
    Mutation("any source's days are the shop's", STATUS, "and table_name in ('orders', 'order_items', 'events')", ""),
    Mutation(
        "a month is whole on its last day",
        STATUS,
        "last_order_date), newest_complete_day",
        "last_order_date), newest_day",
    ),
    Mutation("orders of the running day", LOCATED, "{{ is_complete_day('order_lines.order_date') }}", "true"),
    Mutation("sessions of the running day", FUNNEL, "{{ is_complete_day('sessions.session_date') }}", "false"),
    Mutation("signups of the running day", ACTIVATION, "{{ is_complete_day('customers.signup_date') }}", "true"),
    Mutation("29:59 and 30:00 are one session", FUNNEL, f">= {GAP}", f"> {GAP}"),
    Mutation("sessions part at 20 minutes", FUNNEL, GAP, "dateadd(minute, 20,"),
    Mutation("an open funnel", FUNNEL, "patterns[:loop.index]", "patterns[loop.index0:loop.index]"),
    Mutation("steps that never occur are asked for", FUNNEL, 'iff(seen_steps.has_" ~ step ~ ",', "iff(true,"),
    Mutation("steps that never occur are nought", FUNNEL, "seen_steps.has_{{ step }},", "true,"),
    Mutation("purchases alone are a conversion", FUNNEL, "            and (\n", "            or (\n"),
    Mutation("events of a moment in any order", FUNNEL, EVENTS_IN_ORDER, EVENTS_IN_ORDER.replace("id asc", "id desc")),
    Mutation("visitors without an account", FUNNEL, "user_id is not null and", ""),
    Mutation("the day on which a session ends", FUNNEL, "min(event_ts)", "max(event_ts)"),
    Mutation("e-mail as the contact wrote it", "stg_crm_contacts", "lower(trim(email))", "trim(email)"),
    Mutation("e-mail as the user wrote it", "stg_users", "lower(trim(email))", "trim(email)"),
    Mutation("revenue of a contact, not of a customer", CRM, "select distinct", "select"),
    Mutation("an empty address is an address", CRM, "where contacts.email <> ''", ""),
    Mutation("cancelled orders are revenue of a campaign", CRM, "where is_counted", ""),
    Mutation("days of contacts who did not convert", CRM, "iff(is_converted, datediff(", "iff(true, datediff("),
    Mutation(
        "class A to the 14th day",
        INVENTORY,
        "< units_to_replace * {{ restock }}",
        "<= units_to_replace * {{ restock }}",
    ),
    Mutation("restock of every class", INVENTORY, "abc_class = 'A'\n            and", ""),
    Mutation("31 days", INVENTORY, "< {{ window }}, order_lines", "<= {{ window }}, order_lines"),
    Mutation("91 days", INVENTORY, "< {{ dead }}, order_lines", "<= {{ dead }}, order_lines"),
    Mutation("oversold stock has a value", INVENTORY, "greatest(stock_quantity, 0)", "stock_quantity"),
    Mutation("a negative price is one", INVENTORY, "iff(unit_price >= 0, unit_price, null)", "unit_price"),
    Mutation(
        "revenue where nothing matched",
        CRM,
        "matched_customers.revenue::number",
        "coalesce(matched_customers.revenue, 0)::number",
    ),
    Mutation("dead without stock", INVENTORY, "stock_quantity > 0 and", ""),
)


def name_of_copy(model: str, number: int) -> str:
    """Beside the original, in its folder."""
    return f"{model}__{number}"


def write_copies(project: Path) -> None:
    """Add the broken models and their unit tests to a copy of the project."""
    unit_tests = _unit_tests(project)
    copies: list[dict[str, Any]] = []
    for number, mutation in enumerate(MUTATIONS, start=1):
        (original,) = project.glob(f"models/*/{mutation.model}.sql")
        copy = name_of_copy(mutation.model, number)
        original.with_name(f"{copy}.sql").write_text(mutation.apply(original.read_text()))
        copies += [test | {"model": copy, "name": f"{test['name']}__{copy}"} for test in unit_tests[mutation.model]]
    (project / "models" / "copies.yml").write_text(yaml.safe_dump({"unit_tests": copies}))


def _unit_tests(project: Path) -> dict[str, list[dict[str, Any]]]:
    """model -> its unit tests."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(project.glob("models/*/*.yml")):
        for test in yaml.safe_load(path.read_text()).get("unit_tests", []):
            found.setdefault(test["model"], []).append(test)
    return found
