"""Where the sensor is heard: by which gateways, and at which position."""

from dataclasses import dataclass

from integrations.manhole.sample import Sample, metres
from integrations.manhole.settings import CoverSettings

MOST = 16
STRANGE = 2  # reports in a row that none of the usual gateways heard


@dataclass(slots=True)
class Place:
    """The usual gateways, last heard first, and the position at rest."""

    gateways: tuple[str, ...] = ()
    strange: int = 0
    last: tuple[str, ...] = ()  # who heard the last report
    position: tuple[float, ...] | None = None

    def elsewhere(self, sample: Sample, settings: CoverSettings) -> bool:
        """Whether this report shows that the sensor is not where it was."""
        if sample.position is not None and self.position is not None:
            home = (self.position[0], self.position[1])
            if metres(home, sample.position) > settings.moved_metres:
                return True
        self.last = sample.gateways or self.last
        if sample.gateways and self.gateways:
            self.strange = 0 if set(sample.gateways) & set(self.gateways) else self.strange + 1
        return self.strange >= STRANGE

    def learn(self, sample: Sample) -> None:
        """Remember where a lid that lies still is heard."""
        new = [one for one in self.gateways if one not in sample.gateways]
        self.gateways = (*sample.gateways, *new)[:MOST]
        self.strange = 0
        if self.position is None:
            self.position = sample.position
