"""Running a student's code: the protocol in ``base``, its backends, and the choice among them."""
