"""The values for Dagster's chart: their structure, by the models of dagster-k8s and Kubernetes that will read them."""

import pytest
import yaml
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from kubernetes.client import models

from shopstream_platform.cli.environment import LONG_TICKS
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform.provision.aws.template import LakeStack

VALUES = yaml.safe_load((CHECKOUT / "deploy" / "helm" / "values.yaml").read_text("utf-8"))
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
ENVIRONMENT = {entry["name"]: entry["value"] for entry in CODE["env"]}
# Of the chart 1.13.27: its models of values, and templates/deployment-user.yaml.
OF_THE_CHART = {
    *("dagsterWebserver", "dagster-user-deployments", "postgresql", "generatePostgresqlPasswordSecret", "rabbitmq"),
    *("generateCeleryConfigSecret", "redis", "flower", "ingress", "imagePullSecrets", "computeLogManager", "scheduler"),
    *("runLauncher", "pythonLogs", "dagsterDaemon", "busybox", "migrate", "telemetry", "serviceAccount", "global"),
    *("retention", "concurrency", "additionalInstanceConfig"),
}
OF_A_DEPLOYMENT = {
    *("name", "image", "port", "dagsterApiGrpcArgs", "codeServerArgs", "includeConfigInLaunchedRuns", "env"),
    *("envConfigMaps", "envSecrets", "annotations", "nodeSelector", "affinity", "tolerations", "podSecurityContext"),
    *("securityContext", "resources", "livenessProbe", "readinessProbe", "startupProbe", "labels", "volumeMounts"),
    *("volumes", "schedulerName"),
}
OF_THE_LAUNCHER = {
    *(
        "image",
        "imagePullPolicy",
        "jobNamespace",
        "loadInclusterConfig",
        "kubeconfigFile",
        "envConfigMaps",
        "envSecrets",
    ),
    *("envVars", "volumeMounts", "volumes", "labels", "failPodOnRunFailure", "resources", "runK8sConfig"),
    *("jobImage", "securityContext"),
}


def context_of_runs() -> K8sContainerContext:
    """What the chart's helper hands on from the code location to runs, read as dagster-k8s reads it."""
    told = {
        "image_pull_policy": CODE["image"]["pullPolicy"],
        "env_secrets": [secret["name"] for secret in CODE["envSecrets"]],
        "volumes": CODE["volumes"],
        "volume_mounts": CODE["volumeMounts"],
        "resources": CODE["resources"],
        "env": CODE["env"],
        "service_account_name": VALUES["global"]["serviceAccountName"],
        "namespace": "shop",
    }
    return K8sContainerContext.create_from_config({"k8s": told})


def test_every_name_is_one_of_the_chart() -> None:
    launcher = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
    assert VALUES.keys() <= OF_THE_CHART
    assert CODE.keys() <= OF_A_DEPLOYMENT
    assert launcher.keys() <= OF_THE_LAUNCHER


def test_runs_and_steps_are_jobs_of_kubernetes_behind_a_login() -> None:
    assert ENVIRONMENT["SHOPSTREAM_EXECUTOR"] == "k8s"
    assert ENVIRONMENT["SHOPSTREAM_ENV"] == "production"
    assert CODE["includeConfigInLaunchedRuns"]["enabled"]
    assert VALUES["runLauncher"]["type"] == K8sRunLauncher.__name__
    assert VALUES["ingress"]["annotations"]["nginx.ingress.kubernetes.io/auth-type"] == "basic"


def test_code_location_and_runs_have_the_key_as_a_file() -> None:
    [volume], [mount] = CODE["volumes"], CODE["volumeMounts"]
    assert volume["name"] == mount["name"]
    key = ENVIRONMENT["SNOWFLAKE_PRIVATE_KEY_PATH"]
    assert key.startswith(f"{mount['mountPath']}/")
    assert mount["readOnly"]
    # Both keys of the secret and its name are told to whoever makes it.
    told = (CHECKOUT / "deploy" / "helm" / "values.yaml").read_text("utf-8")
    assert (
        f"#   {volume['secret']['secretName']}   {key.removeprefix(mount['mountPath'] + '/')}: the private key" in told
    )
    # Kubernetes' models know no name but their own.
    assert set(volume) <= set(models.V1Volume.attribute_map.values())
    assert set(volume["secret"]) <= set(models.V1SecretVolumeSource.attribute_map.values())
    assert set(mount) <= set(models.V1VolumeMount.attribute_map.values())
    # Runs get volumes but no fsGroup: a mode without the right of others to read would lock the image's user out.
    assert volume["secret"].get("defaultMode", 0o644) & 0o004
    runs = context_of_runs().run_k8s_config
    assert runs.pod_spec_config["volumes"] == [{"name": "snowflake", "secret": {"secret_name": "shopstream-snowflake"}}]
    assert runs.container_config["volume_mounts"] == [
        {"name": "snowflake", "mount_path": "/etc/shopstream", "read_only": True}
    ]


def test_settings_of_the_code_location_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "SHOPSTREAM_POSTGRES_DSN": "postgresql://reader@db.example/shop",
        "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "p",
    }
    for name, value in (ENVIRONMENT | secrets).items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    at = settings.snowflake.connection()
    assert at is not None
    assert (at.role, at.transform_role) == ("SHOPSTREAM_PLATFORM", "SHOPSTREAM_TRANSFORMER")
    # A release loads nothing and starts no warehouse until somebody turns that on.
    assert not settings.operation.automation


def test_the_service_account_assumes_the_role_that_is_provisioned() -> None:
    account = VALUES["serviceAccount"]
    assert account["create"]
    # The chart makes one account for its parts and the code location only where the global name is the same.
    assert account["name"] == VALUES["global"]["serviceAccountName"]
    stack = LakeStack(ENVIRONMENT["SHOPSTREAM_S3_BUCKET"], "111111111111", ENVIRONMENT["AWS_REGION"])
    role = f"arn:aws:iam::111111111111:role/{stack.extract_role}"
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": role}


def test_no_key_of_aws_is_anywhere() -> None:
    assert not [name for name in ENVIRONMENT if name.startswith("AWS_") and name != "AWS_REGION"]
    logs = VALUES["computeLogManager"]["config"]["s3ComputeLogManager"]
    assert (logs["bucket"], logs["region"]) == (ENVIRONMENT["SHOPSTREAM_S3_BUCKET"], ENVIRONMENT["AWS_REGION"])


def test_ticks_may_take_as_long_as_on_a_laptop() -> None:
    assert {one["name"]: one["value"] for one in VALUES["dagsterDaemon"]["env"]} == LONG_TICKS
