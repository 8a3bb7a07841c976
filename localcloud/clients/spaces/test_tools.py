"""s3cmd, which backups on droplets use."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from conftest import URL, FULL, key


def test_s3cmd_keeps_a_directory(bucket, tmp_path):
    access, secret = key(FULL)
    host = URL.removeprefix("http://")
    settings = tmp_path / "s3cfg"
    settings.write_text(
        f"[default]\naccess_key = {access}\nsecret_key = {secret}\nhost_base = {host}\nhost_bucket = {host}\nuse_https = False\n"
        "multipart_chunk_size_mb = 5\n"
    )

    def s3cmd(*words):
        program = Path(sys.executable).with_name("s3cmd")
        run = subprocess.run(
            [program, "--config", settings, "--no-progress", *words], capture_output=True, text=True, timeout=60, check=False
        )
        assert run.returncode == 0, f"{words}: {run.stdout}{run.stderr}"
        return run.stdout

    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "small.sql").write_text("select 1;\n")
    (folder / "large.dump").write_bytes(os.urandom(6 << 20))
    s3cmd("sync", f"{folder}/", f"s3://{bucket}/dumps/")
    listed = s3cmd("ls", "--recursive", f"s3://{bucket}/")
    assert "dumps/small.sql" in listed and "dumps/large.dump" in listed
    back = tmp_path / "back"
    back.mkdir()
    s3cmd("get", "--recursive", f"s3://{bucket}/dumps/", f"{back}/")
    for name in ("small.sql", "large.dump"):
        digests = [hashlib.sha256((place / name).read_bytes()).digest() for place in (folder, back)]
        assert digests[0] == digests[1]
    assert "Location" in s3cmd("info", f"s3://{bucket}")
    s3cmd("expire", f"s3://{bucket}", "--expiry-days=30", "--expiry-prefix=dumps/")
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}/dumps/")
    assert s3cmd("ls", "--recursive", f"s3://{bucket}/") == ""
