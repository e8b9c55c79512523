"""Reads cases from stdin as JSON and answers what supervisord makes of each configuration.

Run with Debian's Python, which has the `supervisor` package; starts no daemon.
"""

import json
import os
import shlex
import sys

from supervisor.datatypes import Automatic, RestartUnconditionally, RestartWhenExitUnexpected
from supervisor.options import ServerOptions

AUTORESTART = {RestartUnconditionally: True, RestartWhenExitUnexpected: "unexpected"}


def log(config, stream):
    path = getattr(config, stream + "_logfile")
    if path is None:
        return None
    return {
        "path": "AUTO" if path is Automatic else path,
        "maxBytes": getattr(config, stream + "_logfile_maxbytes"),
        "backups": getattr(config, stream + "_logfile_backups"),
    }


def argv(command):
    try:
        return shlex.split(command)
    except ValueError as error:
        return str(error)


def process(group, config):
    return {
        "group": group.name,
        "groupPriority": group.priority,
        "name": config.name,
        "argv": argv(config.command),
        "directory": config.directory,
        "uid": config.uid,
        "umask": config.umask,
        "environment": config.environment,
        "serverUrl": config.serverurl,
        "priority": config.priority,
        "autostart": config.autostart,
        "autorestart": AUTORESTART.get(config.autorestart, False),
        "startsecs": config.startsecs,
        "startretries": config.startretries,
        "exitcodes": config.exitcodes,
        "stopsignal": int(config.stopsignal),
        "stopwaitsecs": config.stopwaitsecs,
        "stopasgroup": config.stopasgroup,
        "killasgroup": config.killasgroup,
        "redirectStderr": config.redirect_stderr,
        "stdout": log(config, "stdout"),
        "stderr": log(config, "stderr"),
    }


def read(case):
    os.environ.clear()
    os.environ.update(case["env"])
    options = ServerOptions()
    options.configfile = case["file"]
    try:
        options.process_config_file(do_usage=False)
    except Exception as error:
        return {"refused": "%s: %s" % (type(error).__name__, error)}
    groups = options.configroot.supervisord.process_group_configs
    return {"processes": [process(group, config) for group in groups for config in group.process_configs]}


json.dump([read(case) for case in json.load(sys.stdin)], sys.stdout)
