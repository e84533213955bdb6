from __future__ import annotations

from pathlib import Path

from local.node import mounts

INFO = """\
27 1 254:0 / / rw - ext4 /dev/vda rw
40 27 254:1 / /data/node rw - ext4 /dev/vdb rw
41 40 0:50 / /data/node/kubelet/pods/x/volumes/tmp rw - tmpfs tmpfs rw
42 40 0:51 / /data/node/kubelet/pods/x/volumes/tmp/deeper rw - tmpfs tmpfs rw
43 27 0:52 / /data/node2/kubelet rw - tmpfs tmpfs rw
44 40 0:53 / /data/node/kubelet/with\\040blank rw - tmpfs tmpfs rw
"""


def test_what_is_below_and_the_last_mounted_first() -> None:
    found = mounts.below([Path("/data/node/kubelet")], INFO)
    assert [str(point) for point in found] == [
        "/data/node/kubelet/with blank",
        "/data/node/kubelet/pods/x/volumes/tmp/deeper",
        "/data/node/kubelet/pods/x/volumes/tmp",
    ]


def test_a_folder_that_the_kubelet_mounted_on_itself_is_among_them() -> None:
    assert mounts.below([Path("/data/node2/kubelet")], INFO) == [Path("/data/node2/kubelet")]
