"""Dashboards: four static pages made from the marts, with everything inline, filtered in the browser."""
