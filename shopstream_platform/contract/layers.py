"""The layers by name, in the order in which a row passes them."""

# Keys of assets begin with them; what dbt builds follows, a layer a folder of its models.
SOURCE_LAYERS = ("oltp", "lake", "raw")
# Of what dbt builds, and of the rows that its tests keep.
DBT_SCHEMAS = ("STAGING", "CORE", "MARTS")
AUDIT_SCHEMA = "AUDIT"
