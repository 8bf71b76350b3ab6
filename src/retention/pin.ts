/** A pinned snapshot is kept, whatever a prune would remove. */
import type { Layout } from '../site/layout.ts';
import { readPins, type SnapshotPin, writePins } from '../site/pins.ts';

export function pinSnapshot(layout: Layout, id: string, pin: SnapshotPin): void {
  writePins(layout, new Map([...readPins(layout), [id, pin]]));
}

/** False where it was not pinned. */
export function unpinSnapshot(layout: Layout, id: string): boolean {
  const pins = new Map(readPins(layout));
  if (!pins.delete(id)) return false;
  writePins(layout, pins);
  return true;
}
