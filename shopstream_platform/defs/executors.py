"""Who executes the steps of a run: its own process, or workers on other machines."""

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import ExecutionSettings, Executor


def build_executor(settings: ExecutionSettings) -> dg.ExecutorDefinition:
    """The executor of SHOPSTREAM_EXECUTOR; its library is an extra of the package."""
    try:
        match settings.executor:
            case Executor.IN_PROCESS:
                # Processes of their own cost five times the CPU on a laptop.
                return dg.in_process_executor
            case Executor.CELERY:
                # Of the extra that goes by the executor's name, here and below.
                from dagster_celery import celery_executor

                # By name, so that the address and its password are in no run's configuration.
                address = {"env": "SHOPSTREAM_CELERY_URL"}
                return celery_executor.configured({"broker": address, "backend": address}, name="celery")
            case Executor.K8S:
                from dagster_k8s import k8s_job_executor

                return k8s_job_executor
    except ImportError as error:
        raise ShopStreamError(
            f"SHOPSTREAM_EXECUTOR={settings.executor} needs a library that is not installed: "
            f"pip install 'shopstream-platform[{settings.executor}]'"
        ) from error
