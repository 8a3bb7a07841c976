"""Domains and their records; certbot proves that it holds a domain."""

import os

import pytest
from certbot import errors
from certbot_dns_digitalocean._internal.dns_digitalocean import _DigitalOceanClient
from conftest import URL

# Where the plugin's library finds the API.
os.environ["DIGITALOCEAN_END_POINT"] = f"{URL}/v2/"


def test_domains(cloud):
    name = "minitwit.example"
    assert cloud(201, "domains.create", {"name": name, "ip_address": "198.18.3.10"})["domain"]["ttl"] == 1800
    cloud(422, "domains.create", {"name": name})
    cloud(422, "domains.create", {"name": "no domain"})
    zone = cloud(200, "domains.get", name)["domain"]["zone_file"]
    assert f"{name}. 1800 IN A 198.18.3.10" in zone and "IN NS ns1.digitalocean.com." in zone
    assert [domain["name"] for domain in cloud(200, "domains.list")["domains"]] == [name]
    kinds = [record["type"] for record in cloud(200, "domains.list_records", name)["domain_records"]]
    assert kinds == ["SOA", "NS", "NS", "NS", "A"]
    project = cloud(200, "projects.get_default")["project"]["id"]
    assert f"do:domain:{name}" in [resource["urn"] for resource in cloud(200, "projects.list_resources", project)["resources"]]
    cloud(204, "domains.delete", name)
    cloud.gone("domains.get", name)
    cloud.gone("domains.list_records", name)


def test_records(cloud):
    name = "records.example"
    cloud(201, "domains.create", {"name": name})
    for order, kept in [
        ({"type": "A", "name": "www", "data": "198.18.3.11", "ttl": 60}, {"ttl": 60, "data": "198.18.3.11"}),
        ({"type": "AAAA", "name": "www", "data": "2001:db8::1"}, {"ttl": 1800}),
        ({"type": "CNAME", "name": "blog", "data": "www.records.example."}, {"data": "www.records.example"}),
        ({"type": "MX", "name": "@", "data": "mail.records.example.", "priority": 10}, {"priority": 10, "port": None}),
        ({"type": "SRV", "name": "_sip._tcp", "data": "@", "priority": 1, "port": 5060, "weight": 2}, {"weight": 2}),
        ({"type": "CAA", "name": "@", "data": "letsencrypt.org.", "flags": 0, "tag": "issue"}, {"tag": "issue"}),
        ({"type": "TXT", "name": "@", "data": "v=spf1 -all"}, {"data": "v=spf1 -all"}),
    ]:
        record = cloud(201, "domains.create_record", name, order)["domain_record"]
        assert kept.items() <= record.items()
        assert cloud(200, "domains.get_record", name, record["id"])["domain_record"] == record
    for order in [
        {"type": "A", "name": "www", "data": "2001:db8::1"},
        {"type": "CNAME", "name": "www", "data": "a.example."},
        {"type": "CNAME", "name": "dotless", "data": "a.example"},
        {"type": "MX", "name": "@", "data": "mail.records.example."},
        {"type": "A", "name": "fast", "data": "198.18.3.11", "ttl": 5},
        {"type": "SOA", "name": "@", "data": "1800"},
    ]:
        assert cloud(422, "domains.create_record", name, order)["id"] == "unprocessable_entity"
    found = cloud(200, "domains.list_records", name, type="A", name=f"www.{name}")["domain_records"]
    assert len(found) == 1
    moved = cloud(200, "domains.patch_record", name, found[0]["id"], {"type": "A", "data": "198.18.3.12"})["domain_record"]
    assert (moved["name"], moved["data"], moved["ttl"]) == ("www", "198.18.3.12", 60)
    assert cloud(200, "domains.update_record", name, moved["id"], {"type": "A", "name": "w3"})["domain_record"]["name"] == "w3"
    cloud(204, "domains.delete_record", name, moved["id"])
    cloud.gone("domains.get_record", name, moved["id"])
    cloud(204, "domains.delete", name)


def test_certbot_gets_through_a_challenge(cloud):
    cloud(201, "domains.create", {"name": "certified.example"})
    plugin = _DigitalOceanClient(cloud.token)
    challenge = ("www.certified.example", "_acme-challenge.www.certified.example", "proof")

    def answers():
        listing = cloud(200, "domains.list_records", "certified.example", type="TXT", name=challenge[1])
        return [(record["data"], record["ttl"]) for record in listing["domain_records"]]

    plugin.add_txt_record(*challenge, 30)
    assert answers() == [("proof", 30)]
    plugin.del_txt_record(*challenge)
    assert answers() == []
    with pytest.raises(errors.PluginError):
        plugin.add_txt_record("other.example", "_acme-challenge.other.example", "proof", 30)
    with pytest.raises(errors.PluginError, match="Did you provide a valid API token"):
        _DigitalOceanClient("wrong").add_txt_record(*challenge, 30)
    cloud(204, "domains.delete", "certified.example")
