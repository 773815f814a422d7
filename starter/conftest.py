"""Gives pytest the fixtures ``student`` and ``rng``, which the tests use."""

pytest_plugins = ["autograder.testing.plugin"]
