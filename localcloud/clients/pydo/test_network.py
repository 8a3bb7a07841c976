"""Addresses, networks and firewalls."""


def test_reserved_ips(cloud):
    one, two = cloud.droplet("one"), cloud.droplet("two")
    reserved = cloud(202, "reserved_ips.create", {"region": "fra1"})["reserved_ip"]
    ip = reserved["ip"]
    assert reserved["droplet"] is None
    for droplet in (one, two):
        action = cloud(201, "reserved_ips_actions.post", ip, {"type": "assign", "droplet_id": droplet["id"]})["action"]
        assert action["type"] == "assign_ip"
        assert cloud.outcome(action) == "completed"
        assert cloud(200, "reserved_ips_actions.get", ip, action["id"])["action"]["completed_at"]
        assert cloud(200, "reserved_ips.get", ip)["reserved_ip"]["droplet"]["id"] == droplet["id"]
    assert len(cloud(200, "reserved_ips_actions.list", ip)["actions"]) == 2
    assert action["id"] in [known["id"] for known in cloud(200, "actions.list")["actions"]]
    second = cloud(202, "reserved_ips.create", {"region": "fra1"})["reserved_ip"]["ip"]
    cloud(422, "reserved_ips_actions.post", second, {"type": "assign", "droplet_id": two["id"]})
    cloud(422, "reserved_ips.create", {"droplet_id": two["id"]})
    assert cloud.outcome(cloud(201, "reserved_ips_actions.post", ip, {"type": "unassign"})["action"]) == "completed"
    assert cloud(200, "reserved_ips.list")["meta"]["total"] == 2
    for each in (ip, second):
        cloud(204, "reserved_ips.delete", each)
        cloud.gone("reserved_ips.get", each)
    for droplet in (one, two):
        cloud.delete_droplet(droplet)


def test_vpcs(cloud):
    order = {"name": "inside", "region": "fra1", "ip_range": "10.20.0.0/24", "description": "first"}
    vpc = cloud(201, "vpcs.create", order)["vpc"]
    cloud(422, "vpcs.create", order)
    assert cloud(200, "vpcs.get", vpc["id"])["vpc"] == vpc
    assert cloud(200, "vpcs.patch", vpc["id"], {"name": "within"})["vpc"]["description"] == "first"
    assert cloud(200, "vpcs.update", vpc["id"], {"name": "inside", "description": "second"})["vpc"]["name"] == "inside"
    droplet = cloud.droplet("member", vpc_uuid=vpc["id"])
    assert [member["name"] for member in cloud(200, "vpcs.list_members", vpc["id"])["members"]] == ["member"]
    cloud(403, "vpcs.delete", vpc["id"])
    cloud.delete_droplet(droplet)
    while cloud(200, "vpcs.list_members", vpc["id"])["members"]:
        pass
    assert vpc["id"] in [known["id"] for known in cloud(200, "vpcs.list")["vpcs"]]
    cloud(204, "vpcs.delete", vpc["id"])
    cloud.gone("vpcs.get", vpc["id"])


def test_firewalls(cloud):
    droplet = cloud.droplet("walled")
    ssh = {"protocol": "tcp", "ports": "22", "sources": {"addresses": ["0.0.0.0/0"]}}
    out = {"protocol": "icmp", "ports": "0", "destinations": {"addresses": ["0.0.0.0/0", "::/0"]}}
    order = {"name": "wall", "inbound_rules": [ssh], "outbound_rules": [out], "droplet_ids": [droplet["id"]]}
    firewall = cloud(202, "firewalls.create", order)["firewall"]
    cloud(422, "firewalls.create", {"name": "bad", "inbound_rules": [ssh | {"protocol": "vrrp"}]})
    assert cloud(200, "firewalls.get", firewall["id"])["firewall"]["droplet_ids"] == [droplet["id"]]
    assert [found["id"] for found in cloud(200, "droplets.list_firewalls", droplet["id"])["firewalls"]] == [firewall["id"]]
    cloud(204, "firewalls.delete_droplets", firewall["id"], {"droplet_ids": [droplet["id"]]})
    cloud(204, "firewalls.assign_droplets", firewall["id"], {"droplet_ids": [droplet["id"]]})
    cloud(201, "tags.create", {"name": "walled"})
    cloud(204, "firewalls.add_tags", firewall["id"], {"tags": ["walled"]})
    cloud(204, "firewalls.delete_tags", firewall["id"], {"tags": ["walled"]})
    http = {"inbound_rules": [ssh | {"ports": "80"}]}
    cloud(204, "firewalls.add_rules", firewall["id"], http)
    cloud(204, "firewalls.delete_rules", firewall["id"], http)
    assert cloud(200, "firewalls.update", firewall["id"], order | {"name": "moat"})["firewall"]["name"] == "moat"
    assert cloud(200, "firewalls.list")["meta"]["total"] == 1
    cloud(204, "firewalls.delete", firewall["id"])
    cloud.gone("firewalls.get", firewall["id"])
    cloud.delete_droplet(droplet)
