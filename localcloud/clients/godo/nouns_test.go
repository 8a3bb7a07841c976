package clients

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/digitalocean/godo"
)

// pair gives a certificate for a name and its key, in PEM.
func pair(t *testing.T, name string) (string, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(7), DNSNames: []string{name}, NotAfter: time.Date(2031, 1, 2, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return text("CERTIFICATE", der), text("PRIVATE KEY", private)
}

func TestCertificates(t *testing.T) {
	c := admin(t)
	leaf, private := pair(t, "go.example")
	order := &godo.CertificateRequest{Name: "go", Type: "custom", LeafCertificate: leaf, PrivateKey: private}
	made := got(c.Certificates.Create(background, order))
	same(t, "end", made.NotAfter, "2031-01-02T00:00:00Z")
	same(t, "state", made.State, "verified")
	same(t, "by name", got(c.Certificates.ListByName(background, "go", nil))[0].ID, made.ID)
	_, other := pair(t, "go.example")
	odd := &godo.CertificateRequest{Name: "odd", Type: "custom", LeafCertificate: leaf, PrivateKey: other}
	same(t, "another's key", refusal(c.Certificates.Create(background, odd)), http.StatusUnprocessableEntity)
	done(c.Certificates.Delete(background, made.ID))
	same(t, "deleted", refusal(c.Certificates.Get(background, made.ID)), http.StatusNotFound)
}

func TestSnapshotsAndBackups(t *testing.T) {
	c := admin(t)
	one := droplet(t, c, "pictured")
	finished(t, c, got(c.DropletActions.Snapshot(background, one.ID, "before")))
	image := got(c.Droplets.Snapshots(background, one.ID, nil))[0]
	same(t, "image", got(c.Images.GetByID(background, image.ID)).Type, "snapshot")
	same(t, "images of the account", len(got(c.Images.ListUser(background, nil))), 1)
	same(t, "snapshots", len(got(c.Snapshots.ListDroplet(background, nil))), 1)
	finished(t, c, got(c.DropletActions.Restore(background, one.ID, image.ID)))
	finished(t, c, got(c.DropletActions.RebuildByImageID(background, one.ID, image.ID)))
	renamed := got(c.Images.Update(background, image.ID, &godo.ImageUpdateRequest{Name: "after"}))
	same(t, "name", renamed.Name, "after")
	done(c.Images.Delete(background, image.ID))
	same(t, "deleted", refusal(c.Images.GetByID(background, image.ID)), http.StatusNotFound)

	daily := &godo.DropletBackupPolicyRequest{Plan: "daily", Hour: godo.PtrTo(8)}
	finished(t, c, got(c.DropletActions.EnableBackupsWithPolicy(background, one.ID, daily)))
	policy := got(c.Droplets.GetBackupPolicy(background, one.ID))
	same(t, "plan", policy.BackupPolicy.Plan, "daily")
	same(t, "policies", len(got(c.Droplets.ListBackupPolicies(background, nil))), 1)
	finished(t, c, got(c.DropletActions.DisableBackups(background, one.ID)))
	same(t, "kernels", len(got(c.Droplets.Kernels(background, one.ID, nil))), 0)
	same(t, "neighbors", len(got(c.Droplets.Neighbors(background, one.ID))), 0)
	done(c.Droplets.Delete(background, one.ID))
	same(t, "policy of none", refusal(c.Droplets.GetBackupPolicy(background, one.ID)), http.StatusNotFound)
}

func TestFloatingIPs(t *testing.T) {
	c := admin(t)
	one := droplet(t, c, "older")
	floating := got(c.FloatingIPs.Create(background, &godo.FloatingIPCreateRequest{Region: "fra1"}))
	finished(t, c, got(c.FloatingIPActions.Assign(background, floating.IP, one.ID)))
	same(t, "holder", got(c.FloatingIPs.Get(background, floating.IP)).Droplet.ID, one.ID)
	same(t, "actions", len(got(c.FloatingIPActions.List(background, floating.IP, nil))), 1)
	same(t, "reserved", got(c.ReservedIPs.Get(background, floating.IP)).IP, floating.IP)
	finished(t, c, got(c.FloatingIPActions.Unassign(background, floating.IP)))
	done(c.FloatingIPs.Delete(background, floating.IP))
	same(t, "released", refusal(c.FloatingIPs.Get(background, floating.IP)), http.StatusNotFound)
	done(c.Droplets.Delete(background, one.ID))
}

func TestDatabaseUpkeep(t *testing.T) {
	c := admin(t)
	order := &godo.DatabaseCreateRequest{Name: "kept", EngineSlug: "pg", Version: "15", SizeSlug: "db-s-1vcpu-1gb", Region: "fra1", NumNodes: 1}
	id := got(c.Databases.Create(background, order)).ID
	online := func() {
		until(t, "the cluster's change", func() bool { return got(c.Databases.Get(background, id)).Status == "online" })
	}
	online()
	done(c.Databases.InstallUpdate(background, id))
	done(c.Databases.UpgradeMajorVersion(background, id, &godo.UpgradeVersionRequest{Version: "16"}))
	online()
	done(c.Databases.Migrate(background, id, &godo.DatabaseMigrateRequest{Region: "ams3"}))
	online()
	same(t, "region", got(c.Databases.Get(background, id)).RegionSlug, "ams3")
	done(c.Databases.UpdatePostgreSQLConfig(background, id, &godo.PostgreSQLConfig{WorkMem: godo.PtrTo(8)}))
	same(t, "setting", *got(c.Databases.GetPostgreSQLConfig(background, id)).WorkMem, 8)
	same(t, "events", len(got(c.Databases.ListDatabaseEvents(background, id, nil))) >= 4, true)
	same(t, "replicas", len(got(c.Databases.ListReplicas(background, id, nil))), 0)
	same(t, "other engines", refusal(c.Databases.GetSQLMode(background, id)), http.StatusUnprocessableEntity)
	done(c.Databases.Delete(background, id))
}
