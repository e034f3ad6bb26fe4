"""Names and meanings of the figures on the cards; those of the dbt semantic layer have its words."""

from dataclasses import dataclass

from shopstream_platform.config.groups import Locale

LOCALES = tuple(Locale)


@dataclass(frozen=True)
class Metric:
    """One figure: what it is called and what it counts, in each language."""

    label: dict[str, str]
    description: dict[str, str]


def _metric(en: str, fr: str, meaning: str, sens: str) -> Metric:
    return Metric({"en": en, "fr": fr}, {"en": meaning, "fr": sens})


# Named and described as in shopstream_dbt's semantic layer.
SEMANTIC = {
    "revenue": _metric(
        "Revenue",
        "Chiffre d'affaires",
        "Line totals in EUR of orders that are neither cancelled nor refunded.",
        "Total en EUR des lignes des commandes ni annulées ni remboursées.",
    ),
    "orders": _metric(
        "Orders",
        "Commandes",
        "Distinct orders that are neither cancelled nor refunded. Not additive over categories.",
        "Commandes distinctes ni annulées ni remboursées. Ne s'additionnent pas d'une catégorie à l'autre.",
    ),
    "average_basket": _metric(
        "Average basket",
        "Panier moyen",
        "Revenue per order, in EUR.",
        "Chiffre d'affaires par commande, en EUR.",
    ),
    "monthly_growth": _metric(
        "Monthly growth",
        "Croissance mensuelle",
        "Change of revenue against the month before, as a share of it. None without revenue in the month before. The "
        "pages and Power BI leave out months that the data do not cover from the first day to the last.",
        "Variation du chiffre d'affaires par rapport au mois précédent. Aucune sans chiffre d'affaires le "
        "mois précédent. Les pages et Power BI omettent les mois que les données ne couvrent pas du premier au "
        "dernier jour.",
    ),
    "repeat_rate": _metric(
        "Repeat rate",
        "Taux de réachat",
        "Share of ordering customers who ordered at least twice.",
        "Part des clients acheteurs qui ont commandé au moins deux fois.",
    ),
    "ordering_customers": _metric(
        "Ordering customers",
        "Clients acheteurs",
        "Customers with at least one counted order.",
        "Clients ayant au moins une commande comptée.",
    ),
}
METRICS = SEMANTIC | {
    "lost_share": _metric(
        "Cancelled or refunded",
        "Annulées ou remboursées",
        "Share of all orders that were cancelled or refunded.",
        "Part de toutes les commandes qui ont été annulées ou remboursées.",
    ),
    "products_sold": _metric(
        "Products sold",
        "Produits vendus",
        "Products with at least one counted order.",
        "Produits ayant au moins une commande comptée.",
    ),
    "product_revenue": _metric(
        "Revenue",
        "Chiffre d'affaires",
        "Line totals in EUR of counted orders, since the first day of the data.",
        "Total en EUR des lignes des commandes comptées, depuis le premier jour des données.",
    ),
    "class_a": _metric(
        "Class A products",
        "Produits de classe A",
        "The best sellers that bring the first 80% of all revenue.",
        "Les meilleures ventes, qui apportent les premiers 80 % du chiffre d'affaires total.",
    ),
    "restock_due": _metric(
        "To restock",
        "À réapprovisionner",
        "Class A products with less than 14 days of stock.",
        "Produits de classe A avec moins de 14 jours de stock.",
    ),
    "dead_stock": _metric(
        "Dead stock",
        "Stock dormant",
        "Value at sales prices of stock of which nothing was sold in 90 days.",
        "Valeur aux prix de vente du stock dont rien ne s'est vendu en 90 jours.",
    ),
    "lifetime_value": _metric(
        "Average lifetime value",
        "Valeur à vie moyenne",
        "Revenue so far per ordering customer, in EUR.",
        "Chiffre d'affaires à ce jour par client acheteur, en EUR.",
    ),
    "revenue_at_risk": _metric(
        "Revenue at risk",
        "CA à risque",
        "Revenue so far of customers in the segment At risk: they ordered often, but not lately.",
        "Chiffre d'affaires à ce jour des clients du segment À risque : souvent venus, mais plus récemment.",
    ),
    "sessions": _metric(
        "Sessions",
        "Sessions",
        "Visits of logged-in users; a pause of 30 minutes ends one.",
        "Visites d'utilisateurs connectés ; une pause de 30 minutes y met fin.",
    ),
    "conversion_rate": _metric(
        "Conversion rate",
        "Taux de conversion",
        "Share of sessions that reach a purchase through every step before it that the data have.",
        "Part des sessions qui aboutissent à un achat en passant par toutes les étapes que les données contiennent.",
    ),
    "contact_conversion": _metric(
        "Contacts converted",
        "Contacts convertis",
        "Share of CRM contacts flagged as converted.",
        "Part des contacts CRM marqués comme convertis.",
    ),
    "activation_rate": _metric(
        "Signups with an order",
        "Inscrits acheteurs",
        "Share of the users who signed up that have at least one counted order.",
        "Part des inscrits ayant au moins une commande comptée.",
    ),
}
