#!/bin/false

build_common_main() {
  printf "layer1 for %s\n" "${XPU_TARGET:?}"
}

build_common_main "$@"
