import { Bell as BellIcon } from 'lucide-react'
import { Suspense } from 'react'
import { markRead, useNotices } from '@/api/notices'
import { Loading } from '@/ui/Faces'
import { later } from '@/ui/later'
import { Popover } from '@/ui/Popover'

const Notices = later(() => import('./Notices'))

/** What is counted in figures. */
const COUNTED_MAX = 99

export function Bell() {
  const unread = useNotices((notices) => notices.unread)
  const label = unread === 0 ? 'Notifications' : `Notifications, ${unread} new`
  return (
    <Popover
      title="Notifications"
      align="end"
      className="w-90"
      onOpenChange={(open) => {
        // Closed, they were seen. What could not be marked stays new.
        if (!open) markRead().catch(() => undefined)
      }}
      button={{
        'aria-label': label,
        title: label,
        className:
          'relative inline-flex size-8 items-center justify-center rounded-md text-t2 ' +
          'hover:bg-s3 hover:text-t1',
        children: (
          <>
            <BellIcon aria-hidden="true" size={16} />
            {unread > 0 && (
              <span
                aria-hidden="true"
                className="figures absolute -top-0.5 -right-0.5 min-w-4 rounded-full
                  bg-accent-solid px-1 text-[10px] leading-4 font-semibold text-white"
              >
                {unread > COUNTED_MAX ? `${COUNTED_MAX}+` : unread}
              </span>
            )}
          </>
        ),
      }}
    >
      {(close) => (
        <Suspense fallback={<Loading label="Loading the notifications" />}>
          <Notices onGo={close} />
        </Suspense>
      )}
    </Popover>
  )
}
