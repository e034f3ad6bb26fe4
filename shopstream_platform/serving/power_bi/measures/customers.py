"""Figures of customers who ordered, by the table that holds them."""

from shopstream_platform.serving.power_bi.measures.shorthand import CENTS, COUNT, EUR, SHARE, measure, metric

FOLDER = "Customers"
CUSTOMER_VALUE = (
    metric("ordering_customers", "COUNTROWS('Customer value')", COUNT, FOLDER),
    measure(
        "Repeat customers",
        "CALCULATE(COUNTROWS('Customer value'), 'Customer value'[Order count] >= 2)",
        COUNT,
        FOLDER,
        "Customers with at least two counted orders.",
        "repeat_customers",
    ),
    metric("repeat_rate", "DIVIDE([Repeat customers], [Ordering customers])", SHARE, FOLDER),
    measure("Customer orders", "SUM('Customer value'[Order count])", COUNT, FOLDER, "Counted orders of customers."),
    measure(
        "Lifetime value",
        "SUM('Customer value'[Lifetime value amount])",
        EUR,
        FOLDER,
        "Revenue so far of customers, in EUR.",
    ),
    metric("lifetime_value", "DIVIDE([Lifetime value], [Ordering customers])", CENTS, FOLDER),
    metric(
        "revenue_at_risk",
        """CALCULATE([Lifetime value], KEEPFILTERS('Customer value'[Segment] = "At risk")) + 0""",
        EUR,
        FOLDER,
    ),
)
COHORTS = (
    measure(
        "Retention rate",
        """
IF(
    HASONEVALUE('Cohorts'[Months since first order]),
    CALCULATE(DIVIDE(SUM('Cohorts'[Active customers]), SUM('Cohorts'[Cohort size])), 'Cohorts'[Is incomplete] = FALSE())
)
""",
        SHARE,
        FOLDER,
        "Share of a cohort's customers with an order so many months after the first; only of months that are over.",
    ),
    measure(
        "Value per cohort customer",
        """
IF(
    HASONEVALUE('Cohorts'[Months since first order]),
    CALCULATE(
        DIVIDE(SUM('Cohorts'[Cumulative revenue]), SUM('Cohorts'[Cohort size])),
        'Cohorts'[Is incomplete] = FALSE()
    )
)
""",
        CENTS,
        FOLDER,
        "Revenue of a cohort up to so many months after the first order, per customer; only of months that are over.",
    ),
)
