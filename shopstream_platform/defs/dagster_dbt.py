"""What the definitions need of dagster_dbt, imported as where dbt is not installed.

dagster_dbt then reads the manifest itself, as it does beside dbt Fusion. dbt runs in processes of its own; of what a
process imports that loads the definitions, its modules would be a good part.
"""

from shopstream_platform.config.modules import not_found

with not_found("dbt"):
    from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, DbtCliResource, DbtProject, dbt_assets

__all__ = ["DagsterDbtTranslator", "DbtCliInvocation", "DbtCliResource", "DbtProject", "dbt_assets"]
