"""What the layers promise each other: tables, days, checksums, metrics."""
