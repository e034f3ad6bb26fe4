"""The settings of this process: read, checked as a whole, and the environment settled for them."""

import os
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from shopstream_platform.config.environment.dotenv import last_read
from shopstream_platform.config.environment.process import settle
from shopstream_platform.config.environment.variables import PREFIX, unknown
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings

_GROUPS: dict[str, type[BaseSettings]] = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings)
}


def load_settings() -> Settings:
    """Settings of this process's environment, from which everything that they do not ask for is taken away.

    Raises ShopStreamError with one sentence a problem, variables that nothing reads included.
    """
    problems = list(unknown(os.environ, known_variables()))
    groups: dict[str, BaseSettings] = {}
    whole, settings = True, None
    for name, group in _GROUPS.items():
        try:
            groups[name] = group()
        except ValidationError as error:
            problems += _sentences(error, group)
            # What is wrong beside it is said too; whether the whole is consistent, only of a whole.
            whole, groups[name] = False, group.model_construct()
    try:
        settings = Settings(**groups)  # pyright: ignore[reportArgumentType] - by name
    except ValidationError as error:
        problems += _sentences(error, Settings, only_fields=not whole)
    if problems or settings is None:
        file = last_read().path
        read = f" ({file} was read too)" if file else ""
        raise ShopStreamError(f"bad configuration: {'; '.join(problems)}. See .env.example for every variable{read}")
    settle(settings)
    return settings


def known_variables() -> set[str]:
    """The variable of every setting that is the platform's own."""
    names = {
        f"{group.model_config.get('env_prefix', '')}{name.upper()}"
        for group in (Settings, *_GROUPS.values())
        for name, field in group.model_fields.items()
        if field.validation_alias is None and name not in _GROUPS
    }
    return {name for name in names if name.startswith(PREFIX)}


def _sentences(error: ValidationError, group: type[BaseSettings], *, only_fields: bool = False) -> Iterator[str]:
    prefix = str(group.model_config.get("env_prefix", ""))
    for problem in error.errors():
        if problem["loc"] or not only_fields:
            yield _sentence(prefix, problem["loc"], problem["msg"])


def _sentence(prefix: str, location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location or "SHOPSTREAM_" in text or "SNOWFLAKE_" in text:
        return text
    return f"{prefix}{'_'.join(str(part) for part in location).upper()}: {text[0].lower()}{text[1:]}"
