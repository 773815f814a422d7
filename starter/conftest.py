"""Gives pytest the fixtures ``student`` and ``rng``."""

pytest_plugins = ["autograder.testing.plugin"]
