"""What a change of the dbt project changes in the data: both versions of its models, built and compared."""
