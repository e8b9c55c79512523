#!/bin/false
# Sourced, and of mode 0644.

preflight_main() {
  export APP_FLAGS="--port 18188 --greeting 'hello there'"
}

preflight_main "$@"
