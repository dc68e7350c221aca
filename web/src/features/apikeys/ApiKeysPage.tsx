import { Loading } from '@/ui/Faces'

export function ApiKeysPage() {
  return <Loading label="Waiting for the page" rows={6} />
}
