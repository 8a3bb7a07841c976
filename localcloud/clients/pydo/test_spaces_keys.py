"""Keys of Spaces, the object storage."""


def test_spaces_keys(cloud):
    reader = {"name": "reader", "grants": [{"bucket": "backups", "permission": "read"}]}
    made = cloud(201, "spaces_key.create", reader)["key"]
    assert made["grants"] == reader["grants"] and len(made["secret_key"]) == 43
    key = made["access_key"]
    shown = cloud(200, "spaces_key.get", key)["key"]
    assert shown == {name: value for name, value in made.items() if name != "secret_key"}
    listed = cloud(200, "spaces_key.list", name="reader")["keys"]
    assert listed == [shown]
    assert cloud(200, "spaces_key.list", bucket="another")["keys"] == []
    writer = {"name": "writer", "grants": [{"bucket": "backups", "permission": "readwrite"}]}
    assert cloud(200, "spaces_key.update", key, writer)["key"]["grants"] == writer["grants"]
    assert cloud(200, "spaces_key.patch", key, {"name": "renamed"})["key"]["name"] == "renamed"
    assert cloud(200, "spaces_key.get", key)["key"]["grants"] == writer["grants"]
    cloud(204, "spaces_key.delete", key)
    cloud.gone("spaces_key.get", key)
    cloud.gone("spaces_key.delete", key)


def test_full_access_stands_alone(cloud):
    full, scoped = {"bucket": "", "permission": "fullaccess"}, {"bucket": "b", "permission": "read"}
    refusal = cloud(400, "spaces_key.create", {"name": "mixed", "grants": [full, scoped]})
    assert refusal["message"] == "cannot mix fullaccess permission with scoped permissions."
    cloud(422, "spaces_key.create", {"name": "", "grants": []})
    key = cloud(201, "spaces_key.create", {"name": "all", "grants": [full]})["key"]["access_key"]
    cloud(422, "spaces_key.update", key, {"name": "all", "grants": [scoped]})
    cloud(204, "spaces_key.delete", key)


def test_scopes(cloud):
    key = cloud(201, "spaces_key.create", {"name": "scoped", "grants": []})["key"]["access_key"]
    reader = cloud.as_holder_of("spaces_key:read")
    assert reader(200, "spaces_key.get", key)["key"]["name"] == "scoped"
    reader(403, "spaces_key.create", {"name": "more", "grants": []})
    reader(403, "spaces_key.delete", key)
    maker = cloud.as_holder_of("spaces_key:create_credentials", "spaces_key:delete")
    maker(201, "spaces_key.create", {"name": "more", "grants": []})
    maker(204, "spaces_key.delete", key)
