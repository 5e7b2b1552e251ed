"""The server's own account of the game, read with plain HTTP: what a client says and does is compared with it."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

_PATIENCE_SECONDS = 60


class Truth:
    """Reads, and acts where a client cannot, with the token of its agent."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token: str | None = None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> Any:
        """What the server answers, without the envelope."""
        return self._call("GET", path)["data"]

    def get_all(self, path: str) -> list[Any]:
        """Every entry of a list of many pages."""
        entries: list[Any] = []
        page = 1
        while True:
            answer = self._call("GET", f"{path}?limit=20&page={page}")
            entries += answer["data"]
            if page * 20 >= answer["meta"]["total"]:
                return entries
            page += 1

    def post(self, path: str, **body: Any) -> Any:
        """Does something, as documented."""
        return self._call("POST", path, body or None)["data"]

    def patch(self, path: str, **body: Any) -> Any:
        """Changes something, as documented."""
        return self._call("PATCH", path, body)["data"]

    def ship(self, symbol: str) -> Any:
        """A ship."""
        return self.get(f"/my/ships/{symbol}")

    def credits(self) -> int:
        """What the agent has."""
        return int(self.get("/my/agent")["credits"])

    def carried(self, symbol: str) -> dict[str, int]:
        """What a ship carries."""
        return {item["symbol"]: item["units"] for item in self.get(f"/my/ships/{symbol}/cargo")["inventory"]}

    def wait(self, symbol: str) -> None:
        """Until a ship has arrived and may act again."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            ship = self.ship(symbol)
            if ship["nav"]["status"] != "IN_TRANSIT" and ship["cooldown"]["remainingSeconds"] == 0:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{symbol} does not arrive: {ship['nav']}")
            time.sleep(0.1)

    def be_in_orbit(self, symbol: str) -> None:
        """Sees to it that a ship is in orbit."""
        self.wait(symbol)
        self.post(f"/my/ships/{symbol}/orbit")

    def be_docked(self, symbol: str) -> None:
        """Sees to it that a ship is docked."""
        self.wait(symbol)
        self.post(f"/my/ships/{symbol}/dock")

    def be_at(self, symbol: str, waypoint: str) -> None:
        """Sees to it that a ship is docked at a waypoint, however it gets there."""
        self.wait(symbol)
        if self.ship(symbol)["nav"]["waypointSymbol"] != waypoint:
            self.be_in_orbit(symbol)
            self.post(f"/my/ships/{symbol}/navigate", waypointSymbol=waypoint)
        self.be_docked(symbol)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        while True:
            request = urllib.request.Request(self.url + path, data, headers, method=method)
            try:
                with self._opener.open(request, timeout=20) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                said = json.loads(error.read())
                if error.code != 429:
                    raise RuntimeError(f"{method} {path}: {said}") from None
                time.sleep(said["error"]["data"]["retryAfter"])
