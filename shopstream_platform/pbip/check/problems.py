"""Whether a Power BI project is whole: what Desktop would only say when somebody opens it, and what it never says.

`problems` reads the files alone; `pbip.tools` runs Microsoft's validators. Importing this raises MissingParser without
the package that reads DAX.
"""

from collections.abc import Iterable
from pathlib import Path

from shopstream_platform.pbip.check.calculated import calculated_problems
from shopstream_platform.pbip.check.dax import dax_problems
from shopstream_platform.pbip.check.fields import field_problems
from shopstream_platform.pbip.check.filters import filter_problems
from shopstream_platform.pbip.check.metrics import metric_problems
from shopstream_platform.pbip.check.model import model_problems
from shopstream_platform.pbip.check.queries import query_problems
from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.pbip.check.report import read_report
from shopstream_platform.pbip.sources import Metric, Sources


def problems(folder: Path, sources: Sources, metrics: Iterable[Metric] = ()) -> list[str]:
    """One sentence a problem, in the order of their names; none if the project is whole.

    `sources` are the dbt models that it may import, `metrics` those that it must have as measures.
    """
    model, found = read_model(folder, sources)
    visuals, of_report = read_report(folder)
    found += of_report
    for look in (model_problems, query_problems, dax_problems, calculated_problems):
        found += look(model)
    found += metric_problems(model, metrics)
    for look_at in (field_problems, filter_problems):
        found += look_at(model, visuals)
    return sorted(set(found))
