# One image for every accelerator: what differs is the stage `base`, which docker-bake.hcl replaces by name. Flavours are
# slim, and compat with what child images of 2024 and 2025 expect of their base.
# The stages `binary`, `tools` and `nvm` can be replaced the same way, which is how an image is built without a registry (each
# has no commands of its own: BuildKit resolves what the commands of a replaced stage copy from, needed or not):
#   docker buildx bake -f docker-bake.hcl cpu --set '*.contexts.base=docker-image://debian:trixie' \
#     --set '*.contexts.tools=DIR' --set '*.contexts.nvm=DIR' --set '*.contexts.binary=dist'
ARG FLAVOUR=slim

# --- binary: /ai-dock, for the platform of the image, compiled on the platform of the builder ---
FROM --platform=$BUILDPLATFORM node:24.11.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json bunfig.tom[l] ./
COPY scripts/build.ts scripts/
COPY scripts/lib/bun-variables.ts scripts/lib/early-signals.ts scripts/lib/page.ts scripts/lib/
COPY src src
ARG TARGETARCH
# The commit that `ai-dock --version` names; the context has no .git to ask.
ARG REVISION
RUN npm run build -- --commit="$REVISION" --target="$(if [ "$TARGETARCH" = amd64 ]; then echo x64; else echo "$TARGETARCH"; fi)"

FROM scratch AS compiled
COPY --from=build /build/dist/ai-dock /ai-dock

FROM compiled AS binary

# --- tools: one root tree of the programs that ai-dock runs ---
FROM caddy:2.11.4 AS caddy
FROM cloudflare/cloudflared:2026.8.2 AS cloudflared
FROM rclone/rclone:1.75.1 AS rclone
FROM mambaorg/micromamba:2.8.1 AS micromamba

FROM scratch AS official-tools
COPY --from=caddy /usr/bin/caddy /usr/local/bin/caddy
COPY --from=cloudflared /usr/local/bin/cloudflared /usr/local/bin/cloudflared
COPY --from=rclone /usr/local/bin/rclone /usr/local/bin/rclone
COPY --from=micromamba /bin/micromamba /opt/micromamba/bin/micromamba

FROM official-tools AS tools

# --- nvm: a root tree with the node version manager and one version of node; for the compat flavour ---
FROM node:24.11.0-bookworm-slim AS node

FROM scratch AS official-nvm
ADD https://github.com/nvm-sh/nvm.git#v0.40.3 /opt/nvm
COPY --from=node /usr/local/bin/node /opt/nvm/versions/node/v24.11.0/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /opt/nvm/versions/node/v24.11.0/lib/node_modules/npm

FROM official-nvm AS nvm

# --- base: any Debian or Ubuntu ---
FROM ubuntu:24.04 AS base

# --- packages of every flavour ---
FROM base AS packages

# Images built on top are written for it.
SHELL ["/bin/bash", "-c"]

