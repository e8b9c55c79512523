# Keys are relative to the workspace's storage

declare -A storage_map
storage_map["models/ckpt"]="/opt/App/models/checkpoints"
storage_map["models/lora"]="/opt/App/models/loras"
