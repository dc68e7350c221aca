import { type FormEvent, useState } from 'react'
import { stepUp, typedCode } from '@/api/auth'
import { useSession } from '@/api/session'
import type { Asked } from '@/api/stepUp'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { CodeField } from '@/ui/CodeField'
import { Dialog } from '@/ui/Dialog'
import { Notice } from '@/ui/Notice'
import { PasswordField } from '@/ui/PasswordField'

/** Asks for the password, or for a code where two-factor is on. */
export default function StepUpDialog({ asked }: { asked: Asked }) {
  return (
    <Dialog
      open
      onClose={asked.refused}
      title="Is it you?"
      description="This needs a fresh proof. It is good for five minutes."
    >
      <Proof onProven={asked.proven} />
    </Dialog>
  )
}

function Proof({ onProven }: { onProven: () => void }) {
  const twoFactor = useSession(({ user }) => user?.twoFactor === true)
  const [value, setValue] = useState('')
  const { pending, message, submit } = useSubmit()

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    const proof = twoFactor ? typedCode(value) : { password: value }
    void submit(() => stepUp(proof)).then((worked) => worked && onProven())
  }

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {message && <Notice tone="bad">{message}</Notice>}
      {twoFactor ? (
        <CodeField value={value} onChange={(event) => setValue(event.target.value)} />
      ) : (
        <PasswordField
          label="Your password"
          autoComplete="current-password"
          required
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      )}
      <div className="flex justify-end">
        <Button type="submit" look="solid" pending={pending}>
          Continue
        </Button>
      </div>
    </form>
  )
}
