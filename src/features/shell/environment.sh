# >>> ai-dock >>>
# Sourced while images are built, and by the programs and shells of containers. Append lines of your own below, or let
# env-store do so. In a container these lines come first and the environment of its boot after them: that environment
# has what the lines export, and in its place what the container was started with.
if [ -z "${AI_DOCK_LINES-}" ]; then
  if [ -O /run/ai-dock/environment.sh ]; then
    ai_dock_environment=/run/ai-dock/environment.sh
  elif [ -r /run/ai-dock/account-environment.sh ] && [ "$(id -u 2>/dev/null || echo 0)" != 0 ]; then
    # Root sources what is surely its own.
    ai_dock_environment=/run/ai-dock/account-environment.sh
  fi
  if [ -n "${ai_dock_environment-}" ]; then
    AI_DOCK_LINES=1
    . /opt/ai-dock/etc/environment.sh || :
    unset AI_DOCK_LINES AI_DOCK_PATH
    . "$ai_dock_environment"
    unset ai_dock_environment ai_dock_first
    return 0
  elif [ -e /run/ai-dock/environment.sh ]; then
    # Of another user, who may read neither: what this shell was started with has all of it.
    ai_dock_environment=$(if [ -n "${BASH_VERSION-}" ]; then set -o posix; fi; export -p)
    AI_DOCK_LINES=1
    . /opt/ai-dock/etc/environment.sh || :
    eval "$ai_dock_environment"
    unset AI_DOCK_LINES ai_dock_environment
    return 0
  fi
fi
# <<< ai-dock <<<
