"""Prints Keepalived's configuration as a droplet has it, for Keepalived's own check on this machine."""

import os
from jinja2 import Environment, StrictUndefined

with open("keepalived/keepalived.conf.j2", encoding="utf-8") as file:
    text = file.read()
values = {
    "keepalived_router_id": "a",
    "keepalived_script_user": "nobody",
    "keepalived_ready_url": "http://127.0.0.1:9101/readyz",
    "keepalived_vxlan_device": min(set(os.listdir("/sys/class/net")) - {"lo"}),
    "keepalived_advert_int": 0.3,
    "keepalived_src_ip": "169.254.51.1",
    "keepalived_peer_ip": "169.254.51.2",
    "ansible_managed": "checked",
}
# Only droplets have the probe.
rendered = Environment(undefined=StrictUndefined).from_string(text).render(values)
print(rendered.replace("/usr/local/bin/healthcheck", "/bin/true"))
