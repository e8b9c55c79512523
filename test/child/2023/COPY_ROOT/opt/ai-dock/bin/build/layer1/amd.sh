#!/bin/false

build_amd_main() {
  printf "built for amd\n" >>/opt/app/build.log
}

build_amd_main "$@"
