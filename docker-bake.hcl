# The images. A target is named like its tag with dots as dashes: cpu-24.04 is cpu-24-04.
#   docker buildx bake -f docker-bake.hcl --print
# Always with -f: without it bake reads compose.yaml, too, and its service becomes one more target.

variable "REGISTRY" {
  type        = string
  default     = "ghcr.io/ai-dock"
  description = "Registry and owner of the images"
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.:_/-]*[a-z0-9]$", REGISTRY))
    error_message = "REGISTRY: expected a registry and owner such as ghcr.io/ai-dock."
  }
}

variable "IMAGE" {
  type        = string
  default     = "base-image"
  description = "Name of the image"
  validation {
    condition     = can(regex("^[a-z0-9]+([._-]+[a-z0-9]+)*$", IMAGE))
    error_message = "IMAGE: expected a name such as base-image."
  }
}

variable "REVISION" {
  type        = string
  default     = ""
  description = "Commit written into the labels, and into the binary that is compiled here"
}

variable "PLATFORMS" {
  type        = list(string)
  default     = []
  description = "Platforms to build, by comma; none builds the builder's own. ROCm is there for linux/amd64 only"
  validation {
    condition     = length(setsubtract(PLATFORMS, ["linux/amd64", "linux/arm64"])) == 0
    error_message = "PLATFORMS: expected linux/amd64 or linux/arm64."
  }
}

variable "ATTEST" {
  type        = bool
  default     = false
  description = "Attach provenance and a list of all packages (SBOM), which only registries can keep"
}

variable "CACHE" {
  type        = string
  default     = ""
  description = "Repository for the build cache, one tag an image; none keeps it in the builder"
}

# --- one table per accelerator; a new release is one line ---

variable "CPU" {
  description = "CPU images: the Ubuntu releases they are built on"
  type        = list(object({ ubuntu = string }))
  default = [
    { ubuntu = "22.04" },
    { ubuntu = "24.04" },
  ]
  validation {
    condition     = length([for row in CPU : row if !can(regex("^[0-9]{2}\\.[0-9]{2}$", row.ubuntu))]) == 0
    error_message = "CPU: expected Ubuntu releases such as 24.04."
  }
}

# As published at hub.docker.com/r/nvidia/cuda, which keeps the newest patch of each release: x.y.z-base, -runtime and
# -devel everywhere, and with cuDNN x.y.z-CUDNN-runtime and -devel.
variable "CUDA" {
  description = "CUDA images: release, what NVIDIA calls cuDNN in its tags (empty: there is none), Ubuntu releases"
  type        = list(object({ version = string, cudnn = string, ubuntu = list(string) }))
  default = [
    { version = "11.8.0", cudnn = "cudnn8", ubuntu = ["22.04"] },
    { version = "12.0.1", cudnn = "cudnn8", ubuntu = ["22.04"] },
    { version = "12.1.1", cudnn = "cudnn8", ubuntu = ["22.04"] },
    { version = "12.2.2", cudnn = "cudnn8", ubuntu = ["22.04"] },
    { version = "12.3.2", cudnn = "cudnn9", ubuntu = ["22.04"] },
    { version = "12.4.1", cudnn = "cudnn", ubuntu = ["22.04"] },
    { version = "12.5.1", cudnn = "", ubuntu = ["22.04", "24.04"] },
    { version = "12.6.3", cudnn = "cudnn", ubuntu = ["22.04", "24.04"] },
    { version = "12.8.1", cudnn = "cudnn", ubuntu = ["22.04", "24.04"] },
    { version = "12.8.2", cudnn = "", ubuntu = ["22.04", "24.04"] },
    { version = "12.9.1", cudnn = "cudnn", ubuntu = ["22.04", "24.04"] },
    { version = "13.0.3", cudnn = "cudnn", ubuntu = ["22.04", "24.04"] },
    { version = "13.1.2", cudnn = "cudnn", ubuntu = ["22.04", "24.04"] },
    { version = "13.2.1", cudnn = "cudnn", ubuntu = ["22.04", "24.04"] },
    { version = "13.3.1", cudnn = "cudnn", ubuntu = ["24.04"] },
  ]
  validation {
    condition     = length([for row in CUDA : row if !can(regex("^1[1-9]\\.[0-9]+\\.[0-9]+$", row.version))]) == 0
    error_message = "CUDA: expected versions such as 12.9.1."
  }
  validation {
    condition     = length([for row in CUDA : row if length(row.ubuntu) == 0 || length(setsubtract(row.ubuntu, ["22.04", "24.04"])) > 0]) == 0
    error_message = "CUDA: expected Ubuntu 22.04 or 24.04."
  }
  validation {
    condition     = length([for row in CUDA : row if contains(row.ubuntu, "24.04") && can(regex("^(11|12\\.[0-4])\\.", row.version))]) == 0
    error_message = "CUDA: NVIDIA publishes images on Ubuntu 24.04 from 12.5 on only."
  }
  validation {
    condition     = length([
      for row in CUDA : row if !contains(
        ["", can(regex("^(11|12\\.[0-2])\\.", row.version)) ? "cudnn8" : (can(regex("^12\\.3\\.", row.version)) ? "cudnn9" : "cudnn")],
        row.cudnn
      )
    ]) == 0
    error_message = "CUDA: expected cuDNN as NVIDIA names it: cudnn8 below 12.3, cudnn9 in 12.3, cudnn from 12.4 on, or nothing."
  }
}

