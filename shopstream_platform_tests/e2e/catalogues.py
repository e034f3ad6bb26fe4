"""Commands with another catalogue: a copy of the checkout in which declarations and models are changed as people do."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from shopstream_platform_tests.e2e.shop import ROOT

TABLES = "shopstream_platform/contract/tables.py"
_COPIED = ("shopstream_platform", "shopstream_dbt")
_TODAY = "return datetime.now(ZoneInfo(calendar.source_timezone)).date()"


@dataclass(frozen=True)
class Checkout:
    """A copy whose packages are found before those of the checkout (PYTHONPATH)."""

    folder: Path

    @classmethod
    def at(cls, folder: Path, today: str | None = None) -> "Checkout":
        """A copy; for its commands it is always that day, if one is given."""
        for name in _COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
        shutil.copy(ROOT / "dagster.yaml", folder)
        checkout = cls(folder)
        if today:
            checkout.edit("shopstream_platform/contract/days.py", _TODAY, f'return date.fromisoformat("{today}")')
        return checkout

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that is there once."""
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, (file, old, text.count(old))
        path.write_text(text.replace(old, new), "utf-8")

    def declare(self, old: str, new: str) -> None:
        """Change the catalogue."""
        self.edit(TABLES, old, new)


PAYMENT = '        text("payment_method", 50, "How it was paid."),\n'
CHANNEL = '        text("channel", 20, "Where it was placed: web, app or shop.", default="\'web\'"),\n'
REVIEWS = """REVIEWS = Table(
    name="reviews",
    description="Reviews of products. One row per review.",
    columns=(
        identifier("Review number."),
        integer("product_id", "The product: products.id.", nullable=False, references="products"),
        long_text("comment", "Free text."),
        timestamp("written_at", "When it was written.", default="NOW()"),
        timestamp("published_at", "When it was shown first."),
    ),
    indexes=("product_id",),
    partition=ByDay("written_at"),
)

# In the order in which foreign keys"""


def add_column(checkout: Checkout) -> None:
    """orders.channel, on to fact_orders."""
    models = "shopstream_dbt/models/"
    checkout.declare(PAYMENT, PAYMENT + CHANNEL)
    staged = "        lower(trim(payment_method)) as payment_method,\n"
    checkout.edit(models + "staging/stg_orders.sql", staged, f"{staged}        lower(trim(channel)) as channel,\n")
    selected = "        orders.payment_method::varchar as payment_method,\n"
    checkout.edit(models + "core/fact_orders.sql", selected, f"{selected}        orders.channel::varchar as channel,\n")
    described = "      - name: is_counted\n"
    channel = "      - name: channel\n        data_type: varchar\n        description: Where it was placed.\n"
    checkout.edit(models + "core/fact_orders.yml", described, channel + described)


def widen_column(checkout: Checkout) -> None:
    """crm_contacts.source takes 150 characters."""
    checkout.declare('text("source", 100,', 'text("source", 150,')


def add_table(checkout: Checkout) -> None:
    """Reviews, partitioned."""
    checkout.declare("# In the order in which foreign keys", REVIEWS)
    checkout.declare("EVENTS, CRM_CONTACTS)", "EVENTS, CRM_CONTACTS, REVIEWS)")
    # A build follows the loads of what its models read.
    staging = "shopstream_dbt/models/staging/"
    source = "      - name: crm_contacts\n"
    reviews = "      - name: reviews\n        description: Reviews of products.\n"
    checkout.edit(staging + "_sources.yml", source, reviews + source)
    model = "select id as review_id from {{ source('raw', 'reviews') }}\n"
    (checkout.folder / staging / "stg_reviews.sql").write_text(model, "utf-8")


def rename_column(checkout: Checkout) -> None:
    """orders.channel is called sales_channel."""
    renamed = CHANNEL.replace('"channel"', '"sales_channel"').replace("\"'web'\"", '"\'web\'", formerly="channel"')
    checkout.declare(CHANNEL, renamed)
    checkout.edit("shopstream_dbt/models/staging/stg_orders.sql", "lower(trim(channel))", "lower(trim(sales_channel))")


def retype_column(checkout: Checkout) -> None:
    """reviews.comment is a number."""
    checkout.declare('long_text("comment", "Free text."),', 'integer("comment", "Stars."),')


def drop_column(checkout: Checkout) -> None:
    """orders.sales_channel is no longer declared."""
    text = (checkout.folder / TABLES).read_text("utf-8")
    (line,) = [line for line in text.splitlines(keepends=True) if '"sales_channel"' in line]
    checkout.declare(line, "")
    models = "shopstream_dbt/models/"
    checkout.edit(models + "staging/stg_orders.sql", "        lower(trim(sales_channel)) as channel,\n", "")
    checkout.edit(models + "core/fact_orders.sql", "orders.channel::varchar", "null::varchar")


def move_partitions(checkout: Checkout) -> None:
    """Reviews belong to the day of another column."""
    checkout.declare('partition=ByDay("written_at")', 'partition=ByDay("published_at")')
