"""Staff only: what this machine can isolate, and student processes behind it."""
