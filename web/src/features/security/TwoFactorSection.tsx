import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { typedCode } from '@/api/auth'
import { post } from '@/api/client'
import { said } from '@/api/problem'
import { twoFactorQuery } from '@/api/queries'
import { updateUser } from '@/api/session'
import type { RecoveryCodes as Codes, TwoFactorSetup } from '@/api/shapes'
import { withProof } from '@/api/stepUp'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { CodeField } from '@/ui/CodeField'
import { Dialog } from '@/ui/Dialog'
import { Failed, Loading } from '@/ui/Faces'
import { Badge } from '@/ui/Marks'
import { Notice } from '@/ui/Notice'
import { PageSection } from '@/ui/Page'
import { RecoveryCodes } from './RecoveryCodes'
import { SetUp } from './SetUp'

export function TwoFactorSection() {
  const { data, error, refetch } = useQuery(twoFactorQuery)
  return (
    <PageSection
      title="Two-factor"
      intro="A code from an authenticator app, asked for when you sign in."
      aside={
        data && <Badge tone={data.enabled ? 'good' : 'warn'}>{data.enabled ? 'On' : 'Off'}</Badge>
      }
    >
      {error ? (
        <Failed text={said(error)} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading label="Waiting for two-factor" rows={2} />
      ) : data.enabled ? (
        <Enabled codesLeft={data.recoveryCodesLeft} />
      ) : (
        <Disabled />
      )}
    </PageSection>
  )
}

function Disabled() {
  const queries = useQueryClient()
  const { pending, message, submit } = useSubmit()
  const [setup, setSetup] = useState<TwoFactorSetup | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)

  function begin() {
    void submit(async () => {
      setSetup(await withProof(() => post<TwoFactorSetup>('/security/2fa/setup')))
    })
  }

  function saved() {
    updateUser({ twoFactor: true })
    void queries.invalidateQueries({ queryKey: twoFactorQuery.queryKey })
  }

  if (codes !== null) {
    return (
      <Dialog held open onClose={saved} title="Your recovery codes">
        <RecoveryCodes codes={codes} onSaved={saved} />
      </Dialog>
    )
  }
  if (setup !== null) {
    return <SetUp setup={setup} onDone={setCodes} onCancel={() => setSetup(null)} />
  }
  return (
    <>
      {message && <Notice tone="bad">{message}</Notice>}
      <div>
        <Button look="solid" pending={pending} onClick={begin}>
          Switch on two-factor
        </Button>
      </div>
    </>
  )
}

function Enabled({ codesLeft }: { codesLeft: number }) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <p className="text-t2">
        {codesLeft} of 10 recovery codes left.
        {codesLeft <= 3 && ' Get new ones before they run out.'}
      </p>
      <div className="flex flex-wrap gap-2">
        <NewCodes />
        <Button look="dangerQuiet" onClick={() => setAsking(true)}>
          Switch off two-factor
        </Button>
      </div>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Switch off two-factor?"
        description="Your password alone will open this account. Recovery codes stop working."
      >
        <SwitchOff />
      </Dialog>
    </>
  )
}

/** Asks first: the codes that lie in a drawer stop working. */
function NewCodes() {
  const queries = useQueryClient()
  const { pending, message, submit } = useSubmit()
  const [asking, setAsking] = useState(false)
  const [codes, setCodes] = useState<string[] | null>(null)

  function draw() {
    void submit(async () => {
      const drawn = () => post<Codes>('/security/2fa/recovery-codes')
      const { recoveryCodes } = await withProof(drawn)
      setAsking(false)
      setCodes(recoveryCodes)
    })
  }

  function saved() {
    setCodes(null)
    void queries.invalidateQueries({ queryKey: twoFactorQuery.queryKey })
  }

  return (
    <>
      <Button onClick={() => setAsking(true)}>New recovery codes</Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title="New recovery codes?"
        description="You get ten new codes. Those you have written down stop working at once."
      >
        {message && <Notice tone="bad">{message}</Notice>}
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>Keep the old ones</Button>
          <Button look="solid" pending={pending} onClick={draw}>
            Get new codes
          </Button>
        </div>
      </Dialog>
      <Dialog held open={codes !== null} onClose={saved} title="Your recovery codes">
        <RecoveryCodes codes={codes ?? []} onSaved={saved} />
      </Dialog>
    </>
  )
}

function SwitchOff() {
  const queries = useQueryClient()
  const { pending, message, submit } = useSubmit()
  const [code, setCode] = useState('')

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    void submit(async () => {
      await withProof(() => post('/security/2fa/disable', typedCode(code)))
      updateUser({ twoFactor: false })
      await queries.invalidateQueries({ queryKey: twoFactorQuery.queryKey })
    })
  }

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {message && <Notice tone="bad">{message}</Notice>}
      <CodeField value={code} onChange={(event) => setCode(event.target.value)} />
      <div className="flex justify-end">
        <Button type="submit" look="danger" pending={pending}>
          Switch off
        </Button>
      </div>
    </form>
  )
}
