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

variable "VERSION" {
  type        = string
  default     = "dev"
  description = "Version written into the labels"
}

variable "REVISION" {
  type        = string
  default     = ""
  description = "Commit written into the labels"
}

variable "PLATFORMS" {
  type        = list(string)
  default     = []
  description = "Platforms to build, by comma; none builds the builder's own"
  validation {
    condition     = length(setsubtract(PLATFORMS, ["linux/amd64", "linux/arm64"])) == 0
    error_message = "PLATFORMS: expected linux/amd64 or linux/arm64."
  }
}

# --- one table per accelerator ---

variable "CPU" {
  description = "CPU images: the Ubuntu releases they are built on"
  type        = list(object({ ubuntu  = string }))
  default     = [
    { ubuntu  = "22.04" },
    { ubuntu  = "24.04" },
  ]
  validation {
    condition     = length([for row in CPU : row if !can(regex("^[0-9]{2}\\.[0-9]{2}$", row.ubuntu))]) == 0
    error_message = "CPU: expected Ubuntu releases such as 24.04."
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

function "labels" {
  params = [tag]
  result = {
    "org.opencontainers.image.title"       = "ai-dock ${IMAGE}"
    "org.opencontainers.image.description" = "Base image of ai-dock: ssh, tunnels, remote storage and supervised services"
    "org.opencontainers.image.source"      = "https://github.com/ai-dock/base-image"
    "org.opencontainers.image.licenses"    = "MIT"
    "org.opencontainers.image.version"     = VERSION
    "org.opencontainers.image.revision"    = REVISION
    "org.opencontainers.image.ref.name"    = tag
  }
}

# --- targets ---

group "default" {
  targets = ["cpu-24-04"]
}

target "_image" {
  context    = "."
  dockerfile = "Dockerfile"
  target     = "image"
  platforms  = PLATFORMS
}

target "cpu" {
  inherits = ["_image"]
  matrix   = { row  = CPU }
  name     = name("cpu-${row.ubuntu}")
  tags     = tags("cpu-${row.ubuntu}")
  labels   = labels("cpu-${row.ubuntu}")
  args     = { XPU_TARGET  = "CPU" }
  contexts = { base  = "docker-image://ubuntu:${row.ubuntu}" }
}

# Lints the Dockerfile; builds nothing.
target "check" {
  inherits = ["_image"]
  call     = "check"
}