# radeon: repo.radeon.com, one folder a release. therock: repo.amd.com, from 7.13 on, which has no part as small as core.
variable "ROCM" {
  description = "ROCm images: release, its package repository (radeon or therock), Ubuntu releases"
  type        = list(object({ version = string, repository = string, ubuntu = list(string) }))
  default = [
    { version = "6.4.4", repository = "radeon", ubuntu = ["22.04", "24.04"] },
    { version = "7.0.2", repository = "radeon", ubuntu = ["22.04", "24.04"] },
    { version = "7.1.1", repository = "radeon", ubuntu = ["22.04", "24.04"] },
    { version = "7.2.4", repository = "radeon", ubuntu = ["22.04", "24.04"] },
    { version = "7.14.0", repository = "therock", ubuntu = ["22.04", "24.04"] },
  ]
  validation {
    condition     = length([for row in ROCM : row if !can(regex("^[1-9][0-9]*\\.[0-9]+\\.[0-9]+$", row.version))]) == 0
    error_message = "ROCM: expected versions such as 7.2.4."
  }
  validation {
    condition     = length([for row in ROCM : row if length(row.ubuntu) == 0 || length(setsubtract(row.ubuntu, ["22.04", "24.04"])) > 0]) == 0
    error_message = "ROCM: expected Ubuntu 22.04 or 24.04."
  }
  validation {
    condition     = length([for row in ROCM : row if row.repository != (can(regex("^([1-6]|7\\.([0-9]|1[0-2]))\\.", row.version)) ? "radeon" : "therock")]) == 0
    error_message = "ROCM: expected the repository radeon below 7.13, and therock from there on."
  }
}

# Child images of 2024 and 2025 expect more of their base than it should have: one row, a tag of the tables above, makes its
# compat flavour, with the same tag and -compat.
variable "COMPAT" {
  description = "Images that there is a compat flavour of: tags"
  type        = list(string)
  default = [
    "cpu-22.04",
    "cpu-24.04",
    "cuda-11.8.0-base-22.04",
    "cuda-12.1.1-base-22.04",
    "cuda-12.1.1-cudnn8-runtime-22.04",
    "cuda-12.4.1-base-22.04",
    "cuda-12.8.1-base-22.04",
    "cuda-12.8.1-base-24.04",
    "cuda-12.9.1-cudnn-runtime-24.04",
    "cuda-13.2.1-base-24.04",
    "rocm-6.4.4-core-22.04",
    "rocm-7.2.4-core-24.04",
  ]
  validation {
    condition     = length([for tag in COMPAT : tag if !can(regex("^(cpu|cuda|rocm)-[a-z0-9.-]+$", tag))]) == 0
    error_message = "COMPAT: expected tags such as cpu-24.04."
  }
}

# --- names ---

function "name" {
  params = [tag]
  result = replace(tag, ".", "-")
}

function "tags" {
  params = [tag]
  result = ["${REGISTRY}/${IMAGE}:${tag}"]
}

# The number that NVIDIA has left out of its tags since 12.4 is 9.
function "cudnn_version" {
  params = [level]
  result = length(regexall("cudnn8", level)) > 0 ? "8" : (length(regexall("cudnn", level)) > 0 ? "9" : "")
}

function "platforms" {
  params = [possible]
  result = length(PLATFORMS) == 0 ? [] : [for platform in possible : platform if contains(PLATFORMS, platform)]
}

# Of package.json, which this file cannot read; a function, since an environment variable would replace a variable.
function "version" {
  params = []
  result = "0.1.0"
}

