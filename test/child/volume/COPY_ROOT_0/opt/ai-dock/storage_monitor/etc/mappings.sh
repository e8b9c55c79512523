# Key is relative to $WORKSPACE/storage/

declare -A storage_map
storage_map["models/lora"]="/opt/App/models/loras"
storage_map["models/vae"]="/opt/App/models/vae"
