"""Figures of signups, visits and campaigns, by the table that holds them."""

from shopstream_platform.serving.power_bi.measures.shorthand import COUNT, EUR, SHARE, measure, metric

FOLDER = "Acquisition"
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
CUSTOMER = (
    measure("Registered customers", "COUNTROWS('Customer')", COUNT, FOLDER, "Users who signed up."),
    metric("activation_rate", "DIVIDE([Ordering customers], [Registered customers])", SHARE, FOLDER),
)
VISITS = (
    metric("sessions", "SUM('Visits'[All sessions])", COUNT, FOLDER),
    measure(
        "Sessions with a page view",
        "SUM('Visits'[Page view sessions])",
        COUNT,
        FOLDER,
        "Sessions with a page view.",
    ),
    measure(
        "Sessions with a product view",
        "SUM('Visits'[Product view sessions])",
        COUNT,
        FOLDER,
        "Sessions with a product view after a page view.",
    ),
    measure(
        "Sessions with a cart",
        "SUM('Visits'[Add to cart sessions])",
        COUNT,
        FOLDER,
        "Sessions in which, after these, something was put into the cart.",
    ),
    measure(
        "Sessions with a checkout",
        "SUM('Visits'[Checkout start sessions])",
        COUNT,
        FOLDER,
        "Sessions in which, after these, the checkout was begun.",
    ),
    measure(
        "Sessions with a purchase",
        "SUM('Visits'[Purchase sessions])",
        COUNT,
        FOLDER,
        "Sessions that end in a purchase after all other steps.",
    ),
    measure(
        "Sessions at the step",
        f"SWITCH(SELECTEDVALUE('{FUNNEL_STEP}'[Step]), "
        + ", ".join(f'"{step}", [{measure}]' for step, measure in FUNNEL_STEPS.items())
        + ")",
        COUNT,
        FOLDER,
        "Sessions that reach the step; none for several steps.",
    ),
    metric(
        "conversion_rate",
        "DIVIDE([Sessions with a purchase], CALCULATE([Sessions], KEEPFILTERS('Visits'[Has conversion] = TRUE())))",
        SHARE,
        FOLDER,
    ),
)
CAMPAIGNS = (
    measure("Contacts", "SUM('Campaigns'[All contacts])", COUNT, FOLDER, "CRM contacts."),
    metric("contact_conversion", "DIVIDE(SUM('Campaigns'[Converted]), [Contacts])", SHARE, FOLDER),
    measure(
        "Median days to convert",
        "IF(HASONEVALUE('Campaigns'[Source]) && HASONEVALUE('Campaigns'[Campaign]), MAX('Campaigns'[Median days]))",
        "0.0",
        FOLDER,
        "Median days from first contact to conversion, of one campaign of one source: medians do not add up.",
    ),
    measure(
        "Matched revenue",
        "IF(HASONEVALUE('Campaigns'[Source]) && HASONEVALUE('Campaigns'[Campaign]), "
        "SUM('Campaigns'[Revenue of matched customers]))",
        EUR,
        FOLDER,
        "Revenue of customers with a contact's address, of one campaign of one source: a customer may be in several.",
    ),
)
