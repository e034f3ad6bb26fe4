"""PostgreSQL -> lake: one snapshot, COPY TO STDOUT, compressed, uploaded, then the partition's manifest."""
