"""The file browser of JupyterLab: the home folder as it is, and beside its folders the team's bucket as `bucket`."""

from __future__ import annotations

import asyncio
import base64
import json
import mimetypes
import tempfile
from collections.abc import Callable
from typing import IO, Any, TypeVar

import nbformat
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import AuthenticatedFileHandler
from jupyter_server.files.handlers import FilesHandler
from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.contents.manager import AsyncContentsManager
from tornado.web import HTTPError, authenticated

from . import drive
from .drive import Drive, DriveError, Entry

T = TypeVar("T")
BUCKET = "bucket"
"""What the bucket is called at the root; a folder of that name in the home folder isn't seen."""
SPOOLED_BYTES = 8 * 2**20


def inside(path: str) -> str | None:
    """The path in the bucket, or None for what lies elsewhere."""
    first, _, rest = path.strip("/").partition("/")
    return rest if first == BUCKET else None


def model_of(entry: Entry) -> dict[str, Any]:
    """What JupyterLab wants to know of an entry, without its content."""
    path = f"{BUCKET}/{entry.path}".rstrip("/")
    kind = "directory" if entry.folder else "notebook" if path.endswith(".ipynb") else "file"
    return {
        "name": entry.name or BUCKET,
        "path": path,
        "type": kind,
        "created": entry.modified,
        "last_modified": entry.modified,
        "size": entry.size,
        "writable": True,
        "mimetype": mimetypes.guess_type(path)[0] if kind == "file" else None,
        "hash": None,
        "hash_algorithm": None,
        "content": None,
        "format": None,
    }


class Checkpoints(AsyncFileCheckpoints):  # type: ignore[misc]  # untyped
    """Those of files as usual; of objects there are none, and saving one writes no second."""

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> Any:
        """As `AsyncCheckpoints`; JupyterLab asks for one with each save."""
        if (key := inside(path)) is None:
            return await super().create_checkpoint(contents_mgr, path)
        entry = await contents_mgr.entry(key)
        return {"id": "none", "last_modified": entry.modified}

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> None:
        """As `AsyncCheckpoints`."""
        if inside(path) is not None:
            raise HTTPError(400, reason="there are no checkpoints in the bucket")
        await super().restore_checkpoint(contents_mgr, checkpoint_id, path)

    async def list_checkpoints(self, path: str) -> Any:
        """As `AsyncCheckpoints`."""
        return [] if inside(path) is not None else await super().list_checkpoints(path)

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """As `AsyncCheckpoints`."""
        if inside(path) is None:
            await super().delete_checkpoint(checkpoint_id, path)


