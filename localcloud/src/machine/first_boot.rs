//! The files that the platform writes to a droplet's disk before its first boot: name, addresses, keys, user data.

use super::addresses::Addresses;
use super::command::run;
use super::disk::Disk;
use super::files::write;
use super::ports::PROXY_PORT;
use super::spec::{DropletSeed, PrivateNet};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Creates the disk of the droplet whose directory is `directory`; grows one that exists.
///
/// # Errors
/// When the machine's own disk refuses.
pub async fn make_disk(directory: &Path, seed: &DropletSeed, plan: Addresses) -> Result<()> {
    for mount_point in ["disk", "root"] {
        fs::create_dir_all(directory.join(mount_point))?;
    }
    let disk = Disk::new(directory);
    if disk.exists() {
        return disk.grow(seed.disk_gib).await;
    }
    let draft = directory.join("disk.draft");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    let base = directory.join("disk.base");
    if base.exists() {
        fs::rename(&base, &draft).context("taking a placed image")?;
    }
    fs::create_dir_all(&draft)?;
    write_identity(&draft, seed)?;
    let eth0 = "etc/systemd/network/10-eth0.network";
    write(&draft, eth0, &public_network(seed, plan))?;
    let eth1 = "etc/systemd/network/10-eth1.network";
    write(&draft, eth1, &private_network(&seed.net.private))?;
    let proxy = format!(
        "Acquire::http::Proxy \"http://{}:{PROXY_PORT}\";\n",
        plan.router()
    );
    write(&draft, "etc/apt/apt.conf.d/90-proxy", &proxy)?;
    if !seed.user_data.is_empty() {
        seed_cloud_init(&draft, seed)?;
    }
    host_keys(&draft).await?;
    disk.make(&draft, seed.disk_gib).await
}

fn write_identity(draft: &Path, seed: &DropletSeed) -> Result<()> {
    let name = &seed.name;
    write(draft, "etc/hostname", &format!("{name}\n"))?;
    let hosts = format!("127.0.0.1 localhost\n127.0.1.1 {name}\n");
    write(draft, "etc/hosts", &hosts)?;
    let keys = seed.ssh_keys.join("\n") + "\n";
    write(draft, "root/.ssh/authorized_keys", &keys)?;
    restrict(&draft.join("root/.ssh"), 0o700)?;
    restrict(&draft.join("root"), 0o700)?;
    restrict(&draft.join("root/.ssh/authorized_keys"), 0o600)
}

fn seed_cloud_init(draft: &Path, seed: &DropletSeed) -> Result<()> {
    let place = "var/lib/cloud/seed/nocloud";
    let meta = format!("instance-id: {}\nlocal-hostname: {}\n", seed.id, seed.name);
    write(draft, &format!("{place}/meta-data"), &meta)?;
    write(draft, &format!("{place}/user-data"), &seed.user_data)?;
    // A character device 0:0 hides the image's file of that name (overlayfs whiteout).
    fs::create_dir_all(draft.join("etc/cloud"))?;
    let off = draft.join("etc/cloud/cloud-init.disabled");
    nix::sys::stat::mknod(
        &off,
        nix::sys::stat::SFlag::S_IFCHR,
        nix::sys::stat::Mode::empty(),
        0,
    )
    .context("switching cloud-init on")
}

fn public_network(seed: &DropletSeed, plan: Addresses) -> String {
    let (public, anchor, gateway) = (seed.net.public, seed.net.anchor, plan.public_gateway());
    format!(
        "[Match]\nName=eth0\n\n[Network]\nAddress={public}/24\nAddress={anchor}/24\n\
         LinkLocalAddressing=no\nIPv6AcceptRA=no\n\n\
         [Route]\nGateway={gateway}\nPreferredSource={public}\n"
    )
}

fn private_network(net: &PrivateNet) -> String {
    format!(
        "[Match]\nName=eth1\n\n[Network]\nAddress={}/{}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n",
        net.address, net.prefix
    )
}

fn restrict(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .with_context(|| format!("setting the mode of {}", path.display()))
}

/// New SSH host keys below `root`, if there are none.
async fn host_keys(root: &Path) -> Result<()> {
    let directory = root.join("etc/ssh");
    fs::create_dir_all(&directory)?;
    let key = directory.join("ssh_host_ed25519_key");
    if !key.exists() {
        let key = key.display().to_string();
        run(
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-C", "droplet", "-f", &key],
        )
        .await?;
    }
    Ok(())
}
