"""The figures in DAX. Those that the dashboards show too have their names and descriptions from there.

Where a card would say "(Blank)", `+ 0` makes it nought. Without KEEPFILTERS a measure's filter would take the place of
what a reader has chosen of the column. DAX cannot be run without Power BI: the measures keep to what the tests'
evaluator knows.
"""

from shopstream_platform.contract.metrics import METRICS
from shopstream_platform.serving.power_bi.model import Measure

_COUNT, _EUR, _CENTS, _SHARE = "#,##0", r'#,##0\ "€"', r'#,##0.00\ "€"', "0.0%"
_CHANGE = "+0.0%;-0.0%;0.0%"
FUNNEL_STEP = "Funnel step"
# Step -> measure.
FUNNEL_STEPS = {
    "Visit": "Sessions",
    "Page view": "Sessions with a page view",
    "Product view": "Sessions with a product view",
    "Cart": "Sessions with a cart",
    "Checkout": "Sessions with a checkout",
    "Purchase": "Sessions with a purchase",
}
_SALES, _PRODUCTS, _CUSTOMERS, _ACQUISITION = "Sales", "Products", "Customers", "Acquisition"


def _metric(metric: str, dax: str, shown: str, folder: str, name: str | None = None) -> Measure:
    words = METRICS[metric]
    return Measure(name or words.label["en"], dax.strip(), shown, folder, words.description["en"], metric)


def _measure(
    name: str, dax: str, shown: str, folder: str, description: str, metric: str | None = None, *, hidden: bool = False
) -> Measure:
    return Measure(name, dax.strip(), shown, folder, description, metric, hidden)


