"""The layers by name, in the order in which a row passes them."""

# An asset's key begins with its layer. The layers after these are the folders of dbt's models.
SOURCE_LAYERS = ("oltp", "lake", "raw")
# Where dbt builds, and where it keeps the rows that break a test.
DBT_SCHEMAS = ("STAGING", "CORE", "MARTS")
AUDIT_SCHEMA = "AUDIT"
