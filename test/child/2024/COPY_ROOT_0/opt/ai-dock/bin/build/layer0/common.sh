#!/bin/false

build_common_main() {
  printf "layer0 for %s\n" "${XPU_TARGET:?}"
}

build_common_main "$@"
