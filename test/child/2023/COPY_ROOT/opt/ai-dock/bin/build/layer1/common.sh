#!/bin/false

build_common_main() {
  build_common_do_apt
  build_common_do_mamba
  build_common_do_pip
}

# With the lists of packages gone and no network it still works for what is there already.
build_common_do_apt() {
  $APT_INSTALL curl jq
}

# Only the command line: an environment cannot be had without a network.
build_common_do_mamba() {
  : "${MAMBA_ROOT_PREFIX:?}" "${MAMBA_BASE_ENV:?}" "${MAMBA_BASE_RUN:?}" "${MAMBA_DEFAULT_ENV:?}"
  printf '%s\n' "$MAMBA_CREATE -n app python=${MAMBA_BASE_PYTHON_VERSION:?}" "$MAMBA_INSTALL -n app pip" >>/opt/app/build.log
  if [[ -x $MAMBA_EXE ]]; then micromamba env list >/dev/null; fi
}

build_common_do_pip() {
  printf '%s\n' "$MAMBA_BASE_RUN ${PIP_INSTALL:?} torch" >>/opt/app/build.log
}

build_common_main "$@"
