"""Where the broker is."""

from urllib.parse import parse_qs, urlsplit

from manufacturing.settings import BadSetting, Settings


def broker_url(settings: Settings) -> str:
    """The broker's URL as Celery wants it. BadSetting when no Redis is configured."""
    url = settings.redis_url
    if url is None:
        raise BadSetting("REDIS_URL is not set: set it to your Redis, or run `manufacturing up`, which brings its own")
    if not url.startswith("unix://"):
        return url
    parts = urlsplit(url)
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
