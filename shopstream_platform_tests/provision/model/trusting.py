"""The account with a stage in S3: it is read once AWS trusts the integration."""

import boto3
from snowflake.connector.errors import ProgrammingError

from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform_tests.provision.model.account import AccountSession
from shopstream_platform_tests.provision.model.policies import trusts
from shopstream_platform_tests.provision.model.rights import Rights
from shopstream_platform_tests.provision.model.shown import IDENTITY

USER_ARN, EXTERNAL_ID = IDENTITY.values()


class Snowflake(AccountSession):
    """An account whose stage works only once AWS trusts the integration; one statement can be made to fail."""

    def __init__(self, session: boto3.Session, account: Account, rights: Rights | None = None) -> None:
        # An administrator whose secondary roles are off: each statement must run as a role that may.
        super().__init__(rights or Rights(), secondary=False)
        self.aws, self.account = session, account
        self.fails: tuple[str, str] | None = None
        self.refusals = 0

    def execute(self, sql: str, parameters: object = None) -> "AccountSession":
        if self.fails and sql.startswith(self.fails[0]):
            raise ProgrammingError(self.fails[1])
        return super().execute(sql, parameters)

    def other(self, sql: str) -> "AccountSession":
        if sql.startswith(("LIST", "COPY")):
            self._use_role()
            keys = [
                item["Key"]
                for item in self.aws.client("s3").list_objects_v2(Bucket=self.account.bucket).get("Contents", [])
            ]
            self.rows = [(f"s3://{self.account.bucket}/{key}", 1, "md5", "now") for key in keys]
        elif sql.startswith("SELECT line"):
            self.rows = [("shopstream",)]
        else:
            assert sql.startswith(("CREATE OR REPLACE TEMPORARY TABLE", "DROP TABLE"))
        return self

    def _use_role(self) -> None:
        role = self.aws.client("iam").get_role(RoleName=self.account.role_arn.rsplit("/", 1)[-1])["Role"]
        external_id = self.rights.objects[("INTEGRATION", self.account.names.integration)].get(
            "STORAGE_AWS_EXTERNAL_ID", EXTERNAL_ID
        )
        context = {"sts:ExternalId": external_id}
        trusted = trusts(role["AssumeRolePolicyDocument"], "sts:AssumeRole", {"AWS": USER_ARN}, context)
        if self.refusals or not trusted:
            self.refusals = max(0, self.refusals - 1)
            raise ProgrammingError(
                f"Error assuming AWS_ROLE: User {USER_ARN} is not authorized to perform: sts:AssumeRole"
            )
