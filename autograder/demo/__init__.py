"""A class that does not exist: its Moodle download, built from the reference and changes to it."""
