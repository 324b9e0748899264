"""NF-e that come in from outside: imported files, and notes issued against the shop."""
