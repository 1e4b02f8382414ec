#!/usr/bin/env bash
# usage: install_consumer.sh SOURCE BUILD CXX FLAGS: installs BUILD into a folder of its own, then builds outside
# projects against that folder alone, and checks that the library exports our names only.
set -euo pipefail
source=$1 build=$2 cxx=$3 flags=$4
work=$build/tests/install/work
rm -rf "$work"
mkdir -p "$work"

main() {
  cmake --install "$build" --prefix "$work/prefix" >/dev/null
  exports_are_ours
  build_outside "$source/tests/install/outside"
  build_outside "$source/examples/classify"
  example_answers
}

exports_are_ours() {
  local foreign
  foreign=$(llvm-nm-19 --dynamic --demangle --defined-only "$work/prefix/lib/libmartlet.so" | grep -v 'martlet::' || true)
  [[ -z $foreign ]] || { printf 'libmartlet.so exports names that are not ours:\n%s\n' "$foreign" && exit 1; }
}

# build_outside PROJECT: configures and builds it in $work/<name>.
build_outside() {
  local binary
  binary=$work/$(basename "$1")
  cmake -S "$1" -B "$binary" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_FLAGS="$flags -Wall -Wextra -Werror" >"$work/log" 2>&1 ||
    { cat "$work/log" && exit 1; }
  cmake --build "$binary" --parallel 2
}

# With a model that the tree ships: its weights are random, its labels LABEL_0 and so on.
example_answers() {
  printf 'a good film\na bad film\n' |
    "$work/classify/classify" "$source/tests/golden/models/bert-odd" >"$work/answers"
  [[ $(grep -cE '^LABEL_[0-9] [01]\.[0-9]{4}  a (good|bad) film$' "$work/answers") == 2 ]] ||
    { echo 'the example answered:' && cat "$work/answers" && exit 1; }
}

main
