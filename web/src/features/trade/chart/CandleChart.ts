/** The chart of one market and interval: candles, volume, the orders somebody has in it. */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
} from 'lightweight-charts'
import type { Candle, Order } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import { fix } from '@/ui/format'
import { priceText } from '../units'
import { bodyOf, continued, cut, isFull, joined, timeOf, volumeOf } from './candles'
import { type Colours, readColours } from './colours'
import { OrderLines } from './OrderLines'

/** Asks for older candles when fewer than this are left of what is in view. */
const OLDER_BEFORE = 30
/** Candles in view at first; of a young market fewer, but not so few that they become walls. */
const FIRST_VIEW = 110
const FIRST_VIEW_MIN = 40
/** Orders this near to the candles are in the picture also where the candles hardly move. */
const NEAR = 0.002

type ChartOptions = {
  pricePlaces: number
  /** The price step of the market, in units of 10^-`pricePlaces`. */
  tick: number
  /** The candle under the crosshair, or the last one. */
  onLegend: (candle: Candle | null) => void
  onOlder: (before: Candle) => void
}

export class CandleChart {
  private readonly chart: IChartApi
  private readonly bodies: ISeriesApi<'Candlestick'>
  private readonly volumes: ISeriesApi<'Histogram'>
  readonly orderLines: OrderLines
  private candles: Candle[] = []
  private orders: Order[] = []
  private colours: Colours

  constructor(
    box: HTMLElement,
    private readonly options: ChartOptions,
  ) {
    this.colours = readColours()
    const minMove = 1 / 10 ** options.pricePlaces
    this.chart = createChart(box, {
      autoSize: true,
      // The library's own mark brings a style element, which the content-security policy refuses;
      // the panel shows the attribution instead.
      layout: { attributionLogo: false, fontFamily: "'Inter Variable', sans-serif", fontSize: 11 },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.22 } },
      timeScale: { borderVisible: false, timeVisible: true, rightOffset: 6 },
      localization: { priceFormatter: (price: number) => this.priceText(price) },
    })
    this.bodies = this.chart.addSeries(CandlestickSeries, {
      borderVisible: false,
      priceFormat: { type: 'price', precision: options.pricePlaces, minMove },
      autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => this.withOrders(original()),
    })
    this.volumes = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    })
    this.chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } })
    this.orderLines = new OrderLines(this.bodies, this.colours)
    this.recolour()
    this.watchView()
  }

  remove() {
    this.chart.remove()
  }

  /** After a snapshot: goes on from it, or begins anew where it does not reach back far enough. */
  show(candles: Candle[]) {
    const before = this.candles
    this.candles = continued(before, candles)
    this.drawAll()
    if (before.length === 0 || this.candles === candles) {
      const to = this.candles.length
      const shown = Math.max(FIRST_VIEW_MIN, Math.min(FIRST_VIEW, to))
      this.chart.timeScale().setVisibleLogicalRange({ from: to - shown, to: to + 6 })
    }
  }

  prepend(older: Candle[]) {
    this.candles = joined(older, this.candles)
    this.drawAll()
  }

  /** The last candles: what one tick changes. */
  update(changed: Candle[]) {
    for (const candle of changed) {
      const last = this.candles[this.candles.length - 1]
      if (last && timeOf(candle) < timeOf(last)) continue
      if (last?.openAt === candle.openAt) this.candles.pop()
      this.candles.push(candle)
      this.bodies.update(bodyOf(candle))
      this.volumes.update(volumeOf(candle, this.colours.upSoft, this.colours.downSoft))
    }
    const kept = cut(this.candles)
    if (kept !== this.candles) {
      this.candles = kept
      this.drawAll()
    }
    this.options.onLegend(this.candles[this.candles.length - 1] ?? null)
  }

  showOrders(orders: Order[]) {
    this.orders = orders
    this.orderLines.show(orders, this.colours)
  }

  /** The order whose line is at this place of the picture, in pixels. */
  orderAt({ x, y }: { x: number; y: number }): Order | null {
    const right = this.chart.timeScale().width()
    return x < 0 || x > right ? null : this.orderLines.near(y)
  }

  /** The price at a height of the picture, in pixels, to the next step of the market. */
  priceAt(height: number): Decimal | null {
    const price = this.bodies.coordinateToPrice(height)
    const { pricePlaces, tick } = this.options
    const steps = price === null ? 0 : Math.round((price * 10 ** pricePlaces) / tick)
    return steps <= 0 ? null : priceText(steps * tick, pricePlaces)
  }

  /** Whether the pointer moves something else than the chart. */
  hold(held: boolean) {
    this.chart.applyOptions({ handleScroll: !held, handleScale: !held })
  }

  recolour() {
    this.colours = readColours()
    const { text, line, up, down, label } = this.colours
    this.chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: 'transparent' }, textColor: text },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      crosshair: {
        vertLine: { color: text, labelBackgroundColor: label },
        horzLine: { color: text, labelBackgroundColor: label },
      },
    })
    this.bodies.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down })
    this.drawAll()
    this.showOrders(this.orders)
  }

  private drawAll() {
    const { upSoft, downSoft } = this.colours
    this.bodies.setData(this.candles.map(bodyOf))
    this.volumes.setData(this.candles.map((candle) => volumeOf(candle, upSoft, downSoft)))
    this.options.onLegend(this.candles[this.candles.length - 1] ?? null)
  }

  private watchView() {
    this.chart.subscribeCrosshairMove(({ logical }) => {
      const at = logical === undefined ? this.candles.length - 1 : Math.round(logical)
      this.options.onLegend(this.candles[at] ?? this.candles[this.candles.length - 1] ?? null)
    })
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      const oldest = this.candles[0]
      if (range === null || !oldest || isFull(this.candles)) return
      if (range.from < OLDER_BEFORE) this.options.onOlder(oldest)
    })
  }

  /** Own orders near the candles belong in the picture; far ones would flatten it. */
  private withOrders(info: AutoscaleInfo | null): AutoscaleInfo | null {
    if (info === null || info.priceRange === null) return info
    const { minValue, maxValue } = info.priceRange
    const reach = Math.max((maxValue - minValue) * 0.5, maxValue * NEAR)
    const near = this.orderLines
      .prices()
      .filter((price) => price > minValue - reach && price < maxValue + reach)
    const priceRange = {
      minValue: Math.min(minValue, ...near),
      maxValue: Math.max(maxValue, ...near),
    }
    return { ...info, priceRange }
  }

  private priceText(price: number): string {
    const { pricePlaces } = this.options
    return fix(Math.round(price * 10 ** pricePlaces), pricePlaces)
  }
}

type AutoscaleInfo = { priceRange: { minValue: number; maxValue: number } | null }
