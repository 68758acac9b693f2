"""What the wheel says of itself."""

import sys
from importlib.metadata import metadata


def test_it_names_the_python_that_runs_this():
    """Its classifiers are the versions that all tests ran on; adding one begins with running them."""
    version = f"Programming Language :: Python :: {sys.version_info.major}.{sys.version_info.minor}"
    assert version in metadata("tollbridge").get_all("Classifier")
