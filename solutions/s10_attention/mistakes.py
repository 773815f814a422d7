"""Wrong attention that students write, with the tests that each must fail and the hint that it earns."""

MISTAKES = []
