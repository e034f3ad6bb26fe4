"""Ways to break the DAX of measures and calculated tables -> what the check says."""

from shopstream_platform_tests.serving.unit.power_bi.breaking import (
    Break,
    table,
    text,
)

BREAKS_OF_DAX: dict[str, tuple[Break, str]] = {
    "measure that is not there": (
        text(table("Sales daily"), "DIVIDE([Revenue], ", "DIVIDE([Revenu], "),
        "measure Average basket: .*Revenu",
    ),
    "column that is not there": (
        text(table("Sales daily"), "SUM('Sales daily'[Cancelled])", "SUM('Sales daily'[Canceled])"),
        "measure Lost orders: .*Canceled",
    ),
    "table that is not there": (
        text(table("Cohorts"), "SUM('Cohorts'[Active", "SUM('Cohort'[Active"),
        "measure Retention rate: unknown table `Cohort`",
    ),
    "column in place of a measure": (
        text(table("Visits"), "DIVIDE([Sessions with a purchase], CALC", "DIVIDE([Purchase sessions], CALC"),
        r"\[Purchase sessions\] is no measure",
    ),
    "unknown function": (
        text(table("Visits"), "SUM('Visits'[All", "SUMM('Visits'[All"),
        "function SUMM is none that we know",
    ),
    "too many arguments": (
        text(table("Visits"), "SUM('Visits'[All sessions])", "SUM('Visits'[All sessions], 2)"),
        "measure Sessions: .*SUM.* expects 1",
    ),
    "open bracket": (
        text(table("Visits"), "SUM('Visits'[All sessions])", "SUM('Visits'[All sessions]"),
        "measure Sessions: ",
    ),
    "sum of a text": (
        text(table("Visits"), "SUM('Visits'[All sessions])", "SUM('Visits'[Visitor country])"),
        "SUM cannot take Visits.Visitor country., which is string",
    ),
    "sum of a measure": (text(table("Visits"), "SUM('Visits'[All sessions])", "SUM([Stock])"), "SUM takes a column"),
    "measure that needs itself": (
        text(table("Visits"), "SUM('Visits'[All sessions])", "[Conversion rate] * 2"),
        "measure Sessions needs itself",
    ),
    "a table without quotes": (
        text(table("Product"), "COUNTROWS('Product')", "COUNTROWS(Product)"),
        "measure Products sold: the table Product is not in quotes",
    ),
    "a column alone": (
        text(table("Visits"), "DIVIDE([Sessions with a purchase]", "DIVIDE('Visits'[Purchase sessions]"),
        r"Visits\[Purchase sessions\] stands where there is no row of Visits",
    ),
    "a flag compared with a number": (
        text(table("Cohorts"), "'Cohorts'[Is incomplete] = FALSE()", "'Cohorts'[Is incomplete] = 0"),
        r"Cohorts\[Is incomplete\], which is boolean, is compared with 0",
    ),
    "a value that dbt does not accept": (
        text(table("Customer value"), '"At risk"', '"At Risk!"'),
        r"Customer value\[Segment\] is compared with At Risk!, which it never is",
    ),
    "a step that is not in its table": (
        text(table("Visits"), '"Purchase", ', '"Purchases", '),
        r"Funnel step\[Step\] is compared with Purchases, which it never is",
    ),
    "a year before of other days": (
        text(table("Sales by category"), "SAMEPERIODLASTYEAR('Date'[Date])", "SAMEPERIODLASTYEAR('Date'[Month])"),
        r"SAMEPERIODLASTYEAR of Date\[Month\], which is no key",
    ),
}
