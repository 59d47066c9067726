// node examples/opentelemetry.ts
// A span for each connection, from what the server publishes on its diagnostics channel. A real program would register a
// provider of @opentelemetry/sdk-node with an exporter; here, spans are printed when they end.
import { subscribe } from 'node:diagnostics_channel'
import { handshake } from '@hs/client'
import { type ConnectionEvent, type ServerEvent, serve } from '@hs/server-core'
import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('hs')
const spans = new Map<number, Span>()

// Before the server is started: a server without listeners makes no events.
subscribe('hs.server', (message) => {
  const event = message as ServerEvent
  if ('connection' in event) onConnectionEvent(event)
})

function onConnectionEvent(event: ConnectionEvent): void {
  if (event.type === 'connection') {
    const attributes = { 'client.address': event.remote.host, 'hs.strategy': event.strategy, 'thread.id': event.thread }
    spans.set(event.connection, tracer.startSpan('handshake', { attributes }))
    return
  }
  const span = spans.get(event.connection)
  switch (event.type) {
    case 'received':
    case 'sent':
      span?.addEvent(event.type, { 'hs.message': event.text })
      break
    case 'failed':
      span?.setStatus({ code: SpanStatusCode.ERROR, message: event.failure.code })
      break
    case 'closed':
      span?.end()
      spans.delete(event.connection)
      break
  }
}

const server = await serve({ port: 0 })
await handshake({ port: server.address.port, sequence: 5 })
await server.close()

for (const { name, attributes, events } of exporter.getFinishedSpans()) {
  console.log(name, 'from', attributes['client.address'])
  for (const { name, attributes } of events) console.log(' ', name, attributes?.['hs.message'])
}
// Prints:
// handshake from 127.0.0.1
//   received HELLO 5
//   sent HELLO 6
//   received HELLO 7
