"""The files exchanged with Moodle: worksheets, downloads, feedback zips."""
