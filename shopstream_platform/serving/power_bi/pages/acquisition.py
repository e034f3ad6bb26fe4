"""Visits, signups and campaigns."""

from shopstream_platform.pbip.pages import Page, Sort, Visual
from shopstream_platform.serving.power_bi.pages.fields import (
    AT_STEP,
    CONTACTS,
    CONVERSION,
    COUNTRY,
    DATE,
    MONTH,
    SOURCE,
)
from shopstream_platform.serving.power_bi.pages.layout import BOTTOM, MIDDLE, all_of, head, row


def page() -> Page:
    funnel, conversion = row(MIDDLE, 1, 1)
    signups, sources, campaigns = row(BOTTOM, 4, 3, 6)
    activation = ("Customer", "Signups with an order")
    contact_conversion = ("Campaigns", "Contacts converted")
    choices = (DATE, COUNTRY)
    return Page(
        "acquisition",
        "Acquisition",
        (
            *head(
                choices,
                (("Visits", "Sessions"), CONVERSION, activation),
                unfiltered=(contact_conversion,),
            ),
            Visual(
                "funnel",
                "funnel",
                "From the visit to the purchase",
                funnel,
                {"Category": (("Funnel step", "Step"),), "Y": (AT_STEP,)},
                Sort(AT_STEP),
            ),
            Visual(
                "conversion_over_time",
                "lineChart",
                "Conversion rate by month",
                conversion,
                {"Category": (MONTH,), "Y": (CONVERSION,), "Tooltips": (("Visits", "Sessions"),)},
                Sort(MONTH, descending=False),
            ),
            Visual(
                "activation_by_month",
                "lineClusteredColumnComboChart",
                "Signups by month, and how many of them ordered",
                signups,
                {"Category": (MONTH,), "Y": (("Customer", "Registered customers"),), "Y2": (activation,)},
                Sort(MONTH, descending=False),
            ),
            Visual(
                "crm_by_source",
                "clusteredBarChart",
                f"CRM contacts converted by source ({all_of(choices)})",
                sources,
                {"Category": (SOURCE,), "Y": (contact_conversion,), "Tooltips": (CONTACTS,)},
                Sort(contact_conversion),
            ),
            Visual(
                "campaigns",
                "tableEx",
                f"Campaigns ({all_of(choices)})",
                campaigns,
                {
                    "Values": (
                        SOURCE,
                        ("Campaigns", "Campaign"),
                        CONTACTS,
                        contact_conversion,
                        ("Campaigns", "Median days to convert"),
                        ("Campaigns", "Matched revenue"),
                    )
                },
                Sort(CONTACTS),
            ),
        ),
    )
