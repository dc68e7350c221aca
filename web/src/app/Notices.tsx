import { Link } from '@tanstack/react-router'
import { Info, ReceiptText, ShieldCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { askForOlder, useNotices } from '@/api/notices'
import type { Notification } from '@/api/shapes'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { useNow } from '@/ui/clock'
import { Failed } from '@/ui/Faces'
import { ago, moment } from '@/ui/format'

const ICON = 'mt-0.5 shrink-0 text-t3'

/** What the bell keeps, newest first. */
export default function Notices({ onGo }: { onGo: () => void }) {
  const { items, more } = useNotices()
  const { pending, message, submit } = useSubmit()
  const now = useNow(10_000)
  if (message !== null) return <Failed text={message} onRetry={() => void submit(askForOlder)} />
  if (items.length === 0) {
    return <p className="p-6 text-center text-t2">Fills and security notices will be kept here.</p>
  }
  return (
    <>
      <ul className="max-h-[60dvh] divide-y divide-line overflow-y-auto">
        {items.map((notice) => (
          <li
            key={notice.id}
            className={classes('flex gap-2.5 px-3 py-2', !notice.read && 'bg-s2')}
          >
            {iconOf(notice)}
            <div className="min-w-0 flex-1">
              <div className="flex items-baseline justify-between gap-3">
                <span className="font-medium">
                  {!notice.read && <span className="sr-only">New: </span>}
                  <Subject notice={notice} onGo={onGo} />
                </span>
                <time
                  dateTime={notice.at}
                  title={moment(notice.at)}
                  className="figures shrink-0 text-xs text-t3"
                >
                  {ago(notice.at, now)}
                </time>
              </div>
              {notice.detail && <p className="figures text-xs text-t2">{notice.detail}</p>}
            </div>
          </li>
        ))}
      </ul>
      {more && (
        <div className="flex justify-center border-t border-line p-1">
          <Button
            size="small"
            look="quiet"
            pending={pending}
            onClick={() => void submit(askForOlder)}
          >
            Show older
          </Button>
        </div>
      )}
    </>
  )
}

function iconOf({ kind, subject }: Notification): ReactNode {
  if (subject?.type === 'order' || kind.startsWith('orders')) {
    return <ReceiptText aria-hidden="true" size={16} className={ICON} />
  }
  if (subject !== null) return <ShieldCheck aria-hidden="true" size={16} className={ICON} />
  return <Info aria-hidden="true" size={16} className={ICON} />
}

/** The title, as a way to what it is about. */
function Subject({ notice, onGo }: { notice: Notification; onGo: () => void }) {
  const { subject, title } = notice
  const look = { className: 'hover:underline', onClick: onGo }
  if (subject?.type === 'order') {
    return (
      <Link {...look} to="/trade/$symbol" params={{ symbol: subject.symbol }}>
        {title}
      </Link>
    )
  }
  if (subject?.type === 'apiKey') {
    return (
      <Link {...look} to="/api-keys">
        {title}
      </Link>
    )
  }
  if (subject?.type === 'session') {
    return (
      <Link {...look} to="/security">
        {title}
      </Link>
    )
  }
  return title
}
