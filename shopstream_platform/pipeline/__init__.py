"""From the source to the warehouse; knows no Dagster."""
