"""Figures of orders, by the table that holds them."""

from shopstream_platform.serving.power_bi.measures.shorthand import CENTS, CHANGE, COUNT, EUR, SHARE, measure, metric

FOLDER = "Sales"
SALES_BY_CATEGORY = (
    metric("revenue", "SUM('Sales by category'[Total revenue])", EUR, FOLDER),
    measure("Units", "SUM('Sales by category'[Total quantity])", COUNT, FOLDER, "Units of counted orders."),
    measure(
        "Revenue of the month before",
        "CALCULATE([Revenue], PREVIOUSMONTH('Date'[Date]))",
        EUR,
        FOLDER,
        "Revenue of the whole month before the first day that is looked at.",
    ),
    measure(
        "Days of whole months",
        "CALCULATE(COUNTROWS('Date'), KEEPFILTERS('Date'[Is whole month] = TRUE()))",
        COUNT,
        FOLDER,
        "Days in months that the orders cover from their first day to their last.",
        hidden=True,
    ),
    measure(
        "Days of a whole month before",
        "CALCULATE([Days of whole months], PREVIOUSMONTH('Date'[Date]))",
        COUNT,
        FOLDER,
        "The same of the month before the first day that is looked at; none if the orders do not cover it.",
        hidden=True,
    ),
    measure(
        "Revenue of the year before",
        "IF(MIN('Date'[Date]) <= [Last sale date], CALCULATE([Revenue], SAMEPERIODLASTYEAR('Date'[Date])))",
        EUR,
        FOLDER,
        "Revenue of the same days a year before, of the whole month for one that is not over; none for what begins "
        "after the last day with an order.",
    ),
    metric(
        "monthly_growth",
        """
VAR WholeMonth = HASONEVALUE('Date'[Month]) && COUNTROWS('Date') = DAY(EOMONTH(MAX('Date'[Date]), 0))
VAR Covered = [Days of whole months] = COUNTROWS('Date') && [Days of a whole month before] > 0
VAR Before = [Revenue of the month before]
RETURN
    IF(WholeMonth && Covered && Before > 0, DIVIDE([Revenue] - Before, Before))
""",
        CHANGE,
        FOLDER,
    ),
    measure(
        "Year on year",
        """
VAR Covered = MIN('Date'[Date]) >= EDATE([First sale date], 12) && MAX('Date'[Date]) <= [Last whole sale date]
VAR Before = [Revenue of the year before]
RETURN
    IF(Covered, DIVIDE([Revenue] - Before, Before))
""",
        CHANGE,
        FOLDER,
        "Change of revenue against the same days a year before, as a share of it; none if the data do not cover both, "
        "or if the last day is not over.",
    ),
)
SALES_DAILY = (
    metric(
        "orders",
        """
IF(
    ISFILTERED('Category'[Category]),
    IF(HASONEVALUE('Category'[Category]), SUM('Sales by category'[Orders in category])),
    SUM('Sales daily'[Counted orders])
)
""",
        COUNT,
        FOLDER,
    ),
    metric("average_basket", "DIVIDE([Revenue], [Orders])", CENTS, FOLDER),
    measure(
        "Gross revenue",
        "SUM('Sales daily'[Gross revenue amount])",
        EUR,
        FOLDER,
        "Line totals in EUR of all orders, cancelled and refunded ones too. Knows no categories.",
    ),
    measure(
        "Lost orders",
        "SUM('Sales daily'[Cancelled]) + SUM('Sales daily'[Refunded])",
        COUNT,
        FOLDER,
        "Orders that were cancelled or refunded. Knows no categories.",
    ),
    metric(
        "lost_share",
        """
IF(
    ISFILTERED('Category'[Category]),
    BLANK(),
    DIVIDE([Lost orders], [Lost orders] + SUM('Sales daily'[Counted orders]))
)
""",
        SHARE,
        FOLDER,
    ),
    measure(
        "First sale date",
        "CALCULATE(MIN('Sales daily'[Sale date]), REMOVEFILTERS())",
        "Short Date",
        FOLDER,
        "First day with an order in the data, whatever is filtered.",
        hidden=True,
    ),
    measure(
        "Last sale date",
        "CALCULATE(MAX('Sales daily'[Sale date]), REMOVEFILTERS())",
        "Short Date",
        FOLDER,
        "Last day with an order in the data, whatever is filtered.",
        hidden=True,
    ),
    measure(
        "Last whole sale date",
        "CALCULATE(MAX('Sales daily'[Sale date]), REMOVEFILTERS(), 'Sales daily'[Is whole day] = TRUE())",
        "Short Date",
        FOLDER,
        "Last day with an order that is over, whatever is filtered.",
        hidden=True,
    ),
)
