"""The staff's commands."""
