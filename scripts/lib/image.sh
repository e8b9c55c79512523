#!/usr/bin/env bash
# Builds images with what this machine can reach: the pinned bases where a registry answers, else a Debian base made here.
#
#   scripts/lib/image.sh test [TAG]       the test image (default ai-dock:test) from dist/ai-dock
#   scripts/lib/image.sh build TARGET     one target of docker-bake.hcl, under the tag the bake file gives it
#   scripts/lib/image.sh peers [TAG]      the test image with supervisord, s6, tini and dinit (default: its tag and -peers)
#   scripts/lib/image.sh base             the image debian:trixie, made here when it is not there
#
# With AI_DOCK_FLAVOUR=compat the test image is of that flavour.
#
# Sourced, it gives image_test, image_peers, image_build, image_base.

# shellcheck source=scripts/lib/engine.sh
. "$(dirname "${BASH_SOURCE[0]}")/engine.sh"
# shellcheck source=scripts/lib/caddy.sh
. "$(dirname "${BASH_SOURCE[0]}")/caddy.sh"

IMAGE_SUITE=trixie
IMAGE_BASE=debian:$IMAGE_SUITE
IMAGE_TEST=${AI_DOCK_TEST_IMAGE:-ai-dock:test}
IMAGE_PEERS=${AI_DOCK_PEERS_IMAGE:-$IMAGE_TEST-peers}
IMAGE_TOOLS=$CACHE/tools
# What of nvm and node is there goes into the compat flavour: opt/nvm/nvm.sh and opt/nvm/versions/node/vX/bin/node.
IMAGE_NVM=$CACHE/nvm
IMAGE_DINIT=$CACHE/dinit
# How long a registry may take to say whether it has the base.
IMAGE_REGISTRY_LIMIT=20
# And how long it may take to fetch a small one.
IMAGE_PULL_LIMIT=180

# Makes sure that debian:trixie is in the engine: pulled, or made here and kept for an engine that has lost it.
image_base() {
  if docker image inspect "$IMAGE_BASE" >/dev/null 2>&1; then return; fi
  local archive=$CACHE/base/$IMAGE_SUITE.tar mirror
  if [[ ! -e $archive ]]; then
    if timeout "$IMAGE_PULL_LIMIT" docker pull --quiet "$IMAGE_BASE" >/dev/null 2>&1 </dev/null; then return; fi
    [[ $EUID -eq 0 ]] || die 'making a Debian base needs root'
    mirror=$(debian_mirror) || die 'a Debian base can only be made on Debian'
    need mmdebstrap mmdebstrap
    note "making a Debian $IMAGE_SUITE base"
    mkdir -p "${archive%/*}"
    run_quiet mmdebstrap mmdebstrap --format=tar --variant=minbase --dpkgopt=force-unsafe-io \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
      --aptopt='Acquire::Languages "none"' "$IMAGE_SUITE" "$archive.part" "deb $mirror $IMAGE_SUITE main"
    mv "$archive.part" "$archive"
  fi
  run_quiet 'docker import' docker import --change 'CMD ["bash"]' "$archive" "$IMAGE_BASE"
}

