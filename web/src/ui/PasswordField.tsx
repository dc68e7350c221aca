import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, useState } from 'react'
import { Field } from './Field'

type PasswordFieldProps = Omit<ComponentProps<typeof Field>, 'type' | 'aside'>

export function PasswordField(props: PasswordFieldProps) {
  const [shown, setShown] = useState(false)
  return (
    <Field
      {...props}
      type={shown ? 'text' : 'password'}
      aside={
        <button
          type="button"
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
          className="flex min-h-6 items-center gap-1 text-xs text-t3 hover:text-t1"
        >
          {shown ? <EyeOff aria-hidden="true" size={14} /> : <Eye aria-hidden="true" size={14} />}
          {shown ? 'Hide' : 'Show'}
        </button>
      }
    />
  )
}
