"""What people look at: the dashboards' pages, and the Power BI project."""
