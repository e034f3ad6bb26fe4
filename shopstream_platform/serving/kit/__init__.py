"""What pages are made of: their declaration, rows as columns, the style of charts, colours."""
