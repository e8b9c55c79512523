#!/bin/false

build_cpu_main() {
  printf "built for cpu\n" >>/opt/app/build.log
}

build_cpu_main "$@"
