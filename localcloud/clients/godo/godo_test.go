// Package clients drives localcloud with DigitalOcean's official Go client, whose types every answer must fit.
package clients

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/digitalocean/godo"
)

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f go@b"

var background = context.Background()

func client(t *testing.T, token string) *godo.Client {
	t.Helper()
	client := godo.NewFromToken(token)
	if err := godo.SetBaseURL(os.Getenv("LOCALCLOUD_URL") + "/")(client); err != nil {
		t.Fatal(err)
	}
	return client
}

func admin(t *testing.T) *godo.Client {
	return client(t, os.Getenv("LOCALCLOUD_TOKEN"))
}

// got gives what a call answered.
func got[T any](value T, _ *godo.Response, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// done expects that a call without an answer succeeds.
func done(_ *godo.Response, err error) {
	if err != nil {
		panic(err)
	}
}

// refusal gives the status with which a call was refused.
func refusal[T any](_ T, _ *godo.Response, err error) int {
	var refused *godo.ErrorResponse
	if !errors.As(err, &refused) || refused.Message == "" || refused.RequestID == "" {
		return 0
	}
	return refused.Response.StatusCode
}

func same[T comparable](t *testing.T, what string, is, wanted T) {
	t.Helper()
	if is != wanted {
		t.Fatalf("%s: %v instead of %v", what, is, wanted)
	}
}

// until asks again and again until the answer is yes.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for range 200 {
		if yes() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(what, "does not happen")
}

func droplet(t *testing.T, c *godo.Client, name string) *godo.Droplet {
	t.Helper()
	order := &godo.DropletCreateRequest{Name: name, Region: "fra1", Size: "s-1vcpu-1gb", Image: godo.DropletCreateImage{Slug: "debian-12-x64"}}
	made := got(c.Droplets.Create(background, order))
	until(t, "the droplet's boot", func() bool {
		made = got(c.Droplets.Get(background, made.ID))
		return made.Status == "active" && !made.Locked
	})
	return made
}

func finished(t *testing.T, c *godo.Client, action *godo.Action) {
	t.Helper()
	until(t, "the end of "+action.Type, func() bool {
		return got(c.Actions.Get(background, action.ID)).Status == godo.ActionCompleted
	})
}

func TestAWrongTokenIsUnauthorised(t *testing.T) {
	same(t, "status", refusal(client(t, "wrong").Account.Get(background)), http.StatusUnauthorized)
}

func TestAccountAndKeys(t *testing.T) {
	c := admin(t)
	same(t, "account", got(c.Account.Get(background)).Status, "active")
	order := &godo.KeyCreateRequest{Name: "me", PublicKey: key}
	made := got(c.Keys.Create(background, order))
	same(t, "again", refusal(c.Keys.Create(background, order)), http.StatusUnprocessableEntity)
	same(t, "by fingerprint", *got(c.Keys.GetByFingerprint(background, made.Fingerprint)), *made)
	same(t, "name", got(c.Keys.UpdateByID(background, made.ID, &godo.KeyUpdateRequest{Name: "you"})).Name, "you")
	same(t, "keys", len(got(c.Keys.List(background, nil))), 1)
	done(c.Keys.DeleteByID(background, made.ID))
	same(t, "deleted", refusal(c.Keys.GetByID(background, made.ID)), http.StatusNotFound)
}

