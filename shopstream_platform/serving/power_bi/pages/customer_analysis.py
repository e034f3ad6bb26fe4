"""Customers by value, recency and cohort."""

from shopstream_platform.pbip.pages import Page, Sort, Visual
from shopstream_platform.serving.power_bi.pages.fields import AGE, COUNTRY, CUSTOMERS, LIFETIME, PLAN, SEGMENT, VALUE
from shopstream_platform.serving.power_bi.pages.layout import BOTTOM, MIDDLE, all_of, head, row


def page() -> Page:
    segments, values, scores = row(MIDDLE, 5, 4, 4)
    cohorts, ages, best = row(BOTTOM, 5, 4, 4)
    choices = (COUNTRY, PLAN)
    return Page(
        "customer_analysis",
        "Customer analysis",
        (
            *head(
                choices,
                (
                    CUSTOMERS,
                    VALUE,
                    ("Customer value", "Repeat rate"),
                    ("Customer value", "Revenue at risk"),
                ),
            ),
            Visual(
                "segments",
                "clusteredBarChart",
                "Customers by RFM segment",
                segments,
                {"Category": (SEGMENT,), "Y": (CUSTOMERS,), "Tooltips": (LIFETIME,)},
                Sort(CUSTOMERS),
            ),
            Visual(
                "value_by_segment",
                "clusteredBarChart",
                "Average lifetime value by segment",
                values,
                {"Category": (SEGMENT,), "Y": (VALUE,)},
                Sort(VALUE),
            ),
            Visual(
                "recency_frequency",
                "pivotTable",
                "Customers by recency and frequency (5 is best)",
                scores,
                {
                    "Rows": (("Customer value", "Recency score"),),
                    "Columns": (("Customer value", "Frequency score"),),
                    "Values": (CUSTOMERS,),
                },
            ),
            Visual(
                "cohorts",
                "pivotTable",
                f"Retention by month of the first order ({all_of(choices)})",
                cohorts,
                {
                    "Rows": (("Cohorts", "Cohort month"),),
                    "Columns": (AGE,),
                    "Values": (("Cohorts", "Retention rate"),),
                },
                totals=False,
            ),
            Visual(
                "value_by_age",
                "lineChart",
                f"Revenue per customer by months since the first order ({all_of(choices)})",
                ages,
                {"Category": (AGE,), "Y": (("Cohorts", "Value per cohort customer"),)},
                Sort(AGE, descending=False),
            ),
            Visual(
                "top_customers",
                "tableEx",
                "The best customers",
                best,
                {
                    "Values": (
                        ("Customer", "Customer ID"),
                        COUNTRY,
                        SEGMENT,
                        LIFETIME,
                        ("Customer value", "Customer orders"),
                    )
                },
                Sort(LIFETIME),
            ),
        ),
    )
