#!/usr/bin/env python3
"""Inventory of the app droplets and the monitor, from what `terraform output -json` says.

MINITWIT_OUTPUTS      file that holds the outputs
MINITWIT_SSH_KEY      private key for root on the droplets (optional: ssh's own choice)
MINITWIT_KNOWN_HOSTS  known_hosts file of this environment (optional: the user's)
"""

import json
import os
import shlex
import sys
from pathlib import Path

SOCKETS = Path(__file__).resolve().parents[2] / ".cache/ansible/cp"


def fail(sentence):
    sys.exit(f"inventory: {sentence}")


def read_outputs():
    path = os.environ.get("MINITWIT_OUTPUTS")
    if not path:
        fail(
            "MINITWIT_OUTPUTS is not set; name a file made with"
            " `terraform output -json > FILE`, or run `make up`, which does both."
        )
    try:
        with open(path, encoding="utf-8") as file:
            outputs = json.load(file)
    except OSError as error:
        fail(f"cannot read {path} ({error.strerror}); make it with `terraform output -json`, or run `make up`.")
    except ValueError:
        fail(f"{path} is not JSON; make it again with `terraform output -json`.")
    wanted = ("live_ip", "stage_ip", "droplets", "vpc_ip_range", "database")
    missing = [name for name in wanted if name not in outputs] if isinstance(outputs, dict) else wanted
    if missing:
        fail(f"{path} has no output named {', '.join(missing)}; run `terraform apply` first, then `terraform output -json`.")
    # An environment without a monitor, or a bucket for backups, has no such output, or null
    optional = {name: outputs.get(name, {}).get("value") for name in ("monitor", "backups")}
    return {name: outputs[name]["value"] for name in wanted} | optional


def ssh_variables():
    variables = {"ansible_user": "root"}
    options = ["-o", "StrictHostKeyChecking=accept-new"]
    if known_hosts := os.environ.get("MINITWIT_KNOWN_HOSTS"):
        options += ["-o", f"UserKnownHostsFile={os.path.abspath(known_hosts)}"]
    if key := os.environ.get("MINITWIT_SSH_KEY"):
        variables["ansible_ssh_private_key_file"] = os.path.abspath(key)
        options += ["-o", "IdentitiesOnly=yes"]
    variables["ansible_ssh_common_args"] = shlex.join(options)
    # Inside the working copy, like all that Ansible leaves, unless that makes a socket's name longer than the system takes
    if len(str(SOCKETS)) < 75:
        variables["ansible_control_path_dir"] = str(SOCKETS)
    return variables


def inventory(outputs):
    droplets = outputs["droplets"]
    if len(droplets) != 2:
        fail(f"the outputs name {len(droplets)} app droplets; a hot standby is exactly two.")
    hostvars = {}
    for name, peer in zip(sorted(droplets), sorted(droplets, reverse=True)):
        hostvars[name] = {
            "ansible_host": droplets[name]["public_ip"],
            "private_ip": droplets[name]["private_ip"],
            "droplet_id": str(droplets[name]["id"]),
            "peer_name": peer,
            "peer_private_ip": droplets[peer]["private_ip"],
        }
    shared = {name: outputs[name] for name in ("live_ip", "stage_ip", "vpc_ip_range", "database")}
    groups = {
        "app": {"hosts": sorted(droplets)},
        "monitor": {"hosts": []},
        "all": {"children": ["app", "monitor"], "vars": shared | ssh_variables()},
    }
    if monitor := outputs["monitor"]:
        groups["monitor"]["hosts"] = [monitor["name"]]
        hostvars[monitor["name"]] = {"ansible_host": monitor["public_ip"], "private_ip": monitor["private_ip"]}
        groups["all"]["vars"]["monitor_private_ip"] = monitor["private_ip"]
        groups["monitor"]["vars"] = {"backups": outputs["backups"]}
    return groups | {"_meta": {"hostvars": hostvars}}


if __name__ == "__main__":
    json.dump(inventory(read_outputs()), sys.stdout, indent=2)
