"""The CloudFormation template, and its policies as IAM and S3 will hold them."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

SUBSTITUTED = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class LakeStack:
    """What the template is filled in with. An empty Snowflake user: nobody may assume Snowflake's role."""

    bucket: str
    account_id: str
    region: str
    partition: str = "aws"
    bucket_exists: bool = False
    extract_principal: str = ""
    snowflake_user: str = ""
    snowflake_external_id: str = ""

    @property
    def name(self) -> str:
        """The stack's name; a bucket's may have dots, a stack's may not."""
        return f"shopstream-{self.bucket.replace('.', '-')}"

    @property
    def extract_role(self) -> str:
        """Name of the role that writes the lake."""
        return f"{self.bucket}-extract"

    @property
    def snowflake_role(self) -> str:
        """Name of the role through which Snowflake reads raw/."""
        return f"{self.bucket}-snowflake"

    @property
    def snowflake_role_arn(self) -> str:
        """Its ARN, known before the role exists."""
        return f"arn:{self.partition}:iam::{self.account_id}:role/{self.snowflake_role}"

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters."""
        return {
            "BucketName": self.bucket,
            "BucketExists": str(self.bucket_exists).lower(),
            "ExtractPrincipalArn": self.extract_principal,
            "SnowflakeUserArn": self.snowflake_user,
            "SnowflakeExternalId": self.snowflake_external_id,
        }


def template_text() -> str:
    """The template as a reviewer reads it."""
    return (files("shopstream_platform.provision.aws") / "template.yaml").read_text("utf-8")


def properties(stack: LakeStack, resource: str) -> dict[str, Any]:
    """A resource's properties with parameters, substitutions and conditions resolved."""
    pseudo = {"AWS::AccountId": stack.account_id, "AWS::Partition": stack.partition, "AWS::Region": stack.region}
    template = _template()
    return _resolve(template["Resources"][resource]["Properties"], stack.parameters | pseudo, template["Conditions"])


@cache
def _template() -> dict[str, Any]:
    return yaml.safe_load(template_text())


def _resolve(node: Any, values: dict[str, str], conditions: dict[str, Any]) -> Any:
    """CloudFormation's functions, as far as the template uses them. A resource is referred to by its name."""

    def resolved(part: Any) -> Any:
        return _resolve(part, values, conditions)

    match node:
        case {"Ref": name}:
            return values.get(name, name)
        case {"Fn::Sub": text}:
            return SUBSTITUTED.sub(lambda found: values[found[1]], text)
        case {"Fn::If": [condition, then, otherwise]}:
            return resolved(then if resolved(conditions[condition]) else otherwise)
        case {"Fn::Equals": [one, other]}:
            return resolved(one) == resolved(other)
        case {"Fn::Not": [condition]}:
            return not resolved(condition)
        case dict():
            return {key: resolved(value) for key, value in node.items()}
        case list():
            return [resolved(value) for value in node]
        case _:
            return node
