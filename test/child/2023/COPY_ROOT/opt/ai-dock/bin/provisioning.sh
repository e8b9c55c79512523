#!/bin/bash

function provisioning_main() {
  printf "provisioning the app\n"
  mkdir -p "${WORKSPACE}app"
  printf "%s\n" "$APP_GREETING" >"${WORKSPACE}app/model"
}

provisioning_main
