#!/usr/bin/env bash
# What `./dev lint` checks: formatting, clang-tidy, Python, shell, and the tree's own rules. Runs every check,
# then fails if any did. With arguments: clang-tidy on these files alone.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

FAILED=()

main() {
  check 'clang-format' cpp_format
  check 'clang-tidy' cpp_tidy "$@"
  check 'ruff' python_style
  check 'shellcheck' shell_style
  check 'kernel objects' kernel_objects
  [[ ${#FAILED[@]} == 0 ]] || { printf 'lint failed: %s\n' "${FAILED[*]}" >&2 && exit 1; }
  echo 'lint: all clean'
}

check() {
  local name=$1
  shift
  printf '== lint: %s\n' "$name"
  "$@" || FAILED+=("$name")
}

sources() { git ls-files --cached --others --exclude-standard -- "$@"; }

cpp_format() { sources '*.cc' '*.h' | xargs clang-format-19 --dry-run -Werror; }

cpp_tidy() { build/venv/bin/python tools/clang_tidy.py "$@"; }

python_style() {
  build/venv/bin/ruff check --quiet && build/venv/bin/ruff format --check --quiet
}

shell_style() { sources dev .ci/run '*.sh' | xargs shellcheck; }

# Objects built with wider ISA flags may not offer the linker inline functions that it could pick for everybody.
kernel_objects() {
  local objects weak
  mapfile -t objects < <(find build/release/src/kernels -name 'a[vm]x*.cc.o' 2>/dev/null)
  [[ ${#objects[@]} != 0 ]] || return 0
  weak=$(llvm-nm-19 --defined-only --print-file-name "${objects[@]}" | grep -E ' [WVuw] ' || true)
  [[ -z $weak ]] || { printf 'weak symbols in per-ISA objects:\n%s\n' "$weak" && return 1; }
}

main "$@"
