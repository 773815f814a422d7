"""What goes to Moodle and comes from it as files: worksheets, downloads, feedback zips."""
