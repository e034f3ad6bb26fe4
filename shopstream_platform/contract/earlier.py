"""Methods of earlier versions: how they hashed the declarations that are known to have been loaded by them."""

# What a load log or a manifest of version 1 says -> what it would say now. Two of a table: with the values that are too
# large for the warehouse, and without them. A declaration that somebody had changed is not here: it is loaded again.
METHODS: dict[str, str] = {
    "4:319b38d3e1886212": "4:668e609c3776253b",  # users
    "4:e7b93f941e97e716": "4:da1d802a3c85551c",  # products
    "4:db9a8d6798854ff1": "4:92aeb9886e877d7e",
    "4:be3ef4f6d90e07b8": "4:999f1ff5af5db102",  # orders
    "4:919139ce9e9bb1a4": "4:f1e8c805b6102454",  # order_items
    "4:5730d405d7683b70": "4:58589091a9d1a880",  # events
    "4:3cbb3636706b343b": "4:2574ab23fd55ab48",
    "4:8041349b297a2293": "4:2f40cd2c08dd4f96",  # crm_contacts
}


def as_now(method: str) -> str:
    """The method as this version writes it."""
    return METHODS.get(method, method)
