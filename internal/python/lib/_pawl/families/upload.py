"""Files that go to a bucket of S3: the product is the key."""


def run(task):
    try:
        import boto3
    except ImportError:
        raise ModuleNotFoundError("task %r uploads to S3, which needs boto3: `pip install boto3`" % task.name) from None
    options = task._request["options"]
    client = boto3.client("s3", **options.get("client_kwargs") or {})
    client.upload_file(str(task.source), options["bucket"], str(task.product), options.get("upload_file_kwargs") or {})