class Files(AuthenticatedFileHandler):  # type: ignore[misc]  # untyped
    """Downloads: from the disk as they are, from the bucket by what `Contents` reads."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, path: str, **values: Any) -> None:
        """As both handlers."""
        await (super().get(path, **values) if inside(path) is None else FilesHandler.get(self, path))

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def head(self, path: str) -> None:
        """As `get`, without the content."""
        await (super().head(path) if inside(path) is None else FilesHandler.get(self, path, include_body=False))


class Contents(AsyncLargeFileManager):  # type: ignore[misc]  # untyped
    """Jupyter's own manager of files, but for the folder `bucket`."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.drive: Drive | None = drive.of_environment()
        self._uploads: dict[str, IO[bytes]] = {}

    def _checkpoints_class_default(self) -> type[Checkpoints]:
        return Checkpoints

    def _files_handler_class_default(self) -> type[Files]:
        return Files

    async def entry(self, key: str) -> Entry:
        """The entry at a path of the bucket; what isn't there is a 404."""
        if (found := await self._ask(lambda bucket: bucket.entry(key))) is None:
            raise HTTPError(404, reason=f"there is no {key} in the bucket")
        return found

    async def _ask(self, question: Callable[[Drive], T]) -> T:
        """Ask the bucket in a thread: nothing else waits for it."""
        if self.drive is None:
            raise HTTPError(404, reason="there is no bucket: TEAM_BUCKET isn't set")
        try:
            return await asyncio.to_thread(question, self.drive)
        except DriveError as error:
            # One line: it is the reason phrase of the answer too.
            text = " ".join(error.text.split())
            self.log.warning("bucket: %s", text)
            raise HTTPError(error.status, text, reason=text.encode("ascii", "replace").decode()) from None

    async def is_hidden(self, path: str) -> bool:
        """As `AsyncContentsManager`."""
        return False if inside(path) is not None else bool(await super().is_hidden(path))

    async def dir_exists(self, path: str) -> bool:
        """As `AsyncContentsManager`."""
        if (key := inside(path)) is None:
            return bool(await super().dir_exists(path))
        found = await self._ask(lambda bucket: bucket.entry(key))
        return found is not None and found.folder

    async def file_exists(self, path: str) -> bool:
        """As `AsyncContentsManager`."""
        if (key := inside(path)) is None:
            return bool(await super().file_exists(path))
        found = await self._ask(lambda bucket: bucket.entry(key))
        return found is not None and not found.folder

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,
        format: str | None = None,
        require_hash: bool = False,
    ) -> dict[str, Any]:
        """As `AsyncContentsManager`. At the root, `bucket` is one of the folders."""
        if (key := inside(path)) is None:
            model: dict[str, Any] = await super().get(path, content, type, format, require_hash)
            if content and not path.strip("/") and self.drive is not None:
                rest = [item for item in model["content"] if item["name"] != BUCKET]
                model["content"] = [*rest, model_of(Entry("", folder=True))]
            return model
        entry = await self.entry(key)
        if entry.folder != (type == "directory") and type is not None:
            raise HTTPError(400, reason="bad type")
        model = model_of(entry)
        if type == "file":
            model["type"] = "file"
        if entry.folder:
            if content:
                found = await self._ask(lambda bucket: bucket.entries(key))
                model |= {"format": "json", "content": [model_of(item) for item in found]}
        elif content or require_hash:
            raw = await self._ask(lambda bucket: bucket.read(key))
            model |= self._get_hash(raw) if require_hash else {}
            if content:
                self._fill(model, raw, format, path)
        return model

    def _fill(self, model: dict[str, Any], raw: bytes, wanted: str | None, path: str) -> None:
        """Put content into a model: a notebook as JSON, a text as text, anything else as base64."""
        if model["type"] == "notebook":
            try:
                notebook = nbformat.reads(raw.decode(), as_version=4)
            except Exception as error:
                raise HTTPError(400, reason="it isn't a notebook") from error
            self.mark_trusted_cells(notebook, path)
            model |= {"content": notebook, "format": "json"}
            self.validate_notebook_model(model)
            return
        text: str | None = None
        if wanted != "base64":
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                if wanted == "text":
                    raise HTTPError(400, reason="bad format") from None
        model["format"] = "base64" if text is None else "text"
        model["content"] = base64.encodebytes(raw).decode() if text is None else text
        model["mimetype"] = model["mimetype"] or ("application/octet-stream" if text is None else "text/plain")

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """As `AsyncContentsManager`. A large file comes in chunks, and is an object when the last is there."""
        if (key := inside(path)) is None:
            saved: dict[str, Any] = await super().save(model, path)
            return saved
        kind, chunk = model.get("type"), model.get("chunk")
        if not key or kind not in ("directory", "file", "notebook"):
            raise HTTPError(400, reason="no such thing can be saved there")
        if kind == "directory":
            await self._ask(lambda bucket: bucket.make_folder(key))
            return await self.get(path, content=False)
        raw = self._bytes(model, path)
        if chunk is None:
            await self._write(key, raw)
            return await self.get(path, content=False)
        if chunk == 1:
            self._uploads[key] = tempfile.SpooledTemporaryFile(SPOOLED_BYTES)  # noqa: SIM115 - over several requests
        if (spool := self._uploads.get(key)) is None:
            raise HTTPError(400, reason="the upload has no beginning: begin it anew")
        spool.write(raw)
        if chunk != -1:
            return model_of(Entry(key, False, spool.tell()))
        with self._uploads.pop(key):
            spool.seek(0)
            await self._ask(lambda bucket: bucket.write(key, spool))
        return await self.get(path, content=False)

    async def _write(self, key: str, raw: bytes) -> None:
        with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as spool:
            spool.write(raw)
            spool.seek(0)
            await self._ask(lambda bucket: bucket.write(key, spool))

    def _bytes(self, model: dict[str, Any], path: str) -> bytes:
        """The content of a model as it is kept."""
        if "content" not in model:
            raise HTTPError(400, reason="no content")
        if model["type"] == "notebook":
            notebook = nbformat.from_dict(model["content"])
            self.check_and_sign(notebook, path)
            return str(nbformat.writes(notebook, version=nbformat.NO_CONVERT)).encode()
        if model.get("format") == "json":
            return json.dumps(model["content"]).encode()
        content = str(model["content"])
        return base64.b64decode(content) if model.get("format") == "base64" else content.encode()

    async def delete_file(self, path: str) -> None:
        """As `AsyncContentsManager`."""
        if (key := inside(path)) is None:
            await super().delete_file(path)
        elif not key:
            raise HTTPError(400, reason="the bucket itself stays")
        else:
            await self._ask(lambda bucket: bucket.delete(key))

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """As `AsyncContentsManager`; what goes from one place to the other is copied first."""
        old, new = inside(old_path), inside(new_path)
        if old is None and new is None:
            await super().rename_file(old_path, new_path)
        elif not old or not new:
            if old is not None and new is not None:
                raise HTTPError(400, reason="the bucket itself keeps its name")
            await self._move(old_path, new_path)
        else:
            await self._ask(lambda bucket: bucket.rename(old, new))

    async def _move(self, old_path: str, new_path: str) -> None:
        if await self.dir_exists(old_path):
            raise HTTPError(
                400, reason="a folder can't be moved between the bucket and the home folder: copy its files"
            )
        if await self.file_exists(new_path) or await self.dir_exists(new_path):
            raise HTTPError(409, reason=f"there is a {new_path} already")
        model = await self.get(old_path, type="file", format="base64")
        await self.save({"type": "file", "format": "base64", "content": model["content"]}, new_path)
        await self.delete_file(old_path)

    def exists(self, path: str) -> Any:
        """Whether there is a file or folder. Jupyter asks for files at once, and waits where it is given a promise."""
        return super().exists(path) if (key := inside(path)) is None else self._exists(key)

    async def _exists(self, key: str) -> bool:
        return await self._ask(lambda bucket: bucket.entry(key)) is not None

    async def copy(self, from_path: str, to_path: str | None = None) -> Any:
        """As `AsyncContentsManager`; of the bucket files alone."""
        if inside(from_path) is None and inside(to_path or from_path) is None:
            return await super().copy(from_path, to_path)
        return await AsyncContentsManager.copy(self, from_path, to_path)
