"""PostgreSQL and Valkey as child processes of ours, for a machine that runs neither.

Both are the real servers, from wheels. They listen on Unix sockets only, keep their files in a directory of the
project, and end with the process that started them.
"""

from manufacturing.adapters.embedded.child import ManagedProcess
from manufacturing.adapters.embedded.errors import EmbeddedServerError, ServerInUse
from manufacturing.adapters.embedded.postgres import EmbeddedPostgres
from manufacturing.adapters.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedServerError", "EmbeddedValkey", "ManagedProcess", "ServerInUse"]
