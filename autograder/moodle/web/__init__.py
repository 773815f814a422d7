"""Moodle's web services: pull, push, status, undo."""
