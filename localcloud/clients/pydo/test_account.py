"""Projects and databases."""

import time

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_projects(cloud):
    project = cloud(201, "projects.create", {"name": "p", "purpose": "Web Application"})["project"]
    droplet = cloud.droplet("projected")
    urn = f"do:droplet:{droplet['id']}"
    moved = cloud(200, "projects.assign_resources", project["id"], {"resources": [urn, "do:droplet:1"]})["resources"]
    assert [resource["status"] for resource in moved] == ["assigned", "not_found"]
    assert [resource["urn"] for resource in cloud(200, "projects.list_resources", project["id"])["resources"]] == [urn]
    cloud(412, "projects.delete", project["id"])
    cloud.delete_droplet(droplet)
    assert cloud(200, "projects.patch", project["id"], {"environment": "staging"})["project"]["environment"] == "Staging"
    whole = {"name": "q", "description": "", "purpose": "IoT", "environment": "Production", "is_default": False}
    assert cloud(200, "projects.update", project["id"], whole)["project"]["name"] == "q"
    assert cloud(200, "projects.get_default")["project"]["is_default"]
    assert len(cloud(200, "projects.list")["projects"]) == 2
    cloud(204, "projects.delete", project["id"])
    cloud.gone("projects.get", project["id"])


def test_database_clusters(cloud):
    cluster = cloud.database("main")
    assert cluster["connection"]["password"].startswith("AVNS_")
    assert "15" in cloud(200, "databases.list_options")["options"]["pg"]["versions"]
    cloud(422, "databases.create_cluster", {"name": "x", "engine": "pg", "size": "none", "region": "fra1", "num_nodes": 1})
    cloud(202, "databases.update_cluster_size", cluster["id"], {"size": "db-s-1vcpu-2gb", "num_nodes": 2})
    cloud(204, "databases.update_maintenance_window", cluster["id"], {"day": "sunday", "hour": "04:00"})
    assert [known["name"] for known in cloud(200, "databases.list_clusters")["databases"]] == ["main"]
    cloud(204, "databases.destroy_cluster", cluster["id"])
    cloud.gone("databases.get_cluster", cluster["id"])
    cloud.gone("databases.get_cluster", NOWHERE)


def test_what_is_inside_a_cluster(cloud):
    cluster = cloud.database("inside")["id"]
    cloud(201, "databases.add", cluster, {"name": "app"})
    cloud(422, "databases.add", cluster, {"name": "app"})
    assert cloud(200, "databases.get", cluster, "app")["db"]["name"] == "app"
    assert len(cloud(200, "databases.list", cluster)["dbs"]) == 2
    cloud(204, "databases.delete", cluster, "app")
    cloud.gone("databases.get", cluster, "app")
    user = cloud(201, "databases.add_user", cluster, {"name": "app"})["user"]
    assert cloud(200, "databases.get_user", cluster, "app")["user"] == user
    assert len(cloud(200, "databases.list_users", cluster)["users"]) == 2
    assert cloud(200, "databases.reset_auth", cluster, "app", {})["user"]["password"] != user["password"]
    cloud(204, "databases.delete_user", cluster, "app")
    cloud.gone("databases.get_user", cluster, "app")
    cloud(204, "databases.update_firewall_rules", cluster, {"rules": [{"type": "ip_addr", "value": "10.0.0.0/8"}]})
    assert cloud(200, "databases.list_firewall_rules", cluster)["rules"][0]["value"] == "10.0.0.0/8"
    cloud(422, "databases.update_firewall_rules", cluster, {"rules": [{"type": "ip_addr", "value": "::1"}]})
    cloud(204, "databases.destroy_cluster", cluster)


def test_database_upkeep(cloud):
    cluster = cloud.database("kept")["id"]

    def online():
        while (now := cloud(200, "databases.get_cluster", cluster)["database"])["status"] != "online":
            time.sleep(0.05)
        return now

    cloud(204, "databases.install_update", cluster)
    cloud(422, "databases.update_major_version", cluster, {"version": "14"})
    cloud(204, "databases.update_major_version", cluster, {"version": "16"})
    assert online()["version"] == "16"
    cloud(422, "databases.update_region", cluster, {"region": "moon1"})
    cloud(202, "databases.update_region", cluster, {"region": "ams3"})
    assert online()["region"] == "ams3"
    cloud(200, "databases.patch_config", cluster, {"config": {"work_mem": 8}})
    assert cloud(200, "databases.get_config", cluster)["config"] == {"work_mem": 8}
    cloud(422, "databases.patch_config", cluster, {"config": {"work_mem": "much"}})
    kinds = {event["event_type"] for event in cloud(200, "databases.list_events_logs", cluster)["events"]}
    assert {"cluster_create", "cluster_maintenance_perform", "cluster_update"} <= kinds
    assert cloud(200, "databases.list_replicas", cluster)["replicas"] == []
    cloud(422, "databases.create_replica", cluster, {"name": "reader"})
    cloud.gone("databases.get_replica", cluster, "reader")
    cloud.gone("databases.destroy_replica", cluster, "reader")
    cloud.gone("databases.promote_replica", cluster, "reader")
    for call in ("get_eviction_policy", "get_sql_mode", "list_kafka_topics", "list_opeasearch_indexes"):
        cloud(422, f"databases.{call}", cluster)
    assert cloud(200, "databases.get_ca", cluster)["ca"]["certificate"]
    cloud(204, "databases.destroy_cluster", cluster)
