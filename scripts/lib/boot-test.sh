#!/usr/bin/env bash
# Boots an image as its users do, logs in by ssh, and stops it:
#
#   scripts/lib/boot-test.sh IMAGE
set -euo pipefail
image=${1:?usage: boot-test.sh IMAGE}
# Seconds until the container has to be healthy.
limit=${BOOT_TEST_LIMIT:-60}

folder=$(mktemp -d)
id=
finish() {
  local code=$?
  if [[ $code -ne 0 && -n $id ]]; then docker logs "$id" >&2; fi
  if [[ -n $id ]]; then docker rm --force --volumes "$id" >/dev/null; fi
  rm -rf "$folder"
  exit "$code"
}
trap finish EXIT

fail() {
  printf '%s: %s\n' "$image" "$1" >&2
  exit 1
}

ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
id=$(docker run --detach --publish 127.0.0.1::22 --env SSH_PUBKEY="$(cat "$folder/key.pub")" "$image" init.sh "NOTE=it works")
for ((waited = 0; ; waited++)); do
  if docker exec "$id" ai-dock health >/dev/null 2>&1; then break; fi
  if ((waited >= limit * 4)); then fail "not healthy after $limit s"; fi
  sleep 0.25
done

port=$(docker port "$id" 22 | head -n 1)
# sshd listens by now, but a login takes docker's proxy, too: the proxy resets a connection which it cannot hand on at once
# ("Connection reset by peer"; sshd itself would close it). The banner of sshd says that the whole way is open.
banner() {
  local line=
  { exec 3<>"/dev/tcp/127.0.0.1/${port##*:}"; } 2>/dev/null || return
  IFS= read -r -t 5 line <&3 2>/dev/null || true
  exec 3>&-
  [[ $line == SSH-2.0-* ]]
}
for ((tries = 1; ; tries++)); do
  if banner; then break; fi
  if ((tries >= limit * 4)); then fail "no answer of sshd at port ${port##*:} after $limit s"; fi
  printf '%s: no answer of sshd at port %s, try %d; %s\n' "$image" "${port##*:}" "$tries" \
    "$(docker exec "$id" ai-dock status sshd)" >&2
  sleep 0.25
done
# What the image says it is, sorted, and so a session by ssh.
kind='^(NOTE|XPU_TARGET|(CUDA|CUDNN|ROCM)_(VERSION|LEVEL))=.'
expected=$({
  echo 'NOTE=it works'
  docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$image"
} | grep -E "$kind" | sort)
answer=$(ssh -i "$folder/key" -p "${port##*:}" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
  -o LogLevel=ERROR root@127.0.0.1 env | grep -E "$kind" | sort)
[[ $answer == "$expected" ]] || fail "expected \"$expected\" by ssh, got \"$answer\""
[[ -z $(docker exec "$id" sh -c 'find /var/lib/apt/lists -type f -size +0') ]] || fail 'package lists are left in the image'

docker stop "$id" >/dev/null
code=$(docker inspect --format '{{.State.ExitCode}}' "$id")
[[ $code == 0 ]] || fail "expected exit code 0 of docker stop, got $code"
printf '%s: boots, lets in by ssh (%s), stops\n' "$image" "$(grep -v ^NOTE <<<"$expected" | cut -d = -f 2 | paste -sd ' ')"
