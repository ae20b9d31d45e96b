"""dlt's rest_api source of the same collections into PostgreSQL, merged by upsert; what the process spent.

Runs in a virtual environment with dlt (requirements/dlt.txt), so it imports nothing of the product.
"""

import argparse

import dlt
from dlt.sources.rest_api import rest_api_source

from tests.bench.spent import told

PAGE = 5_000
COLLECTIONS = ("users", "academicSessions", "courses", "classes", "enrollments")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sync_dlt", description=__doc__)
    for name in ("base_url", "token_url", "platform_url", "working_directory"):
        parser.add_argument(name)
    options = parser.parse_args()
    with told():
        bring(options.base_url, options.token_url, options.platform_url, options.working_directory)


def bring(base_url: str, token_url: str, platform_url: str, working_directory: str) -> None:
    """As dlt's manual has it for offsets, OAuth 2 and upserts; the page is as large as everyone's."""
    source = rest_api_source(
        {
            "client": {
                "base_url": base_url,
                "auth": {
                    "type": "oauth2_client_credentials",
                    "access_token_url": token_url,
                    "client_id": "bench",
                    "client_secret": "bench",
                },
                "paginator": {"type": "offset", "limit": PAGE, "total_path": None},
            },
            "resource_defaults": {
                "primary_key": "sourcedId",
                "write_disposition": {"disposition": "merge", "strategy": "upsert"},
            },
            "resources": [
                {
                    "name": collection,
                    "endpoint": {
                        "path": collection,
                        "data_selector": collection,
                        "params": {"sort": "sourcedId", "orderBy": "asc"},
                    },
                }
                for collection in COLLECTIONS
            ],
        }
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=working_directory,
        destination=dlt.destinations.postgres(platform_url),
        dataset_name="dlt",
    )
    pipeline.run(source).raise_on_failed_jobs()


if __name__ == "__main__":
    main()
