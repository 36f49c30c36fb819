# Pattern Pursuit. `make` alone prints what there is.

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
COURSE := $(PY) -m challenges.course

# Parallel lessons: one per core, with 2 GiB each; the cores are divided among their threads.
CORES := $(shell getconf _NPROCESSORS_ONLN)
GIB := $(shell $(PYTHON) -c "import os; print(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30)" 2>/dev/null || echo 4)
JOBS ?= $(shell j=$$(( $(GIB) / 2 < $(CORES) ? $(GIB) / 2 : $(CORES) )); echo $$(( j > 0 ? j : 1 )))
THREADS ?= $(shell t=$$(( $(CORES) / $(JOBS) )); echo $$(( t > 0 ? t : 1 )))
export OMP_NUM_THREADS := $(THREADS)
export MKL_NUM_THREADS := $(THREADS)
export OPENBLAS_NUM_THREADS := $(THREADS)
export NUMBA_NUM_THREADS := $(THREADS)
export PYTHONHASHSEED := 0

# A file is a lesson when it is there; the course's own list is checked against the folders by a test.
DAYS := $(sort $(notdir $(wildcard challenges/day_[0-9][0-9])))
STUDIES := $(sort $(basename $(notdir $(wildcard notebooks/*.ipynb))))

.PHONY: help
help: ## print this list
	@sed -n 's/^\([a-z][a-z0-9_%-]*\):.*## \(.*\)/\1\t\2/p' Makefile | sed 's/^day-%/day-01/' | awk -F'\t' '{printf "  make %-15s %s\n", $$1, $$2}'

# ---------------------------------------------------------------- set-up: each step has a stamp, the second call is free

TORCH := $(shell sed -n 's/^torch==\([0-9.]*\).*/\1/p' requirements.lock)

.venv/.made:
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else 'Python %d.%d is not supported: give 3.11 to 3.13, such as make PYTHON=python3.11' % v)"
	@echo "making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.torch: .venv/.made
	@echo "installing torch $(TORCH)"
	@$(PY) -m pip install --quiet --disable-pip-version-check torch==$(TORCH) uv
	@touch $@

.venv/.locked: .venv/.torch requirements.lock
	@echo "installing the locked dependencies"
	@.venv/bin/uv pip install --quiet --compile-bytecode --python $(PY) -r requirements.lock
	@touch $@

.venv/.ready: .venv/.locked pyproject.toml core/pyproject.toml
	@.venv/bin/uv pip install --quiet --python $(PY) --no-deps -e core -e .
	@touch $@

.PHONY: setup
setup: .venv/.ready ## make .venv with the locked dependencies (every other target does this by itself)

build/.warm: .venv/.ready $(shell find core/dlcore -name '*.py' 2>/dev/null)
	@mkdir -p build
	@$(COURSE) warm
	@touch $@

# ---------------------------------------------------------------- lessons

# $(call together,KIND,NAMES): run them in parallel, all of them, then print the table and answer for them.
define together
	@mkdir -p build/$(1)
	@$(MAKE) --no-print-directory -k -j$(JOBS) $(foreach x,$(2),build/$(1)/$(x).done) 2> build/$(1)/make.log; \
	  ran=$$?; grep -v -e '^make' build/$(1)/make.log >&2; $(COURSE) table $(1) && exit $$ran
endef

.PHONY: all-days
all-days: build/.warm ## run every day whose inputs changed, in parallel, and print the table
	$(call together,days,$(DAYS))

.PHONY: studies
studies: build/.warm ## run every study in notebooks/ likewise
	$(call together,studies,$(STUDIES))

build/days/%.done: .venv/.locked | build/.warm
	@mkdir -p build/days && rm -f $@
	@$(COURSE) run $*
	@touch $@

build/studies/%.done: .venv/.locked | build/.warm
	@mkdir -p build/studies && rm -f $@
	@$(COURSE) run $*
	@touch $@

# what each lesson's kernel imported when it last ran; a lesson that never ran depends on its notebook
$(foreach d,$(DAYS),$(eval build/days/$(d).done: challenges/$(d)/$(d).ipynb))
$(foreach s,$(STUDIES),$(eval build/studies/$(s).done: notebooks/$(s).ipynb))
-include $(wildcard build/days/*.d build/studies/*.d)

# DATA, DEVICE and SEED are parameters by their own names, SET holds any others
CHOSEN := $(if $(DATA),data=$(DATA)) $(if $(DEVICE),device=$(DEVICE)) $(if $(SEED),seed=$(SEED)) $(SET)

.PHONY: day-%
day-%: build/.warm ## run one day; DATA=us-tech-5, SEED=1, DEVICE=cpu, SET="name=value …" change its parameters
ifeq ($(strip $(CHOSEN)),)
	@$(MAKE) --no-print-directory build/days/day_$*.done
else
	@$(COURSE) run day_$* $(foreach p,$(CHOSEN),--parameter '$(p)')
endif

.PHONY: verify
verify: build/.warm ## hold every notebook's stored outputs against a fresh run
	@$(COURSE) verify --jobs $(JOBS)

.PHONY: stamp
stamp: build/.warm ## execute a lesson and store its outputs: DAY=1 or STUDY=00_start_here
	@$(COURSE) stamp $(if $(STUDY),$(STUDY),$(call need,DAY)day_$(call two,$(DAY)))

# ---------------------------------------------------------------- your turn

need = $(if $($(1)),,$(error give $(1)=…, such as make $(MAKECMDGOALS) $(1)=$(if $(filter DAY,$(1)),1,softmax)))
two = $(shell printf '%02d' $(1))

.PHONY: blank
blank: .venv/.ready ## empty a day's exercises into workbook/: DAY=1 (FORCE=1 keeps earlier work aside)
	@$(COURSE) blank $(call need,DAY)$(DAY) $(if $(FORCE),--force)

.PHONY: check
check: .venv/.ready ## judge your answers: DAY=1
	@$(COURSE) check $(call need,DAY)$(DAY)

.PHONY: solution
solution: .venv/.ready ## show a solution beside your attempt: DAY=1 EXERCISE=ar1
	@$(COURSE) solution $(call need,DAY)$(DAY) $(call need,EXERCISE)$(EXERCISE)

.PHONY: progress
progress: .venv/.ready ## which days you have passed
	@$(COURSE) progress

.PHONY: leaderboard
leaderboard: build/.warm ## every entry beside the baselines: rank IC, net Sharpe, what luck would show
	@.venv/bin/dlcore leaderboard

.PHONY: lab
lab: .venv/.ready ## open JupyterLab
	@.venv/bin/jupyter lab --notebook-dir .

# ---------------------------------------------------------------- to read in a browser

.PHONY: site
site: all-days studies build/.baselines ## the course as a site in build/site, from what was executed
	@$(PY) -m docs.site

# the baselines of the leaderboard, entered once for each state of the library
build/.baselines: build/.warm
	@.venv/bin/dlcore leaderboard > build/leaderboard.txt
	@touch $@

.PHONY: progress-pages
progress-pages: .venv/.ready ## write docs/progress/ again from curriculum.toml and the notebooks' results
	@$(PY) -m docs.site.progress

.PHONY: site-serve
site-serve: .venv/.ready ## serve the site on http://localhost:8000 until Ctrl-C
	@$(PY) -m http.server --bind 127.0.0.1 --directory build/site 8000

# ---------------------------------------------------------------- for those who change something

.PHONY: test
test: build/.warm ## run every test
	@$(PY) -m pytest -n $(JOBS)

.PHONY: lint
lint: .venv/.ready ## ruff: rules and layout
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

.PHONY: types
types: .venv/.ready ## pyright on core/
	@.venv/bin/pyright

.PHONY: bench
bench: .venv/.ready build/peers/.ready ## race the library against its peers; writes docs/performance.md
	@MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=4294967296 NUMBA_NUM_THREADS=$(CORES) $(PY) -m benchmarks

# peers are no dependencies: they stand in an environment of their own (resolve: uv pip compile benchmarks/peers.in)
build/peers/.ready: benchmarks/peers.lock | .venv/.locked
	@echo "installing the peers"
	@rm -rf build/peers && .venv/bin/uv venv --quiet --python $(PY) build/peers/.venv
	@.venv/bin/uv pip install --quiet --python build/peers/.venv/bin/python -r $<
	@touch $@

.PHONY: lock
lock: .venv/.torch ## resolve the dependencies afresh into requirements.lock
	@rm -f requirements.lock
	@.venv/bin/uv pip compile --quiet pyproject.toml --group dev --universal --python-version 3.11 \
	  --no-emit-package dlcore --no-annotate --no-header -o requirements.lock
	@if grep -n -i -E '^(nvidia|cuda|triton)' requirements.lock; then echo "the lock holds CUDA lines: see tool.uv in pyproject.toml"; exit 1; fi

.PHONY: clean
clean: ## remove what commands made (not .venv, not workbook/)
	@rm -rf build .pytest_cache .ruff_cache
	@find challenges core tests -name __pycache__ -type d -exec rm -rf {} +