func TestDropletsAndReservedIPs(t *testing.T) {
	c := admin(t)
	one, two := droplet(t, c, "one"), droplet(t, c, "two")
	if address, err := one.PublicIPv4(); err != nil || address == "" {
		t.Fatal("no public address", err)
	}
	page := &godo.ListOptions{PerPage: 1}
	_, response, err := c.Droplets.List(background, page)
	if err != nil || response.Links.IsLastPage() || response.Meta.Total != 2 || response.Rate.Limit != 5000 {
		t.Fatal("the first page of two", response, err)
	}
	reserved := got(c.ReservedIPs.Create(background, &godo.ReservedIPCreateRequest{Region: "fra1"}))
	for _, holder := range []*godo.Droplet{one, two} {
		finished(t, c, got(c.ReservedIPActions.Assign(background, reserved.IP, holder.ID)))
		same(t, "holder", got(c.ReservedIPs.Get(background, reserved.IP)).Droplet.ID, holder.ID)
	}
	second := got(c.ReservedIPs.Create(background, &godo.ReservedIPCreateRequest{Region: "fra1"}))
	same(t, "a second one", refusal(c.ReservedIPActions.Assign(background, second.IP, two.ID)), http.StatusUnprocessableEntity)
	finished(t, c, got(c.ReservedIPActions.Unassign(background, reserved.IP)))
	done(c.ReservedIPs.Delete(background, reserved.IP))
	done(c.ReservedIPs.Delete(background, second.IP))
	same(t, "released", refusal(c.ReservedIPs.Get(background, reserved.IP)), http.StatusNotFound)
	finished(t, c, got(c.DropletActions.PowerOff(background, one.ID)))
	finished(t, c, got(c.DropletActions.Rename(background, one.ID, "other")))
	same(t, "name", got(c.Droplets.Get(background, one.ID)).Name, "other")
	done(c.Droplets.Delete(background, one.ID))
	done(c.Droplets.Delete(background, two.ID))
	same(t, "deleted", refusal(c.Droplets.Get(background, one.ID)), http.StatusNotFound)
}

func TestNetworkTagsAndProjects(t *testing.T) {
	c := admin(t)
	vpc := got(c.VPCs.Create(background, &godo.VPCCreateRequest{Name: "inside", RegionSlug: "fra1", IPRange: "10.30.0.0/24"}))
	same(t, "range", got(c.VPCs.Get(background, vpc.ID)).IPRange, "10.30.0.0/24")
	same(t, "name", got(c.VPCs.Update(background, vpc.ID, &godo.VPCUpdateRequest{Name: "within"})).Name, "within")
	done(c.VPCs.Delete(background, vpc.ID))
	same(t, "deleted", refusal(c.VPCs.Get(background, vpc.ID)), http.StatusNotFound)

	same(t, "tag", got(c.Tags.Create(background, &godo.TagCreateRequest{Name: "go"})).Name, "go")
	wall := &godo.FirewallRequest{Name: "wall", Tags: []string{"go"}, InboundRules: []godo.InboundRule{
		{Protocol: "tcp", PortRange: "22", Sources: &godo.Sources{Addresses: []string{"0.0.0.0/0"}}},
	}}
	firewall := got(c.Firewalls.Create(background, wall))
	wall.Name = "moat"
	same(t, "firewall", got(c.Firewalls.Update(background, firewall.ID, wall)).Name, "moat")
	same(t, "firewalls", len(got(c.Firewalls.List(background, nil))), 1)
	done(c.Firewalls.Delete(background, firewall.ID))
	same(t, "deleted", refusal(c.Firewalls.Get(background, firewall.ID)), http.StatusNotFound)
	done(c.Tags.Delete(background, "go"))

	project := got(c.Projects.Create(background, &godo.CreateProjectRequest{Name: "go", Purpose: "IoT"}))
	changed := got(c.Projects.Update(background, project.ID, &godo.UpdateProjectRequest{Description: "with Go"}))
	same(t, "description", changed.Description, "with Go")
	done(c.Projects.Delete(background, project.ID))
	same(t, "deleted", refusal(c.Projects.Get(background, project.ID)), http.StatusNotFound)
}

func TestDomains(t *testing.T) {
	c := admin(t)
	got(c.Domains.Create(background, &godo.DomainCreateRequest{Name: "go.example"}))
	order := &godo.DomainRecordEditRequest{Type: "MX", Name: "@", Data: "mail.go.example.", Priority: 5}
	record := got(c.Domains.CreateRecord(background, "go.example", order))
	same(t, "priority", record.Priority, 5)
	order.Data = "mail"
	same(t, "no dot", refusal(c.Domains.CreateRecord(background, "go.example", order)), http.StatusUnprocessableEntity)
	order = &godo.DomainRecordEditRequest{Type: "MX", Priority: 7}
	same(t, "edited", got(c.Domains.EditRecord(background, "go.example", record.ID, order)).Priority, 7)
	same(t, "by type", len(got(c.Domains.RecordsByType(background, "go.example", "MX", nil))), 1)
	done(c.Domains.DeleteRecord(background, "go.example", record.ID))
	done(c.Domains.Delete(background, "go.example"))
	same(t, "deleted", refusal(c.Domains.Get(background, "go.example")), http.StatusNotFound)
}

