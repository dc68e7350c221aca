import { Download } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/ui/Button'
import { Copy } from '@/ui/Copy'
import { download } from '@/ui/download'
import { Checkbox } from '@/ui/Toggles'

type RecoveryCodesProps = { codes: string[]; onSaved: () => void }

/** Shown once: whoever loses the authenticator signs in with one of them. */
export function RecoveryCodes({ codes, onSaved }: RecoveryCodesProps) {
  const [saved, setSaved] = useState(false)
  const text = codes.join('\n')
  return (
    <>
      <p className="text-t2">
        Two-factor is on. If you lose your authenticator, each of these signs you in once. They are
        not shown again.
      </p>
      <ul className="figures grid grid-cols-2 gap-2 rounded-md bg-s2 p-3">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="flex gap-2">
        <Copy text={text} label="Copy the codes" />
        <Button size="small" onClick={() => download('rialto-recovery-codes.txt', `${text}\n`)}>
          <Download aria-hidden="true" size={14} />
          Download
        </Button>
      </div>
      <Checkbox label="I saved them" checked={saved} onChange={setSaved} />
      <Button look="solid" disabled={!saved} onClick={onSaved}>
        Done
      </Button>
    </>
  )
}
