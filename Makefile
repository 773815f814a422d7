# Two commands do everything on a fresh machine: `make demo` and `make test`. Python ≥ 3.11 is all they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS ?= dev,notebooks
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: demo test quick cover check prove project mutants starter reference schema bench bench-stages bench-torch bench-sandbox budgets hostile channels faults fuzz moodle clean

# Installed once, and again when the requirements or the extras change.
comma := ,
READY := $(VENV)/ready-$(subst $(comma),-,$(EXTRAS))
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

demo: $(READY)
	$(BIN)/autograder demo --out demo-run

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

quick: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

cover: $(READY)
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n $(WORKERS) -m "not slow"
	-$(BIN)/coverage combine --quiet 2> /dev/null  # tests that kill processes leave files that cannot be read
	rm -f .coverage.*
	$(BIN)/coverage report

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check autograder tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/autograder config > /dev/null
	$(BIN)/autograder config --schema | diff - docs/grading.schema.json
	$(BIN)/autograder starter --check

prove: $(READY)
	$(BIN)/autograder prove --seeds 20

project: $(READY)
	$(BIN)/python -m tests.project

mutants: $(READY)
	$(BIN)/autograder prove --mutants 100 --seeds 20

starter: $(READY)
	$(BIN)/autograder starter

reference: $(READY)
	$(BIN)/python -m tests.cli.reference

schema: $(READY)
	$(BIN)/autograder config --schema > docs/grading.schema.json

bench: $(READY)
	$(BIN)/python benchmarks/bench_grading.py

bench-stages: $(READY)
	$(BIN)/python benchmarks/bench_stages.py

bench-torch: $(READY)
	$(BIN)/python benchmarks/bench_torch.py

bench-sandbox: $(READY)
	$(BIN)/python benchmarks/bench_sandbox.py

budgets: $(READY)
	$(BIN)/python benchmarks/bench_budgets.py

hostile: $(READY)
	$(BIN)/python -m tests.hostile

channels: $(READY)
	$(BIN)/python -m tests.channels --hostile
	$(BIN)/python -m tests.channels --hostile-otter
	$(BIN)/python -m tests.channels

faults: $(READY)
	$(BIN)/python -m tests.faults

fuzz: $(READY)
	$(BIN)/python -m tests.sandbox.fuzz

moodle: $(READY)
	$(BIN)/python -m tests.moodle.replay

clean:
	rm -rf $(VENV) demo-run build *.egg-info
