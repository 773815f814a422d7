"""The trusted process that runs a stage's tests against one submission after another."""
