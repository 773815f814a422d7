"""The final grade of the module."""
