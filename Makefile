# SPDX-License-Identifier: Apache-2.0
# A thin front: each word below installs what is missing (apt), configures, builds no more than it needs, and runs.
#   make demo    train on real images, measure, write a report            make build   the program: build/kindred
#   make test    build and run every test                                 make format  clang-format everything
#   make bench   benchmarks                                               make lint    format, tidy, headers, layers
#   make test-torch2   the same tests against PyPI's current torch (540 MB)   make clean
# One folder, build/, serves all of them. BUILD=DIR changes it, INSTALL_DEPS=0 leaves the system alone.
BUILD ?= build
INSTALL_DEPS ?= 1
JOBS ?= $(shell tools/jobs.sh)
export BUILD INSTALL_DEPS

deps = @if [ "$(INSTALL_DEPS)" != 0 ]; then tools/install_deps.sh $(1); fi
configure = cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release

.PHONY: build demo test bench format lint test-torch2 clean
build:
	$(call deps,build)
	@# A folder that already builds the tests goes on doing so.
	@test -f $(BUILD)/build.ninja || $(configure) -DKINDRED_TESTS=OFF -DKINDRED_EXAMPLES=OFF
	cmake --build $(BUILD) -j $(JOBS) --target kindred_program

demo: build
	tools/demo.sh

test:
	$(call deps,build test)
	$(configure) -DKINDRED_TESTS=ON -DKINDRED_EXAMPLES=ON
	cmake --build $(BUILD) -j $(JOBS)
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

bench:
	$(call deps,build bench)
	$(configure) -DKINDRED_BENCH=ON
	cmake --build $(BUILD) -j $(JOBS) --target kindred_bench kindred_losses_bench kindred_program
	tools/bench.sh

format:
	$(call deps,lint)
	tools/check_format.sh --fix

lint:
	$(call deps,build test lint)
	@test -f $(BUILD)/build.ninja || $(configure)
	tools/lint.sh

test-torch2:
	$(call deps,build test torch2)
	tools/torch2.sh

clean:
	rm -rf $(BUILD) build-torch2
