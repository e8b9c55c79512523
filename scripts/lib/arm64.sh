#!/usr/bin/env bash
# Lets this machine run images for arm64, and makes a small one to build on:
#
#   scripts/lib/arm64.sh base    the image ai-dock:arm64-base, Debian with nothing but a shell and perl
#
# Sourced, it gives arm64_base and ARM64_BASE.

# shellcheck source=scripts/lib/image.sh
. "$(dirname "${BASH_SOURCE[0]}")/image.sh"

ARM64_BASE=ai-dock:arm64-base
BINFMT=/proc/sys/fs/binfmt_misc

arm64_base() {
  if ! docker image inspect "$ARM64_BASE" >/dev/null 2>&1; then arm64_make_base; fi
  if arm64_runs; then return; fi
  arm64_register
  arm64_runs || die "this machine does not run images for arm64; see: docker run $ARM64_BASE true"
}

# What arm64_base is going to bring in where this kernel has no way to run arm64 programs: packages, and in words.
arm64_is_foreign() { [[ $(uname -m) != aarch64 && ! -e $BINFMT/qemu-aarch64 ]]; }

arm64_lacks() {
  if arm64_is_foreign; then lacking qemu-aarch64-static qemu-user-static; fi
}

arm64_plan() {
  if arm64_is_foreign; then
    echo 'QEMU as what this kernel runs arm64 programs by (binfmt_misc), for all of the machine until it boots again'
  fi
}

arm64_runs() { docker run --rm --platform linux/arm64 "$ARM64_BASE" true >/dev/null 2>&1 </dev/null; }

# Pulled, or made here: unpacked only, since to configure its packages would be slow work for an emulator.
arm64_make_base() {
  local archive=$CACHE/base/$IMAGE_SUITE-arm64.tar mirror
  if [[ ! -e $archive ]]; then
    if timeout "$IMAGE_PULL_LIMIT" docker build --quiet --pull --platform linux/arm64 --tag "$ARM64_BASE" - \
      <<<"FROM $IMAGE_BASE" >/dev/null 2>&1; then return; fi
    mirror=$(debian_mirror) || die 'a base for arm64 can only be made on Debian'
    need mmdebstrap mmdebstrap
    note "making a Debian $IMAGE_SUITE base for arm64"
    mkdir -p "${archive%/*}"
    run_quiet mmdebstrap as_root mmdebstrap --format=tar --variant=extract --architectures=arm64 --skip=check/qemu \
      --include=base-files,bash,coreutils,dash,libc6,perl-base --dpkgopt='path-exclude=/usr/share/*' \
      --aptopt='Acquire::Languages "none"' "$IMAGE_SUITE" "$archive.part" "deb $mirror $IMAGE_SUITE main"
    mv "$archive.part" "$archive"
  fi
  run_quiet 'docker import' docker import --platform linux/arm64 "$archive" "$ARM64_BASE"
}

# QEMU is opened by the kernel itself (flag F), so that containers need no copy of it.
arm64_register() {
  need qemu-aarch64-static qemu-user-static
  if [[ ! -e $BINFMT/register ]]; then run_quiet 'mounting binfmt_misc' as_root mount -t binfmt_misc binfmt_misc "$BINFMT"; fi
  if [[ ! -e $BINFMT/qemu-aarch64 ]]; then
    run_quiet 'registering QEMU' as_root cp /usr/lib/binfmt.d/qemu-aarch64.conf "$BINFMT/register"
  fi
}

arm64_main() {
  set -euo pipefail
  engine_up
  case ${1:-} in
    base) arm64_base ;;
    *) die 'usage: arm64.sh base' ;;
  esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then arm64_main "$@"; fi
