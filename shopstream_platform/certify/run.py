"""A certification from its first case to the removal of everything that it made."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from shopstream_platform.certify import account, conformance, loads, marts, rights
from shopstream_platform.certify.outcome import Outcome, Status, not_run
from shopstream_platform.certify.site import Site

Wants = Callable[[str], bool]


@dataclass(frozen=True)
class Group:
    """Cases that belong together. `loaded`: they work on the small shop, which is loaded for them.

    `labels` are the names that --only may mean, where they are others than the group's.
    """

    name: str
    run: Callable[[], Iterator[Outcome]]
    loaded: bool = False
    labels: tuple[str, ...] = ()


def groups(site: Site, credit_limit: int, wants: Wants) -> list[Group]:
    """In the order of a run, between provisioning and removal."""
    return [
        Group("conformance", partial(conformance.conformance, site, wants), labels=conformance.LABELS),
        Group("load", partial(loads.small_shop, site)),
        Group("loads at once", partial(loads.at_once, site), loaded=True),
        Group("killed load", partial(loads.killed, site), loaded=True),
        Group("volume", partial(loads.volume, site), loaded=True),
        Group("dbt", partial(marts.built_twice, site), loaded=True),
        Group("grants", partial(rights.grants, site), loaded=True),
        Group("masking", partial(rights.masking, site, credit_limit), loaded=True),
        Group("cost", partial(account.cost, site, credit_limit)),
    ]


def certify(site: Site, credit_limit: int, only: Sequence[str] = (), *, keep: bool = False) -> Generator[Outcome]:
    """Every case as it ends. Whatever happens, an interrupt included, what was made is removed unless it is kept."""
    try:
        yield from _cases(site, credit_limit, only)
    finally:
        if keep:
            site.close()
        # A generator that is closed may yield nothing more.
        end = [] if keep else list(account.removed(site))
    yield from end or [not_run("removal", "everything that was made is removed", "--keep", account.PAGE)]


def _cases(site: Site, credit_limit: int, only: Sequence[str]) -> Iterator[Outcome]:
    words = [word.lower() for word in only]
    wants: Wants = lambda name: not words or any(word in name for word in words)  # noqa: E731
    failed = False
    for outcome in account.provisioning(site, credit_limit):
        failed |= outcome.status is Status.DIFFERENT
        yield outcome
    chosen = groups(site, credit_limit, wants)
    needs_load = any(group.loaded and wants(group.name) for group in chosen)
    for group in chosen:
        asked = any(wants(label) for label in group.labels or (group.name,))
        if failed:
            yield not_run(group.name, "all cases", "provisioning failed")
        elif asked or (needs_load and group.name == "load"):
            yield from _unbroken(group)
        else:
            yield not_run(group.name, "all cases", "left out by --only")


def _unbroken(group: Group) -> Iterator[Outcome]:
    """What breaks between two cases ends the group, and not the run."""
    try:
        yield from group.run()
    except Exception as error:
        yield Outcome(group.name, "the rest of the cases", Status.DIFFERENT, f"{type(error).__name__}: {error}")
