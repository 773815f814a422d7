"""Moodle's formats and web services: worksheets, feedback zips, forecast, push and pull."""
