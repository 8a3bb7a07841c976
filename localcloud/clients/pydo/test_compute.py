"""Droplets and what they are made of."""

from conftest import KEY, Cloud


def test_account_and_catalogue(cloud):
    assert cloud(200, "account.get")["account"]["status"] == "active"
    assert "fra1" in [region["slug"] for region in cloud(200, "regions.list")["regions"]]
    assert "s-1vcpu-1gb" in [size["slug"] for size in cloud(200, "sizes.list")["sizes"]]
    image = cloud(200, "images.list", type="distribution")["images"][0]
    assert cloud(200, "images.get", image["slug"])["image"] == image
    cloud.gone("images.get", "no-such-image")


def test_a_wrong_token_is_unauthorised():
    assert Cloud("dop_v1_wrong")(401, "account.get")["id"] == "Unauthorized"


def test_a_token_without_the_scope_is_refused(cloud):
    reader = cloud.as_holder_of("droplet:read")
    reader(200, "droplets.list")
    reader(403, "droplets.create", {"name": "x", "size": "s-1vcpu-1gb", "image": "debian-12-x64"})
    reader(403, "vpcs.list")


def test_ssh_keys(cloud):
    key = cloud(201, "ssh_keys.create", {"name": "me", "public_key": KEY})["ssh_key"]
    assert cloud(422, "ssh_keys.create", {"name": "me", "public_key": KEY})["id"] == "unprocessable_entity"
    assert cloud(200, "ssh_keys.get", key["id"])["ssh_key"] == key
    assert cloud(200, "ssh_keys.get", key["fingerprint"])["ssh_key"] == key
    assert key in cloud(200, "ssh_keys.list")["ssh_keys"]
    assert cloud(200, "ssh_keys.update", key["id"], {"name": "you"})["ssh_key"]["name"] == "you"
    cloud(204, "ssh_keys.delete", key["id"])
    cloud.gone("ssh_keys.get", key["id"])
    cloud.gone("ssh_keys.delete", key["id"])


def test_keys_are_listed_ten_times_a_minute(cloud):
    for _ in range(10):
        cloud(200, "ssh_keys.list")
    assert cloud(429, "ssh_keys.list")["id"] == "too_many_requests"
    cloud(200, "account.get")


def test_a_droplet_from_order_to_deletion(cloud):
    droplet = cloud.droplet("web", tags=["blue"], monitoring=True)
    assert droplet["status"] == "active" and "monitoring" in droplet["features"]
    assert {network["type"] for network in droplet["networks"]["v4"]} == {"public", "private"}
    assert [found["id"] for found in cloud(200, "droplets.list", tag_name="blue")["droplets"]] == [droplet["id"]]
    assert cloud(200, "droplets.list_firewalls", droplet["id"])["firewalls"] == []
    cloud(422, "droplets.create", {"name": "web", "region": "fra1", "size": "giant", "image": "debian-12-x64"})
    cloud.delete_droplet(droplet)
    cloud.gone("droplets.destroy", droplet["id"])


def test_droplet_actions(cloud):
    droplet = cloud.droplet("web")
    for request in [
        {"type": "reboot"},
        {"type": "power_off"},
        {"type": "resize", "size": "s-1vcpu-2gb", "disk": True},
        {"type": "rename", "name": "other"},
        {"type": "power_on"},
        {"type": "rebuild", "image": "debian-12-x64"},
    ]:
        action = cloud(201, "droplet_actions.post", droplet["id"], request)["action"]
        assert (action["type"], cloud.outcome(action)) == (request["type"], "completed")
        assert cloud(200, "droplet_actions.get", droplet["id"], action["id"])["action"]["completed_at"]
    changed = cloud(200, "droplets.get", droplet["id"])["droplet"]
    assert (changed["name"], changed["size_slug"], changed["disk"]) == ("other", "s-1vcpu-2gb", 50)
    assert len(cloud(200, "droplet_actions.list", droplet["id"])["actions"]) == 7
    cloud(422, "droplet_actions.post", droplet["id"], {"type": "dance"})
    cloud.gone("droplet_actions.get", droplet["id"], 1)
    cloud.delete_droplet(droplet)


def test_lists_come_in_pages(cloud):
    droplets = [cloud.droplet(f"page-{n}", tags=["pages"]) for n in range(3)]
    first = cloud(200, "droplets.list", tag_name="pages", per_page=2)
    assert (len(first["droplets"]), first["meta"]["total"]) == (2, 3)
    assert "page=2" in first["links"]["pages"]["next"] and "tag_name=pages" in first["links"]["pages"]["next"]
    second = cloud(200, "droplets.list", tag_name="pages", per_page=2, page=2)
    assert len(second["droplets"]) == 1 and "next" not in second["links"]["pages"]
    cloud(204, "droplets.destroy_by_tag", tag_name="pages")
    for droplet in droplets:
        cloud.gone("droplets.get", droplet["id"])


def test_tags(cloud):
    droplet = cloud.droplet("tagged")
    cloud(201, "tags.create", {"name": "green"})
    resources = {"resources": [{"resource_id": str(droplet["id"]), "resource_type": "droplet"}]}
    cloud(204, "tags.assign_resources", "green", resources)
    assert cloud(200, "tags.get", "green")["tag"]["resources"]["droplets"]["count"] == 1
    cloud(204, "tags.unassign_resources", "green", resources)
    assert "green" in [tag["name"] for tag in cloud(200, "tags.list")["tags"]]
    cloud(204, "tags.delete", "green")
    cloud.gone("tags.get", "green")
    cloud.delete_droplet(droplet)
