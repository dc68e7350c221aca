import { ChartColumn, Pencil, Trash2 } from 'lucide-react'
import type { ApiKey } from '@/api/shapes'
import { IconButton } from '@/ui/Button'
import { useNow } from '@/ui/clock'
import { ago, day, moment } from '@/ui/format'
import { Badge } from '@/ui/Marks'
import { type Column, Table } from '@/ui/Table'

type Act = 'edit' | 'usage' | 'delete'
type KeyTableProps = { keys: ApiKey[]; onAct: (act: Act, key: ApiKey) => void }

export function KeyTable({ keys, onAct }: KeyTableProps) {
  const now = useNow(10_000)
  return (
    <Table
      roomy
      cards
      label="API keys"
      columns={columnsOf(now, onAct)}
      rows={keys}
      rowKey={({ id }) => id}
    />
  )
}

function columnsOf(now: number, onAct: KeyTableProps['onAct']): Column<ApiKey>[] {
  return [
    { key: 'name', title: 'Name', cell: ({ name }) => <span className="font-medium">{name}</span> },
    {
      key: 'key',
      title: 'Key',
      cell: ({ apiKey, kind }) => (
        <span>
          <code>{apiKey}</code> <span className="text-t3">{kind}</span>
        </span>
      ),
    },
    {
      key: 'scopes',
      title: 'Permissions',
      cell: ({ scopes }) => (
        <span className="flex gap-1">
          {scopes.map((scope) => (
            <Badge key={scope} tone="plain">
              {scope}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      key: 'addresses',
      title: 'Addresses',
      cell: ({ allowIps }) =>
        allowIps.length === 0 ? (
          <span className="text-warn">Any</span>
        ) : (
          <span title={allowIps.join(', ')}>{allowIps.length} allowed</span>
        ),
    },
    {
      key: 'used',
      title: 'Last used',
      cell: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <span className="text-t3">Never</span>
        ) : (
          <span title={moment(lastUsedAt)}>{ago(lastUsedAt, now)} ago</span>
        ),
    },
    {
      key: 'expires',
      title: 'Expires',
      cell: ({ expiresAt }) => (expiresAt === null ? 'Never' : day(expiresAt)),
    },
    {
      key: 'acts',
      title: 'Usage, change, delete',
      untitled: true,
      figures: true,
      cell: (key) => (
        <span className="inline-flex">
          <IconButton label={`Usage of ${key.name}`} onClick={() => onAct('usage', key)}>
            <ChartColumn aria-hidden="true" size={16} />
          </IconButton>
          <IconButton label={`Change ${key.name}`} onClick={() => onAct('edit', key)}>
            <Pencil aria-hidden="true" size={16} />
          </IconButton>
          <IconButton label={`Delete ${key.name}`} onClick={() => onAct('delete', key)}>
            <Trash2 aria-hidden="true" size={16} />
          </IconButton>
        </span>
      ),
    },
  ]
}
