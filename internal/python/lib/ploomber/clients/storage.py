"""Where products are backed up. pawl itself copies them; these objects say
from where to where."""
import os

from ploomber.clients import Client
from ploomber.exceptions import NotOffered, RemoteFileNotFound

__path__ = []  # modules below are found elsewhere


class Storage(Client):
    """What storage clients have in common: a parent, below which a product's
    place is its path in the project."""

    def _set(self, parent, path_to_project_root):
        self._parent = parent
        self._root = None if path_to_project_root is None else os.path.abspath(os.fspath(path_to_project_root))

    @property
    def parent(self):
        return self._parent

    def upload(self, local):
        raise NotOffered("%s does not copy by itself: `pawl build` uploads products after their tasks" % type(self).__name__)

    def download(self, local, destination=None):
        raise NotOffered("%s does not copy by itself: `pawl build` downloads products that are missing" % type(self).__name__)


class LocalStorageClient(Storage):
    """Another folder, such as one on a network."""

    def __init__(self, path_to_backup_dir, path_to_project_root=None):
        self._set(os.path.abspath(os.fspath(path_to_backup_dir)), path_to_project_root)

    def _configuration(self):
        return {"storage": "folder", "parent": self._parent, "root": self._root}

    def _place(self, local):
        root, path = self._root or os.getcwd(), os.path.abspath(os.fspath(local))
        if not path.startswith(os.path.join(root, "")):
            raise ValueError("%s is outside of the project's folder %s" % (path, root))
        return os.path.join(self._parent, os.path.relpath(path, root))

    def upload(self, local):
        _copy(os.fspath(local), self._place(local))

    def download(self, local, destination=None):
        place = self._place(local)
        if not os.path.exists(place):
            raise RemoteFileNotFound("%s is not in %s" % (local, self._parent))
        _copy(place, os.fspath(local) if destination is None else os.fspath(destination))

    def __repr__(self):
        return "LocalStorageClient(%r)" % self._parent


class Bucket(Storage):
    """A bucket of an object storage."""

    def __init__(self, bucket_name, parent, json_credentials_path=None, path_to_project_root=None, credentials_relative_to_project_root=True, **kwargs):
        self._set(parent, path_to_project_root)
        self._bucket_name = bucket_name
        self._credentials = None if json_credentials_path is None else os.fspath(json_credentials_path)
        self._relative = bool(credentials_relative_to_project_root)
        self._more = kwargs

    def _configuration(self):
        return {
            "storage": self._storage,
            "bucket": self._bucket_name,
            "parent": str(self._parent),
            "root": self._root,
            "credentials": self._credentials,
            "credentials_relative": self._relative,
            "options": self._more,
        }

    def __repr__(self):
        return "%s(%r, %r)" % (type(self).__name__, self._bucket_name, self._parent)


class S3Client(Bucket):
    """A bucket that speaks S3; credentials are a JSON file with
    aws_access_key_id and aws_secret_access_key."""

    _storage = "s3"


class GCloudStorageClient(Bucket):
    """A bucket of Google Cloud; credentials are a service account's JSON file."""

    _storage = "gcs"


def _copy(source, target):
    import shutil

    os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    if os.path.isdir(source):
        if os.path.isdir(target):
            shutil.rmtree(target)
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)
