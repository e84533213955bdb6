"""The build context of an image: its folder, the Go program, copied folders; for `base` the root file system."""

from __future__ import annotations

import shutil
from pathlib import Path

from images import fingerprint, storage
from images.catalog import FOLDER, Image
from local import paths
from local.toolchain import gobinaries

ACCOUNTS = {
    "passwd": "root:x:0:0:root:/:/sbin/nologin\nmlp:x:10001:10001:mlp:/:/sbin/nologin\n",
    "group": "root:x:0:\nmlp:x:10001:\n",
}
# Documentation and translations are left out of Debian packages, now and in images built on it.
EXCLUDED = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")


def containerfile_of_binary(image: Image) -> str:
    """The Containerfile of an image that is one static program and two account files."""
    return f"""FROM scratch
COPY rootfs/ /
ENV PATH=/usr/local/bin
USER {image.user}
ENTRYPOINT ["/usr/local/bin/{image.binary}"]
"""


def fill(image: Image, folder: Path, log: Path) -> None:
    """Put everything into `folder` that `buildah bud` needs; the Containerfile included."""
    for path in fingerprint.files(image.folder):
        target = folder / path.relative_to(image.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for name in image.copy:
        source = paths.checkout() / name
        for path in fingerprint.files(source):
            target = folder / "copy" / name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    if image.kind == "binary":
        _binary(image, folder / "rootfs")
        (folder / "Containerfile").write_text(containerfile_of_binary(image))
    elif image.binary:
        _program(image, folder / "bin")
    if image.kind == "rootfs":
        if fingerprint.base_image():
            (folder / "Containerfile.given").replace(folder / "Containerfile")
        else:
            debian(image, folder / "rootfs.tar", log)


def _program(image: Image, folder: Path) -> None:
    folder.mkdir(parents=True)
    target = folder / image.binary
    shutil.copyfile(gobinaries.path_of(image.binary), target)
    target.chmod(0o755)


def _binary(image: Image, rootfs: Path) -> None:
    _program(image, rootfs / "usr/local/bin")
    (rootfs / "etc").mkdir()
    for name, text in ACCOUNTS.items():
        (rootfs / "etc" / name).write_text(text)
    (rootfs / "tmp").mkdir()
    (rootfs / "tmp").chmod(0o1777)


def debian(image: Image, target: Path, log: Path) -> None:
    """Make Debian's minimal root file system with mmdebstrap, from the mirror that the package tools are set to."""
    command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(image.packages)}"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED]
    command += [f'--customize-hook={FOLDER / "tools" / "customize-rootfs"} "$1"', image.suite, str(target)]
    storage.run(command, log, f"making Debian {image.suite} for image {image.name}")
