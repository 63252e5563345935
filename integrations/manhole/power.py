"""The sensor's battery: ok or low."""

from dataclasses import dataclass

from integrations.manhole.change import Change
from integrations.manhole.sample import Sample
from integrations.manhole.settings import CoverSettings

# A cell that has shown more than 3.4 V is a 3.6 V lithium one; two alkaline cells or a 3.0 V lithium one never do.
LITHIUM_VOLT, LOW_VOLT, MARGIN_VOLT = 3.4, 3.2, 0.2


@dataclass(slots=True)
class Power:
    """Whether the battery is low, and which evidence said so: the same must unsay it."""

    low: bool = False
    episode: str = ""
    alarmed: tuple[str, ...] = ()
    reason: str = ""  # "percent", "volt" or "device"
    percent: float | None = None
    volt: float | None = None
    highest_volt: float = 0.0

    def take(self, sample: Sample, settings: CoverSettings) -> list[Change]:
        """Go on with a sample."""
        if sample.battery_percent is not None:
            self.percent = sample.battery_percent
        if sample.battery_volt is not None:
            self.volt = sample.battery_volt
            self.highest_volt = max(self.highest_volt, sample.battery_volt)
        said = self._said(sample, settings)
        if True in said.values():
            return self._fall(sample, next(reason for reason, low in said.items() if low))
        if self.low and said.get(self.reason) is False:
            return self._recover(sample)
        return []

    def _said(self, sample: Sample, settings: CoverSettings) -> dict[str, bool | None]:
        """For each evidence: low, clear (False), or neither (None)."""
        return {
            "device": sample.battery_flag,
            "percent": _side(
                sample.battery_percent, settings.battery_low_percent, settings.battery_clear_percent
            ),
            "volt": self._volt(sample.battery_volt, settings.battery_low_volt),
        }

    def _volt(self, volt: float | None, limit: float | None) -> bool | None:
        if limit is None and self.highest_volt < LITHIUM_VOLT:
            return None
        low = LOW_VOLT if limit is None else limit
        return _side(volt, low, round(low + MARGIN_VOLT, 3))

    def _fall(self, sample: Sample, reason: str) -> list[Change]:
        self.reason = reason
        if self.low:
            return []
        self.low, self.episode = True, sample.id
        return [Change(kind="battery_low", at=sample.at, episode=sample.id, reason=reason, reading=sample.id)]

    def _recover(self, sample: Sample) -> list[Change]:
        episode = self.episode
        self.low, self.episode, self.alarmed, self.reason = False, "", (), ""
        return [Change(kind="battery_ok", at=sample.at, episode=episode, reading=sample.id)]

    def condition(self) -> str | None:
        """The kind of alarm that is due."""
        return "battery_low" if self.low and not self.alarmed else None


def _side(value: float | None, low: float, clear: float) -> bool | None:
    if value is None:
        return None
    if value <= low:
        return True
    return False if value >= clear else None
