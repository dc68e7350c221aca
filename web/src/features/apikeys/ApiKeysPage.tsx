import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { said } from '@/api/problem'
import { apiKeysQuery } from '@/api/queries'
import type { ApiKey, MadeApiKey } from '@/api/shapes'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { Page } from '@/ui/Page'
import { DeleteKey } from './DeleteKey'
import { EditKey } from './EditKey'
import { HowToUse } from './HowToUse'
import { KeyTable } from './KeyTable'
import { NewKey } from './NewKey'
import { SecretOnce } from './SecretOnce'
import { Usage } from './Usage'

/** What is open above the list. */
type Open =
  | { kind: 'new' }
  | { kind: 'made'; made: MadeApiKey }
  | { kind: 'edit' | 'usage' | 'delete'; key: ApiKey }
  | null

export function ApiKeysPage() {
  const { data, error, refetch } = useQuery(apiKeysQuery)
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  const create = (
    <Button look="solid" onClick={() => setOpen({ kind: 'new' })}>
      <Plus aria-hidden="true" size={16} />
      Create key
    </Button>
  )
  return (
    <Page
      title="API keys"
      intro="For bots and scripts: the Binance-compatible API and this exchange’s own take the same keys."
      aside={data?.length !== 0 && create}
    >
      <section aria-label="Keys" className="rounded-lg border border-line bg-s1">
        {error ? (
          <Failed text={said(error)} onRetry={() => void refetch()} />
        ) : data === undefined ? (
          <Loading label="Waiting for your keys" />
        ) : data.length === 0 ? (
          <Empty
            className="py-12"
            text="No keys yet. A key lets a program trade for you, within what you allow it."
            action={create}
          />
        ) : (
          <KeyTable keys={data} onAct={(kind, key) => setOpen({ kind, key })} />
        )}
      </section>
      <HowToUse />
      <Dialog open={open?.kind === 'new'} onClose={close} title="Create an API key" wide>
        <NewKey onMade={(made) => setOpen({ kind: 'made', made })} />
      </Dialog>
      <Dialog held open={open?.kind === 'made'} onClose={close} title="Your new key" wide>
        {open?.kind === 'made' && <SecretOnce made={open.made} onDone={close} />}
      </Dialog>
      <Dialog open={open?.kind === 'edit'} onClose={close} title="Change the key" wide>
        {open?.kind === 'edit' && <EditKey apiKey={open.key} onDone={close} />}
      </Dialog>
      <Dialog open={open?.kind === 'usage'} onClose={close} title="Usage" wide>
        {open?.kind === 'usage' && <Usage apiKey={open.key} />}
      </Dialog>
      <DeleteKey apiKey={open?.kind === 'delete' ? open.key : null} onClose={close} />
    </Page>
  )
}
