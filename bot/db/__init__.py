"""PostgreSQL: one module per aggregate; plain rows never leave this room."""
