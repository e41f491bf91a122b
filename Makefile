# Everything here works on a machine with Python 3.10 or newer and make, and nothing else.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow test-peers test-browser test-gpu test-oldest docs lint clean
.DELETE_ON_ERROR:

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|' 2>/dev/null \
		|| grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

install: $(INSTALLED) ## set up .venv; does nothing while it is current

# A set-up that was interrupted has no stamp; a .venv without pip is one that was half made.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "Python 3.10 or newer is needed; name one: make PYTHON=python3.11"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(INSTALLED) ## the whole path on a small drawn data set, into runs/demo
	@$(BIN)/tag2mask demo --out runs/demo

# Two files at a time on one thread each take half as long as one at a time on two.
test: $(INSTALLED) ## the test suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(INSTALLED) ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

test-peers: .peers/.installed ## the tests against other packages, which it downloads into .peers
	PYTHONPATH=.peers $(BIN)/python -m pytest -m peers

# Without their dependencies, which are in .venv: torchvision's would bring another torch. pydensecrf2
# has no wheel and is built, for which this machine needs a C++ compiler.
FORMAT_PEERS := pycocotools==2.0.11 label-studio-converter ujson datumaro json-stream \
	json-stream-rs-tokenizer imagesize shapely portalocker defusedxml lxml orjson attrs nibabel \
	SimpleITK ruamel.yaml tabulate pandas python-dateutil six pytz tzdata ultralytics \
	ultralytics-thop psutil polars nnunetv2 batchgenerators batchgeneratorsv2 acvl-utils \
	dynamic-network-architectures blosc2 ndindex msgpack numexpr httpx datasets pyarrow dill \
	multiprocess xxhash rasterio==1.4.4 affine cligj click-plugins pyparsing pyogrio certifi

# The example in JavaScript is skipped where there is no npm.
NPM_PEERS := npm install --prefix .peers --no-audit --no-fund --ignore-scripts onnxruntime-web@1.30.0

.peers/.installed: $(INSTALLED) Makefile
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --upgrade --target .peers \
		torchvision==0.28.0 timm==1.0.31 grad-cam==1.5.7 torchcam==0.5.0 \
		ttach==0.0.3 opencv-python-headless scikit-learn scipy joblib threadpoolctl tqdm cloudpickle narwhals \
		matplotlib contourpy cycler fonttools kiwisolver
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --upgrade --target .peers $(FORMAT_PEERS)
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --upgrade --target .peers pydensecrf2==1.1
	-command -v npm >/dev/null && $(NPM_PEERS)
	@touch $@

docs: .venv/.docs ## the documentation, into site; a broken link or reference is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs site

.venv/.docs: $(INSTALLED)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

test-browser: .browser/.installed ## the review page in Chromium, which must be installed
	PYTHONPATH=.browser $(BIN)/python -m pytest -m browser tests/browser -rs

.browser/.installed: $(INSTALLED) Makefile
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --upgrade --target .browser \
		playwright==1.65.2 greenlet==3.5.6 pyee==13.0.1
	@touch $@

# uv takes the lowest version of each dependency in pyproject.toml; pip cannot. Extras are left out,
# so tests that need one are skipped. OLDEST_FLAGS are uv's: --torch-backend cpu is a smaller download.
OLDEST_FLAGS ?=
OLDEST_TESTS ?= tests/core tests/metrics tests/run_folder tests/pseudo_masks tests/maps tests/crf \
	tests/interchange/test_one_way.py tests/interchange/test_round_trips.py \
	tests/examples/test_deploy.py

test-gpu: $(INSTALLED) ## the tests on a GPU; skipped if torch finds none
	$(BIN)/python -m pytest -m gpu tests/gpu -rs

test-oldest: .oldest/.installed ## many tests, with the oldest dependencies that pyproject.toml allows
	OMP_NUM_THREADS=1 PYTHONPATH=src .oldest/bin/python -m pytest -p no:warnings $(OLDEST_TESTS)

.oldest/.installed: pyproject.toml Makefile
	$(PYTHON) -m venv --clear .oldest
	.oldest/bin/python -m pip install --disable-pip-version-check uv
	.oldest/bin/uv pip install --python .oldest/bin/python --resolution lowest-direct \
		--only-binary :all: $(OLDEST_FLAGS) -r pyproject.toml "pytest>=8.0"
	@touch $@

lint: $(INSTALLED) ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/mypy --strict

clean: ## remove .venv, .peers, .browser, .oldest, builds and caches; keeps runs/
	rm -rf .venv .peers .browser .oldest build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
