"""bigcat: a concert box office that anybody can host."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("bigcat-graphql")
except PackageNotFoundError:  # run from a checkout, as ./run does
    __version__ = "0.1.0"
