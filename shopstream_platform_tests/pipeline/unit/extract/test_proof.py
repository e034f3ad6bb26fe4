"""Which earlier declarations a source can be asked about."""

from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.former import digits_of
from shopstream_platform.contract.oltp import type_at_source
from shopstream_platform.contract.tables import ORDER_ITEMS
from shopstream_platform.pipeline.extract.proof import compared
from shopstream_platform.stores.manifest import Manifest

COLUMNS = {column.source_name: type_at_source(column) for column in ORDER_ITEMS.columns}
MANIFEST = Manifest.model_construct(columns=COLUMNS, digits=digits_of(ORDER_ITEMS), method=method(ORDER_ITEMS))


def test_wider_whole_numbers_are_summed_up_as_they_are_now() -> None:
    wider = compared(ORDER_ITEMS, MANIFEST, COLUMNS | {"quantity": "bigint"})
    assert wider
    assert wider.table.column("quantity").postgres_type == "bigint"


def test_decimals_of_more_digits_are_extracted_again() -> None:
    assert compared(ORDER_ITEMS, MANIFEST, COLUMNS)
    # Cents of so many digits, times a factor, would not fit into eight bytes.
    assert compared(ORDER_ITEMS, MANIFEST, COLUMNS | {"unit_price": "numeric(14,2)"}) is None
