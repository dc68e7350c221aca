import { Download } from 'lucide-react'
import { useState } from 'react'
import type { MadeApiKey } from '@/api/shapes'
import { Button } from '@/ui/Button'
import { Copy } from '@/ui/Copy'
import { download } from '@/ui/download'
import { Notice } from '@/ui/Notice'
import { Checkbox } from '@/ui/Toggles'

type SecretOnceProps = { made: MadeApiKey; onDone: () => void }

/** Shows a new key's secret, which nobody can read again. */
export function SecretOnce({ made, onDone }: SecretOnceProps) {
  const [saved, setSaved] = useState(false)
  const secret = made.secretKey ?? null
  const file = JSON.stringify({ apiKey: made.apiKey, secretKey: secret }, null, 2)
  return (
    <>
      <Shown name="API key" value={made.apiKey} />
      {secret !== null && (
        <>
          <Shown name="Secret key" value={secret} />
          <Notice tone="warn">The secret is shown now and never again.</Notice>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <Button size="small" onClick={() => download('rialto-api-key.json', `${file}\n`)}>
              <Download aria-hidden="true" size={14} />
              Download
            </Button>
            <Checkbox label="I saved the secret" checked={saved} onChange={setSaved} />
          </div>
        </>
      )}
      <Button look="solid" disabled={secret !== null && !saved} onClick={onDone}>
        Done
      </Button>
    </>
  )
}

function Shown({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-xs text-t2">{name}</span>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 rounded-md bg-s2 px-3 py-2 text-xs break-all">{value}</code>
        <Copy text={value} label={`Copy the ${name}`} />
      </div>
    </div>
  )
}
