"""Images of droplets, and what belongs to a droplet."""


def act(cloud, droplet, request):
    action = cloud(201, "droplet_actions.post", droplet["id"], request)["action"]
    assert (action["type"], cloud.outcome(action)) == (request["type"], "completed")


def snapshot(cloud, droplet, name):
    act(cloud, droplet, {"type": "snapshot", "name": name})
    return [own for own in cloud(200, "droplets.list_snapshots", droplet["id"])["snapshots"] if own["name"] == name][0]


def test_a_snapshot_from_its_making_to_its_deletion(cloud):
    droplet = cloud.droplet("pictured")
    image = snapshot(cloud, droplet, "before")
    assert cloud(200, "images.get", image["id"])["image"]["type"] == "snapshot"
    assert image["id"] in [own["id"] for own in cloud(200, "images.list", private=True)["images"]]
    assert cloud(200, "snapshots.get", image["id"])["snapshot"]["resource_id"] == str(droplet["id"])
    assert str(image["id"]) in [own["id"] for own in cloud(200, "snapshots.list", resource_type="droplet")["snapshots"]]
    assert cloud(200, "images.update", image["id"], {"name": "after"})["image"]["name"] == "after"
    copy = cloud.droplet("copied", image=image["id"])
    assert copy["image"]["id"] == image["id"]
    act(cloud, copy, {"type": "rebuild", "image": image["id"]})
    act(cloud, droplet, {"type": "restore", "image": image["id"]})
    cloud(422, "droplet_actions.post", copy["id"], {"type": "restore", "image": image["id"]})
    cloud(422, "droplets.create", {"name": "x", "region": "fra1", "size": "s-1vcpu-512mb-10gb", "image": image["id"]})
    cloud(204, "snapshots.delete", image["id"])
    cloud.gone("images.get", image["id"])
    cloud.gone("snapshots.delete", image["id"])
    second = snapshot(cloud, droplet, "again")
    cloud(204, "images.delete", second["id"])
    for each in (droplet, copy):
        cloud.delete_droplet(each)


def test_backup_policies(cloud):
    droplet = cloud.droplet("kept", tags=["backed-up"])
    act(cloud, droplet, {"type": "enable_backups", "backup_policy": {"plan": "weekly", "weekday": "SUN", "hour": 4}})
    policy = cloud(200, "droplets.get_backup_policy", droplet["id"])["policy"]
    assert policy["backup_policy"]["weekday"] == "SUN" and policy["next_backup_window"]["start"]
    assert cloud(200, "droplets.list_backup_policies")["policies"][str(droplet["id"])] == policy
    assert len(cloud(200, "droplets.list_supported_backup_policies")["supported_policies"]) == 2
    act(cloud, droplet, {"type": "change_backup_policy", "backup_policy": {"plan": "daily", "hour": 8}})
    cloud(422, "droplet_actions.post", droplet["id"], {"type": "enable_backups", "backup_policy": {"plan": "yearly"}})
    actions = cloud(201, "droplet_actions.post_by_tag", {"type": "disable_backups"}, tag_name="backed-up")["actions"]
    assert [cloud.outcome(action) for action in actions] == ["completed"]
    cloud(422, "droplet_actions.post_by_tag", {"type": "rebuild", "image": "debian-12-x64"}, tag_name="backed-up")
    assert cloud(200, "droplets.list_backups", droplet["id"])["backups"] == []
    cloud(204, "droplets.destroy_by_tag", tag_name="backed-up")
    cloud.gone("droplets.get_backup_policy", droplet["id"])


def test_kernels_and_neighbors(cloud):
    one, two = cloud.droplet("one"), cloud.droplet("two")
    assert cloud(200, "droplets.list_kernels", one["id"])["kernels"] == []
    assert two["id"] in [other["id"] for other in cloud(200, "droplets.list_neighbors", one["id"])["droplets"]]
    assert {one["id"], two["id"]} <= set(cloud(200, "droplets.list_neighbors_ids")["neighbor_ids"][0])
    for each in (one, two):
        cloud.delete_droplet(each)


def test_droplets_are_destroyed_with_what_belongs_to_them(cloud):
    one, two = cloud.droplet("one"), cloud.droplet("two")
    image = snapshot(cloud, one, "last")
    reserved = cloud(202, "reserved_ips.create", {"droplet_id": one["id"]})
    assert cloud.outcome(reserved["links"]["actions"][0]) == "completed"
    own = cloud(200, "droplets.list_associated_resources", one["id"])
    assert [part["id"] for part in own["reserved_ips"]] == [reserved["reserved_ip"]["ip"]]
    cloud(422, "droplets.destroy_with_associated_resources_selective", two["id"], {"snapshots": [str(image["id"])]})
    cloud(202, "droplets.destroy_with_associated_resources_selective", two["id"], {})
    cloud(202, "droplets.destroy_with_associated_resources_dangerous", one["id"], x_dangerous=True)
    status = cloud(200, "droplets.get_destroy_associated_resources_status", one["id"])
    assert status["failures"] == 0 and status["resources"]["snapshots"][0]["id"] == str(image["id"])
    cloud(202, "droplets.destroy_retry_with_associated_resources", one["id"])
    cloud.gone("reserved_ips.get", reserved["reserved_ip"]["ip"])
    cloud.gone("droplets.get_destroy_associated_resources_status", 1)
