"""`shopstream source ...`: databases beside the shop's."""
