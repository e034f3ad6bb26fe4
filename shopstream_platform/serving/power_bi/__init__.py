"""The Power BI project on CORE and MARTS: declared once, written as PBIP, checked without Power BI Desktop."""