func TestDatabases(t *testing.T) {
	c := admin(t)
	order := &godo.DatabaseCreateRequest{Name: "gopher", EngineSlug: "pg", Version: "15", SizeSlug: "db-s-1vcpu-1gb", Region: "fra1", NumNodes: 1}
	order.Rules = []*godo.DatabaseCreateFirewallRule{{Type: "ip_addr", Value: "192.0.2.1"}}
	cluster := got(c.Databases.Create(background, order))
	until(t, "the cluster's start", func() bool { return got(c.Databases.Get(background, cluster.ID)).Status == "online" })
	same(t, "trusted source", got(c.Databases.GetFirewallRules(background, cluster.ID))[0].Value, "192.0.2.1")
	got(c.Databases.CreateDB(background, cluster.ID, &godo.DatabaseCreateDBRequest{Name: "app"}))
	got(c.Databases.CreateUser(background, cluster.ID, &godo.DatabaseCreateUserRequest{Name: "app"}))
	pool := &godo.DatabaseCreatePoolRequest{Name: "web", Mode: "transaction", Size: 5, Database: "app", User: "app"}
	same(t, "pool", got(c.Databases.CreatePool(background, cluster.ID, pool)).Connection.Port, 25061)
	same(t, "pools", len(got(c.Databases.ListPools(background, cluster.ID, nil))), 1)
	done(c.Databases.DeletePool(background, cluster.ID, "web"))
	rules := &godo.DatabaseUpdateFirewallRulesRequest{Rules: []*godo.DatabaseFirewallRule{{Type: "ip_addr", Value: "10.0.0.0/8"}}}
	done(c.Databases.UpdateFirewallRules(background, cluster.ID, rules))
	same(t, "backups", len(got(c.Databases.ListBackups(background, cluster.ID, nil))), 0)
	done(c.Databases.Delete(background, cluster.ID))
	same(t, "deleted", refusal(c.Databases.Get(background, cluster.ID)), http.StatusNotFound)
}

func TestWatches(t *testing.T) {
	c := admin(t)
	order := &godo.CreateUptimeCheckRequest{Name: "go", Type: "ping", Target: "198.18.3.10", Enabled: true}
	check := got(c.UptimeChecks.Create(background, order))
	same(t, "regions", len(got(c.UptimeChecks.GetState(background, check.ID)).Regions), len(check.Regions))
	down := &godo.CreateUptimeAlertRequest{Name: "down", Type: "down", Period: "2m", Notifications: &godo.Notifications{}}
	alert := got(c.UptimeChecks.CreateAlert(background, check.ID, down))
	same(t, "alert", got(c.UptimeChecks.GetAlert(background, check.ID, alert.ID)).Period, "2m")
	done(c.UptimeChecks.Delete(background, check.ID))
	same(t, "deleted", refusal(c.UptimeChecks.Get(background, check.ID)), http.StatusNotFound)

	on := true
	busy := &godo.AlertPolicyCreateRequest{Type: godo.DropletCPUUtilizationPercent, Compare: godo.GreaterThan, Value: 80, Window: "5m", Enabled: &on}
	policy := got(c.Monitoring.CreateAlertPolicy(background, busy))
	same(t, "policies", len(got(c.Monitoring.ListAlertPolicies(background, nil))), 1)
	done(c.Monitoring.DeleteAlertPolicy(background, policy.UUID))
	same(t, "deleted", refusal(c.Monitoring.GetAlertPolicy(background, policy.UUID)), http.StatusNotFound)
}
