"""Power BI projects (PBIP) as text: written, read and checked."""
