"""A run's life: receive → decide → plan → wait → start → execute → verify → finish."""
