"""CaptureFile: a capture on disk (docs/capture.md)."""

import json
import os
from pathlib import Path
from typing import Any, Final

from manufacturing.domain.capture import CaptureRefused

_UNFINISHED: Final = ".unfinished"


class CaptureFile:
    """Keeps an unfinished capture beside the file it will be, so that nobody takes it for a finished one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.beside = path.with_name(path.name + _UNFINISHED)

    def unfinished(self) -> dict[str, Any] | None:
        """See CaptureStore.unfinished. Raises CaptureRefused when the file is there but cannot be gone on with."""
        if self.path.exists():
            raise CaptureRefused(f"{self.path} exists already: name another file, or delete it")
        try:
            document = json.loads(self.beside.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise CaptureRefused(f"{self.beside} is damaged: delete it to begin anew ({error})") from error
        if not isinstance(document, dict) or not {"system", "reset_date", "waypoints", "unread"} <= document.keys():
            raise CaptureRefused(f"{self.beside} is no unfinished capture: delete it, or name another file")
        return document

    def keep(self, document: dict[str, Any]) -> None:
        """See CaptureStore.keep."""
        _write(self.beside, document)

    def finish(self, document: dict[str, Any]) -> None:
        """See CaptureStore.finish."""
        _write(self.path, document)
        self.beside.unlink(missing_ok=True)


def _write(path: Path, document: dict[str, Any]) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
