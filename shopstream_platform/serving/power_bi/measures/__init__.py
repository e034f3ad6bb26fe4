"""The figures in DAX. Those that the dashboards show too have their names and descriptions from there.

Where a card would say "(Blank)", `+ 0` turns it into 0. Without KEEPFILTERS a measure's filter would replace what a
reader has chosen of the column. DAX cannot be run without Power BI: the measures keep to what the tests' evaluator
knows.
"""
