"""A client of the cloud that LOCALCLOUD_URL and LOCALCLOUD_TOKEN name, whose every answer is checked."""

import os
import time
import warnings

import documented
import pytest
import requests
import shapes
from azure.core.exceptions import HttpResponseError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pydo import Client

URL = os.environ["LOCALCLOUD_URL"]
ADMIN = os.environ["LOCALCLOUD_TOKEN"]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a@b"


class Cloud:
    """The client, and words for what tests do with it."""

    def __init__(self, token):
        self.token = token
        self.client = Client(token=token, endpoint=URL, retry_total=0)

    def __call__(self, status, call, *arguments, **parameters):
        """Calls `call` ("resource_type.verb"), expects a status, checks the answer's shape and gives it."""
        resource_type, verb = call.split(".")
        method = getattr(getattr(self.client, resource_type), verb)
        # The client sends tokens without TLS only when told to.
        parameters |= {"enforce_https": False, "cls": lambda reply, body, _: (reply.http_response, body)}
        try:
            response, body = method(*arguments, **parameters)
        except HttpResponseError as error:
            response, body = error.response, error.response.json()
        got = response.status_code
        assert got == status, f"{call}{arguments}: {got} {body}"
        documented.check(method, got, body)
        shapes.check(response.request, got, body)
        if got >= 400:
            assert {"id", "message", "request_id"} <= body.keys()
        return body

    def gone(self, call, *arguments, **parameters):
        """Expects 404 with the body that is documented."""
        assert self(404, call, *arguments, **parameters)["id"] == "not_found"

    def outcome(self, action):
        """Waits until an action has ended; gives its status."""
        while (now := self(200, "actions.get", action["id"])["action"])["status"] == "in-progress":
            time.sleep(0.05)
        return now["status"]

    def droplet(self, name, **more):
        """Orders a droplet and waits until it is active."""
        order = {"name": name, "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-12-x64"}
        answer = self(202, "droplets.create", order | more)
        assert self.outcome(answer["links"]["actions"][0]) == "completed"
        return self(200, "droplets.get", answer["droplet"]["id"])["droplet"]

    def delete_droplet(self, droplet):
        """Deletes a droplet and waits until it is gone."""
        self(204, "droplets.destroy", droplet["id"])
        self.gone("droplets.get", droplet["id"])

    def database(self, name):
        """Orders a cluster and waits until it is online."""
        order = {"name": name, "engine": "pg", "version": "15", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1}
        cluster = self(201, "databases.create_cluster", order)["database"]
        while (cluster := self(200, "databases.get_cluster", cluster["id"])["database"])["status"] != "online":
            time.sleep(0.05)
        return cluster

    def as_holder_of(self, *scopes):
        """The same cloud with a token that has these scopes only."""
        return Cloud(token(scopes))


def token(scopes):
    """A token of its own for each test, as each has its own rate limit."""
    order = {"name": "clients", "scopes": list(scopes)}
    reply = requests.post(f"{URL}/_localcloud/tokens", json=order, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=10)
    reply.raise_for_status()
    return reply.json()["token"]


@pytest.fixture
def cloud():
    return Cloud(token(["admin"]))


def pytest_sessionfinish(session, exitstatus):
    """A whole run has driven every call that is documented to answer with success.

    The client does not know floating IPs, the older name of reserved ones.
    """
    if exitstatus or session.config.option.keyword or len(session.items) < 10:
        return
    answers = {call: answer for call, answer in shapes.TABLE["answers"].items() if answer.keys() != {"scopes"} and "floating_ip" not in call}
    if left := sorted(answers.keys() - shapes.seen):
        session.exitstatus = 1
        print("\nnever called:", *left, sep="\n  ")
