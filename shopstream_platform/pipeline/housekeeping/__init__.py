"""What daily runs leave behind, and for how long: old versions of the lake's objects, logs."""