# A root tree of the tools that can be had without a registry; what else you put there goes into the image, too.
image_tools() {
  mkdir -p "$IMAGE_TOOLS/usr/local/bin" "$IMAGE_NVM"
  if [[ -x $ENGINE_ROOT/usr/bin/rclone ]]; then
    cp -u "$ENGINE_ROOT/usr/bin/rclone" "$IMAGE_TOOLS/usr/local/bin/rclone"
  elif [[ ! -x $IMAGE_TOOLS/usr/local/bin/rclone ]]; then
    image_official rclone /usr/local/bin/rclone || true
  fi
  caddy_install
  if [[ -n $(caddy_path) ]]; then
    cp -u "$(caddy_path)" "$IMAGE_TOOLS/usr/local/bin/caddy"
  elif [[ ! -x $IMAGE_TOOLS/usr/local/bin/caddy ]]; then
    image_official caddy /usr/bin/caddy /usr/local/bin/caddy || true
  fi
  local tool missing=()
  for tool in usr/local/bin/caddy usr/local/bin/cloudflared usr/local/bin/rclone opt/micromamba/bin/micromamba; do
    [[ -f $IMAGE_TOOLS/$tool ]] || missing+=("${tool##*/}")
  done
  if [[ ${#missing[@]} -gt 0 ]]; then warn "left out of the image, as no registry answers: ${missing[*]}"; fi
}

# image_official STAGE PATH [PLACE]: takes a tool from the official image that the Dockerfile names, where a registry answers.
image_official() {
  local image id
  image=$(sed -n "s/^FROM \(.*\) AS $1\$/\1/p" "$ROOT/Dockerfile")
  id=$(timeout "$IMAGE_PULL_LIMIT" docker create --quiet "$image" 2>/dev/null </dev/null) || return 1
  docker cp --quiet "$id:$2" "$IMAGE_TOOLS${3:-$2}"
  docker rm "$id" >/dev/null
}

# image_bake TARGET ARGUMENT…: bake with the binary of dist/; quiet until it fails.
image_bake() {
  local target=$1
  shift
  [[ -f $ROOT/dist/ai-dock ]] || die 'dist/ai-dock is missing: npm run build'
  (cd "$ROOT" && run_quiet "building $target" env BUILDX_BAKE_ENTITLEMENTS_FS=0 docker buildx bake \
    -f docker-bake.hcl --load --progress plain --set '*.contexts.binary=dist' "$@" "$target")
}

image_offline_arguments() {
  printf '%s\n' --set "*.contexts.base=docker-image://$IMAGE_BASE" --set "*.contexts.tools=$IMAGE_TOOLS" \
    --set "*.contexts.nvm=$IMAGE_NVM"
}

# The test image is the cpu target on a Debian base; in a hurry only its last layer changes.
image_test() {
  local tag=${1:-$IMAGE_TEST} offline
  image_base
  image_tools
  mapfile -t offline < <(image_offline_arguments)
  image_bake cpu-24-04 "${offline[@]}" --set "*.tags=$tag" --set "*.args.FLAVOUR=${AI_DOCK_FLAVOUR:-slim}"
}

# What tests and bench compare with, beside what is compared. The packages are installed once for each list of packages
# and each test image without its last layer, the binary; its variables are no layer.
image_peers() {
  local tag=${1:-$IMAGE_PEERS} below packages
  below=$(docker image inspect -f '{{range .RootFS.Layers}}{{println .}}{{end}}' "$IMAGE_TEST" | sed '/^$/d' | sed '$d')
  below+=$(docker image inspect -f '{{.Config.Env}}' "$IMAGE_TEST")
  packages=ai-dock:peers-$(printf '%s' "$below" | cat - "$ROOT/test/peers.Dockerfile" | sha256sum | cut -c 1-12)
  if ! docker image inspect "$packages" >/dev/null 2>&1; then
    note "installing supervisord, s6, tini and dinit beside $IMAGE_TEST"
    image_dinit
    image_build_peers packages "$packages" "$IMAGE_TEST"
  fi
  image_build_peers peers "$tag" "$packages"
}

# The source of dinit, where it can be had; what you put there counts, too.
image_dinit() {
  if [[ ! -e $IMAGE_DINIT/configure ]] && ! timeout "$IMAGE_PULL_LIMIT" git clone --quiet --depth 1 \
    --branch v0.22.1 https://github.com/davmac314/dinit "$IMAGE_DINIT" >/dev/null 2>&1 </dev/null; then
    warn "left out of the image, as its source cannot be had: dinit"
  fi
}

image_build_peers() {
  mkdir -p "$IMAGE_DINIT"
  run_quiet "building $2" docker build --quiet --target "$1" --tag "$2" --build-context "dinit=$IMAGE_DINIT" \
    --build-arg "BASE=$3" --build-arg "OURS=$IMAGE_TEST" --file "$ROOT/test/peers.Dockerfile" "$ROOT/scripts"
}

# image_build TARGET [NAME=VALUE…]: empty values are left to the bake file.
image_build() {
  local target=$1 base variable offline=()
  shift
  for variable; do
    if [[ -n ${variable#*=} ]]; then export "${variable?}"; fi
  done
  base=$(cd "$ROOT" && docker buildx bake -f docker-bake.hcl --print "$target" 2>/dev/null |
    sed -n 's|.*"base": "docker-image://\(.*\)".*|\1|p' | head -n 1) || true
  [[ -n $base ]] || die "docker-bake.hcl has no target $target; see: docker buildx bake -f docker-bake.hcl --list=targets"
  if ! docker image inspect "$base" >/dev/null 2>&1 &&
    ! timeout "$IMAGE_REGISTRY_LIMIT" docker buildx imagetools inspect "$base" >/dev/null 2>&1 </dev/null; then
    warn "no registry answers for $base: building on a Debian $IMAGE_SUITE base made here"
    image_base
    image_tools
    mapfile -t offline < <(image_offline_arguments)
  fi
  image_bake "$target" "${offline[@]}"
}

image_main() {
  set -euo pipefail
  engine_up
  case ${1:-} in
    test) image_test "${2:-}" ;;
    peers) image_peers "${2:-}" ;;
    build) image_build "${2:?usage: image.sh build TARGET}" ;;
    base) image_base ;;
    *) die 'usage: image.sh test [TAG] | peers [TAG] | build TARGET | base' ;;
  esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then image_main "$@"; fi
