import { Bell as BellIcon } from 'lucide-react'
import { readNotices, useAccount } from '@/api/account'
import { useNow } from '@/ui/clock'
import { ago, moment } from '@/ui/format'
import { Popover } from '@/ui/Popover'

export function Bell() {
  const unread = useAccount((account) => account.unread)
  const label = unread === 0 ? 'Notifications' : `Notifications, ${unread} new`
  return (
    <Popover
      title="Notifications"
      align="end"
      className="w-90"
      onOpenChange={(open) => {
        if (!open) readNotices()
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
              <span className="absolute top-1 right-1 size-2 rounded-full bg-accent" />
            )}
          </>
        ),
      }}
    >
      {() => <Notices />}
    </Popover>
  )
}

function Notices() {
  const notices = useAccount((account) => account.notices)
  const now = useNow(10_000)
  if (notices.length === 0) {
    return <p className="p-6 text-center text-t2">Fills and security notices will be kept here.</p>
  }
  return (
    <ul className="max-h-[60dvh] divide-y divide-line overflow-y-auto">
      {notices.map((notice) => (
        <li key={notice.id} className="flex flex-col gap-0.5 px-3 py-2">
          <div className="flex items-baseline justify-between gap-3">
            <span className="font-medium">{notice.title}</span>
            <time dateTime={notice.at} title={moment(notice.at)} className="text-xs text-t3">
              {ago(notice.at, now)}
            </time>
          </div>
          {notice.detail && <span className="text-xs text-t2">{notice.detail}</span>}
        </li>
      ))}
    </ul>
  )
}
