import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { signOutEverywhere } from '@/api/auth'
import { remove } from '@/api/client'
import { said } from '@/api/problem'
import { sessionsQuery } from '@/api/queries'
import { useSession } from '@/api/session'
import type { Session } from '@/api/shapes'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { useNow } from '@/ui/clock'
import { deviceName } from '@/ui/device'
import { Confirm } from '@/ui/Dialog'
import { Failed, Loading } from '@/ui/Faces'
import { ago, minutes, moment } from '@/ui/format'
import { Badge } from '@/ui/Marks'
import { Notice } from '@/ui/Notice'
import { PageSection } from '@/ui/Page'
import { type Column, Table } from '@/ui/Table'

export function SessionsSection() {
  const { data, error, refetch } = useQuery(sessionsQuery)
  const queries = useQueryClient()
  const { message, submit } = useSubmit()
  const now = useNow(10_000)
  const idleMs = useSession((session) => session.idleMs)
  const others = data?.filter((session) => !session.current).length ?? 0
  const navigate = useNavigate()

  async function everywhere() {
    await signOutEverywhere()
    await navigate({ to: '/sign-in' })
  }

  function end(path: string) {
    void submit(async () => {
      await remove(path)
      await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    })
  }

  return (
    <PageSection
      title="Sessions"
      intro={`Where you are signed in. A session ends ${minutes(idleMs)} after you last did something.`}
      aside={
        <EndAll
          others={others}
          onEnd={() => end('/auth/sessions')}
          onEverywhere={() => void submit(everywhere)}
        />
      }
    >
      {message && <Notice tone="bad">{message}</Notice>}
      {error ? (
        <Failed text={said(error)} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading label="Waiting for your sessions" rows={2} />
      ) : (
        <Table
          roomy
          flush
          cards
          label="Sessions"
          columns={columnsOf(now, (id) => end(`/auth/sessions/${encodeURIComponent(id)}`))}
          rows={data}
          rowKey={({ id }) => id}
        />
      )}
    </PageSection>
  )
}

function columnsOf(now: number, onEnd: (id: string) => void): Column<Session>[] {
  return [
    {
      key: 'device',
      title: 'Device',
      cell: ({ device, current }) => (
        <span className="flex items-center gap-2">
          <span title={device}>{deviceName(device)}</span>
          {current && <Badge tone="good">This one</Badge>}
        </span>
      ),
    },
    {
      key: 'address',
      title: 'Address',
      cell: ({ address, lastAddress }) =>
        address === lastAddress ? address : `${address}, also used from ${lastAddress}`,
    },
    { key: 'begun', title: 'Signed in', cell: ({ createdAt }) => moment(createdAt) },
    {
      key: 'active',
      title: 'Last active',
      cell: ({ lastActivityAt }) => (
        <time dateTime={lastActivityAt} title={moment(lastActivityAt)}>
          {ago(lastActivityAt, now)} ago
        </time>
      ),
    },
    {
      key: 'end',
      title: 'End the session',
      untitled: true,
      figures: true,
      cell: ({ id, current, device }) =>
        !current && (
          <Button
            size="small"
            look="dangerQuiet"
            aria-label={`End the session on ${deviceName(device)}`}
            onClick={() => onEnd(id)}
          >
            End
          </Button>
        ),
    },
  ]
}

type EndAllProps = { others: number; onEnd: () => void; onEverywhere: () => void }

function EndAll({ others, onEnd, onEverywhere }: EndAllProps) {
  const [asking, setAsking] = useState(false)

  return (
    <div className="flex gap-2">
      <Button size="small" disabled={others === 0} onClick={onEnd}>
        End all others
      </Button>
      <Button size="small" look="dangerQuiet" onClick={() => setAsking(true)}>
        Sign out everywhere
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false)
          onEverywhere()
        }}
        title="Sign out everywhere?"
        consequence={`This session and ${others} others end at once. Open orders stay open.`}
        confirm="Sign out everywhere"
        refuse="Stay"
      />
    </div>
  )
}
