"""The figures in DAX. Those that dashboards show too take their names and descriptions from contract/metrics.

Where a card would say "(Blank)", `+ 0` turns it into 0. Without KEEPFILTERS a measure's filter would replace what a
reader has chosen of the column. DAX cannot be run without Power BI: the measures keep to what the tests' evaluator
knows.
"""
