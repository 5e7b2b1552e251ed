"""The Celery side: each task opens nothing and decides nothing, it calls a service."""
