import type { ReactNode } from 'react'
import { useIsPaper } from '@/api/about'
import { canEncrypt } from '@/api/password'
import { Logo } from '@/ui/Logo'
import { Paper } from '@/ui/Marks'
import { Notice } from '@/ui/Notice'
import { Toasts } from '@/ui/Toasts'

type AuthFrameProps = { title: string; intro?: ReactNode; children: ReactNode; foot?: ReactNode }

/** The page around a form for people who are not signed in. */
export function AuthFrame({ title, intro, children, foot }: AuthFrameProps) {
  return (
    <main className="flex min-h-full flex-col items-center justify-center gap-6 p-4">
      <div className="flex items-center gap-2.5">
        <Logo className="size-8" />
        <span className="text-xl font-semibold">Rialto</span>
        {useIsPaper() && <Paper />}
      </div>
      <section
        aria-labelledby="auth-title"
        className="flex w-full max-w-[400px] flex-col gap-4 rounded-lg border border-line bg-s1 p-6"
      >
        <h1 id="auth-title" className="text-xl font-semibold">
          {title}
        </h1>
        {intro && <p className="-mt-2 text-t2">{intro}</p>}
        {canEncrypt() ? children : <Insecure />}
      </section>
      {foot && <div className="text-sm text-t2">{foot}</div>}
      <Toasts />
    </main>
  )
}

/** Passwords are never sent unencrypted, so without a secure context there is no form. */
function Insecure() {
  return (
    <Notice tone="warn" title="This page cannot encrypt your password">
      <p>
        Browsers allow encryption only on HTTPS pages and on the machine that runs the server. Any
        of these mends it:
      </p>
      <ul className="mt-2 list-disc ps-4">
        <li>
          open this page with <code>https://</code> (the operator switches TLS on, or puts a proxy
          with a certificate in front);
        </li>
        <li>
          on the server itself, open <code>http://localhost:{location.port || '80'}</code>;
        </li>
        <li>
          from elsewhere, bring the port over: <code>ssh -L 8080:localhost:8080 server</code>, then
          open <code>http://localhost:8080</code>.
        </li>
      </ul>
    </Notice>
  )
}
