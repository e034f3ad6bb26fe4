"""Addresses that the service user may log in from: those that are admitted stay, unless they are taken away by name."""

import ipaddress
from dataclasses import replace

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.provision.snowflake.state import AccountState
from shopstream_platform.stores.warehouse import Warehouse


def checked(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses; ShopStreamError for one that is no IPv4 address or range."""
    for address in addresses:
        try:
            ipaddress.IPv4Network(address, strict=False)
        except ValueError as error:
            raise ShopStreamError(
                f"{address} is not an IPv4 address or range, such as 203.0.113.7 or 203.0.113.0/24"
            ) from error
    return addresses


def admitted(warehouse: Warehouse, account: Account, *, removed: tuple[str, ...] = ()) -> Account:
    """The account with the addresses that are admitted now and those that are wished, without those to remove.

    Asks the account only where something is wished. ShopStreamError if nobody could log in any more.
    """
    if not (account.allowed_ips or removed):
        return account
    warehouse.execute("USE ROLE ACCOUNTADMIN")
    now = AccountState(warehouse).value("NETWORK POLICY", account.names.network_policy, "ALLOWED_IP_LIST")
    known = [one.strip() for one in str(now or "").split(",") if one.strip()]
    wanted = [one for one in dict.fromkeys([*known, *account.allowed_ips]) if one not in removed]
    if not wanted:
        raise ShopStreamError(
            f"nothing was changed: without {', '.join(removed)} nobody could log in as {account.names.service_user}. "
            "Admit another address with --allow-ip, or unset the user's network policy yourself"
        )
    return replace(account, allowed_ips=tuple(wanted))
