"""What each page holds: rows of the marts, aggregated in the warehouse, as columns of plain values."""
