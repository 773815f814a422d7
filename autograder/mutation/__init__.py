"""Mutation testing of a stage's tests: small changes of the reference, made by machine, that some test must kill."""
