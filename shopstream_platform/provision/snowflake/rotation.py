"""Which key the service user gets, and when: a key that others log in with is never replaced, it gets a neighbour."""

from dataclasses import dataclass, replace
from pathlib import Path

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.snowflake.account import KEY_SLOTS, Account
from shopstream_platform.provision.snowflake.compare import fingerprint
from shopstream_platform.provision.snowflake.keys import public_key
from shopstream_platform.provision.snowflake.ownership import not_ours
from shopstream_platform.provision.snowflake.state import AccountState
from shopstream_platform.stores.warehouse import Warehouse


@dataclass(frozen=True)
class Keyed:
    """The account with the key that a run sets, if it sets one; the file that holds the private half; what to say."""

    account: Account
    file: Path
    said: str


def keyed(warehouse: Warehouse, account: Account, file: Path, *, rotate: bool, passphrase: str | None = None) -> Keyed:
    """Decide by what the user has now. Makes a key file only where a key is wanted and there is none.

    `passphrase` is the file's, if it has one. ShopStreamError if both slots are taken and a new key is asked for.
    """
    slots = _slots(warehouse, account)
    user, taken = account.names.service_user, [found for found in slots.values() if found]
    if not taken:
        return Keyed(_with(account, KEY_SLOTS[0], file, passphrase), file, f"{user} gets the key {file}")
    known = file.exists() and fingerprint(public_key(file, passphrase)) in taken
    if not rotate:
        if known:
            return Keyed(account, file, f"{user} has the key {file}")
        return Keyed(
            account,
            file,
            f"{user} has another key ({', '.join(taken)}) than {file}, and keeps it: name its file with --key-file, or "
            "add a second key with --rotate-key",
        )
    free = next((slot for slot, found in slots.items() if not found), None)
    if free is None:
        raise ShopStreamError(
            f"{user} has two keys already ({', '.join(taken)}): when nothing logs in with the older one any more, take "
            "it away with --retire-key, then run the command again"
        )
    new = _next_file(file) if known else file
    return Keyed(_with(account, free, new, passphrase), new, f"{user} gets the key {new} beside the one that it has")


def retirement(warehouse: Warehouse, account: Account, file: Path, passphrase: str | None = None) -> tuple[str, str]:
    """(statement that takes away the key that is not the file's, that key's fingerprint).

    ShopStreamError unless the file's key is in use.
    """
    slots = _slots(warehouse, account)
    mine = fingerprint(public_key(file, passphrase)) if file.exists() else None
    if mine not in slots.values():
        raise ShopStreamError(f"{file} is not a key of {account.names.service_user}: name one with --key-file")
    other = next((slot for slot, found in slots.items() if found and found != mine), None)
    if other is None:
        raise ShopStreamError(f"{account.names.service_user} has no other key than {file}: there is nothing to retire")
    return f"ALTER USER {account.names.service_user} UNSET {other}", str(slots[other])


def _slots(warehouse: Warehouse, account: Account) -> dict[str, str | None]:
    warehouse.execute("USE ROLE ACCOUNTADMIN")
    state, user = AccountState(warehouse), account.names.service_user
    if state.find("USER", user) is not None and not_ours(state, account, "USER", user):
        # Somebody else's user: the plan refuses it, and its keys are none of ours.
        return dict.fromkeys(KEY_SLOTS)
    found = {slot: state.value("USER", user, slot) for slot in KEY_SLOTS}
    return {slot: str(value) if value and str(value).lower() != "null" else None for slot, value in found.items()}


def _with(account: Account, slot: str, file: Path, passphrase: str | None) -> Account:
    return replace(account, public_key=public_key(file, passphrase), key_slot=slot)


def _next_file(file: Path) -> Path:
    numbers = (file.with_stem(f"{file.stem}_{number}") for number in range(2, 1000))
    return next(path for path in numbers if not path.exists())
