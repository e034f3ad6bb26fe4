"""What each database of the warehouse holds beside the user's own schemas."""

from shopstream_platform.localsnow import metadata, upstream, variants


def creation_sql(database: str) -> str:
    """Its views and macros, created where they are missing."""
    return ";".join(
        (upstream.database_creation_sql(database), metadata.database_sql(database), variants.database_sql(database))
    )
