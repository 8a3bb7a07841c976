"""Uptime checks, alert policies, connection pools."""

NOWHERE = "00000000-0000-4000-8000-000000000000"
TOLD = {"email": ["ops@minitwit.example"], "slack": [{"channel": "ops", "url": "https://hooks.example/1"}]}


def test_uptime_checks_and_alerts(cloud):
    order = {"name": "live", "type": "https", "target": "https://minitwit.example", "regions": ["eu_west"]}
    check = cloud(201, "uptime.create_check", order)["check"]
    assert check["enabled"] and check["regions"] == ["eu_west"]
    cloud(422, "uptime.create_check", order | {"type": "gopher"})
    cloud(422, "uptime.create_check", order | {"target": "http://minitwit.example"})
    assert cloud(200, "uptime.get_check", check["id"])["check"] == check
    assert check in cloud(200, "uptime.list_checks")["checks"]
    assert list(cloud(200, "uptime.get_check_state", check["id"])["state"]["regions"]) == ["eu_west"]
    down = {"name": "down", "type": "down_global", "notifications": TOLD, "period": "2m"}
    alert = cloud(201, "uptime.create_alert", check["id"], down)["alert"]
    assert alert["notifications"] == TOLD
    slow = down | {"type": "latency", "threshold": 300, "comparison": "greater_than"}
    assert cloud(200, "uptime.update_alert", check["id"], alert["id"], slow)["alert"]["threshold"] == 300
    cloud(422, "uptime.create_alert", check["id"], down | {"period": "1s"})
    assert not cloud(200, "uptime.update_check", check["id"], order | {"enabled": False})["check"]["enabled"]
    assert cloud(200, "uptime.get_alert", check["id"], alert["id"])["alert"]["type"] == "latency"
    assert cloud(200, "uptime.list_alerts", check["id"])["meta"]["total"] == 1
    cloud(204, "uptime.delete_alert", check["id"], alert["id"])
    cloud.gone("uptime.get_alert", check["id"], alert["id"])
    cloud(204, "uptime.delete_check", check["id"])
    cloud.gone("uptime.get_check", check["id"])
    cloud.as_holder_of("uptime:read")(403, "uptime.create_check", order)


def test_alert_policies(cloud):
    order = {
        "type": "v1/insights/droplet/cpu",
        "description": "busy",
        "compare": "GreaterThan",
        "value": 80,
        "window": "5m",
        "entities": [],
        "tags": ["app"],
        "alerts": TOLD,
        "enabled": True,
    }
    policy = cloud(200, "monitoring.create_alert_policy", order)["policy"]
    assert order.items() <= policy.items()
    for bad in ({"type": "v1/insights/droplet/mood"}, {"window": "1s"}, {"compare": "Near"}):
        cloud(422, "monitoring.create_alert_policy", order | bad)
    assert cloud(200, "monitoring.get_alert_policy", policy["uuid"])["policy"] == policy
    assert cloud(200, "monitoring.update_alert_policy", policy["uuid"], order | {"value": 90})["policy"]["value"] == 90
    assert cloud(200, "monitoring.list_alert_policy")["meta"]["total"] == 1
    cloud(204, "monitoring.delete_alert_policy", policy["uuid"])
    cloud.gone("monitoring.get_alert_policy", policy["uuid"])
    cloud.gone("monitoring.update_alert_policy", NOWHERE, order)


def test_connection_pools_and_backups(cloud):
    cluster = cloud.database("pooled")["id"]
    order = {"name": "web", "mode": "transaction", "size": 10, "db": "defaultdb", "user": "doadmin"}
    pool = cloud(201, "databases.add_connection_pool", cluster, order)["pool"]
    assert (pool["connection"]["port"], pool["connection"]["database"]) == (25061, "web")
    cloud(422, "databases.add_connection_pool", cluster, order)
    cloud(422, "databases.add_connection_pool", cluster, order | {"name": "more", "size": 13})
    cloud(422, "databases.add_connection_pool", cluster, order | {"name": "none", "db": "none"})
    cloud(204, "databases.update_connection_pool", cluster, "web", {"mode": "session", "size": 5, "db": "defaultdb"})
    assert cloud(200, "databases.get_connection_pool", cluster, "web")["pool"]["mode"] == "session"
    assert [pool["size"] for pool in cloud(200, "databases.list_connection_pools", cluster)["pools"]] == [5]
    cloud(204, "databases.delete_connection_pool", cluster, "web")
    cloud.gone("databases.get_connection_pool", cluster, "web")
    assert cloud(200, "databases.list_backups", cluster)["backups"] == []
    cloud.gone("databases.list_backups", NOWHERE)
    cloud(204, "databases.destroy_cluster", cluster)
