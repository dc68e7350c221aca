import { Loading } from '@/ui/Faces'

export function TradePage() {
  return <Loading label="Waiting for the page" rows={6} />
}
