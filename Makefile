# make gallery   the example gallery from real models: out/article/index.html and out/article/report.pdf
# make test      everything that can be tested on this machine
# make lint      the format of the sources
# make deps      what the machine needs, through apt; says nothing when all is there
# make fuzz      damaged files of every kind, ten minutes (or SECONDS=3600) of them; SEED=2 makes others
# make sanitize  every reader on damaged files under AddressSanitizer, with traps for undefined behaviour in C++; builds under ThreadSanitizer
# make soak      long use of the program: 10,000 cells, 1,000 saves while watching, ten minutes of builds and checks at once
# make examples  the package in examples/swift, built and run against a clone of this repository
# make docs      the API pages of Traces, Engine, Plot and Figures: out/api
# make python    the package in python: ruff, mypy and pytest where they are installed, and its wheel in out/python
# make bench     everything timed, beside other tools where they are installed; takes long
# make bench-compare BASE=REF   another version beside this one, in turns; CASES="lens figures" MODELS="FILE ..." RUNS=7 choose what
# make bench-instructions       instructions of a few kernels beside those that were kept, counted by valgrind
# make slurm     the workflow on two Slurm nodes of this machine's own, as root; INSTALL=1 installs Debian's Slurm
# make install   the program, its templates, completions and manual page under PREFIX (/usr/local unless given)
# make wheel     out/release: strata-lens, a Python wheel that holds the program, its libraries and fonts
# make release   out/release: the same as an archive, SHA256SUMS and a bill of materials; the same commit gives the same bytes
# make image     an OCI image of that archive, through podman, buildah or docker

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := gallery
.PHONY: gallery test lint deps locked fuzz sanitize soak examples docs python bench bench-compare bench-instructions slurm install bundle wheel release image clean

# To build and run, then what only tests use.
PACKAGES := libcairo2-dev libpango1.0-dev libfontconfig-dev zlib1g-dev libhwy-dev libpcre2-dev libssl-dev \
            libcmark-gfm-dev libcmark-gfm-extensions-dev libcurl4-openssl-dev ca-certificates \
            libsimdjson-dev pkg-config fontconfig fonts-dejavu fonts-texgyre fonts-noto-core fonts-noto-cjk python3 python3-pip python3-jinja2 \
            qpdf poppler-utils patchelf libthai-data

# Optimised kernels in debug builds, too: without, models run about fifteen times slower. Every build and test has the same flag, or the
# kernels are compiled again.
KERNELS := -Xcxx -O3

# Optimised code besides, in the tests (Package.swift): the suite takes about half the time.
OPTIMISED := STRATA_OPTIMISED=1

# Swift's libraries become part of the program: it starts a quarter faster, and runs where there is no Swift. No path of this machine does.
RELEASE_FLAGS := -c release --static-swift-stdlib $(KERNELS) \
                 -Xswiftc -file-prefix-map -Xswiftc "$(CURDIR)=." -Xcc "-ffile-prefix-map=$(CURDIR)=."
RELEASE := swift build $(RELEASE_FLAGS) --product strata

gallery: locked
	$(RELEASE)
	"$$(swift build -c release --show-bin-path)/strata" build examples/article.yaml
	@echo "also out/article/report.pdf; the program is $$(swift build -c release --show-bin-path)/strata (make install puts it on the PATH)"

test: locked
	$(OPTIMISED) swift build --build-tests $(KERNELS)
	"$$(swift build --show-bin-path)/strata" models pull smollm2-135m gemma-3-270m
	sh Tools/fetch_gpt2_vocabulary.sh
	sh Tools/fetch_transformers_source.sh
	$(OPTIMISED) swift test $(KERNELS)

# The Swift packages are those of Tools/dependencies.lock, to the commit.
locked: deps
	swift package resolve
	python3 Tools/check_dependencies.py

lint:
	swift format lint --strict --recursive Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift examples/swift

PREFIX ?= /usr/local
DESTINATION = $(DESTDIR)$(PREFIX)

