"""Every mutation still applies to the model that it breaks."""

import pytest

from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform_tests.dbt.integration.mutations import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.rule)
def test_a_mutation_applies(mutation: Mutation) -> None:
    (path,) = PROJECT_DIR.glob(f"models/*/{mutation.model}.sql")
    sql = path.read_text()
    assert mutation.apply(sql) != sql


def test_a_mutation_that_no_longer_applies_is_refused() -> None:
    with pytest.raises(ValueError, match="no longer applies"):
        Mutation("no rule", "no_model", "select 2", "select 3").apply("select 1")
