"""Where a service is: configured, or embedded and started on demand."""
