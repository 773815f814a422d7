"""What a student runs on their own machine: check and submit."""
