"""Notebook graders and Gradescope as further ways to the same points: the kit grades, outside every kernel."""
