"""What people read: a student's page, Moodle's comment, the class page, the terminal's tables."""
