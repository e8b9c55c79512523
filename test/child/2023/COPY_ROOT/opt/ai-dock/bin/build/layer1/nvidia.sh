#!/bin/false

build_nvidia_main() {
  printf "built for nvidia\n" >>/opt/app/build.log
}

build_nvidia_main "$@"
