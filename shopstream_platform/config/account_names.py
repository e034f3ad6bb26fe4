"""Names in a Snowflake account: objects of an environment begin with its prefix, since bare names are everybody's."""

from dataclasses import dataclass

PREFIX = "SHOPSTREAM_"


@dataclass(frozen=True)
class AccountNames:
    """What belongs to the account and not to a database; two environments of one account share none of it."""

    prefix: str = PREFIX

    @property
    def database(self) -> str:
        """The database, unless another one is configured."""
        return f"{self.prefix}DWH"

    @property
    def loading(self) -> str:
        """Virtual warehouse that loads."""
        return f"{self.prefix}LOADING_WH"

    @property
    def transforming(self) -> str:
        """Virtual warehouse of dbt."""
        return f"{self.prefix}TRANSFORM_WH"

    @property
    def reporting(self) -> str:
        """Virtual warehouse of dashboards."""
        return f"{self.prefix}BI_WH"

    @property
    def loader(self) -> str:
        """Role that loads RAW."""
        return f"{self.prefix}LOADER"

    @property
    def transformer(self) -> str:
        """Role that reads RAW and owns what dbt builds."""
        return f"{self.prefix}TRANSFORMER"

    @property
    def reporter(self) -> str:
        """Role that reads CORE and MARTS."""
        return f"{self.prefix}REPORTER"

    @property
    def pii_reader(self) -> str:
        """Role that sees personal columns."""
        return f"{self.prefix}PII_READER"

    @property
    def platform(self) -> str:
        """Role of the platform's own user: it has the loader's and the transformer's rights."""
        return f"{self.prefix}PLATFORM"

    @property
    def service_user(self) -> str:
        """The platform's own user."""
        return f"{self.prefix}SERVICE"

    @property
    def integration(self) -> str:
        """Storage integration, which holds the trust with AWS."""
        return f"{self.prefix}S3_INTEGRATION"

    @property
    def monitor(self) -> str:
        """Resource monitor of loading and transforming."""
        return f"{self.prefix}MONITOR"

    @property
    def reporting_monitor(self) -> str:
        """Resource monitor of dashboards, which loading must not suspend."""
        return f"{self.prefix}BI_MONITOR"

    @property
    def network_policy(self) -> str:
        """Where the platform's own user may log in from."""
        return f"{self.prefix}NETWORK"
