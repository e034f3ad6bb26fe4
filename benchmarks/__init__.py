"""Speed and memory, measured side by side: `python -m benchmarks`. Ratios hold on other machines, seconds do not."""
