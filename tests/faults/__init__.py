"""Faults of ours: what is killed, full, locked or late loses no record and makes no mark."""
