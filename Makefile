# `make demo` and `make test` set up everything they need in .venv.
PYTHON ?= python3
BIN := .venv/bin
# Debian and others build their Python with profile-guided optimisation; pyenv by default does not.
BENCH_PYTHON ?= $(shell for one in /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11; do \
	$$one -c 'import ensurepip' 2>/dev/null && echo $$one && exit; done; echo $(PYTHON))

.PHONY: demo test bench generate screenshots clean

demo: .venv/ready
	@$(BIN)/amber-sql demo

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/amber-sql generate --check
	$(BIN)/amber-sql check
	$(BIN)/pytest -n 3 $(PYTEST)

bench:
	$(BENCH_PYTHON) -m venv --clear .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -e '.[embedded]' -r benchmarks/requirements.txt
	.venv-bench/bin/python -m benchmarks.run $(BENCH)

generate: .venv/ready
	$(BIN)/amber-sql generate
	$(BIN)/amber-sql docs --out docs/schema

screenshots: .venv/ready
	PYTHONPATH=tests/support $(BIN)/python -m tools.screenshots --docs

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

# uv installs from warm caches in two seconds; pip does where uv has no wheel.
.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true
	@if [ -x $(BIN)/uv ]; then \
	   $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]'; \
	 else $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'; fi
	@touch $@
