"""What the `shopstream` commands do: plan a refresh, run the job, report, examine, export the environment."""
