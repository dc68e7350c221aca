import { type FormEvent, useState } from 'react'
import type { SecondProof } from '@/api/auth'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { Notice } from '@/ui/Notice'

type CodeStepProps = { onProof: (proof: SecondProof) => Promise<void>; onBack: () => void }

/** The second step of signing in: a code of the authenticator, or a recovery code. */
export function CodeStep({ onProof, onBack }: CodeStepProps) {
  const [kind, setKind] = useState<'totp' | 'recoveryCode'>('totp')
  const [code, setCode] = useState('')
  const { pending, message, submit } = useSubmit()

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    const bare = code.replace(/\s/g, '')
    void submit(() => onProof(kind === 'totp' ? { totp: bare } : { recoveryCode: bare }))
  }

  function swap() {
    setKind(kind === 'totp' ? 'recoveryCode' : 'totp')
    setCode('')
  }

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {message && <Notice tone="bad">{message}</Notice>}
      {kind === 'totp' ? (
        <Field
          key="totp"
          label="6 digits from your authenticator"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,7}"
          required
          // The page has just asked for this and nothing else.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      ) : (
        <Field
          key="recovery"
          label="One of your recovery codes"
          autoComplete="off"
          required
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={code}
          onChange={(event) => setCode(event.target.value)}
          hint="Each code works once."
        />
      )}
      <Button type="submit" look="solid" size="large" pending={pending}>
        Continue
      </Button>
      <div className="flex justify-between">
        <Button size="small" look="quiet" onClick={onBack}>
          Back
        </Button>
        <Button size="small" look="quiet" onClick={swap}>
          {kind === 'totp' ? 'Use a recovery code' : 'Use the authenticator'}
        </Button>
      </div>
    </form>
  )
}
