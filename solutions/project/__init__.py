"""The individual project: your model, training and predictions; ``project.course`` is the course's own."""