SALES_BY_CATEGORY = (
    _metric("revenue", "SUM('Sales by category'[Total revenue])", _EUR, _SALES),
    _measure("Units", "SUM('Sales by category'[Total quantity])", _COUNT, _SALES, "Units of counted orders."),
    _measure(
        "Revenue of the month before",
        "CALCULATE([Revenue], PREVIOUSMONTH('Date'[Date]))",
        _EUR,
        _SALES,
        "Revenue of the whole month before the first day that is looked at.",
    ),
    _measure(
        "Days of whole months",
        "CALCULATE(COUNTROWS('Date'), KEEPFILTERS('Date'[Is whole month] = TRUE()))",
        _COUNT,
        _SALES,
        "Days in months that the orders cover from their first day to their last.",
        hidden=True,
    ),
    _measure(
        "Days of a whole month before",
        "CALCULATE([Days of whole months], PREVIOUSMONTH('Date'[Date]))",
        _COUNT,
        _SALES,
        "The same of the month before the first day that is looked at; none if the orders do not cover it.",
        hidden=True,
    ),
    _measure(
        "Revenue of the year before",
        "IF(MIN('Date'[Date]) <= [Last sale date], CALCULATE([Revenue], SAMEPERIODLASTYEAR('Date'[Date])))",
        _EUR,
        _SALES,
        "Revenue of the same days a year before, of the whole month for one that is not over; none for what begins "
        "after the last day with an order.",
    ),
    _metric(
        "monthly_growth",
        """
VAR WholeMonth = HASONEVALUE('Date'[Month]) && COUNTROWS('Date') = DAY(EOMONTH(MAX('Date'[Date]), 0))
VAR Covered = [Days of whole months] = COUNTROWS('Date') && [Days of a whole month before] > 0
VAR Before = [Revenue of the month before]
RETURN
    IF(WholeMonth && Covered && Before > 0, DIVIDE([Revenue] - Before, Before))
""",
        _CHANGE,
        _SALES,
    ),
    _measure(
        "Year on year",
        """
VAR Covered = MIN('Date'[Date]) >= EDATE([First sale date], 12) && MAX('Date'[Date]) <= [Last sale date]
VAR Before = [Revenue of the year before]
RETURN
    IF(Covered, DIVIDE([Revenue] - Before, Before))
""",
        _CHANGE,
        _SALES,
        "Change of revenue against the same days a year before, as a share of it; none if the data do not cover both.",
    ),
)
SALES_DAILY = (
    _metric(
        "orders",
        """
IF(
    ISFILTERED('Category'[Category]),
    IF(HASONEVALUE('Category'[Category]), SUM('Sales by category'[Orders in category])),
    SUM('Sales daily'[Counted orders])
)
""",
        _COUNT,
        _SALES,
    ),
    _metric("average_basket", "DIVIDE([Revenue], [Orders])", _CENTS, _SALES),
    _measure(
        "Gross revenue",
        "SUM('Sales daily'[Gross revenue amount])",
        _EUR,
        _SALES,
        "Line totals in EUR of all orders, cancelled and refunded ones too. Knows no categories.",
    ),
    _measure(
        "Lost orders",
        "SUM('Sales daily'[Cancelled]) + SUM('Sales daily'[Refunded])",
        _COUNT,
        _SALES,
        "Orders that were cancelled or refunded. Knows no categories.",
    ),
    _metric(
        "lost_share",
        """
IF(
    ISFILTERED('Category'[Category]),
    BLANK(),
    DIVIDE([Lost orders], [Lost orders] + SUM('Sales daily'[Counted orders]))
)
""",
        _SHARE,
        _SALES,
    ),
    _measure(
        "First sale date",
        "CALCULATE(MIN('Sales daily'[Sale date]), REMOVEFILTERS())",
        "Short Date",
        _SALES,
        "First day with an order in the data, whatever is filtered.",
        hidden=True,
    ),
    _measure(
        "Last sale date",
        "CALCULATE(MAX('Sales daily'[Sale date]), REMOVEFILTERS())",
        "Short Date",
        _SALES,
        "Last day with an order in the data, whatever is filtered.",
        hidden=True,
    ),
)
PRODUCT = (
    _metric("product_revenue", "SUM('Product'[Product total revenue])", _EUR, _PRODUCTS, "Product revenue"),
    _measure(
        "Product orders",
        "IF(HASONEVALUE('Product'[Product ID]), SUM('Product'[Product total orders]))",
        _COUNT,
        _PRODUCTS,
        "Distinct counted orders of one product; none for several, since an order has several products.",
    ),
    _measure("Product units", "SUM('Product'[Product total quantity])", _COUNT, _PRODUCTS, "Units of counted orders."),
    _metric(
        "products_sold",
        "CALCULATE(COUNTROWS('Product'), 'Product'[Product total orders] > 0)",
        _COUNT,
        _PRODUCTS,
    ),
    _metric(
        "class_a", """CALCULATE(COUNTROWS('Product'), KEEPFILTERS('Product'[ABC class] = "A")) + 0""", _COUNT, _PRODUCTS
    ),
    _measure(
        "Cumulative share",
        "MAX('Product'[Cumulative revenue share])",
        _SHARE,
        _PRODUCTS,
        "Share of all revenue up to and including the product, by revenue rank.",
    ),
)
INVENTORY = (
    _measure("Stock", "SUM('Inventory'[Stock quantity])", _COUNT, _PRODUCTS, "Units in stock."),
    _measure("Stock value", "SUM('Inventory'[Stock value amount])", _EUR, _PRODUCTS, "Stock in EUR, at sales prices."),
    _measure(
        "Units sold in 30 days",
        "SUM('Inventory'[Units of 30 days])",
        _COUNT,
        _PRODUCTS,
        "Units sold in the last 30 days of the data.",
    ),
    _measure(
        "Days of stock",
        "DIVIDE([Stock] * 30, [Units sold in 30 days])",
        "#,##0.0",
        _PRODUCTS,
        "Days that the stock lasts at the pace of the last 30 days; none if nothing was sold in them.",
    ),
    _metric(
        "restock_due",
        "CALCULATE(COUNTROWS('Inventory'), KEEPFILTERS('Inventory'[Is restock due] = TRUE())) + 0",
        _COUNT,
        _PRODUCTS,
    ),
    _metric(
        "dead_stock", "CALCULATE([Stock value], KEEPFILTERS('Inventory'[Is dead stock] = TRUE())) + 0", _EUR, _PRODUCTS
    ),
)
CUSTOMER = (
    _measure("Registered customers", "COUNTROWS('Customer')", _COUNT, _ACQUISITION, "Users who signed up."),
    _metric("activation_rate", "DIVIDE([Ordering customers], [Registered customers])", _SHARE, _ACQUISITION),
)
CUSTOMER_VALUE = (
    _metric("ordering_customers", "COUNTROWS('Customer value')", _COUNT, _CUSTOMERS),
    _measure(
        "Repeat customers",
        "CALCULATE(COUNTROWS('Customer value'), 'Customer value'[Order count] >= 2)",
        _COUNT,
        _CUSTOMERS,
        "Customers with at least two counted orders.",
        "repeat_customers",
    ),
    _metric("repeat_rate", "DIVIDE([Repeat customers], [Ordering customers])", _SHARE, _CUSTOMERS),
    _measure(
        "Customer orders", "SUM('Customer value'[Order count])", _COUNT, _CUSTOMERS, "Counted orders of customers."
    ),
    _measure(
        "Lifetime value",
        "SUM('Customer value'[Lifetime value amount])",
        _EUR,
        _CUSTOMERS,
        "Revenue so far of customers, in EUR.",
    ),
    _metric("lifetime_value", "DIVIDE([Lifetime value], [Ordering customers])", _CENTS, _CUSTOMERS),
    _metric(
        "revenue_at_risk",
        """CALCULATE([Lifetime value], KEEPFILTERS('Customer value'[Segment] = "At risk")) + 0""",
        _EUR,
        _CUSTOMERS,
    ),
)
COHORTS = (
    _measure(
        "Retention rate",
        """
IF(
    HASONEVALUE('Cohorts'[Months since first order]),
    CALCULATE(DIVIDE(SUM('Cohorts'[Active customers]), SUM('Cohorts'[Cohort size])), 'Cohorts'[Is incomplete] = FALSE())
)
""",
        _SHARE,
        _CUSTOMERS,
        "Share of a cohort's customers with an order so many months after the first; only of months that are over.",
    ),
    _measure(
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
        _CENTS,
        _CUSTOMERS,
        "Revenue of a cohort up to so many months after the first order, per customer; only of months that are over.",
    ),
)
VISITS = (
    _metric("sessions", "SUM('Visits'[All sessions])", _COUNT, _ACQUISITION),
    _measure(
        "Sessions with a page view",
        "SUM('Visits'[Page view sessions])",
        _COUNT,
        _ACQUISITION,
        "Sessions with a page view.",
    ),
    _measure(
        "Sessions with a product view",
        "SUM('Visits'[Product view sessions])",
        _COUNT,
        _ACQUISITION,
        "Sessions with a product view after a page view.",
    ),
    _measure(
        "Sessions with a cart",
        "SUM('Visits'[Add to cart sessions])",
        _COUNT,
        _ACQUISITION,
        "Sessions in which, after these, something was put into the cart.",
    ),
    _measure(
        "Sessions with a checkout",
        "SUM('Visits'[Checkout start sessions])",
        _COUNT,
        _ACQUISITION,
        "Sessions in which, after these, the checkout was begun.",
    ),
    _measure(
        "Sessions with a purchase",
        "SUM('Visits'[Purchase sessions])",
        _COUNT,
        _ACQUISITION,
        "Sessions that end in a purchase after all other steps.",
    ),
    _measure(
        "Sessions at the step",
        f"SWITCH(SELECTEDVALUE('{FUNNEL_STEP}'[Step]), "
        + ", ".join(f'"{step}", [{measure}]' for step, measure in FUNNEL_STEPS.items())
        + ")",
        _COUNT,
        _ACQUISITION,
        "Sessions that reach the step; none for several steps.",
    ),
    _metric(
        "conversion_rate",
        "DIVIDE([Sessions with a purchase], CALCULATE([Sessions], KEEPFILTERS('Visits'[Has conversion] = TRUE())))",
        _SHARE,
        _ACQUISITION,
    ),
)
CAMPAIGNS = (
    _measure("Contacts", "SUM('Campaigns'[All contacts])", _COUNT, _ACQUISITION, "CRM contacts."),
    _metric("contact_conversion", "DIVIDE(SUM('Campaigns'[Converted]), [Contacts])", _SHARE, _ACQUISITION),
    _measure(
        "Median days to convert",
        "IF(HASONEVALUE('Campaigns'[Source]) && HASONEVALUE('Campaigns'[Campaign]), MAX('Campaigns'[Median days]))",
        "0.0",
        _ACQUISITION,
        "Median days from first contact to conversion, of one campaign of one source: medians do not add up.",
    ),
    _measure(
        "Matched revenue",
        "IF(HASONEVALUE('Campaigns'[Source]) && HASONEVALUE('Campaigns'[Campaign]), "
        "SUM('Campaigns'[Revenue of matched customers]))",
        _EUR,
        _ACQUISITION,
        "Revenue of customers with a contact's address, of one campaign of one source: a customer may be in several.",
    ),
)
