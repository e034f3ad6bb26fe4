"""The CloudFormation template, and its policies as IAM and S3 will hold them."""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import yaml

SUBSTITUTED = re.compile(r"\$\{([^}]+)\}")
# A key of a mapping, which no function of CloudFormation can fill in.
_ISSUER = "OIDC_ISSUER"
_ABSENT = object()
# Where the role for extraction can be handed on -> the parameter that says so.
SERVICES = {"pods": "PodIdentity", "ec2": "Ec2", "ecs": "Ecs"}
# CloudFormation's limit, and IAM's for a role's name, without the longer of the two endings.
_STACK_NAME = 128
_ROLE_PREFIX = 64 - len("-snowflake")


@dataclass(frozen=True)
class LakeStack:
    """What the template is filled in with. An empty Snowflake user: nobody may assume Snowflake's role.

    `bucket_exists`: it was there before the stack, which then sets and deletes nothing of it. `environment` is the
    Snowflake account and database whose lake it is.
    """

    bucket: str
    account_id: str
    region: str
    partition: str = "aws"
    bucket_exists: bool = False
    lake_prefix: str = ""
    kms_key: str = ""
    extract_principal: str = ""
    oidc_provider: str = ""
    oidc_subject: str = ""
    services: tuple[str, ...] = ()
    snowflake_user: str = ""
    snowflake_external_id: str = ""
    environment: str = ""

    @property
    def name(self) -> str:
        """The stack's name: letters, digits and hyphens, at most 128 of them."""
        name = re.sub(r"[^A-Za-z0-9-]", "-", f"shopstream-{self._place}")
        return name if len(name) <= _STACK_NAME else f"{name[: _STACK_NAME - 9]}-{_hash(self._place)}"

    @property
    def role_prefix(self) -> str:
        """Begins the names of the roles; shortened with a hash where IAM would refuse the length."""
        if len(self._place) <= _ROLE_PREFIX:
            return self._place
        return f"{self._place[: _ROLE_PREFIX - 9]}-{_hash(self._place)}"

    @property
    def extract_role(self) -> str:
        """Name of the role that writes the lake."""
        return f"{self.role_prefix}-extract"

    @property
    def extract_role_arn(self) -> str:
        """Its ARN."""
        return f"arn:{self.partition}:iam::{self.account_id}:role/{self.extract_role}"

    @property
    def snowflake_role(self) -> str:
        """Name of the role through which Snowflake reads raw/."""
        return f"{self.role_prefix}-snowflake"

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
            "LakePrefix": self.lake_prefix,
            "RolePrefix": self.role_prefix,
            "KmsKeyArn": self.kms_key,
            "ExtractPrincipalArn": self.extract_principal,
            "OidcProviderArn": self.oidc_provider,
            "OidcSubject": self.oidc_subject,
            **{name: str(service in self.services).lower() for service, name in SERVICES.items()},
            "Environment": self.environment,
            "SnowflakeUserArn": self.snowflake_user,
            "SnowflakeExternalId": self.snowflake_external_id,
        }

    @property
    def _place(self) -> str:
        return "-".join([self.bucket, *filter(None, self.lake_prefix.split("/"))])


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def template_text(oidc_provider: str = "") -> str:
    """The template as a reviewer reads it, for an OIDC provider's ARN if there is one."""
    text = (files("shopstream_platform.provision.aws") / "template.yaml").read_text("utf-8")
    issuer = oidc_provider.partition("oidc-provider/")[2]
    return text.replace(_ISSUER, issuer) if issuer else text


def properties(stack: LakeStack, resource: str) -> dict[str, Any]:
    """A resource's properties with parameters, substitutions and conditions resolved."""
    pseudo = {"AWS::AccountId": stack.account_id, "AWS::Partition": stack.partition, "AWS::Region": stack.region}
    template = _template(stack.oidc_provider)
    return _resolve(template["Resources"][resource]["Properties"], stack.parameters | pseudo, template["Conditions"])


def bucket_policy(stack: LakeStack) -> dict[str, Any]:
    """What a bucket of ours refuses: requests without TLS. Not in the template, which would own the whole policy."""
    arn = f"arn:{stack.partition}:s3:::{stack.bucket}"
    only_tls = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [only_tls]}


@cache
def _template(oidc_provider: str) -> dict[str, Any]:
    return yaml.safe_load(template_text(oidc_provider))


def _resolve(node: Any, values: dict[str, str], conditions: dict[str, Any]) -> Any:
    """CloudFormation's functions, as far as the template uses them. A resource is referred to by its name."""

    def resolved(part: Any) -> Any:
        return _resolve(part, values, conditions)

    match node:
        case {"Ref": "AWS::NoValue"}:
            return _ABSENT
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
            found = {key: resolved(value) for key, value in node.items()}
            return {key: value for key, value in found.items() if value is not _ABSENT}
        case list():
            return [value for value in map(resolved, node) if value is not _ABSENT]
        case _:
            return node
