"""Databases beside the shop's: each module here declares one as SOURCE. `shopstream source add` writes them."""

from importlib import import_module
from pkgutil import iter_modules

from shopstream_platform.contract.source import Source


def declared_sources() -> tuple[Source, ...]:
    """The sources of all modules, by name; ValueError for a module that declares none."""
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(_source(import_module(f"{__name__}.{name}").__dict__.get("SOURCE"), name) for name in names)


def _source(found: object, module: str) -> Source:
    if not isinstance(found, Source) or found.name != module:
        raise ValueError(f"contract/sources/{module}.py must declare SOURCE = Source(name={module!r}, ...)")
    return found
