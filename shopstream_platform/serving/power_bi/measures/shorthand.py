"""Short ways to declare a measure, and the formats of figures."""

from shopstream_platform.contract.metrics import METRICS
from shopstream_platform.pbip.model import Measure

COUNT, EUR, CENTS, SHARE = "#,##0", r'#,##0\ "€"', r'#,##0.00\ "€"', "0.0%"
CHANGE = "+0.0%;-0.0%;0.0%"


def metric(name: str, dax: str, shown: str, folder: str, called: str | None = None) -> Measure:
    """A figure that the dashboards show too, with their name and description of it."""
    words = METRICS[name]
    return Measure(called or words.label["en"], dax.strip(), shown, folder, words.description["en"], name)


def measure(
    name: str, dax: str, shown: str, folder: str, description: str, metric: str | None = None, *, hidden: bool = False
) -> Measure:
    """A figure of the report alone, or one that the dashboards name otherwise."""
    return Measure(name, dax.strip(), shown, folder, description, metric, hidden)
