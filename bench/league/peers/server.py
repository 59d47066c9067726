"""What one writes in Python with asyncio: a coroutine per connection, streams."""
import asyncio
import sys


def parse(message):
    word, _, digits = message.rstrip(b"\0\r\n").partition(b" ")
    if word != b"HELLO":
        raise ValueError(message)
    return int(digits)


async def serve(reader, writer):
    try:
        x = parse(await reader.read(64))
        writer.write(b"HELLO %d" % (x + 1))
        await writer.drain()
        if parse(await reader.read(64)) != x + 2:
            print("ERROR")
    except (ValueError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    print("listening on", server.sockets[0].getsockname()[1], file=sys.stderr)
    async with server:
        await server.serve_forever()


asyncio.run(main())
