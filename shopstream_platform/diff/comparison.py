"""What a comparison has found."""

from dataclasses import dataclass, field

from shopstream_platform.diff.changed import Changed
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
    # Sentences: models of either version that could not be built; tests that did not pass; what was not compared.
    not_built: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    tests_run: int = 0
    not_compared: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the change could not be built, or broke a test."""
        return bool(self.not_built or self.tests)

    @property
    def different(self) -> list[ModelDiff]:
        """The models whose rows or columns differ."""
        return [model for model in self.models if not model.is_equal]