# Packages: a shell to work in, what provisioning scripts expect, and the ssh server. Its host keys are made at first
# boot, so that no two containers share them; services never start while packages are installed.
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked <<'SCRIPT'
  set -eu
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update
  # Where this package exists it spares the image the whole of systemd, which openssh-server only wants users from.
  users=$(apt-cache --names-only search '^systemd-standalone-sysusers$' | cut -d ' ' -f 1)
  apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
    acl bc bzip2 ca-certificates curl fuse3 git gpg iproute2 jq less nano openssh-client openssh-server \
    openssh-sftp-server procps psmisc screen tmux unzip util-linux vim-tiny wget xz-utils zip $users
  update-alternatives --install /usr/bin/vim vim /usr/bin/vim.tiny 10
  rm -rf /etc/ssh/ssh_host_* /etc/update-motd.d /var/log/apt /var/log/dpkg.log /var/log/alternatives.log \
    /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/lib/dpkg/*-old /var/lib/dbus/machine-id
  : >/etc/machine-id
SCRIPT

# --- flavours ---
FROM packages AS slim
ENV AI_DOCK_FLAVOUR=slim

FROM packages AS compat
ENV AI_DOCK_FLAVOUR=compat \
    USER_NAME=user \
    USER_GROUPS=users,ai-dock,adm,sudo,audio,video,tty,cdrom,dialout,dip,fax,floppy,lp,plugdev,ssl-cert,tape,voice \
    TZ=UTC \
    PYTHONUNBUFFERED=true

# What scripts of those images call without installing it. Names differ between releases: the first that there is, is taken.
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked <<'SCRIPT'
  set -eu
  export DEBIAN_FRONTEND=noninteractive
  # Desktops install libraries of 32-bit programs.
  if [ "$(dpkg --print-architecture)" = amd64 ]; then dpkg --add-architecture i386; fi
  apt-get -q update
  packages=
  for names in apt-utils build-essential cmake bind9-dnsutils,dnsutils dos2unix fakeroot ffmpeg file fonts-dejavu git-lfs htop \
    inotify-tools language-pack-en libcap2-bin libelf1t64,libelf1 libgl1 libglib2.0-0t64,libglib2.0-0 \
    libtcmalloc-minimal4t64,libtcmalloc-minimal4 locales lsb-release lsof man-db net-tools pciutils pkg-config python3-dev \
    python3-pip python3-venv rsync software-properties-common sox ssl-cert sudo tzdata zstd; do
    found=
    for name in $(echo "$names" | tr , ' '); do
      if [ -n "$(apt-cache madison "$name" 2>/dev/null)" ]; then found=$name; break; fi
    done
    if [ -n "$found" ]; then packages="$packages $found"; else echo "WARNING: this release has no $names" >&2; fi
  done
  # shellcheck disable=SC2086 # several packages
  apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io $packages
  # Python 3.10 to 3.12 for any release of Ubuntu.
  if grep -qx ID=ubuntu /etc/os-release; then add-apt-repository --yes --no-update ppa:deadsnakes/ppa; fi
  sed -i 's/^# *\(en_US.UTF-8 UTF-8\)/\1/' /etc/locale.gen
  locale-gen en_US.UTF-8
  library=$(ldconfig -p | sed -n 's/.*libtcmalloc_minimal\.so\.[0-9]* .*=> //p' | head -n 1)
  ln -s "$library" "${library%/*}/libtcmalloc.so"
  ldconfig
  # A certificate's key is of one container, not of all.
  rm -rf /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem /var/log/apt /var/log/dpkg.log \
    /var/log/alternatives.log /var/log/fontconfig.log /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache \
    /var/lib/dpkg/*-old /root/.gnupg /root/.launchpadlib
SCRIPT

RUN --mount=type=bind,from=nvm,target=/nvm <<'SCRIPT'
  set -eu
  if [ ! -e /nvm/opt/nvm/nvm.sh ]; then
    echo "WARNING: the nvm context has no opt/nvm; the image is built without it" >&2
    exit 0
  fi
  cp -R /nvm/opt/nvm /opt/nvm
  rm -rf /opt/nvm/.git /opt/nvm/.github /opt/nvm/test
  for node in /opt/nvm/versions/node/*; do
    chmod 0755 "$node/bin/node"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$node/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$node/bin/npx"
    mkdir -p /opt/nvm/alias
    echo "${node##*/}" >/opt/nvm/alias/default
  done
  # As fix-permissions has it: a layer that changed the group later would hold all of this a second time.
  chgrp -R 1111 /opt/nvm
  find /opt/nvm -type d -exec chmod 2775 {} +
SCRIPT

# --- the image ---
FROM ${FLAVOUR} AS image

ARG XPU_TARGET=CPU
ARG ROCM_VERSION
ARG ROCM_LEVEL
ARG ROCM_REPOSITORY=radeon
ARG ROCM_RADEON_URL=https://repo.radeon.com/rocm
ARG ROCM_THEROCK_URL=https://repo.amd.com/rocm/packages-multi-arch

