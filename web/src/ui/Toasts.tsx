import { CircleAlert, CircleCheck, Info, X } from 'lucide-react'
import { type Toast, useToasts } from './toasts'

const ICONS = {
  good: <CircleCheck aria-hidden="true" size={16} className="mt-0.5 text-good" />,
  bad: <CircleAlert aria-hidden="true" size={16} className="mt-0.5 text-bad" />,
  plain: <Info aria-hidden="true" size={16} className="mt-0.5 text-info" />,
}

/** Lower left on a desktop, where it covers neither ticket nor orders; at the top on a phone. */
export function Toasts() {
  const { shown, dismiss } = useToasts()
  return (
    <section
      aria-label="Messages"
      className="toasts pointer-events-none fixed inset-x-2 top-2 z-60 flex flex-col gap-2
        md:inset-x-auto md:top-auto md:left-2 md:w-90"
    >
      {shown.map((toast) => (
        <ToastCard key={toast.key} toast={toast} onClose={() => dismiss(toast.key)} />
      ))}
    </section>
  )
}

function ToastCard({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  return (
    <div
      role={toast.tone === 'bad' ? 'alert' : 'status'}
      className="pointer-events-auto flex items-start gap-2.5 rounded-md border border-line bg-s2 p-3
        shadow-2xl"
    >
      {ICONS[toast.tone]}
      <div className="min-w-0 flex-1">
        <p className="font-medium">{toast.title}</p>
        {toast.detail && <p className="figures text-t2">{toast.detail}</p>}
      </div>
      <button
        type="button"
        aria-label="Dismiss"
        onClick={onClose}
        className="-m-1 flex size-6 items-center justify-center rounded-sm text-t3 hover:text-t1"
      >
        <X aria-hidden="true" size={14} />
      </button>
    </div>
  )
}
