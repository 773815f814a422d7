"""What plain nbgrader commands load from a course folder's configuration."""
