"""What a comparison has found."""

from dataclasses import dataclass, field

from shopstream_platform.diff.changed import Changed
from shopstream_platform.diff.failures import Failure
from shopstream_platform.diff.metrics import MetricDiff
from shopstream_platform.diff.pages import PageDiff
from shopstream_platform.diff.rows import ModelDiff


@dataclass
class Comparison:
    """What a change does to the data: of which commit, which models it can touch, how they differ."""

    commit: str
    changed: Changed
    models: list[ModelDiff] = field(default_factory=list)
    metrics: list[MetricDiff] = field(default_factory=list)
    pages: list[PageDiff] = field(default_factory=list)
    # Models that could not be built, of the change and of the base; tests of the change that did not pass.
    not_built: list[Failure] = field(default_factory=list)
    base_not_built: list[Failure] = field(default_factory=list)
    tests: list[Failure] = field(default_factory=list)
    tests_run: int = 0
    # A sentence for each model, metric, page or snapshot.
    not_compared: list[str] = field(default_factory=list)
    # Tables of RAW that were loaded between the two builds, or may have been.
    loaded_meanwhile: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the change could not be built, or broke a test; what the base cannot do is not its fault."""
        return bool(self.not_built or self.tests)

    @property
    def different(self) -> list[ModelDiff]:
        """The models whose rows or columns differ."""
        return [model for model in self.models if not model.is_equal]