install: locked
	$(RELEASE)
	install -D "$$(swift build -c release --show-bin-path)/strata" "$(DESTINATION)/bin/strata"
	install -d "$(DESTINATION)/share/strata/templates/gallery"
	install -m 644 templates/gallery/* "$(DESTINATION)/share/strata/templates/gallery"
	strata="$(DESTINATION)/bin/strata"; share="$(DESTINATION)/share"; \
	install -d "$$share/bash-completion/completions" "$$share/zsh/site-functions" "$$share/fish/vendor_completions.d" "$$share/man/man1"; \
	"$$strata" --generate-completion-script bash > "$$share/bash-completion/completions/strata"; \
	"$$strata" --generate-completion-script zsh > "$$share/zsh/site-functions/_strata"; \
	"$$strata" --generate-completion-script fish > "$$share/fish/vendor_completions.d/strata.fish"; \
	"$$strata" --experimental-dump-help | python3 Tools/man_page.py > "$$share/man/man1/strata.1"

VERSION = $(shell sed -n 's/.*let current = "\(.*\)"/\1/p' Sources/Report/Words/StrataVersion.swift)
RELEASES := out/release
BUNDLE = $(RELEASES)/strata-$(VERSION)-linux-$(shell uname -m)

# The installed program with everything that it needs from Debian beside it.
bundle:
	rm -rf "$(BUNDLE)"
	$(MAKE) install DESTDIR= PREFIX="$(CURDIR)/$(BUNDLE)"
	python3 Tools/release/bundle.py "$(BUNDLE)"

wheel: bundle
	python3 Tools/release/wheel.py "$(BUNDLE)" $(RELEASES)

release: bundle
	python3 Tools/release/archive.py "$(BUNDLE)" $(RELEASES)
	python3 Tools/release/wheel.py "$(BUNDLE)" $(RELEASES)
	python3 Tools/release/sums.py $(RELEASES)

# Where the image begins.
BASE ?= debian:12-slim

image: release
	sh Tools/release/image.sh "$(BUNDLE).tar.gz" "$(BASE)" "strata:$(VERSION)"

# Half of them for the readers by themselves, half for the whole program; `=`, since bash has a variable of this name, too.
SECONDS = 600
SEED ?= 1

fuzz: locked
	$(RELEASE)
	swift build $(RELEASE_FLAGS) --product StrataFuzz
	bin="$$(swift build -c release --show-bin-path)"; half=$$(( ($(SECONDS) + 1) / 2 )); status=0; \
	"$$bin/StrataFuzz" --seconds $$half --seed $(SEED) --keep out/fuzz || status=1; \
	python3 Tools/fuzz_files.py "$$bin/strata" --seconds-in-all $$half --seed $(SEED) --keep out/fuzz || status=1; \
	exit $$status

sanitize: locked
	sh Tools/sanitize.sh

soak: locked
	$(RELEASE)
	python3 Tools/soak.py "$$(swift build -c release --show-bin-path)/strata"

examples:
	KERNELS="$(KERNELS)" sh Tools/build_examples.sh

docs:
	$(OPTIMISED) KERNELS="$(KERNELS)" sh Tools/make_api_pages.sh

PYTHON ?= python3

# Needs no network: what is not installed is said and not run. STRATA names the program that tests compare with; without it, the last build.
python:
	cd python; for tool in "ruff check ." mypy "pytest -q -p no:cacheprovider"; do \
	  name=$${tool%% *}; \
	  if $(PYTHON) -m "$$name" --version > /dev/null 2>&1; then $(PYTHON) -m $$tool; else echo "$$name is not installed, so it was not run"; fi; \
	done
	SOURCE_DATE_EPOCH=315532800 $(PYTHON) -I -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir out/python ./python
	rm -rf python/build python/src/*.egg-info

# What Benchmarks/requirements.txt names goes into a folder of its own, whatever else Python has.
PYTHON_PACKAGES := .build/benchmarks-python

bench: locked
	$(RELEASE)
	.build/release/strata models pull smollm2-135m gemma-3-270m
	test -d $(PYTHON_PACKAGES) || python3 -I -m pip install --quiet --target $(PYTHON_PACKAGES) -r Benchmarks/requirements.txt
	PYTHONPATH=$(PYTHON_PACKAGES) python3 Benchmarks/run.py --json out/benchmarks.json --markdown out/benchmarks.md
	PYTHONPATH=$(PYTHON_PACKAGES) python3 Benchmarks/scaling.py

RUNS ?= 5
CASES ?= kernels lens figures
MODELS ?=

bench-compare: locked
	@test "$(origin BASE)" != file || { echo "make bench-compare needs BASE=REF, the version to compare with" >&2; exit 2; }
	python3 Benchmarks/compare.py "$(BASE)" $(CASES:%=--only %) $(MODELS:%=--model %) --runs $(RUNS)

bench-instructions: locked
	swift build -c release --package-path Benchmarks --product StrataBenchmarks $(KERNELS)
	python3 Benchmarks/instructions.py

# Needs pip install snakemake snakemake-executor-plugin-slurm.
slurm: deps
	$(RELEASE)
	INSTALL=$(INSTALL) Tools/slurm_test.sh "$$(swift build -c release --show-bin-path)/strata"

deps:
	@if ! command -v dpkg-query > /dev/null; then \
	  echo "this is no Debian; the packages needed are called there: $(PACKAGES)"; exit 0; \
	fi; \
	missing=(); \
	for package in $(PACKAGES); do \
	  state=$$(dpkg-query --show --showformat='$${db:Status-Status}\n' "$$package" 2> /dev/null || true); \
	  grep -qx installed <<< "$$state" || missing+=("$$package"); \
	done; \
	if (( $${#missing[@]} == 0 )); then exit 0; fi; \
	echo "installing $${missing[*]}"; \
	if (( EUID == 0 )); then root=(); else root=(sudo); fi; \
	"$${root[@]}" apt-get update -qq; \
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" > /dev/null

clean:
	rm -rf .build Benchmarks/.build
	find out -mindepth 1 ! -name README.md -delete
