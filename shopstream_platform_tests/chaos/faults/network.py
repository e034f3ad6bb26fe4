"""A bad network between the platform and one service: its clients find a proxy where the server was."""

from collections.abc import Iterator

from shopstream_platform.config.files import read_json, write_json
from shopstream_platform.services import embedded
from shopstream_platform_tests.chaos.faults.fault import Fault, Scene
from shopstream_platform_tests.chaos.proxy import Proxy, Weather

CLIENTS_PORT = {"postgres": "port", "object_store": "s3.port", "warehouse": "port"}
WEATHERS = {
    "delays": Weather(delay=0.05),
    "cuts": Weather(cut_share=0.15),
    "cuts all": Weather(cut_share=1.0),
    "duplicates": Weather(twice=True),
}


class Network(Fault):
    """The port that the service's clients look up is that of a proxy."""

    lies_in_wait = True

    def __init__(self, service: str, weather: str) -> None:
        super().__init__(f"network {weather} {service}")
        self._service, self._weather = service, WEATHERS[weather]
        self._proxy: Proxy | None = None
        self._port = 0

    def strike(self, scene: Scene) -> None:
        embedded.up(scene.home)
        state, name = self._state(scene), CLIENTS_PORT[self._service]
        self._port = state["ports"][name]
        self._proxy = Proxy(self._port, self._weather, scene.rng)
        state["ports"][name] = self._proxy.port
        write_json(scene.home / self._service / "state.json", state)

    def end(self, scene: Scene) -> None:
        proxy, self._proxy = self._proxy, None
        assert proxy
        proxy.stop()
        scene.notes.append(f"{proxy.connections} connections, {proxy.cuts} cut, {proxy.repeated} sent twice")
        state, name = self._state(scene), CLIENTS_PORT[self._service]
        # Otherwise the server was started again meanwhile, on a port of its own.
        if state["ports"][name] == proxy.port:
            state["ports"][name] = self._port
            write_json(scene.home / self._service / "state.json", state)

    def _state(self, scene: Scene) -> dict[str, dict[str, int]]:
        return read_json(scene.home / self._service / "state.json")


def faults() -> Iterator[Fault]:
    """A proxy that speaks no protocol can send twice what is a request by itself: HTTP's."""
    for service in CLIENTS_PORT:
        for weather in WEATHERS:
            if weather != "duplicates" or service != "postgres":
                yield Network(service, weather)
