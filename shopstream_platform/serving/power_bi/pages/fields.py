"""The fields that several visuals show."""

DATE, MONTH = ("Date", "Date"), ("Date", "Month")
COUNTRY, CATEGORY, PLAN = ("Country", "Country"), ("Category", "Category"), ("Customer", "Plan")
# As titles name them.
PLURALS = {DATE: "dates", COUNTRY: "countries", PLAN: "plans"}
REVENUE, ORDERS, BASKET = (
    ("Sales by category", "Revenue"),
    ("Sales daily", "Orders"),
    ("Sales daily", "Average basket"),
)
GROWTH, YEAR_ON_YEAR = ("Sales by category", "Monthly growth"), ("Sales by category", "Year on year")
YEAR_BEFORE = ("Sales by category", "Revenue of the year before")
PRODUCT_REVENUE, RANK = ("Product", "Product revenue"), ("Product", "Revenue rank")
CUSTOMERS, VALUE = ("Customer value", "Ordering customers"), ("Customer value", "Average lifetime value")
LIFETIME, SEGMENT = ("Customer value", "Lifetime value"), ("Customer value", "Segment")
AGE, CONTACTS = ("Cohorts", "Months since first order"), ("Campaigns", "Contacts")
AT_STEP = ("Visits", "Sessions at the step")
CONVERSION, SOURCE = ("Visits", "Conversion rate"), ("Campaigns", "Source")
