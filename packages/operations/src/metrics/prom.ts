/** As much of prom-client as is used here. The build bundles it into a file of its own (see tsup.config.ts). */
export { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
