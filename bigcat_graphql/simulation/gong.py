"""When buyers come: some each for themselves, some all at once when the gong sounds."""

import asyncio
import random
from dataclasses import dataclass, field

# Of those whose pause is over, so many wait for the others: hundreds come in the same moment.
_BURST_SHARE = 0.5
_BETWEEN_GONGS_SECONDS = (4.0, 10.0)


@dataclass(slots=True)
class Gong:
    """Brings people together, and sends them home."""

    pause_seconds: float
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _sound: asyncio.Event = field(default_factory=asyncio.Event)

    async def sound_for_ever(self, dice: random.Random) -> None:
        """Call whoever waits, every few seconds; until cancelled."""
        while True:
            await asyncio.sleep(dice.uniform(*_BETWEEN_GONGS_SECONDS))
            self.sound()

    def sound(self) -> None:
        """Call whoever waits."""
        self._sound.set()
        self._sound = asyncio.Event()

    def close(self) -> None:
        """Send everybody home."""
        self.closing.set()
        self._sound.set()

    async def wait(self, dice: random.Random) -> bool:
        """Wait for one's next visit, and tell whether the house is still open then."""
        try:
            async with asyncio.timeout(dice.expovariate(1 / self.pause_seconds)):
                await self.closing.wait()
        except TimeoutError:
            if dice.random() < _BURST_SHARE:
                await self._sound.wait()
        return not self.closing.is_set()
