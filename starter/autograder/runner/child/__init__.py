"""Runs in the student's process. A sandbox can read these files: nothing here may import the rest of the kit."""
