"""A model of what Moodle will do with the files that are uploaded to it."""
