# Two commands: 'make demo' builds and shows, 'make test' runs everything. The rest is for those who work
# on descend; CMake does the building (CMakePresets.json).
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
BUILDS = release sanitize hostile clang minimal fuzz
SHELL = /bin/sh
MAKEFLAGS += --no-print-directory
# Only for build folders that are new.
export CMAKE_GENERATOR ?= $(if $(shell command -v ninja 2>/dev/null),Ninja,Unix Makefiles)

# A shell may leave '~' to us.
prefix = $(abspath $(patsubst ~/%,$(HOME)/%,$(PREFIX)))
folder = $(if $(filter release,$1),build,build/$1)

.PHONY: all demo test $(addprefix build-,$(BUILDS)) amalgamation install uninstall style docs bench \
	fuzz check-hostile clean

all:
	@tools/setup demo
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build build -j $(JOBS)

demo: all
	@tools/demo

test:
	@tools/setup test
	@for build in $(BUILDS); do $(MAKE) build-$$build || exit; done
	@tools/run_tests $(foreach b,$(BUILDS),$(call folder,$b)) -- -j $(JOBS) $(CTEST)

# One build with its tests.
$(addprefix build-,$(BUILDS)): build-%:
	@echo "== build: $*"
	@cmake --preset $* --log-level=WARNING >/dev/null
	@cmake --build $(call folder,$*) -j $(JOBS) --target all tests

check-hostile: build-hostile
	@tools/run_tests build/hostile -- -j $(JOBS) $(CTEST)

fuzz: build-fuzz
	@tools/run_tests build/fuzz -- -j $(JOBS) $(CTEST)

style:
	@tools/check_style --verbose

# The outputs shown in the documents, made anew: review the difference.
docs: all
	@DESCEND=build/descend python3 tests/scripts/documents.py --update

# Limits, peers and descend, measured in turns; QUICK=1 is smaller.
bench:
	@tools/setup bench
	@tools/bench/run

amalgamation:
	@tools/amalgamate build/amalgamation

install: all
	@cmake --install build --prefix "$(prefix)"

uninstall:
	@tools/uninstall build "$(prefix)"

clean:
	rm -rf build
