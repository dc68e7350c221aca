import { type ComponentType, lazy, type LazyExoticComponent } from 'react'

/** When a page has drawn what people came for. */
const FETCHED_AFTER_MS = 2_000

/**
 * A component in a file of its own, which the page does not wait for. It is fetched a little later
 * all the same: what somebody opens must open, also when the server has gone since.
 */
export function later<Props>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  // What could not be fetched now is asked for again when it is shown.
  setTimeout(() => void load().catch(() => undefined), FETCHED_AFTER_MS)
  return lazy(load)
}
