#!/bin/sh
# Makes the two virtual environments of the peers: DIR/peers and DIR/ecco (Ecco needs libraries of its time).
#
#   Benchmarks/peers/install.sh [DIR]        (~/.cache/strata/peers when there is none)
#
# llama.cpp is compiled for this machine's processor from the source of llama-cpp-python: that takes a C++ compiler and some
# minutes; pip brings cmake and ninja for it when there are none. torch's build for processors only is enough.
set -eu
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/strata/peers}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3.11}
mkdir -p "$folder"

environment() { # environment FOLDER: its packages are those of the requirements file named after it
  "$python" -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-$(basename "$1").txt"
}

environment "$folder/ecco"
"$folder/ecco/bin/pip" install --quiet --disable-pip-version-check --no-deps ecco==0.1.2
"$folder/ecco/bin/python" -W ignore -c "import ecco"

# A virtual machine may name the tile registers of its processor and not let them be used: llama.cpp would end with SIGILL.
case $(uname -m) in x86_64) flags="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16" ;; *) flags="" ;; esac
export CFLAGS="${CFLAGS:-} $flags" CXXFLAGS="${CXXFLAGS:-} $flags"
export CMAKE_ARGS="${CMAKE_ARGS:--DGGML_NATIVE=ON -DLLAVA_BUILD=OFF}" CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-2}"
environment "$folder/peers"
"$folder/peers/bin/python" -c 'import gguf, llama_cpp, torch, transformer_lens, transformers'
echo "installed: $folder/ecco $folder/peers"
