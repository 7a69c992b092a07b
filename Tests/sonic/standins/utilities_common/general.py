"""Stand-in for sonic-utilities' module."""


def load_db_config():
    """Nothing to load: the stand-in for swsscommon looks by itself."""
