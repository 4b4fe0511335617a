"""What kind of disk a folder lies on."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "9p", "lustre", "beegfs", "gpfs"}
    | {"fuse.sshfs", "fuse.rclone", "fuse.gvfsd-fuse", "fuse.davfs2", "davfs"}
)
_OCTAL: Final = re.compile(r"\\([0-7]{3})")
_MOUNTS: Final = Path("/proc/self/mounts")


def is_on_network(folder: Path, *, mounts: Path = _MOUNTS) -> bool:
    """True if the folder lies on a network file system, where SQLite's WAL cannot work.

    `mounts`: a table in the form of fstab(5). Where there is none (Windows, macOS) a UNC path counts as network.
    """
    if sys.platform == "win32":
        return str(folder.absolute()).startswith("\\\\")
    if not mounts.exists():
        return False
    place, kind = "", ""
    resolved = folder.resolve()
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point, name = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[1]), fields[2]
        if resolved.is_relative_to(point) and len(point) >= len(place):
            place, kind = point, name
    return kind in NETWORK
