"""The channels: notebook graders and Gradescope beside the kit."""