function "labels" {
  params = [tag]
  result = {
    "org.opencontainers.image.title"       = "ai-dock ${IMAGE}"
    "org.opencontainers.image.description" = "Base image of ai-dock: ssh, tunnels, remote storage and supervised services"
    "org.opencontainers.image.source"      = "https://github.com/ai-dock/base-image"
    "org.opencontainers.image.licenses"    = "MIT"
    "org.opencontainers.image.version"     = version()
    "org.opencontainers.image.revision"    = REVISION
    "org.opencontainers.image.ref.name"    = tag
  }
}

function "cache_from" {
  params = [tag]
  result = CACHE == "" ? [] : ["type=registry,ref=${CACHE}:${tag}"]
}

function "cache_to" {
  params = [tag]
  result = CACHE == "" ? [] : ["type=registry,ref=${CACHE}:${tag},mode=max,ignore-error=true"]
}

# --- targets ---

group "default" {
  targets = ["cpu-24-04"]
}

# Everything that is published.
group "release" {
  targets = ["cpu", "cuda", "rocm", "compat"]
}

target "_image" {
  context    = "."
  dockerfile = "Dockerfile"
  target     = "image"
  args       = { REVISION = REVISION }
  attest     = ATTEST ? ["type=provenance,mode=max", "type=sbom"] : []
}

target "cpu" {
  inherits   = ["_image"]
  matrix     = { row = [for row in CPU : { tag = "cpu-${row.ubuntu}", ubuntu = row.ubuntu }] }
  name       = name(row.tag)
  tags       = tags(row.tag)
  labels     = labels(row.tag)
  cache-from = cache_from(row.tag)
  cache-to   = cache_to(row.tag)
  platforms  = platforms(["linux/amd64", "linux/arm64"])
  args       = { XPU_TARGET = "CPU" }
  contexts   = { base = "docker-image://ubuntu:${row.ubuntu}" }
}

target "cuda" {
  inherits = ["_image"]
  matrix = {
    row = flatten([for row in CUDA : [for ubuntu in row.ubuntu : [
      for level in concat(["base", "runtime", "devel"], row.cudnn == "" ? [] : ["${row.cudnn}-runtime", "${row.cudnn}-devel"]) :
      { tag = "cuda-${row.version}-${level}-${ubuntu}", version = row.version, level = level, ubuntu = ubuntu }
    ]]])
  }
  name       = name(row.tag)
  tags       = tags(row.tag)
  labels     = labels(row.tag)
  cache-from = cache_from(row.tag)
  cache-to   = cache_to(row.tag)
  platforms  = platforms(["linux/amd64", "linux/arm64"])
  args = {
    XPU_TARGET    = "NVIDIA_GPU"
    CUDA_VERSION  = row.version
    CUDA_LEVEL    = row.level
    CUDNN_VERSION = cudnn_version(row.level)
  }
  contexts = { base = "docker-image://nvidia/cuda:${row.version}-${row.level}-ubuntu${row.ubuntu}" }
}

target "rocm" {
  inherits = ["_image"]
  matrix = {
    row = flatten([for row in ROCM : [for ubuntu in row.ubuntu : [
      for level in concat(row.repository == "radeon" ? ["core"] : [], ["runtime", "devel"]) :
      { tag = "rocm-${row.version}-${level}-${ubuntu}", version = row.version, level = level, repository = row.repository, ubuntu = ubuntu }
    ]]])
  }
  name       = name(row.tag)
  tags       = tags(row.tag)
  labels     = labels(row.tag)
  cache-from = cache_from(row.tag)
  cache-to   = cache_to(row.tag)
  platforms  = ["linux/amd64"]
  args = {
    XPU_TARGET      = "AMD_GPU"
    ROCM_VERSION    = row.version
    ROCM_LEVEL      = row.level
    ROCM_REPOSITORY = row.repository
    EXTRA_PATH      = ":/opt/rocm/bin"
  }
  contexts = { base = "docker-image://ubuntu:${row.ubuntu}" }
}

target "compat" {
  matrix     = { tag = COMPAT }
  inherits   = [name(tag)]
  name       = name("${tag}-compat")
  tags       = tags("${tag}-compat")
  labels     = labels("${tag}-compat")
  cache-from = cache_from("${tag}-compat")
  cache-to   = cache_to("${tag}-compat")
  args       = { FLAVOUR = "compat" }
}

# Lints the Dockerfile; builds nothing.
target "check" {
  inherits = ["_image"]
  call     = "check"
}
