#!/bin/bash
# The variables of a Python environment: NAME_VENV, NAME_VENV_PYTHON and NAME_VENV_PIP, of the copy on the workspace where
# there is one, else of the image.
#   . venv-set.sh NAME           sets them in this bash
#   eval "$(venv-set NAME)"      the same: a program cannot set variables of its caller, so it prints how to
__ai_dock_venv() {
  local workspace=${WORKSPACE:-/workspace/} image=${VENV_DIR:-/opt/environments/python}
  workspace=${workspace%/}/environments/python
  local name=${1-} variable path
  if [[ -z $name || $name == */* || $name == .* ]]; then
    echo "Usage: . venv-set.sh NAME" >&2
    return 2
  fi
  if [[ -d $workspace/$name ]]; then
    path=$workspace/$name
  elif [[ -d $image/$name ]]; then
    path=$image/$name
  else
    echo "venv-set: expected an environment of $workspace or $image, got \"$name\"" >&2
    return 1
  fi
  variable=${name^^}
  variable=${variable//[^A-Z0-9]/_}_VENV
  [[ $variable != [0-9]* ]] || variable=_$variable
  if $__ai_dock_prints; then
    printf 'export %s=%q %s=%q %s=%q\n' "$variable" "$path" "${variable}_PYTHON" "$path/bin/python" \
      "${variable}_PIP" "$path/bin/pip"
  else
    export "$variable=$path" "${variable}_PYTHON=$path/bin/python" "${variable}_PIP=$path/bin/pip"
  fi
}
__ai_dock_prints=false
(return 0 2>/dev/null) || __ai_dock_prints=true
__ai_dock_venv "${1-}"
