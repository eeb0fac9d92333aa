"""What happens in a round, and when: made of one seed and nothing else. Pure."""

from dataclasses import dataclass
from random import Random

from tests.prove.town import OPERATORS, OTHERS

LEASE_S = 15.0
LONG_S = 17.0  # longer than every lease
PLACES = ("ops", "general")  # where incidents are opened: what is done to the shop belongs to the first one only
ABOUT_ONE = ("timeline", "mark")  # of the round's incidents
FATES = ("approve", "approve", "approve", "approve", "deny", "withdraw", "cancel", "nothing", "crowd")
FAULTS = (
    *("kill a worker", "kill a door", "kill both workers", "end a worker", "freeze a worker", "freeze a door"),
    *("crash the database", "cut the database", "stall the database", "cut slack", "stall slack"),
    *("cut a door", "stall a door", "lose a door's answers"),
    *("freeze a worker for long", "stall the database for long", "freeze and crash"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody types at `at` seconds; `fate` is what people do with it `after` seconds later."""

    at: float
    who: str
    what: str  # poke | note | rollback | incident | timeline | mark | backup
    place: str
    slow_ms: int
    door: int
    copies: int
    fate: str
    after: float
    approver: str
    forger: str


@dataclass(frozen=True, slots=True)
class Fault:
    at: float
    what: str
    whom: int
    length: float


@dataclass(frozen=True, slots=True)
class Schedule:
    requests: tuple[Request, ...]
    faults: tuple[Fault, ...]


def schedule(random: Random, lanes: tuple[str, ...], seconds: float, faults: tuple[str, ...]) -> Schedule:
    """`faults` are spread over the round; requests come all the time, three a second, two incidents among them."""
    at = 0.0
    first = [*(("incident", place) for place in PLACES), ("backup", "vault")]  # once in each round at least
    requests = [_request(random, random.uniform(0, seconds / 4), what, place) for what, place in first]
    while (at := at + random.expovariate(3.0)) < seconds:
        what = random.choices(("poke", "note", "rollback", "timeline", "mark", "backup"), (6, 2, 1, 6, 3, 1))[0]
        requests.append(_request(random, at, what, random.choice(PLACES if what in ABOUT_ONE else lanes)))
    moments = sorted(random.uniform(0.5, seconds * 0.7) for _ in faults)
    return Schedule(
        tuple(requests), tuple(_fault(random, at, what) for at, what in zip(moments, faults, strict=True))
    )


def _request(random: Random, at: float, what: str, place: str) -> Request:
    who = random.choice(OPERATORS)
    return Request(
        at=at,
        who=who,
        what=what,
        place=place,
        slow_ms=random.choice((0, 20, 100, 400, 1500)),
        door=random.randrange(2),
        copies=random.choice((1, 1, 1, 4)),
        fate=random.choice(FATES),
        after=random.uniform(0.2, 4.0),
        approver=random.choice([name for name in OPERATORS if name != who]),
        forger=random.choice((*OTHERS, who, "")),
    )


def _fault(random: Random, at: float, what: str) -> Fault:
    length = LONG_S + random.uniform(0, 2) if what.endswith("long") else random.uniform(0.2, 4.0)
    return Fault(at, what, random.randrange(2), length)


def deal(random: Random, rounds: int, each: int) -> list[tuple[str, ...]]:
    """So many faults for each round that every kind has had its turn before one comes again."""
    dealt: list[str] = []
    while len(dealt) < rounds * each:
        dealt += random.sample(FAULTS, len(FAULTS))
    return [tuple(dealt[n * each : (n + 1) * each]) for n in range(rounds)]