# AMD's runtime comes as packages; NVIDIA's is in the base. Its repository stays configured, pinned to this release, so
# that images built on top can install more of the same.
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked <<'SCRIPT'
  set -eu
  if [ "$XPU_TARGET" != AMD_GPU ]; then exit 0; fi
  export DEBIAN_FRONTEND=noninteractive
  . /etc/os-release
  case $ROCM_REPOSITORY in
    radeon)
      key=$ROCM_RADEON_URL/rocm.gpg.key
      # The first release of a series is in a folder without its last zero.
      source="$ROCM_RADEON_URL/apt/${ROCM_VERSION%.0} $VERSION_CODENAME main"
      # Ubuntu has packages of the same names, some of them newer.
      pin="Package: *\nPin: origin $(echo "$ROCM_RADEON_URL" | cut -d / -f 3 | cut -d : -f 1)\nPin-Priority: 1001\n"
      core='rocm-core rocminfo amd-smi-lib rocm-smi-lib'
      runtime="$core hip-runtime-amd rocm-opencl-runtime miopen-hip rocblas rocfft"
      devel="$core rocm-libs rocm-opencl-sdk rocm-hip-sdk rocm-ml-sdk"
      ;;
    therock)
      key=$ROCM_THEROCK_URL/gpg/rocm.gpg
      source="$ROCM_THEROCK_URL/$ID$(echo "$VERSION_ID" | tr -d .) stable main"
      # One repository holds every release.
      pin="Package: amdrocm*\nPin: version ${ROCM_VERSION%.*}.*\nPin-Priority: 1001\n"
      core=
      runtime=amdrocm
      devel=amdrocm-core-sdk
      ;;
    *) echo "ROCM_REPOSITORY: expected radeon or therock, got \"$ROCM_REPOSITORY\"" >&2; exit 1 ;;
  esac
  case $ROCM_LEVEL in
    core) packages=$core ;;
    runtime) packages=$runtime ;;
    devel) packages=$devel ;;
    *) packages= ;;
  esac
  if [ -z "$packages" ]; then
    echo "ROCM_LEVEL: expected one that $ROCM_REPOSITORY has, got \"$ROCM_LEVEL\"" >&2
    exit 1
  fi
  mkdir -p /etc/apt/keyrings
  curl -fsSL --retry 3 "$key" -o /tmp/rocm.key
  # It may come in either form; apt wants it without its armour.
  gpg --batch --quiet --dearmor -o /etc/apt/keyrings/rocm.gpg /tmp/rocm.key 2>/dev/null ||
    install -m 0644 /tmp/rocm.key /etc/apt/keyrings/rocm.gpg
  echo "deb [arch=amd64 signed-by=/etc/apt/keyrings/rocm.gpg] $source" >/etc/apt/sources.list.d/rocm.list
  printf '%b' "$pin" >/etc/apt/preferences.d/rocm
  apt-get -q update
  # shellcheck disable=SC2086 # several packages
  apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io $packages
  # The packages tell neither the linker nor PATH where they are.
  home=$(ls -d /opt/rocm/lib /opt/rocm/core-*/lib /opt/rocm-*/lib 2>/dev/null | head -n 1)
  home=${home%/lib}
  [ -e /opt/rocm ] || ln -s "$home" /opt/rocm
  [ -e /opt/rocm/bin ] || ln -s "$home/bin" /opt/rocm/bin
  echo "$home/lib" >/etc/ld.so.conf.d/rocm.conf
  ldconfig
  for group in video render; do getent group $group >/dev/null || groupadd --system $group; done
  rm -rf /tmp/rocm.key /root/.gnupg /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old \
    /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache
SCRIPT

# A tool that the context lacks is left out: what needs it says so when it is asked to start.
RUN --mount=type=bind,from=tools,target=/tools <<'SCRIPT'
  set -eu
  for tool in usr/local/bin/caddy usr/local/bin/cloudflared usr/local/bin/rclone opt/micromamba/bin/micromamba; do
    if [ -f "/tools/$tool" ]; then
      install -D -m 0755 "/tools/$tool" "/$tool"
      # The group that fix-permissions gives it: a layer that changed it later would hold all of it a second time.
      case $tool in opt/*) chgrp 1111 "/$tool" ;; esac
    else
      echo "WARNING: the tools context has no $tool; the image is built without it" >&2
    fi
  done
  # An environment is a folder with a history; micromamba itself cannot run here when built for another platform.
  if [ -f /opt/micromamba/bin/micromamba ]; then
    for prefix in /opt/micromamba /opt/micromamba/envs/system; do
      mkdir -p "$prefix/conda-meta"
      : >"$prefix/conda-meta/history"
    done
  fi
SCRIPT

COPY --chmod=0755 src/features/shell/placeholder.sh /opt/environments/python/serviceportal/bin/python
COPY --chmod=0755 src/features/shell/venv-set.sh /opt/ai-dock/bin/venv-set.sh
COPY --chmod=0644 src/features/shell/environment.sh /opt/ai-dock/etc/environment.sh

# The places and names that images built on top, cloud templates and users' scripts rely on.
RUN <<'SCRIPT'
  set -eu
  mkdir -p /etc/supervisor/supervisord/conf.d /etc/supervisor/conf.d /opt/ai-dock/bin/preflight.d \
    /opt/ai-dock/bin/prestop.d /var/log/supervisor /etc/rclone /etc/apt/keyrings
  install -d -m 0700 /root/.ssh
  for name in init.sh logtail supervisorctl direct-url cfqt-url cfnt-url set-web-credentials env-store \
    fix-permissions venv-sync hash-password external-ip-address ready-test; do
    ln -s /usr/local/bin/ai-dock "/opt/ai-dock/bin/$name"
    # Scripts of later images of the original call these with an ending, too.
    case $name in *-* | logtail) ln -s /usr/local/bin/ai-dock "/opt/ai-dock/bin/$name.sh" ;; esac
  done
  ln -s venv-set.sh /opt/ai-dock/bin/venv-set
  # Folders that COPY has made have the mode of what it copied.
  chmod 0755 /opt/ai-dock /opt/ai-dock/bin /opt/ai-dock/etc
  if [ "$AI_DOCK_FLAVOUR" = compat ] && [ -e /opt/nvm/nvm.sh ]; then
    # `nvm use` costs more than the rest of a boot, and is called by who needs another version than the default.
    echo "export NVM_DIR='/opt/nvm'" >>/opt/ai-dock/etc/environment.sh
    cat >>/opt/ai-dock/etc/environment.sh <<'LINES'
. "$NVM_DIR/nvm.sh" --no-use
for NVM_BIN in "$NVM_DIR"/versions/node/*/bin; do :; done
export NVM_BIN
case ":$PATH:" in *":$NVM_BIN:"*) ;; *) export PATH="$NVM_BIN:$PATH" ;; esac
LINES
  fi
  # The group of what the account that programs run as may write to. Sticky: it may not rename what is root's.
  getent group ai-dock >/dev/null || groupadd --gid 1111 ai-dock
  chown root:ai-dock /opt
  chmod 3775 /opt
  mkdir /opt/environments/javascript
  chgrp -R ai-dock /opt/ai-dock/etc /opt/environments
  find /opt/environments -type d -exec chmod 2775 {} +
  install -g ai-dock -m 0664 /dev/null /var/log/timing_data
  # Apps belong to root, and the account updates them.
  git config --system --add safe.directory '*'
  grep -qsx user_allow_other /etc/fuse.conf || echo user_allow_other >>/etc/fuse.conf
