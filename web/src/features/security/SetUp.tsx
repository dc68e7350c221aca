import { type FormEvent, useState } from 'react'
import { post } from '@/api/client'
import type { RecoveryCodes, TwoFactorSetup } from '@/api/shapes'
import { withProof } from '@/api/stepUp'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { Copy } from '@/ui/Copy'
import { Field } from '@/ui/Field'
import { Notice } from '@/ui/Notice'
import { Qr } from '@/ui/Qr'

type SetUpProps = {
  setup: TwoFactorSetup
  onDone: (recoveryCodes: string[]) => void
  onCancel: () => void
}

/** Shows the secret to an authenticator, and takes its first code as proof that it has it. */
export function SetUp({ setup, onDone, onCancel }: SetUpProps) {
  const [code, setCode] = useState('')
  const { pending, message, submit } = useSubmit()

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    void submit(async () => {
      const body = { code: code.replace(/\s/g, '') }
      const verify = () => post<RecoveryCodes>('/security/2fa/verify', body)
      const { recoveryCodes } = await withProof(verify)
      onDone(recoveryCodes)
    })
  }

  return (
    <div className="flex flex-wrap gap-6">
      <Qr text={setup.otpauthUri} label="QR code for your authenticator" />
      <form onSubmit={onSubmit} className="flex min-w-60 flex-1 flex-col gap-4">
        <p className="text-t2">Scan the code with an authenticator app, or type its key:</p>
        <div className="flex flex-wrap items-center gap-2">
          <code className="rounded-sm bg-s2 px-2 py-1 text-sm break-all">
            {setup.secret.match(/.{1,4}/g)?.join(' ')}
          </code>
          <Copy text={setup.secret} label="Copy the key" />
        </div>
        {message && <Notice tone="bad">{message}</Notice>}
        <Field
          label="Then type the 6 digits it shows"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          className="max-w-60"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <div className="flex gap-2">
          <Button type="submit" look="solid" pending={pending}>
            Verify and switch on
          </Button>
          <Button look="quiet" onClick={onCancel}>
            Cancel
          </Button>
        </div>
      </form>
    </div>
  )
}
