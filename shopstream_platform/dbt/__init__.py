"""The dbt project as the platform sees it."""
