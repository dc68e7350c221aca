import type { ReactNode } from 'react'

type MenuItemProps = { onSelect: () => void; icon?: ReactNode; children: ReactNode }

/** A row of a popover that does something. */
export function MenuItem({ onSelect, icon, children }: MenuItemProps) {
  return (
    <button
      type="button"
      onClick={onSelect}
      className="flex h-9 w-full items-center gap-2.5 px-3 text-sm -outline-offset-2 hover:bg-s3"
    >
      <span className="text-t3">{icon}</span>
      {children}
    </button>
  )
}
