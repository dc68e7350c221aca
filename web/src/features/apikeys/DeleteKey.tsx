import { useQueryClient } from '@tanstack/react-query'
import { remove } from '@/api/client'
import { apiKeysQuery } from '@/api/queries'
import type { ApiKey } from '@/api/shapes'
import { withProof } from '@/api/stepUp'
import { useSubmit } from '@/api/submit'
import { Confirm } from '@/ui/Dialog'

type DeleteKeyProps = { apiKey: ApiKey | null; onClose: () => void }

export function DeleteKey({ apiKey, onClose }: DeleteKeyProps) {
  const queries = useQueryClient()
  const { pending, message, submit } = useSubmit()

  async function confirm() {
    if (apiKey === null) return
    const worked = await submit(async () => {
      await withProof(() => remove(`/api-keys/${encodeURIComponent(apiKey.id)}`))
      await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey })
    })
    if (worked) onClose()
  }

  return (
    <Confirm
      open={apiKey !== null}
      onClose={onClose}
      onConfirm={() => void confirm()}
      pending={pending}
      title={`Delete ${apiKey?.name ?? 'the key'}?`}
      consequence={
        message ?? 'Programs that use it are refused at once. Its open orders stay open.'
      }
      confirm="Delete key"
    />
  )
}
