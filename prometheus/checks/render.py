#!/usr/bin/env python3
"""Renders alertmanager.yml.j2 as the role does: render.py TEMPLATE [NAME=VALUE]… on stdout.

Needs Jinja2, which Ansible installs. Variables that are not given get the role's defaults.
"""

import json
import sys
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined

DEFAULTS = Path(__file__).resolve().parents[2] / "ansible/roles/alertmanager/defaults/main.yml"

template = Path(sys.argv[1])
environment = Environment(trim_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined)
environment.filters["to_json"] = json.dumps
values = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8")) | dict(pair.split("=", 1) for pair in sys.argv[2:])
sys.stdout.write(environment.from_string(template.read_text(encoding="utf-8")).render(values))
