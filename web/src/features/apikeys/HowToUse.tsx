import { Gauge, PlugZap, Signature } from 'lucide-react'
import type { ReactNode } from 'react'

/** What somebody needs to know who points a program at this exchange. */
export function HowToUse() {
  const { origin } = window.location
  const sockets = origin.replace(/^http/, 'ws')
  return (
    <section
      aria-label="How keys are used"
      className="grid gap-5 rounded-lg border border-line bg-s1 p-4 md:grid-cols-3 md:p-5"
    >
      <Point icon={<PlugZap aria-hidden="true" size={18} />} title="Point a client here">
        ccxt, python-binance and Binance’s own SDK need another host, no more:
        <Code>{origin}</Code>
        <Code>{sockets}</Code>
        <a href="/docs/" target="_blank" rel="noreferrer" className="text-accent underline">
          The exchange’s own API
        </a>
      </Point>
      <Point icon={<Signature aria-hidden="true" size={18} />} title="Signed, never sent">
        Requests are signed with the secret, which is shown once, when the key is made. Or bring an
        Ed25519 key pair: its private half stays with you.
      </Point>
      <Point icon={<Gauge aria-hidden="true" size={18} />} title="Within what you allow">
        Grant only what the program needs, name the addresses it comes from, and let the key expire.
        A deleted key is refused at once.
      </Point>
    </section>
  )
}

function Point({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 gap-3">
      <span className="mt-px text-accent">{icon}</span>
      <div className="min-w-0">
        <h2 className="font-medium">{title}</h2>
        <div className="text-t2">{children}</div>
      </div>
    </div>
  )
}

function Code({ children }: { children: string }) {
  return <code className="my-1 block w-fit rounded-sm bg-s3 px-1.5 text-xs break-all">{children}</code>
}
