import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react'
import { classes } from './classes'

export type Tab<V extends string> = { value: V; label: string; count?: number; panel: ReactNode }

type TabsProps<V extends string> = {
  label: string
  value: V
  onChange: (value: V) => void
  tabs: readonly Tab<V>[]
  /** Stands at the end of the row of tabs. */
  aside?: ReactNode
  className?: string
}

const MOVES: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 }

/** Tabs over panels; only the open panel is mounted. Arrow keys move between tabs. */
export function Tabs<V extends string>(props: TabsProps<V>) {
  const { label, value, onChange, tabs, aside, className } = props
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const shown = tabs.find((tab) => tab.value === value)

  function onKeyDown(event: KeyboardEvent) {
    const move = MOVES[event.key]
    if (move === undefined) return
    event.preventDefault()
    const at = tabs.findIndex((tab) => tab.value === value)
    const next = (at + move + tabs.length) % tabs.length
    const tab = tabs[next]
    if (tab) onChange(tab.value)
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus()
  }

  return (
    <div className={classes('flex min-h-0 flex-col', className)}>
      <div className="flex h-10 shrink-0 items-center justify-between gap-2 border-b border-line">
        <div
          ref={list}
          role="tablist"
          aria-label={label}
          // The tabs themselves have the focus; their list only hears the keys.
          tabIndex={-1}
          onKeyDown={onKeyDown}
          className="flex h-full overflow-x-auto overflow-y-hidden px-1 outline-none"
        >
          {tabs.map((tab) => (
            <button
              key={tab.value}
              id={`${id}-${tab.value}`}
              type="button"
              role="tab"
              aria-selected={tab.value === value}
              aria-controls={`${id}-panel`}
              tabIndex={tab.value === value ? 0 : -1}
              onClick={() => onChange(tab.value)}
              className={classes(
                'flex items-center gap-1.5 border-b-2 px-3 text-sm font-medium whitespace-nowrap',
                '-outline-offset-2 hover:text-t1',
                tab.value === value ? 'border-accent text-t1' : 'border-transparent text-t3',
              )}
            >
              {tab.label}
              {tab.count !== undefined && tab.count > 0 && (
                <span className="figures rounded-sm bg-s3 px-1.5 text-2xs text-t2">
                  {tab.count}
                </span>
              )}
            </button>
          ))}
        </div>
        {aside}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${value}`}
        className="flex min-h-0 flex-1 flex-col"
      >
        {shown?.panel}
      </div>
    </div>
  )
}