SCRIPT

COPY --chmod=0644 <<MOTD /etc/motd

  ai-dock

    ai-dock status      what runs here, and why something does not
    ai-dock logs        follow the logs of all programs, or of those named (logtail.sh)
    supervisorctl       start, stop and restart programs
    ai-dock web         the portal, with a link to log in, and web services
    ai-dock tunnels     public addresses of web services
    ai-dock remotes     cloud storage, and what waits to be uploaded
    ai-dock doctor      what this container can do, and how to mend what it cannot

MOTD

ARG CUDA_VERSION
ARG CUDA_LEVEL
ARG CUDNN_VERSION
ARG EXTRA_PATH
ARG MAMBA_DEFAULT_ENV=base
ARG MAMBA_BASE_PYTHON_VERSION=3.10

ENV XPU_TARGET=${XPU_TARGET} \
    CUDA_VERSION=${CUDA_VERSION} \
    CUDA_LEVEL=${CUDA_LEVEL} \
    CUDNN_VERSION=${CUDNN_VERSION} \
    ROCM_VERSION=${ROCM_VERSION} \
    ROCM_LEVEL=${ROCM_LEVEL} \
    LANG=C.UTF-8 \
    SHELL=/bin/bash \
    DEBIAN_FRONTEND=noninteractive \
    PATH=/opt/ai-dock/bin:/opt/micromamba/bin:${PATH}${EXTRA_PATH} \
    APT_INSTALL="apt-get install -y --no-install-recommends" \
    PIP_INSTALL="pip install --no-cache-dir" \
    MAMBA_CREATE="micromamba create -y -c conda-forge" \
    MAMBA_INSTALL="micromamba install -y -c conda-forge" \
    MAMBA_ROOT_PREFIX=/opt/micromamba \
    MAMBA_EXE=/opt/micromamba/bin/micromamba \
    MAMBA_BASE_ENV=system \
    MAMBA_BASE_RUN="micromamba run -n system" \
    MAMBA_DEFAULT_ENV=${MAMBA_DEFAULT_ENV} \
    MAMBA_BASE_PYTHON_VERSION=${MAMBA_BASE_PYTHON_VERSION} \
    RCLONE_CONFIG=/etc/rclone/rclone.conf \
    IMAGE_SLUG=base-image \
    VENV_DIR=/opt/environments/python \
    SERVICEPORTAL_VENV=/opt/environments/python/serviceportal \
    SERVICEPORTAL_VENV_PYTHON=/opt/environments/python/serviceportal/bin/python \
    SERVICEPORTAL_VENV_PIP=/opt/environments/python/serviceportal/bin/pip

EXPOSE 22 1111 53682
STOPSIGNAL SIGTERM
# Probed every second until first healthy (provisioning may take long), then every minute: most of what a probe costs is
# the engine's `docker exec`. What orchestrators replace when it turns unhealthy must not depend on a network or on one
# program, so that later only the supervisor has to answer.
HEALTHCHECK --interval=60s --timeout=10s --start-period=30m --start-interval=1s --retries=2 \
  CMD ["/usr/local/lib/ai-dock/health"]
ENTRYPOINT ["/usr/local/bin/ai-dock"]
CMD ["init.sh"]

COPY --chmod=0755 src/init/health-probe.sh /usr/local/lib/ai-dock/health

# Last, so that a new binary is the only layer that changes.
COPY --from=binary --chmod=0755 /ai-dock /usr/local/bin/ai-dock
