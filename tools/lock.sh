#!/bin/sh
# Renews requirements/*.txt: every dependency pinned with hashes, for Python 3.11 to 3.13, naming no index.
set -eu
cd "$(dirname "$0")/.."
compile() {
    out=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --output-file "requirements/$out.txt" "$@"
}
compile runtime pyproject.toml
compile build requirements/build.in
compile dev pyproject.toml --group dev --group peers --constraints requirements/runtime.txt
compile snap7 requirements/snap7.in
compile fuzz pyproject.toml requirements/fuzz.in --constraints requirements/dev.txt
compile formats requirements/formats.in
