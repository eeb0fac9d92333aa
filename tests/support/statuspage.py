"""Statuspage on this machine, as strict as its API reference: keys, required fields, components, its limit."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PAGE, KEY = "kctbh9vrtdwd", "sp-test-key-that-nobody-guesses"
CHECKOUT = "8kbf7d35c070"
STATUSES = {"investigating", "identified", "monitoring", "resolved"}
COMPONENT_STATES = {"operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage"}
IMPACTS = {"none", "minor", "major", "critical", "maintenance"}
KNOWN = {
    *(
        "name",
        "status",
        "impact_override",
        "body",
        "components",
        "component_ids",
        "deliver_notifications",
        "metadata",
    ),
}


@dataclass
class StatuspageDouble:
    """faults: what its next requests meet, in order: a status, `lost` (taken, not answered), `cut` (neither)."""

    url: str = ""
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, str] = field(default_factory=lambda: {CHECKOUT: "operational"})
    faults: list[int | str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    waits: str = ""  # Retry-After of a 429
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(middlewares=[self._guard])
        base = f"/v1/pages/{PAGE}"
        app.router.add_get(base, self._page)
        app.router.add_get(f"{base}/components", self._components)
        app.router.add_get(f"{base}/incidents/unresolved", self._unresolved)
        app.router.add_get(f"{base}/incidents", self._latest)
        app.router.add_post(f"{base}/incidents", self._create)
        app.router.add_patch(f"{base}/incidents/{{id}}", self._change)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def texts(self) -> list[str]:
        """Everything that people outside could read, oldest first."""
        return [update["body"] for one in self.incidents.values() for update in one["incident_updates"]]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append((request.method, request.path.removeprefix(f"/v1/pages/{PAGE}")))
        if request.headers.get("Authorization") != f"OAuth {KEY}":
            return web.json_response({"error": "Could not authenticate"}, status=401)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            headers = {"Retry-After": self.waits} if self.waits else {}
            return web.json_response({"error": "no"}, status=fault, headers=headers)
        if fault == "cut":
            assert request.transport is not None
            request.transport.abort()
        answer: web.StreamResponse = await handler(request) if fault != "cut" else web.Response()
        if fault == "lost":
            assert request.transport is not None
            request.transport.abort()
        return answer

    async def _page(self, _: web.Request) -> web.Response:
        return web.json_response({"id": PAGE, "name": "Shop status"})

    async def _components(self, _: web.Request) -> web.Response:
        found = [{"id": one, "name": "Checkout", "status": state} for one, state in self.components.items()]
        return web.json_response(found)

    async def _unresolved(self, _: web.Request) -> web.Response:
        return web.json_response([one for one in self.incidents.values() if one["status"] != "resolved"])

    async def _latest(self, _: web.Request) -> web.Response:
        return web.json_response(list(reversed(self.incidents.values())))

    async def _create(self, request: web.Request) -> web.Response:
        said = (await request.json()).get("incident") or {}
        wrong = self._wrong(said)
        if not said.get("name"):
            wrong.append("Name can't be blank")
        if wrong:
            return web.json_response({"error": wrong}, status=422)
        number = secrets.token_hex(6)
        self.incidents[number] = {
            "id": number,
            "name": said["name"],
            "status": "",
            "incident_updates": [],
            "shortlink": f"https://stspg.io/{number}",
            "metadata": {},
        }
        return web.json_response(self._apply(number, said), status=201)

    async def _change(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        if number not in self.incidents:
            return web.json_response({"error": "Not found"}, status=404)
        said = (await request.json()).get("incident") or {}
        wrong = self._wrong(said)
        return (
            web.json_response({"error": wrong}, status=422) if wrong else web.json_response(self._apply(number, said))
        )

    def _wrong(self, said: dict[str, Any]) -> list[str]:
        wrong = [f"{key} is unknown" for key in said if key not in KNOWN]
        if said.get("status") not in STATUSES:
            wrong.append("Status is not included in the list")
        if said.get("impact_override") not in {*IMPACTS, None}:
            wrong.append("Impact override is not included in the list")
        states = said.get("components", {})
        asked = {*said.get("component_ids", []), *states}
        wrong += [f"Component {one} not found" for one in asked if one not in self.components]
        wrong += [
            f"{state} is no state" for state in said.get("components", {}).values() if state not in COMPONENT_STATES
        ]
        return wrong

    def _apply(self, number: str, said: dict[str, Any]) -> dict[str, Any]:
        one = self.incidents[number]
        one["status"], one["impact"] = said["status"], said.get("impact_override", "none")
        one["metadata"] |= said.get("metadata", {})
        one["incident_updates"].append(
            {
                "body": said.get("body", ""),
                "status": said["status"],
                "deliver": said.get("deliver_notifications", True),
            }
        )
        self.components |= said.get("components", {})
        return one
