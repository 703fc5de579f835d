# shellcheck shell=bash disable=SC2034
# Values that the scripts in this directory share. They are set here and in Cargo.toml only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The time of every file in the packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

# Prints a field of [workspace.package] in Cargo.toml.
field() { sed -n "/^\[workspace.package\]/,/^\$/s/^$1 = \"\(.*\)\"\$/\1/p" Cargo.toml; }
version=$(field version)
repository=$(field repository)
# OWNER/NAME of a repository on GitHub, and the image in GitHub's registry. A placeholder gives placeholders.
slug() { local path=${1#https://github.com/}; echo "${path#https://}"; }
image() { local path=${1/#https:\/\/github.com/ghcr.io}; echo "${path#https://}"; }
slug=$(slug "$repository")
image=$(image "$repository")

targets=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl)
build=${CARGO_TARGET_DIR:-$PWD/target}
out=$build/dist
tools=$build/dist-tools
PATH=$tools/bin:$tools/python/bin:$PATH

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Runs a program that was built for another processor, too.
run() {
  local machine
  machine=$(od -An -t u1 -j 18 -N 1 "$1" | tr -d ' ')
  case $(uname -s)-$(uname -m)-$machine in
    Linux-x86_64-183) qemu-aarch64 "$@" ;;
    *) "$@" ;;
  esac
}
