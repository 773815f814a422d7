"""Deep learning from scratch: a numpy library that grows by one or two modules a stage."""
