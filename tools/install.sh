#!/bin/sh
# Installs assetctl from this folder alone, without a network: sh install.sh [FOLDER OF THE VIRTUAL ENVIRONMENT]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$HOME/assetctl-venv}
cd "$here"
if command -v sha256sum >/dev/null 2>&1; then sha256sum --quiet -c SHA256SUMS; else shasum -a 256 --quiet -c SHA256SUMS; fi
cd - >/dev/null
"${PYTHON:-python3}" -m venv "$target"
PIP_CONFIG_FILE=/dev/null "$target/bin/python" -m pip --isolated install --quiet --disable-pip-version-check \
    --no-index -f "$here/wheels" --only-binary :all: --require-hashes -r "$here/requirements.txt"
"$target/bin/assetctl" version
echo "installed: $target/bin/assetctl"
